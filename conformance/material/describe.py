"""Keys, signatures and moments of certificates, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPublicKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import PublicKeyAlgorithmOID

_STRONG_DIGEST: Final = 32
"""Octets of a SHA-256 hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureKind:
    """How a certificate is signed; `strong` is SHA-256 or stronger, `slug` part of a reason."""

    slug: str
    says: str
    strong: bool


_BY_IDENTIFIER: Final = {
    identifier: SignatureKind(slug=slug, says=says, strong=strong)
    for identifier, slug, says, strong in (
        ("1.3.101.112", "ed25519", "Ed25519, which has SHA-512 within", True),
        ("1.3.101.113", "ed448", "Ed448, which has SHAKE256 within", True),
        ("1.2.840.113549.1.1.16", "sha512-256", "SHA-512/256", True),
        ("1.2.840.113549.1.1.15", "sha512-224", "SHA-512/224", False),
        ("1.2.840.113549.1.1.2", "md2", "MD2", False),
        ("1.3.36.3.3.1.2", "ripemd160", "RIPEMD-160", False),
    )
}
"""Algorithms whose hash cryptography does not name, by object identifier (RFC 8017, RFC 8410)."""


def moment(time: datetime) -> str:
    """Return `time` like `2028-11-21 10:00:00 UTC`."""
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"


def public_key_of(certificate: x509.Certificate) -> PublicKeyTypes | None:
    """Return the public key; None where it is of an unknown kind or malformed."""
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def key_slug(key: PublicKeyTypes) -> str:
    """Return the kind of `key` as a part of a reason code: `ec`."""
    if isinstance(key, EllipticCurvePublicKey):
        return "ec"
    return type(key).__name__.strip("_").removesuffix("PublicKey").lower()


def key_says(key: PublicKeyTypes) -> str:
    """Return the kind and size of `key`: `RSA, 3072 bit`."""
    if isinstance(key, EllipticCurvePublicKey):
        return f"EC, {key.curve.name}"
    if isinstance(key, RSAPublicKey | DSAPublicKey):
        return f"{key_slug(key).upper()}, {key.key_size} bit"
    return type(key).__name__.strip("_").removesuffix("PublicKey")


def certificate_key_says(certificate: x509.Certificate) -> str:
    """Return the kind and size of the key in `certificate`."""
    key = public_key_of(certificate)
    if key is None:
        oid = certificate.public_key_algorithm_oid.dotted_string
        return f"of a kind that cannot be read ({oid})"
    if certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
        return key_says(key).replace("RSA", "RSA-PSS", 1)
    return key_says(key)


def signature_of(certificate: x509.Certificate) -> SignatureKind:
    """Return how `certificate` is signed."""
    identifier = certificate.signature_algorithm_oid.dotted_string
    if identifier in _BY_IDENTIFIER:
        return _BY_IDENTIFIER[identifier]
    try:
        algorithm = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        algorithm = None
    if algorithm is None:
        says = f"a hash that is not known (algorithm {identifier})"
        return SignatureKind(slug="unknown-hash", says=says, strong=False)
    says = re.sub(r"^SHA(?=1$|\d{3})", "SHA-", algorithm.name.upper())
    strong = algorithm.name.startswith("sha") and algorithm.digest_size >= _STRONG_DIGEST
    return SignatureKind(slug=algorithm.name, says=says, strong=strong)
