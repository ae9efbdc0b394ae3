"""A signed request read once, strictly and leniently, beside what is expected of it.

Rules and diagnosis both look at a `Reading`, so nothing is parsed twice. "Lenient" readings see
past one fault (`keyid` for `keyId`, base64url, a doubled scheme) so that a request with one fault
is found to have one, not five.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conformance.errors import WireError
from conformance.wire import base64text, signature
from conformance.wire.cached import cached_property
from conformance.wire.date import format_imf_fixdate, parse_imf_fixdate, weekday_fits
from conformance.wire.digest import digest
from conformance.wire.message import Place, SignedPath, SignedRequest, signed_target
from conformance.wire.parameters import (
    KNOWN,
    RSA_SHA256,
    SCHEME,
    Parameter,
    SignatureParameters,
    parse_parameters,
    split_scheme,
)
from conformance.wire.signing_string import (
    DOCUMENTED_NAMES,
    REQUEST_TARGET,
    signed_values,
    signing_string,
)

_LOOSE: Final = (
    r"""(?:^|[\s,;])(?:{})\s*+[=:]\s*+(?:"([^"]*+)"|'([^']*+)'|([^"',;]{{1,2000}}+)(?=[,;]|$))"""
)
"""A parameter by one of some names, whatever separates it; never goes back, so it is linear."""

_DOCUMENTED: Final = " ".join(DOCUMENTED_NAMES)

_EXAMPLE: Final = re.compile(
    rf'keyId="(?P<keyId>[^"\\]*)", ?algorithm="(?P<algorithm>{RSA_SHA256})", ?'
    rf'headers="(?P<headers>{re.escape(_DOCUMENTED)})", ?'
    r'signature="(?P<signature>[A-Za-z0-9+/]+={0,2})"\Z'
)
"""The parameters as in the examples of Security.md, one with a space after commas, one without."""

_SCHEMES: Final = re.compile(rf"\A(?:{SCHEME}(?:[ \t]++|\Z))*+", re.IGNORECASE)

NEARLY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "keyId": ("keyid", "key_id", "key-id"),
        "algorithm": ("algorithm", "alg"),
        "headers": ("headers", "header"),
        "signature": ("signature", "sig"),
    }
)
"""Names, in lower case, under which each parameter is read when it is not there as it should be."""

_MARK: Final = r"(?:['`]|\xe2\x80[\x98-\x9f])++"
_MARKS: Final = re.compile(rf"\A{_MARK}|(?<!['`\x98-\x9f]){_MARK}\Z")

SKEW: Final = timedelta(minutes=3)
"""How far the date may be off, before or after; exactly this much still counts (Q13, Q14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a signed request is judged against.

    `key` verifies the signature, None when no certificate is known. `date` is the moment that a
    signer with a settable clock was asked to use; `now` the moment of arrival, for everybody else.
    `said` is the signing string that the implementation says it signed. `place` is None where it
    is not known, and is then taken from the request.
    """

    key: RSAPublicKey | None = None
    key_id: str | None = None
    place: Place | None = Place.SIGNATURE
    base_path: str = ""
    signed_path: SignedPath = SignedPath.RELATIVE
    date: datetime | None = None
    now: datetime | None = None
    skew: timedelta = SKEW
    tls_key: RSAPublicKey | None = None
    said: bytes | None = None
    host: str = ""
    """Scheme and authority of the address, such as `https://api.example`, for explanations."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One signed request, read; every view is computed once, when first asked for."""

    request: SignedRequest
    expected: Expectation = field(default_factory=Expectation)

    @cached_property
    def place(self) -> Place:
        """Where the signature belongs; told by the request where the expectation is silent."""
        if self.expected.place is not None:
            return self.expected.place
        signs = any(_carries(value) for value in self.authorization)
        return Place.AUTHORIZATION if signs and not self.signature_fields else Place.SIGNATURE

    @property
    def moment(self) -> datetime | None:
        """The moment of the `Date` header sent; None when it cannot be read as one."""
        return self._dated if isinstance(self._dated, datetime) else None

    @property
    def date_refusal(self) -> WireError | None:
        """Why the `Date` header sent is no IMF-fixdate; None when it is one, or is absent."""
        return self._dated if isinstance(self._dated, WireError) else None

    @cached_property
    def weekday_fits(self) -> bool | None:
        """Whether the weekday sent is that of the date; None when they cannot be read."""
        if self.moment is not None:  # an IMF-fixdate is none with another weekday
            return True
        return None if self._date is None else weekday_fits(self._date)

    @cached_property
    def _dated(self) -> datetime | WireError | None:
        text, asked = self._date, self.expected.date
        if text is None:
            return None
        if asked is not None and text == format_imf_fixdate(asked):
            return asked.astimezone(UTC).replace(microsecond=0)
        try:
            return parse_imf_fixdate(text)
        except WireError as refusal:
            return refusal.with_traceback(None)

    @property
    def _date(self) -> str | None:
        value = self.request.headers.first("date")
        return None if value is None else value.strip(" \t")

    @cached_property
    def digest(self) -> str:
        """The `Digest` header that the body calls for."""
        return digest(self.request.body)

    @cached_property
    def signature_fields(self) -> tuple[str, ...]:
        """The values of every `Signature` header field."""
        return self.request.headers.all("signature")

    @cached_property
    def authorization(self) -> tuple[str, ...]:
        """The values of every `Authorization` header field."""
        return self.request.headers.all("authorization")

    @cached_property
    def carrier(self) -> str | None:
        """The text of the parameters, from whichever header holds them; None when none does.

        A scheme in front is taken off, once or twice; the header that should carry the signature
        is preferred to the other one, and a repeated header counts as its last occurrence.
        """
        signing = tuple(
            value
            for value in self.authorization
            if _carries(value) or split_scheme(value)[0].lower() == SCHEME.lower()
        )
        first, second = self.signature_fields, signing
        if self.place is Place.AUTHORIZATION:
            first, second = second, first
        values = first or second or self._elsewhere
        if not values:
            return None
        text = values[-1].strip(" \t")
        scheme = _SCHEMES.match(text)
        return text[scheme.end() :] if scheme else text

    @property
    def _elsewhere(self) -> Sequence[str]:
        """The values of all header fields that look like the parameters of a signature."""
        return [value for _, value in self.request.headers if _carries(value)]

    @property
    def like_example(self) -> bool:
        """Whether the parameters are written as in the examples of Security.md.

        Their values may be others, and wrong; nothing is amiss with how they are written.
        """
        return self._example is not None

    @cached_property
    def _example(self) -> re.Match[str] | None:
        return _EXAMPLE.match(self.carrier or "")

    @cached_property
    def parameters(self) -> SignatureParameters:
        """The parameters as sent; empty when there are none."""
        return parse_parameters(self.carrier or "")

    @cached_property
    def _parameters(self) -> Mapping[str, Parameter]:
        """The last parameter of each name."""
        return {parameter.name: parameter for parameter in self.parameters.parameters}

    def parameter(self, name: str) -> str | None:
        """Return the last parameter called `name`: or nearly so, whatever separates them."""
        if self._example is not None:
            return self._example[name]
        found = self._parameters.get(name) or next(
            (
                parameter
                for parameter in reversed(self.parameters.parameters)
                if parameter.name.lower() in NEARLY[name]
            ),
            None,
        )
        if found is not None:
            return found.value if found.quoted else unquoted(found.value)
        pattern = _LOOSE.format("|".join(map(re.escape, NEARLY[name])))
        loose = re.search(pattern, self.carrier or "", re.IGNORECASE)
        if loose is None:
            return None
        return unquoted(next(text.rstrip() for text in loose.groups() if text is not None))

    @cached_property
    def covered(self) -> tuple[str, ...]:
        """The names in `headers`, lower-cased, read past commas, doubled spaces, bare names."""
        text = self.parameter("headers")
        if text is None:
            return ("date",)
        if text == _DOCUMENTED:
            return DOCUMENTED_NAMES
        names = (name.lower() for name in re.split(r"[\s,;\[\]\"']+", text) if name)
        return tuple(REQUEST_TARGET if name == "request-target" else name for name in names)

    @cached_property
    def signed_target(self) -> str:
        """The part of the request target that the profile wants signed."""
        return signed_target(
            self.request.target, self.expected.base_path, self.expected.signed_path
        )

    @cached_property
    def expected_values(self) -> tuple[tuple[str, str], ...] | None:
        """The (name, value) lines that `headers` calls for; None when a header is absent."""
        try:
            return signed_values(
                self.covered, self.request.method, self.signed_target, self.request.headers
            )
        except WireError:
            return None

    @cached_property
    def expected_string(self) -> bytes | None:
        """The octets that should have been signed; None when a covered header is absent."""
        return None if self.expected_values is None else signing_string(self.expected_values)

    @cached_property
    def signature(self) -> bytes | None:
        """The signature's octets, read leniently; None when there are none to read."""
        if isinstance(self._signature, WireError):
            return _read_mangled(self.parameter("signature") or "", self._signature)
        return self._signature

    @property
    def signature_refusal(self) -> WireError | None:
        """Why the signature's text is no padded standard Base64; None when it is, or is absent."""
        return self._signature if isinstance(self._signature, WireError) else None

    @cached_property
    def _signature(self) -> bytes | WireError | None:
        text = self.parameter("signature")
        try:
            return None if text is None else base64text.decode(text)
        except WireError as refusal:
            return refusal.with_traceback(None)

    @cached_property
    def verifies(self) -> bool | None:
        """Whether the signature is right for the expected string; None when nobody can tell."""
        if self.expected.key is None:
            return None
        if self.signature is None or self.expected_string is None:
            return False
        return signature.verifies(self.signature, self.expected_string, self.expected.key)

    @cached_property
    def well_formed(self) -> bool:
        """Whether all four parameters are there, spelt right, once, and nothing else is amiss."""
        if self.like_example:
            return True
        names = [parameter.name for parameter in self.parameters.parameters]
        return not self.parameters.malformed and all(names.count(name) == 1 for name in KNOWN)


def _carries(value: str) -> bool:
    """Tell whether a header's value looks like the parameters of a signature."""
    lowered = value.lower()
    return "keyid" in lowered or "signature=" in lowered or "sig=" in lowered


def unquoted(text: str) -> str:
    """Return `text` without quotation marks that are none in HTTP: single, or typographic."""
    return _MARKS.sub("", text)


def read_base64(text: str) -> bytes | None:
    """Return the octets in Base64 `text`, whatever way it is mangled; None when it is not Base64.

    Reads past wrapped lines, missing padding, base64url and hexadecimal.
    """
    try:
        return base64text.decode(text)
    except WireError as refusal:
        return _read_mangled(text, refusal)


def _read_mangled(text: str, refusal: WireError) -> bytes | None:
    """Return the octets in `text`, which is no Base64 for the reason given."""
    if not text.isascii():
        return None
    bare = "".join(text.split()).replace("\\n", "").replace("\\r", "")
    if refusal.reason == "base64-hex":
        return bytes.fromhex(bare)
    bare = bare.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True) or None
    except ValueError:
        return None
