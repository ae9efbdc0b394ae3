"""DIG-001 to DIG-004: the `Digest` header (Security.md, step 1)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.errors import WireError
from conformance.rules.finding import Finding
from conformance.rules.rule import Concern, Needs, RuleBook, Seen
from conformance.wire.digest import ALGORITHM, EMPTY_DIGEST, parse_digest
from conformance.wire.visible import visible

RULES = RuleBook()


@RULES("DIG-001")
def exactly_one_digest_header(seen: Seen) -> Iterator[Finding]:
    """Every request has exactly one `Digest` header, also when its body is empty."""
    values = seen.reading.request.headers.all("digest")
    if len(values) == 1:
        return
    yield Finding(
        requirement="DIG-001",
        reason="digest-repeated" if values else "digest-missing",
        expected=f"one Digest header: {seen.reading.digest}",
        observed=f"{len(values)} Digest headers" if values else "no Digest header",
        hint="send the digest of the body once, that of the empty string when there is no body",
    )


@RULES("DIG-002", needs=Needs.DIGEST)
def digest_matches_body(seen: Seen) -> Iterator[Finding]:
    """The `Digest` header holds the padded Base64 of the SHA-256 of the body exactly as sent."""
    yield from _compared(seen, "DIG-002", "hash the very octets that are sent, with SHA-256")


@RULES("DIG-003", concerns=Concern.EMPTY_BODIES, needs=Needs.DIGEST)
def digest_of_empty_body(seen: Seen) -> Iterator[Finding]:
    """An empty body has the digest `47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=`."""
    yield from _compared(seen, "DIG-003", f"send {EMPTY_DIGEST}, the hash of the empty string")


@RULES("DIG-004", needs=Needs.DIGEST)
def algorithm_is_written_sha_256(seen: Seen) -> Iterator[Finding]:
    """The algorithm is written `SHA-256`, in upper case, and there is one algorithm only."""
    value = seen.reading.request.headers.all("digest")[-1].strip(" \t")
    try:
        parse_digest(value)
    except WireError as refusal:
        if refusal.reason.startswith(("digest-algorithm", "digest-several")):
            yield Finding(
                requirement="DIG-004",
                reason=refusal.reason,
                expected="SHA-256=...",
                observed=visible(value, limit=120),
                hint="write SHA-256= in front of the Base64 text, and no other digest",
            )


def _compared(seen: Seen, requirement: str, hint: str) -> Iterator[Finding]:
    """Compare the hash itself, whatever name stands in front of it."""
    request = seen.reading.request
    value = request.headers.all("digest")[-1].strip(" \t")
    right = seen.reading.digest
    bare = right.removeprefix(f"{ALGORITHM}=")
    name, _, text = value.partition("=")
    if bare in (value, text) and not name.upper().startswith("SHA-512"):
        return
    if "," in value and any(piece.strip(" \t").endswith(bare) for piece in value.split(",")):
        return
    yield Finding(
        requirement=requirement,
        reason=_reason(value),
        expected=right,
        observed=visible(value, limit=200),
        hint=hint,
    )


def _reason(value: str) -> str:
    """Tell a hash of something else from one that is badly written."""
    try:
        parse_digest(value)
    except WireError as refusal:
        if not refusal.reason.startswith("digest-algorithm"):
            return refusal.reason
    return "digest-mismatch"
