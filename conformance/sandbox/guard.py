"""The guards, in the order in which the API applies them (quirk Q16).

Each yields the reasons for which it refuses a request. The first one decides; a sandbox told to
accept that reason goes on to the next, so a guard yields on where it can.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from conformance.errors import WireError
from conformance.sandbox.behaviour import DOCUMENTED, Behaviour
from conformance.sandbox.message import Arrival
from conformance.sandbox.partner import Partner, fingerprint
from conformance.sandbox.throttling import Standing
from conformance.sandbox.token import Tokens
from conformance.wire import base64text, signature
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.digest import parse_digest
from conformance.wire.message import Place
from conformance.wire.parameters import KNOWN, SCHEME, SignatureParameters, parse_parameters
from conformance.wire.parameters import split_scheme as split
from conformance.wire.reading import Reading
from conformance.wire.signing_string import DOCUMENTED_NAMES

_REMEMBERED: Final = 4096
_ALGORITHM: Final = "rsa-sha256"

Parts = dict[str, str]
"""What a signature was made over: method, path, query, date and digest."""


@dataclass(slots=True, kw_only=True)
class Passage:
    """A request on its way through the guards, and what they learn of it.

    `partner` is the one of the subscription key, and until then the first; `reading` is the
    request as the signature guard read it, for whoever judges it afterwards; `lifetime` is how long
    a token is good that is issued now.
    """

    arrival: Arrival
    partner: Partner
    standing: Standing
    reading: Reading
    tokens: Tokens
    whitelist: frozenset[str] | None
    partners: tuple[Partner, ...]
    seen: SignaturesSeen
    behaviour: Behaviour = DOCUMENTED
    lifetime: timedelta = timedelta(seconds=3599)
    digest: bytes | None = None
    is_token_request: bool = False
    notes: list[str] = field(default_factory=list)

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of every header field called `name`, without space around them."""
        return tuple(value.strip(" \t") for value in self.arrival.request.headers.all(name))


class SignaturesSeen:
    """Signatures that verified, and over what, so that one used again is recognised."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, Parts] = OrderedDict()

    def remember(self, text: str, parts: Parts) -> None:
        """Keep a signature; the oldest is forgotten beyond a bound."""
        self._seen[text] = parts
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    def changed(self, text: str, parts: Parts) -> tuple[str, ...] | None:
        """Return which parts differ from those that `text` signed; None for a new signature."""
        known = self._seen.get(text)
        return None if known is None else tuple(key for key in parts if parts[key] != known[key])

    def clear(self) -> None:
        """Forget every signature."""
        self._seen.clear()


Guard = Callable[[Passage], Iterator[str]]


def address(passage: Passage) -> Iterator[str]:
    """Ask that the caller's address is whitelisted."""
    if passage.whitelist is not None and passage.arrival.address not in passage.whitelist:
        yield "address-foreign"


def rate(passage: Passage) -> Iterator[str]:
    """Ask that the address has requests left."""
    if not passage.standing.admitted:
        yield "address-throttled"


def subscription_key(passage: Passage) -> Iterator[str]:
    """Ask for the subscription key of a partner."""
    keys = set(passage.all("subscription-key"))
    if not keys - {""}:
        yield "subscription-key-absent"
        return
    for partner in passage.partners:
        if keys == {partner.subscription_key}:
            passage.partner = partner
            return
    yield "subscription-key-unknown"


def client_certificate(passage: Passage) -> Iterator[str]:
    """Ask for the partner's registered TLS certificate, valid now."""
    certificate, partner = passage.arrival.certificate, passage.partner
    if certificate is None:
        yield "certificate-absent"
        return
    if fingerprint(certificate) != partner.tls_fingerprint:
        yield "certificate-unknown"
        return
    if not partner.tls_not_before <= passage.arrival.at <= partner.tls_not_after:
        yield "certificate-expired"


def authorization(passage: Passage) -> Iterator[str]:
    """Ask for a signature in `Authorization` on a token request, for a good token on others."""
    values = passage.all("authorization")
    scheme, credentials = split(values[0]) if len(values) == 1 else ("", "")
    if passage.is_token_request:
        if scheme.lower() != SCHEME.lower():
            yield "authorization-absent"
        return
    if scheme.lower() != "bearer" or not credentials:
        yield "bearer-absent"
        return
    holder = passage.tokens.holder(credentials)
    if holder is None or holder[0] != passage.partner.client_id:
        yield "bearer-unknown"
    elif not holder[1]:
        yield "bearer-expired"


def digest_header(passage: Passage) -> Iterator[str]:
    """Ask for one `Digest` header, well formed."""
    values = passage.all("digest")
    if not values:
        yield "digest-absent"
        return
    try:
        passage.digest = parse_digest(", ".join(values))
    except WireError:
        yield "digest-malformed"


def date_header(passage: Passage) -> Iterator[str]:
    """Ask for one `Date` header, an IMF-fixdate."""
    values = passage.all("date")
    if not values:
        yield "date-absent"
    elif _moment(passage) is None:
        yield "date-malformed"


def skew(passage: Passage) -> Iterator[str]:
    """Ask for a date at most 3 minutes off, exactly so much included (Q13, Q14)."""
    moment = _moment(passage)
    if moment is None:
        return
    ahead = moment - passage.arrival.at.replace(microsecond=0)
    if abs(ahead) > passage.behaviour.skew:
        yield "date-ahead" if ahead.total_seconds() > 0 else "date-behind"


def signature_header(passage: Passage) -> Iterator[str]:
    """Ask for a signature of the documented structure that covers the three and verifies."""
    text = _carrier(passage)
    if not text:
        absent = "authorization-absent" if passage.is_token_request else "signature-absent"
        yield absent
        return
    parameters = parse_parameters(text)
    yield from _structure(passage, parameters)
    if passage.reading.verifies:
        passage.seen.remember(parameters.get("signature") or "", _parts(passage))
        return
    yield _why_wrong(passage, parameters.get("signature") or "")


def digest_of_body(passage: Passage) -> Iterator[str]:
    """Ask for the digest of the body as it came."""
    digest = passage.digest
    if digest is not None and digest != hashlib.sha256(passage.arrival.request.body).digest():
        yield "digest-of-another-body"


GUARDS: Final[tuple[Guard, ...]] = (
    address, rate, subscription_key, client_certificate, authorization, digest_header,
    date_header, skew, signature_header, digest_of_body,
)  # fmt: skip
"""In the order in which they look at a request."""


def refusals(passage: Passage) -> Iterator[str]:
    """Yield the reasons to refuse the request that the behaviour does not accept, in order."""
    accepted = passage.behaviour.accepts
    for guard in GUARDS:
        for reason in guard(passage):
            if reason not in accepted:
                yield reason


def _moment(passage: Passage) -> datetime | None:
    values = passage.all("date")
    try:
        return parse_imf_fixdate(values[0]) if len(values) == 1 else None
    except WireError:
        return None


def _carrier(passage: Passage) -> str:
    """Return the parameters' text, from the header that the kind of request calls for."""
    if not passage.is_token_request:
        return next(reversed(passage.all("signature")), "")
    values = passage.all("authorization")
    scheme, rest = split(values[0]) if len(values) == 1 else ("", "")
    return rest if scheme.lower() == SCHEME.lower() else ""


def _structure(passage: Passage, parameters: SignatureParameters) -> Iterator[str]:
    """Yield what differs from the structure that Security.md prints."""
    names = [item.name for item in parameters.parameters]
    if len(passage.all("signature")) > 1:
        yield "signature-repeated"
    quoted = all(item.quoted for item in parameters.parameters if item.name in KNOWN)
    if parameters.malformed or not quoted or any(names.count(name) != 1 for name in KNOWN):
        yield "signature-structure"
        return
    if parameters.get("keyId") != passage.partner.client_id:
        yield "signature-key-id"
    if parameters.get("algorithm") != _ALGORITHM:
        yield "signature-algorithm"
    headers, covered = parameters.get("headers") or "", parameters.covered
    if headers != headers.lower() or headers != " ".join(covered):
        yield "signature-names"
    elif not set(DOCUMENTED_NAMES) <= set(covered):
        yield "signature-coverage"
    try:
        base64text.decode(parameters.get("signature") or "")
    except WireError:
        yield "signature-base64"


def _parts(passage: Passage) -> Parts:
    request = passage.arrival.request
    path, _, query = request.target.partition("?")
    return {
        "method": request.method,
        "path": path,
        "query": query,
        "date": ", ".join(passage.all("date")),
        "digest": ", ".join(passage.all("digest")),
    }


def _why_wrong(passage: Passage, text: str) -> str:
    """Return the reason for which a signature does not verify."""
    changed = passage.seen.changed(text, _parts(passage))
    if changed:
        return f"replay-{changed[0]}"
    reading = passage.reading
    if reading.signature is not None and reading.expected_string is not None:
        key = passage.partner.tls_key
        if signature.verifies(reading.signature, reading.expected_string, key):
            return "signature-tls-key"
    return "signature-wrong"


def place_of(*, is_token_request: bool) -> Place:
    """Return which header carries the signature."""
    return Place.AUTHORIZATION if is_token_request else Place.SIGNATURE
