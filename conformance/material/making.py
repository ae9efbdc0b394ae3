"""Make a key, a self-signed certificate and a certificate request that fit the requirements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from conformance.errors import UsageError
from conformance.material.keyfile import make_key
from conformance.material.months import months_after
from conformance.material.submitted import Role

LONGEST_NAME: Final = 48
"""Characters of a name: with what is added to it, a common name has 64 at most (RFC 5280)."""

_USAGE: Final = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
    encipher_only=False, decipher_only=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made: a certificate for `name`, from the moment `begins` on."""

    name: str
    months: int
    bits: int
    begins: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Made:
    """A new key with its self-signed certificate, and the request that a CA can sign instead."""

    role: Role
    key: RSAPrivateKey
    certificate: x509.Certificate
    request: x509.CertificateSigningRequest


def check_name(name: str) -> None:
    """Check that `name` can stand in a certificate.

    Raises:
        UsageError: it is empty, too long or has characters that cannot be printed.
    """
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise UsageError(
            f"the name for the certificates must have 1 to {LONGEST_NAME} printable characters",
            hint='Name your company: --name "Example Ltd"',
        )


def make_certificate(role: Role, order: Order) -> Made:
    """Return a new key of `order.bits` bits, its certificate and its request.

    The certificate begins at the whole second of `order.begins`, ends `order.months` calendar
    months later, and is signed with SHA-256. It may sign and nothing else; that for TLS is one
    of a client.

    Raises:
        UsageError: the name cannot stand in a certificate.
    """
    check_name(order.name)
    key = make_key(order.bits)
    begins = order.begins.replace(microsecond=0)
    what = "TLS" if role is Role.TLS else "HTTP Signature"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{order.name} {what}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(months_after(begins, order.months))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    for extension in _extensions(role):
        critical = not isinstance(extension, x509.ExtendedKeyUsage)
        certificate = certificate.add_extension(extension, critical=critical)
        request = request.add_extension(extension, critical=critical)
    return Made(
        role=role,
        key=key,
        certificate=certificate.sign(key, SHA256()),
        request=request.sign(key, SHA256()),
    )


def _extensions(role: Role) -> tuple[x509.ExtensionType, ...]:
    basic = x509.BasicConstraints(ca=False, path_length=None)
    if role is Role.TLS:
        return basic, _USAGE, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return basic, _USAGE
