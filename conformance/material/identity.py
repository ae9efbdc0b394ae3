"""A certificate with its private key: from a PKCS#12 file, or from two PEM files."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    pkcs12,
)

from conformance.errors import MaterialError
from conformance.material.certificate import Certificate, load_certificate
from conformance.material.keyfile import load_key
from conformance.wire.shown import shown

_LIMIT: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate, the private key that belongs to it, and the certificates that issued it."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    issuers: tuple[x509.Certificate, ...] = ()

    def sealed_pem(self, password: bytes) -> bytes:
        """Return all of it as PEM, the key encrypted with `password`."""
        key = self.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )
        certificates = (self.certificate, *self.issuers)
        return b"".join([key, *(item.public_bytes(Encoding.PEM) for item in certificates)])


def load_identity(certificate: Path, key: Path | None, password: bytes | None = None) -> Identity:
    """Return the identity in the PKCS#12 file `certificate`, or in it and the PEM file `key`.

    `password` opens a PKCS#12 file; the key in it is held in memory alone.

    Raises:
        MaterialError: a file cannot be read, there is no private key, it is not RSA, or it does
            not belong to the certificate.
    """
    found = load_certificate(certificate, password)
    name = shown(str(certificate), 300)
    if found.x509 is None:
        raise MaterialError(
            f"{name} holds a bare key, not a certificate", hint="name the certificate's own file"
        )
    if key is not None:
        identity = Identity(certificate=found.x509, key=load_key(key))
    else:
        identity = _from_store(certificate, found, password, name)
    if identity.key.public_key() != identity.certificate.public_key():
        where = shown(str(key), 300) if key else name
        raise MaterialError(
            f"the private key in {where} does not belong to the certificate in {name}",
            hint="name the two files that were made together",
        )
    return identity


def _from_store(path: Path, found: Certificate, password: bytes | None, name: str) -> Identity:
    """Return certificate and key of a PKCS#12 file that was opened once already."""
    hint = "name the private key's PEM file too, or a .pfx file that holds it"
    if not found.holds_private_key or found.x509 is None:
        raise MaterialError(f"{name} holds no private key", hint=hint)
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store = pkcs12.load_pkcs12(file.read(_LIMIT), password)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise MaterialError(f"the private key in {name} cannot be read", hint=hint) from None
    if not isinstance(store.key, RSAPrivateKey):
        raise MaterialError(
            f"the private key in {name} is not RSA",
            hint="Security.md asks for an RSA key of 2048 bits or more",
        )
    issuers = tuple(
        item.certificate for item in store.additional_certs if item.certificate != found.x509
    )
    return Identity(certificate=found.x509, key=store.key, issuers=issuers)
