"""CERT-001 to CERT-009: certificates and the files they come in (Security.md; Onboarding.md)."""

# ruff: noqa: D401 - a rule's docstring states the requirement

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from conformance.material.certificate import RSA_PSS
from conformance.material.contents import CertificateFormat
from conformance.material.describe import (
    certificate_key_says,
    key_says,
    key_slug,
    moment,
    public_key_of,
    signature_of,
)
from conformance.material.months import months_after, span_says
from conformance.material.rule import Finding, Needs, RuleBook, Seen
from conformance.wire.visible import visible

RULES = RuleBook()

LEAST_BITS: Final = 2048
"""Bits that an RSA key must have (Security.md, Certificate Requirements)."""

MOST_MONTHS: Final = 39
"""Calendar months that a certificate may be valid (the same)."""

RENEWAL: Final = timedelta(days=60)
"""What should be left of a certificate's validity: time for a renewal to be handed over."""

HAND_OVER: Final = frozenset({"CERT-006", "CERT-007"})
"""The requirements of the file that is handed over; the others are of what is in it."""

_PKCS12_FAULTS: Final = {
    "password-wrong": "the password given does not open it",
    "pkcs12-damaged": "a damaged or cut off PKCS#12 file",
    "pkcs12-without-certificate": "a PKCS#12 file without a certificate",
    "certificate-damaged": "a PKCS#12 file with a damaged certificate",
    "encryption-unknown": "a PKCS#12 file with an encryption that is not supported",
}
"""Refusals that say of a PKCS#12 file itself that it is wrong, and how that is observed."""

_NEW_KEY: Final = "make a new pair: openssl genrsa 3072, or lendico-conformance certs create"
_PACK: Final = "openssl pkcs12 -export -nokeys -in certificate.pem -out certificate.pfx"


@RULES("CERT-001")
def public_key_is_rsa_of_2048_bit_or_more(seen: Seen) -> Iterator[Finding]:
    """The public key is RSA and has 2048 bit or more."""
    key = public_key_of(seen.certificate)
    if key is None:
        reason = "key-unknown"
    elif seen.certificate.public_key_algorithm_oid == RSA_PSS:
        reason = "key-rsa-pss"
    elif not isinstance(key, RSAPublicKey):
        reason = f"key-{key_slug(key)}"
    elif key.key_size < LEAST_BITS:
        reason = "key-too-short"
    else:
        return
    yield Finding(
        requirement="CERT-001",
        reason=reason,
        expected=f"RSA, {LEAST_BITS} bit or more",
        observed=certificate_key_says(seen.certificate),
        hint=_NEW_KEY,
    )


@RULES("CERT-002")
def signed_with_sha_256_or_stronger(seen: Seen) -> Iterator[Finding]:
    """The certificate is signed with SHA-256 or a stronger hash."""
    signature = signature_of(seen.certificate)
    if not signature.strong:
        yield Finding(
            requirement="CERT-002",
            reason=f"signed-{signature.slug}",
            expected="a signature with SHA-256, SHA-384 or SHA-512",
            observed=signature.says,
            hint="issue it anew: pass -sha256 to openssl req or openssl x509; the key may stay",
        )


@RULES("CERT-003")
def valid_now(seen: Seen) -> Iterator[Finding]:
    """The certificate's validity has begun and has not ended."""
    yield from against_validity(*_validity(seen), seen.now)


def against_validity(begins: datetime, ends: datetime, now: datetime) -> Iterator[Finding]:
    """Yield what CERT-003 has against a certificate valid from `begins` to `ends`, at `now`."""
    if ends < begins:
        reason, observed = "validity-reversed", f"begins {moment(begins)}, ends {moment(ends)}"
        hint = "issue it anew, with a beginning before its end"
    elif now < begins:
        reason, observed = "not-yet-valid", f"begins {moment(begins)}"
        hint = "hand it over once it has begun, or issue it anew; check the clock that issued it"
    elif now > ends:
        reason, observed = "expired", f"ended {moment(ends)}"
        hint = "make and hand over a new one: lendico-conformance certs create"
    else:
        return
    yield Finding(
        requirement="CERT-003",
        reason=reason,
        expected=f"valid at {moment(now)}",
        observed=observed,
        hint=hint,
    )


@RULES("CERT-004")
def lifespan_is_39_months_at_most(seen: Seen) -> Iterator[Finding]:
    """From its beginning to its end are 39 calendar months at most; exactly 39 still count."""
    begins, ends = _validity(seen)
    last = months_after(begins, MOST_MONTHS)
    if ends > last:
        yield Finding(
            requirement="CERT-004",
            reason="lifespan-too-long",
            expected=f"{MOST_MONTHS} months at most: an end by {moment(last)}",
            observed=f"{span_says(begins, ends)}: from {moment(begins)} to {moment(ends)}",
            hint="issue it anew for a shorter time, such as -days 730; the key may stay",
        )


@RULES("CERT-005", needs=Needs.OTHER, of_both=True)
def certificates_and_keys_differ(seen: Seen) -> Iterator[Finding]:
    """The TLS and the HTTP signature certificate are two, and so are their keys."""
    one, other = seen.certificate, seen.other_certificate
    if other is None:
        return
    if one == other:
        yield Finding(
            requirement="CERT-005",
            reason="same-certificate",
            expected="two certificates, each with a key of its own",
            observed="the same certificate twice",
            hint="check that you did not give one file twice; else make a second pair",
        )
        return
    key = public_key_of(one)
    if key is not None and _same_key(key, public_key_of(other)):
        yield Finding(
            requirement="CERT-005",
            reason="same-key",
            expected="two certificates, each with a key of its own",
            observed="two certificates of the same key",
            hint="make a second key, and issue one of the two certificates anew for it",
        )


@RULES("CERT-006", needs=Needs.FILE)
def handed_over_as_pkcs12(seen: Seen) -> Iterator[Finding]:
    """The file is PKCS#12, opens with the password given, and tells which certificate is meant."""
    expected = "a PKCS#12 file (.pfx) that opens with the password given"
    refusal, contents = seen.file.refusal, seen.file.contents
    if refusal is not None and refusal.reason in _PKCS12_FAULTS:
        yield Finding(
            requirement="CERT-006",
            reason=refusal.reason,
            expected=expected,
            observed=_PKCS12_FAULTS[refusal.reason],
            hint=refusal.hint,
        )
    if contents is None:
        return
    if contents.format is not CertificateFormat.PKCS12:
        yield Finding(
            requirement="CERT-006",
            reason="not-pkcs12",
            expected=expected,
            observed=f"a {contents.format} file",
            hint=f"pack it: {_PACK}",
        )
    elif len(contents.leaves) > 1:
        names = ", ".join(
            visible(item.subject.rfc4514_string(), limit=100) for item in contents.leaves[:3]
        )
        yield Finding(
            requirement="CERT-006",
            reason="several-certificates",
            expected="one certificate, and at most its chain",
            observed=f"{len(contents.leaves)} that did not issue each other: {names}",
            hint=f"pack each certificate in a file of its own: {_PACK}",
        )


@RULES("CERT-007")
def no_private_key_in_the_file(seen: Seen) -> Iterator[Finding]:
    """The file handed over holds no private key."""
    if seen.contents.holds_private_key:
        yield Finding(
            requirement="CERT-007",
            reason="private-key-inside",
            expected="the certificate alone",
            observed="a private key beside the certificate",
            hint=f"do not send it; pack the certificate alone: {_PACK}; where it was sent already, "
            "the key is known to others: make a new one",
        )


@RULES("CERT-008", needs=Needs.KEY)
def private_key_belongs_to_the_certificate(seen: Seen) -> Iterator[Finding]:
    """The private key in use belongs to the certificate handed over."""
    key, other = public_key_of(seen.certificate), seen.other_certificate
    if key == seen.key:
        return
    if other is not None and public_key_of(other) == seen.key:
        reason, observed = "key-of-the-other-role", "the key of the other certificate"
        hint = "the two keys, or the two certificates, were swapped: swap them back"
    else:
        reason = "key-of-another-certificate"
        observed = f"another key ({key_says(seen.key)})"
        hint = "find the key that this certificate was made with, or issue it anew for this key"
    yield Finding(
        requirement="CERT-008",
        reason=reason,
        expected=f"the private key of this certificate ({certificate_key_says(seen.certificate)})",
        observed=observed,
        hint=hint,
    )


@RULES("CERT-009")
def sixty_days_are_left(seen: Seen) -> Iterator[Finding]:
    """From now on, 60 days or more of validity are left."""
    yield from against_renewal(*_validity(seen), seen.now)


def against_renewal(_: datetime, ends: datetime, now: datetime) -> Iterator[Finding]:
    """Yield what CERT-009 has against a certificate that is valid until `ends`, at `now`."""
    left = ends - now
    if left >= RENEWAL:
        return
    ended = left < timedelta()
    observed = "it has ended" if ended else f"{left.days} day{'' if left.days == 1 else 's'} left"
    yield Finding(
        requirement="CERT-009",
        reason="no-days-left" if ended else "expires-soon",
        expected=f"{RENEWAL.days} days left or more",
        observed=f"{observed}: ends {moment(ends)}",
        hint="make the next one now, and hand it over before this one ends",
    )


def _same_key(one: PublicKeyTypes, other: PublicKeyTypes | None) -> bool:
    """Tell whether who has one private key has the other: of RSA, the modulus says so."""
    if isinstance(one, RSAPublicKey) and isinstance(other, RSAPublicKey):
        return one.public_numbers().n == other.public_numbers().n
    return one == other


def _validity(seen: Seen) -> tuple[datetime, datetime]:
    """Return the first and the last moment of the certificate, both within (RFC 5280)."""
    certificate = seen.certificate
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc
