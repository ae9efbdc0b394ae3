"""Certificates read from PEM, DER and PKCS#12 files. Judging them is not done here."""

from __future__ import annotations

import base64
import hashlib
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
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
    load_der_private_key,
    load_der_public_key,
    pkcs12,
)
from cryptography.x509.oid import PublicKeyAlgorithmOID

from conformance.errors import MaterialError
from conformance.wire.visible import visible

LIMIT: Final = 1 << 20
"""The most octets that a file with certificates may have."""

_RSA_PSS_OID: Final = PublicKeyAlgorithmOID.RSASSA_PSS
_RSA_PSS: Final = bytes.fromhex("06092a864886f70d01010a")
"""The object identifier id-RSASSA-PSS (RFC 4055, section 1.2) in DER."""

_ARMOUR: Final = re.compile(rb"-----BEGIN [A-Z ]*PUBLIC KEY-----([^-]*)-----END")
_PEM_LABEL: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_PKCS12: Final = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...)\x02\x01\x03", re.DOTALL)
_CONVERT: Final = "convert it: openssl x509 -in FILE -out certificate.pem"
_OTHER_LABELS: Final = {
    b"CERTIFICATE REQUEST": "a certificate request, not a certificate",
    b"NEW CERTIFICATE REQUEST": "a certificate request, not a certificate",
    b"TRUSTED CERTIFICATE": "a certificate in OpenSSL's own trusted form",
    b"PKCS7": "a PKCS#7 bundle",
    b"CMS": "a PKCS#7 bundle",
    b"X509 CRL": "a revocation list, not a certificate",
}


class CertificateFormat(StrEnum):
    """How the file holds the certificate."""

    PEM = "PEM"
    DER = "DER"
    PKCS12 = "PKCS#12"


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
    name = f"the certificate file {visible(str(path), limit=300)}"
    data = _read(path, name)
    label = _PEM_LABEL.search(data)
    with warnings.catch_warnings():
        # cryptography warns of lax encodings, which the PFX files of some tools have.
        warnings.simplefilter("ignore")
        if label is not None:
            found = _from_pem(data, label[1], name)
        elif _PKCS12.match(data):
            found = _from_pkcs12(data, password, name)
        else:
            found = _from_der(data, name)
    return replace(found, path=path)


def _read(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise MaterialError(f"{name} is a directory", hint="name the file in it")
        with path.open("rb") as stream:
            data = stream.read(LIMIT + 1)
    except FileNotFoundError as error:
        raise MaterialError(f"{name} does not exist", hint="check the path") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        raise MaterialError(
            f"{name} cannot be read: {reason}", hint="check the path and its rights"
        ) from error
    if not data.strip():
        raise MaterialError(f"{name} is empty", hint="export the certificate once more")
    if len(data) > LIMIT:
        raise MaterialError(
            f"{name} is larger than {LIMIT >> 20} MiB, which no certificate is",
            hint="give the path of a PEM, DER or PFX file",
        )
    return data


def _from_pem(data: bytes, label: bytes, name: str) -> Certificate:
    """Return the certificate, or the public key, of a PEM file (RFC 7468)."""
    labels = _PEM_LABEL.findall(data)
    private = any(label.endswith(b"PRIVATE KEY") for label in labels)
    try:
        if b"CERTIFICATE" in labels or b"X509 CERTIFICATE" in labels:
            chain = x509.load_pem_x509_certificates(data)
            found = _of_chain(chain, CertificateFormat.PEM, name)
            return replace(found, holds_private_key=private)
        if label in (b"PUBLIC KEY", b"RSA PUBLIC KEY"):
            armoured = _ARMOUR.search(data)
            der = base64.b64decode(armoured[1] if armoured else b"")
            return _of_key(der, CertificateFormat.PEM, name)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _damaged(name, "PEM") from error
    if private:
        raise _private(name)
    what = _OTHER_LABELS.get(label, f"PEM of another kind ({label.decode()})")
    raise MaterialError(f"{name} holds {what}", hint=_CONVERT)


def _from_pkcs12(data: bytes, password: bytes | None, name: str) -> Certificate:
    """Return the certificate of a PKCS#12 file (RFC 7292); a password may not be needed."""
    try:
        store = pkcs12.load_pkcs12(data, password)
    except UnsupportedAlgorithm as error:
        raise MaterialError(
            f"{name} is a PKCS#12 file with an encryption that is not supported",
            hint="export it once more with AES-256, as openssl 3 does",
        ) from error
    except (ValueError, TypeError) as error:
        if "password" not in str(error).lower():
            raise _damaged(name, "PKCS#12") from error
        if password is None:
            raise MaterialError(
                f"{name} is a PKCS#12 file protected by a password, and none was given",
                hint="give it in a file or in the environment, never on the command line",
            ) from None
        raise MaterialError(
            f"{name} is a PKCS#12 file that the given password does not open",
            hint="check the password for a typing error; a line end after it does not count",
        ) from None
    chain = [item.certificate for item in (store.cert, *store.additional_certs) if item]
    if not chain:
        raise MaterialError(
            f"{name} is a PKCS#12 file without a certificate",
            hint="export the certificate too: openssl pkcs12 -export -in certificate.pem …",
        )
    leaf = chain[:1] if store.cert else chain
    found = _of_chain(leaf, CertificateFormat.PKCS12, name)
    return replace(found, holds_private_key=store.key is not None)


def _from_der(data: bytes, name: str) -> Certificate:
    """Return the certificate, or the public key, in DER."""
    try:
        return _of_chain([x509.load_der_x509_certificate(data)], CertificateFormat.DER, name)
    except (ValueError, UnsupportedAlgorithm):
        pass
    try:
        return _of_key(data, CertificateFormat.DER, name)
    except (ValueError, UnsupportedAlgorithm):
        if _is_private(data):
            raise _private(name) from None
        raise MaterialError(
            f"{name} holds no certificate in PEM, DER or PKCS#12 form",
            hint="give the file that begins with -----BEGIN CERTIFICATE-----, or the .pfx",
        ) from None


def _is_private(data: bytes) -> bool:
    """Tell whether `data` is a private key in DER, encrypted or not."""
    try:
        load_der_private_key(data, None)
    except TypeError:  # encrypted
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _of_chain(chain: Sequence[x509.Certificate], form: CertificateFormat, name: str) -> Certificate:
    """Return the certificate in `chain` which issued no other one: the first such."""
    issuers = [item.issuer for item in chain if item.issuer != item.subject]
    leaf = next((item for item in chain if item.subject not in issuers), chain[0])
    key = _rsa(leaf.public_key, name, is_pss=leaf.public_key_algorithm_oid == _RSA_PSS_OID)
    return Certificate(
        path=Path(),
        format=form,
        public_key=key,
        fingerprint=leaf.fingerprint(SHA256()).hex(),
        subject=leaf.subject.rfc4514_string(),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        x509=leaf,
    )


def _of_key(der: bytes, form: CertificateFormat, name: str) -> Certificate:
    """Return the bare public key in `der`."""
    key = _rsa(lambda: load_der_public_key(der), name, is_pss=_RSA_PSS in der[:40])
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = hashlib.sha256(spki).hexdigest()
    return Certificate(path=Path(), format=form, public_key=key, fingerprint=fingerprint)


def _rsa(load: Callable[[], PublicKeyTypes], name: str, *, is_pss: bool) -> RSAPublicKey:
    try:
        key = load()
    except UnsupportedAlgorithm as error:
        raise _not_rsa(name, "an unknown kind") from error
    if is_pss:
        raise _not_rsa(name, "RSA-PSS, which signs in another way than rsa-sha256")
    if not isinstance(key, RSAPublicKey):
        raise _not_rsa(name, type(key).__name__.strip("_").removesuffix("PublicKey"))
    return key


def _private(name: str) -> MaterialError:
    return MaterialError(
        f"{name} holds a private key instead of a certificate",
        hint="give the certificate that belongs to it; the private key is never needed here",
    )


def _damaged(name: str, form: str) -> MaterialError:
    return MaterialError(
        f"{name} is a damaged or cut off {form} file", hint="export or copy it once more"
    )


def _not_rsa(name: str, kind: str) -> MaterialError:
    return MaterialError(
        f"{name} holds a key that is not RSA ({kind})",
        hint="Security.md asks for an RSA key of 2048 bits or more",
    )
