"""The probes that wait for nothing and create nothing, by requirement, in the order sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from conformance.diagnosis.registry import MISTAKES, breed
from conformance.live.draft import (
    Draft,
    Edit,
    Presents,
    with_body,
    with_header,
    with_line,
)
from conformance.live.session import Session
from conformance.probes.probe import Expected, Probe, problem
from conformance.wire.date import format_imf_fixdate
from conformance.wire.digest import digest
from conformance.wire.message import Place, SignedRequest, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, CoveredField, Procedure

PING: Final = "You are connected to partner API!"

_SIGNATURE: Final = problem(401, "signature")
_DIGEST_HEADER: Final = problem(400, "digest-header")
_DATE_HEADER: Final = problem(400, "date-header")
_SKEW: Final = problem(401, "date-skew")
_UNAUTHORIZED: Final = problem(401, "unauthorized")
_CERTIFICATE: Final = problem(401, "client-certificate")
_REFUSED: Final = Expected(status=401, refusal=True)
_PASSES: Final = Expected(status=200, passes=True)
_QUERY: Final = "/ping?probe=1"


def _ping(**changes: object) -> Callable[[Session], Draft]:
    return lambda _: replace(Draft(), **changes)  # type: ignore[arg-type]


def _edited(*edits: Edit) -> Callable[[Session], Draft]:
    return lambda _: Draft().edited(*edits)


def _mistaken(name: str, path: str = "/ping", place: Place = Place.SIGNATURE) -> Callable[
    [Session], Draft
]:  # fmt: skip
    """Return a request of a signer that makes one mistake of the registry."""

    def draft(session: Session) -> Draft:
        right = session.token_draft() if place is Place.AUTHORIZATION else Draft(path=path)
        return replace(right, procedure=breed([MISTAKES[name]], host=session.origin))

    return draft


def _digest_as(value: Callable[[bytes], str]) -> Procedure:
    """Return a signer that sends and signs another `Digest`."""

    def stage(request: UnsignedRequest) -> CoveredField:
        text = value(request.body)
        return CoveredField(sent=(("Digest", text),), signed=text, octets=request.body)

    return replace(DOCUMENTED, digest=stage)


def _date_as(value: str) -> Procedure:
    """Return a signer that sends and signs another text as `Date`."""
    return replace(DOCUMENTED, date=lambda _: CoveredField(sent=(("Date", value),), signed=value))


def _access() -> Iterator[Probe]:
    yield Probe(
        id="ping",
        requirement="API-PING-001",
        says="with everything right",
        expects=Expected(status=200, text=PING),
        draft=_ping(),
    )
    yield Probe(
        id="token",
        requirement="API-TOK-001",
        says="for a token, with everything right",
        expects=Expected(status=200, schema="answers/token"),
        draft=lambda session: session.token_draft(),
    )
    yield Probe(
        id="subscription-key-absent",
        requirement="API-SUB-001",
        says="without Subscription-Key",
        expects=problem(401, "subscription-key-missing"),
        draft=_edited(with_header("Subscription-Key", None)),
    )
    yield Probe(
        id="subscription-key-wrong",
        requirement="API-SUB-002",
        says="with a Subscription-Key that is nobody's",
        expects=problem(401, "subscription-key-invalid"),
        draft=lambda _: Draft().edited(with_header("Subscription-Key", secrets.token_hex(16))),
    )
    yield Probe(
        id="certificate-absent",
        requirement="API-TLS-001",
        says="without a client certificate",
        expects=_CERTIFICATE,
        draft=_ping(presents=Presents.NONE),
    )
    yield Probe(
        id="certificate-unknown", requirement="API-TLS-002",
        says="with a client certificate that nobody registered",
        expects=_CERTIFICATE, draft=_ping(presents=Presents.UNKNOWN),
    )  # fmt: skip


def _authorization() -> Iterator[Probe]:
    for name, says, bearer in (
        ("bearer-absent", "without a bearer token", ""),
        ("bearer-wrong", "with a bearer token that was never issued", None),
        ("bearer-scheme", "with `Basic` in place of `Bearer`", "Basic cHJvYmU6cHJvYmU="),
    ):
        yield Probe(
            id=name,
            requirement="API-AUTH-001",
            says=says,
            expects=_UNAUTHORIZED,
            draft=lambda _, bearer=bearer: Draft(  # type: ignore[misc]
                bearer=secrets.token_urlsafe(24) if bearer is None else bearer
            ),
        )
    yield Probe(
        id="secret-wrong", requirement="API-AUTH-001", says="for a token, with a wrong secret",
        expects=_UNAUTHORIZED,
        draft=lambda session: session.token_draft(secrets.token_urlsafe(24)),
    )  # fmt: skip


def _digests() -> Iterator[Probe]:
    yield Probe(
        id="digest-of-another-body",
        requirement="API-DIG-001",
        says="whose Digest is that of another body, signed so",
        expects=problem(400, "digest-diverges"),
        draft=_ping(procedure=_digest_as(lambda _: digest(b"another body"))),
    )
    yield Probe(
        id="digest-absent",
        requirement="API-DIG-002",
        says="without Digest",
        expects=_DIGEST_HEADER,
        draft=_edited(with_header("Digest", None)),
    )
    for name, says, value in (
        ("digest-hex", "whose Digest is in hexadecimal", "SHA-256=" + "e3b0c442" * 8),
        ("digest-bare", "whose Digest has no algorithm", digest(b"").partition("=")[2]),
        ("digest-cut", "whose Digest lacks its last octets", digest(b"")[:-8]),
        ("digest-no-base64", "whose Digest is no Base64", "SHA-256=!?"),
    ):
        yield Probe(
            id=name, requirement="API-DIG-002", says=says, expects=_DIGEST_HEADER,
            draft=_ping(procedure=_digest_as(lambda _, value=value: value)),  # type: ignore[misc]
        )  # fmt: skip


def _dates() -> Iterator[Probe]:
    for seconds, name in ((-240, "behind"), (240, "ahead"), (-86400, "day-behind")):
        yield Probe(
            id=f"date-{name}",
            requirement="API-DATE-001",
            says=f"dated {abs(seconds):,} s {'behind' if seconds < 0 else 'ahead'}",
            expects=_SKEW,
            draft=_ping(ahead=timedelta(seconds=seconds)),
        )
    for seconds in (-170, -90, 90, 170):
        side = "behind" if seconds < 0 else "ahead"
        yield Probe(
            id=f"date-within-{side}-{abs(seconds)}",
            requirement="API-DATE-002",
            says=f"dated {abs(seconds)} s {side}",
            expects=_PASSES,
            draft=_ping(ahead=timedelta(seconds=seconds)),
        )
    yield Probe(
        id="date-absent",
        requirement="API-DATE-003",
        says="without Date",
        expects=_DATE_HEADER,
        draft=_edited(with_header("Date", None)),
    )
    for name in ("date-iso-8601", "date-zone-numeric", "date-rfc-850"):
        yield Probe(
            id=name,
            requirement="API-DATE-003",
            says=f"where {_lower(MISTAKES[name].says)}",
            expects=_DATE_HEADER,
            draft=_mistaken(name),
        )
    yield Probe(
        id="date-no-date", requirement="API-DATE-003", says="whose Date is no date",
        expects=_DATE_HEADER, draft=_ping(procedure=_date_as("today")),
    )  # fmt: skip


_WRONG: Final = (
    "signature-tls-key", "signature-other-key", "signature-pss", "signature-sha1",
    "signature-sha512", "signature-no-digest-info", "signature-hashed-twice", "string-crlf",
    "string-final-lf", "string-names-capitalised", "string-no-space-after-colon",
    "string-order-date-target-digest", "string-target-line-missing", "target-method-upper-case",
    "target-whole-url",
)  # fmt: skip
"""Mistakes after which a signature of the documented structure verifies no more."""

_STRUCTURE: Final = (
    "header-scheme-in-signature", "header-x-signature", "header-not-sent", "header-sent-twice",
    "header-headers-upper-case", "header-headers-commas", "header-algorithm-hs2019",
    "header-algorithm-rsa-sha512", "header-keyid-missing", "header-algorithm-missing",
    "header-headers-missing", "header-signature-missing", "header-keyid-spelt-KeyId",
    "header-unquoted", "header-signature-twice", "header-key-id-empty",
    "header-key-id-placeholder", "string-digest-not-signed", "string-date-not-signed",
    "string-target-not-signed", "signature-base64url", "signature-padding-cut", "signature-hex",
    "signature-empty",
)  # fmt: skip
"""Mistakes that leave a `Signature` header of another structure than documented."""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _bit_flipped(request: SignedRequest) -> SignedRequest:
    """Exchange one character in the middle of the signature for another of the alphabet."""
    value = request.headers.first("Signature") or ""
    place = value.rindex('signature="') + 60
    other = "A" if value[place] != "A" else "B"
    return with_header("Signature", value[:place] + other + value[place + 1 :])(request)


def _signatures() -> Iterator[Probe]:
    yield Probe(
        id="signature-bit-flipped",
        requirement="API-SIG-001",
        says="with one character of its signature exchanged",
        expects=_SIGNATURE,
        draft=_edited(_bit_flipped),
    )
    for name in _WRONG:
        yield _signature_probe("API-SIG-001", name, _mistaken(name))
    yield _signature_probe(
        "API-SIG-001", "target-query-left-out", _mistaken("target-query-left-out", _QUERY)
    )
    for name in _STRUCTURE:
        yield _signature_probe("API-SIG-002", name, _mistaken(name))
    for name in (
        "header-token-not-sent",
        "header-token-scheme-missing",
        "header-token-in-signature",
    ):
        yield _signature_probe(
            "API-SIG-002", name, _mistaken(name, place=Place.AUTHORIZATION), "for a token, "
        )  # fmt: skip


def _signature_probe(
    requirement: str, name: str, draft: Callable[[Session], Draft], kind: str = ""
) -> Probe:
    says = f"{kind}where {_lower(MISTAKES[name].says)}"
    return Probe(id=name, requirement=requirement, says=says, expects=_SIGNATURE, draft=draft)


def _replays() -> Iterator[Probe]:
    for name, says, edits in (
        (
            "replay-method",
            "whose method was exchanged after signing",
            (with_line(method="DELETE"),),
        ),
        ("replay-path", "whose path was exchanged after signing", (with_line(target="/again"),)),
        ("replay-query", "whose query was exchanged after signing", (with_line(target="?more=1"),)),
        ("replay-body", "whose body was exchanged after signing", (with_body(b"another body"),)),
        (
            "replay-body-and-digest",
            "whose body and Digest were exchanged after signing",
            (with_body(b"another body"), with_header("Digest", digest(b"another body"))),
        ),
    ):
        yield Probe(
            id=name,
            requirement="API-SIG-003",
            says=says,
            expects=_REFUSED,
            draft=lambda _, edits=edits: Draft().edited(*edits),  # type: ignore[misc]
            replays=True,
        )
    yield Probe(
        id="replay-date", requirement="API-SIG-003", says="whose Date was exchanged after signing",
        expects=_REFUSED, replays=True,
        draft=lambda session: Draft().edited(
            with_header("Date", format_imf_fixdate(session.now() + timedelta(seconds=7)))
        ),
    )  # fmt: skip


VALIDATION: Final = Probe(
    id="application-empty", requirement="API-VAL-001", says="for an application that is empty",
    expects=problem(400, "constraint-violation"),
    draft=lambda _: Draft(
        method="POST", path="/applications", body=b"{}",
        headers=(("Content-Type", "application/json"), ("Idempotency-Key", secrets.token_hex(16))),
    ),
)  # fmt: skip

PROBES: Final[tuple[Probe, ...]] = (
    *_access(), *_authorization(), *_digests(), *_dates(), *_signatures(), *_replays(), VALIDATION,
)  # fmt: skip
"""All of them; each breaks one thing of a right request, or nothing."""

ERRORS: Final = "API-ERR-001"
"""The requirement that is judged over all errors met."""


def planned(requirements: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield id and requirement of each check that a whole run makes of `requirements`."""
    wanted = set(requirements)
    yield from (
        (f"probe:{probe.id}", probe.requirement) for probe in PROBES if probe.requirement in wanted
    )
    if ERRORS in wanted:
        yield "probe:error-bodies", ERRORS
