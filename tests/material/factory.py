"""Certificates of every kind for tests, made with cryptography alone; keys are made once."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA3_256, SHA224, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 3, 31, 12, 0, 0, tzinfo=UTC)
PASSWORD = b"correct horse"

Key = (
    rsa.RSAPrivateKey
    | dsa.DSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)
Hash = SHA224 | SHA256 | SHA384 | SHA512 | SHA3_256


@functools.cache
def key(kind: str) -> Key:
    """Return the key called `kind`, such as `rsa-2048-a` or `ec`; always the same one."""
    match kind.split("-"):
        case ["rsa", bits, *_]:
            return rsa.generate_private_key(public_exponent=65537, key_size=int(bits))
        case ["ec", *_]:
            return ec.generate_private_key(ec.SECP256R1())
        case ["dsa", *_]:
            return dsa.generate_private_key(key_size=2048)
        case ["ed25519", *_]:
            return ed25519.Ed25519PrivateKey.generate()
        case ["ed448", *_]:
            return ed448.Ed448PrivateKey.generate()
    raise AssertionError(kind)


def issue(
    kind: str = "rsa-2048-a",
    *,
    name: str = "leaf",
    by: tuple[str, str] | None = None,
    algorithm: Hash | None = None,
    begins: datetime = NOW - timedelta(days=30),
    ends: datetime = NOW + timedelta(days=335),
    ca: bool = False,
) -> x509.Certificate:
    """Return a certificate of the key `kind`, issued by itself or by (name, key kind)."""
    issuer, signer_kind = by or (name, kind)
    signer = key(signer_kind)
    hashed = None if signer_kind.startswith("ed") else algorithm or SHA256()
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key(kind).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(signer, hashed)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(item.public_bytes(Encoding.PEM) for item in certificates)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def pfx(
    *certificates: x509.Certificate, private: str = "", password: bytes | None = PASSWORD
) -> bytes:
    """Return a PKCS#12 file of `certificates`, the first with the key `private` where named."""
    sealed: KeySerializationEncryption = (
        BestAvailableEncryption(password) if password else NoEncryption()
    )
    if not private:
        return pkcs12.serialize_key_and_certificates(None, None, None, certificates, sealed)
    first, *others = certificates
    return pkcs12.serialize_key_and_certificates(b"me", key(private), first, others, sealed)


def pfx_of_key(kind: str) -> bytes:
    """Return a PKCS#12 file with a private key and no certificate."""
    sealed = BestAvailableEncryption(PASSWORD)
    return pkcs12.serialize_key_and_certificates(b"me", key(kind), None, None, sealed)


def key_pem(
    kind: str, password: bytes | None = None, form: PrivateFormat = PrivateFormat.PKCS8
) -> bytes:
    sealed: KeySerializationEncryption = (
        BestAvailableEncryption(password) if password else NoEncryption()
    )
    return key(kind).private_bytes(Encoding.PEM, form, sealed)


def key_der(kind: str, password: bytes | None = None) -> bytes:
    sealed = BestAvailableEncryption(password) if password else NoEncryption()
    return key(kind).private_bytes(Encoding.DER, PrivateFormat.PKCS8, sealed)


def saved(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
