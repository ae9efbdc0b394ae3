"""The probes of what is signed, digest, date and signature, and of a signature used again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from conformance.diagnosis.registry import MISTAKES
from conformance.live.draft import Draft, with_body, with_header, with_line
from conformance.live.session import Session
from conformance.probes.drafting import date_as, digest_as, edited, mistaken, ping
from conformance.probes.probe import Expected, Probe, problem
from conformance.wire.date import format_imf_fixdate
from conformance.wire.digest import digest
from conformance.wire.message import Place, SignedRequest

_SIGNATURE: Final = problem(401, "signature")
_DIGEST_HEADER: Final = problem(400, "digest-header")
_DATE_HEADER: Final = problem(400, "date-header")
_SKEW: Final = problem(401, "date-skew")
_REFUSED: Final = Expected(status=401, refusal=True)
_PASSES: Final = Expected(status=200, passes=True)
_QUERY: Final = "/ping?probe=1"


def digest_probes() -> Iterator[Probe]:
    """Yield the probes of the `Digest` header."""
    yield Probe(
        id="digest-of-another-body",
        requirement="API-DIG-001",
        says="whose Digest is that of another body, signed so",
        expects=problem(400, "digest-diverges"),
        draft=ping(procedure=digest_as(lambda _: digest(b"another body"))),
    )
    yield Probe(
        id="digest-absent",
        requirement="API-DIG-002",
        says="without Digest",
        expects=_DIGEST_HEADER,
        draft=edited(with_header("Digest", None)),
    )
    for name, says, value in (
        ("digest-hex", "whose Digest is in hexadecimal", "SHA-256=" + "e3b0c442" * 8),
        ("digest-bare", "whose Digest has no algorithm", digest(b"").partition("=")[2]),
        ("digest-cut", "whose Digest lacks its last octets", digest(b"")[:-8]),
        ("digest-no-base64", "whose Digest is no Base64", "SHA-256=!?"),
    ):
        yield Probe(
            id=name, requirement="API-DIG-002", says=says, expects=_DIGEST_HEADER,
            draft=ping(procedure=digest_as(lambda _, value=value: value)),  # type: ignore[misc]
        )  # fmt: skip


def date_probes() -> Iterator[Probe]:
    """Yield the probes of the `Date` header."""
    for seconds, name in ((-240, "behind"), (240, "ahead"), (-86400, "day-behind")):
        yield Probe(
            id=f"date-{name}",
            requirement="API-DATE-001",
            says=f"dated {abs(seconds):,} s {'behind' if seconds < 0 else 'ahead'}",
            expects=_SKEW,
            draft=ping(ahead=timedelta(seconds=seconds)),
        )
    for seconds in (-170, -90, 90, 170):
        side = "behind" if seconds < 0 else "ahead"
        yield Probe(
            id=f"date-within-{side}-{abs(seconds)}",
            requirement="API-DATE-002",
            says=f"dated {abs(seconds)} s {side}",
            expects=_PASSES,
            draft=ping(ahead=timedelta(seconds=seconds)),
        )
    yield Probe(
        id="date-absent",
        requirement="API-DATE-003",
        says="without Date",
        expects=_DATE_HEADER,
        draft=edited(with_header("Date", None)),
    )
    for name in ("date-iso-8601", "date-zone-numeric", "date-rfc-850"):
        yield Probe(
            id=name,
            requirement="API-DATE-003",
            says=f"where {_lower(MISTAKES[name].says)}",
            expects=_DATE_HEADER,
            draft=mistaken(name),
        )
    yield Probe(
        id="date-no-date", requirement="API-DATE-003", says="whose Date is no date",
        expects=_DATE_HEADER, draft=ping(procedure=date_as("today")),
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


def signature_probes() -> Iterator[Probe]:
    """Yield the probes of the signature and its header."""
    yield Probe(
        id="signature-bit-flipped",
        requirement="API-SIG-001",
        says="with one character of its signature exchanged",
        expects=_SIGNATURE,
        draft=edited(_bit_flipped),
    )
    for name in _WRONG:
        yield _signature_probe("API-SIG-001", name, mistaken(name))
    yield _signature_probe(
        "API-SIG-001", "target-query-left-out", mistaken("target-query-left-out", _QUERY)
    )
    for name in _STRUCTURE:
        yield _signature_probe("API-SIG-002", name, mistaken(name))
    for name in (
        "header-token-not-sent",
        "header-token-scheme-missing",
        "header-token-in-signature",
    ):
        yield _signature_probe(
            "API-SIG-002", name, mistaken(name, place=Place.AUTHORIZATION), "for a token, "
        )  # fmt: skip


def _signature_probe(
    requirement: str, name: str, draft: Callable[[Session], Draft], kind: str = ""
) -> Probe:
    says = f"{kind}where {_lower(MISTAKES[name].says)}"
    return Probe(id=name, requirement=requirement, says=says, expects=_SIGNATURE, draft=draft)


def replay_probes() -> Iterator[Probe]:
    """Yield the probes that send a signature again over another request."""
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
