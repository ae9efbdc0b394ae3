"""RSA certificates, and bare RSA public keys, read from PEM, DER and PKCS#12 files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from cryptography.x509.oid import PublicKeyAlgorithmOID

from conformance.errors import MaterialError
from conformance.material.contents import CertificateFormat, read_contents
from conformance.material.reading import named

RSA_PSS: Final = PublicKeyAlgorithmOID.RSASSA_PSS
"""The algorithm of an RSA key that may sign with PSS alone (RFC 4055, section 1.2)."""

_RSA_PSS_DER: Final = bytes.fromhex("06092a864886f70d01010a")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """An RSA certificate, or a bare RSA public key, as its file holds it.

    `fingerprint` is the SHA-256 of the certificate's DER form, of a bare key that of its
    SubjectPublicKeyInfo, in lower-case hexadecimal. `holds_private_key` tells of the file, not of
    the certificate. A bare key has no `x509`, no subject and no times.
    """

    path: Path
    format: CertificateFormat
    public_key: RSAPublicKey
    fingerprint: str
    subject: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    x509: x509.Certificate | None = None
    holds_private_key: bool = False


def load_certificate(path: Path, password: bytes | None = None) -> Certificate:
    """Return the certificate in the file at `path`; of several that which issued no other one.

    `password` opens a PKCS#12 file and is not needed for others.

    Raises:
        MaterialError: the file cannot be read, holds no certificate, is not opened by `password`,
            or the key is not RSA.
    """
    name = named("certificate", path)
    contents = read_contents(path, password)
    if not contents.leaves:
        key = _rsa(
            lambda: load_der_public_key(contents.bare_key),
            name,
            is_pss=_RSA_PSS_DER in contents.bare_key[:40],
        )
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return Certificate(
            path=path,
            format=contents.format,
            public_key=key,
            fingerprint=hashlib.sha256(spki).hexdigest(),
        )
    leaf = contents.leaves[0]
    return Certificate(
        path=path,
        format=contents.format,
        public_key=_rsa(leaf.public_key, name, is_pss=leaf.public_key_algorithm_oid == RSA_PSS),
        fingerprint=leaf.fingerprint(SHA256()).hex(),
        subject=leaf.subject.rfc4514_string(),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        x509=leaf,
        holds_private_key=contents.holds_private_key,
    )


def _rsa(load: Callable[[], PublicKeyTypes], name: str, *, is_pss: bool) -> RSAPublicKey:
    try:
        key = load()
    except UnsupportedAlgorithm as error:
        raise _not_rsa(name, "an unknown kind") from error
    except ValueError as error:
        raise MaterialError(
            f"{name} holds a damaged public key", hint="make it once more", reason="key-damaged"
        ) from error
    if is_pss:
        raise _not_rsa(name, "RSA-PSS, which signs in another way than rsa-sha256")
    if not isinstance(key, RSAPublicKey):
        raise _not_rsa(name, type(key).__name__.strip("_").removesuffix("PublicKey"))
    return key


def _not_rsa(name: str, kind: str) -> MaterialError:
    return MaterialError(
        f"{name} holds a key that is not RSA ({kind})",
        hint="Security.md asks for an RSA key of 2048 bits or more",
        reason="key-not-rsa",
    )
