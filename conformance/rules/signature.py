"""SIG-001 to SIG-004: the signature itself (RFC 8017, section 8.2; RFC 4648, section 4)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.finding import Finding
from conformance.rules.rule import Needs, RuleBook, Seen
from conformance.wire.visible import visible

RULES = RuleBook()


@RULES("SIG-001", needs=Needs.SIGNATURE)
def signature_is_rsa_sha256(seen: Seen) -> Iterator[Finding]:
    """The signature is RSASSA-PKCS1-v1_5 with SHA-256 over the signing string."""
    yield from seen.blamed("SIG-001")


@RULES("SIG-002", needs=Needs.SIGNATURE)
def signed_with_the_signing_key(seen: Seen) -> Iterator[Finding]:
    """The signature is made with the key of the HTTP signature certificate."""
    yield from seen.blamed("SIG-002")


@RULES("SIG-003", needs=Needs.PARAMETERS)
def signature_is_plain_base64(seen: Seen) -> Iterator[Finding]:
    """The signature is one line of padded standard Base64."""
    refusal = seen.reading.signature_refusal
    if refusal is not None:
        yield Finding(
            requirement="SIG-003",
            reason=refusal.reason,
            expected="one line of padded standard Base64",
            observed=visible(seen.reading.parameter("signature") or "", limit=120) or "nothing",
            hint=refusal.message,
        )
        return
    yield from seen.blamed("SIG-003")


@RULES("SIG-004", needs=Needs.SIGNATURE)
def every_request_is_signed_anew(seen: Seen) -> Iterator[Finding]:
    """No signature is used again for another request."""
    yield from seen.blamed("SIG-004")
