"""What a file with a certificate holds, in PEM, DER or PKCS#12 form, whatever kind its key is."""

from __future__ import annotations

import base64
import contextlib
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from conformance.errors import MaterialError
from conformance.material.parsing import (
    certificate_in_der,
    certificates_in_pem,
    is_authority,
    sound,
)
from conformance.material.pkcs12 import is_pkcs12, open_pkcs12, refuse_java_keystore
from conformance.material.reading import named, read_file

PEM_LABEL: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
"""The label that a PEM block begins with (RFC 7468)."""

_ARMOUR: Final = re.compile(rb"-----BEGIN [A-Z ]*PUBLIC KEY-----([^-]*)-----END")
_CONVERT: Final = "convert it: openssl x509 -in FILE -out certificate.pem"
_REQUEST: Final = ("request-instead", "a certificate request, not a certificate")
_PKCS7: Final = ("pkcs7-instead", "a PKCS#7 bundle")
_OTHER_LABELS: Final = {
    b"CERTIFICATE REQUEST": _REQUEST,
    b"NEW CERTIFICATE REQUEST": _REQUEST,
    b"TRUSTED CERTIFICATE": ("trusted-form", "a certificate in OpenSSL's own trusted form"),
    b"PKCS7": _PKCS7,
    b"CMS": _PKCS7,
    b"X509 CRL": ("revocation-list-instead", "a revocation list, not a certificate"),
}

_OTHER_HINTS: Final = {
    "request-instead": "give the certificate itself: a request becomes one when it is signed",
    "revocation-list-instead": "give the certificate itself",
    "pkcs7-instead": "convert it: openssl pkcs7 -print_certs -in FILE -out certificate.pem",
}


class CertificateFormat(StrEnum):
    """How the file holds the certificate."""

    PEM = "PEM"
    DER = "DER"
    PKCS12 = "PKCS#12"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file holds: certificates, or one bare public key as the DER octets `bare_key`.

    `leaves` are the certificates that the file may be about, `chain` the others; of more leaves
    than one the first counts.
    """

    format: CertificateFormat
    leaves: tuple[x509.Certificate, ...] = ()
    chain: tuple[x509.Certificate, ...] = ()
    bare_key: bytes = b""
    holds_private_key: bool = False


def read_contents(path: Path, password: bytes | None = None) -> Contents:
    """Return what the file at `path` holds; `password` opens a PKCS#12 file.

    Raises:
        MaterialError: the file cannot be read, is damaged, holds neither certificate nor public
            key, or is not opened by `password`; its `reason` tells which.
    """
    name = named("certificate", path)
    return contents_of(read_file(path, name), name, password)


def contents_of(data: bytes, name: str, password: bytes | None = None) -> Contents:
    """Return what the octets `data` of a file hold; `name` is what messages call it.

    Raises:
        MaterialError: as `read_contents` says.
    """
    label = PEM_LABEL.search(data)
    with warnings.catch_warnings():
        # cryptography warns of lax encodings, which the PFX files of some tools have.
        warnings.simplefilter("ignore")
        if label is not None:
            return _from_pem(data, label[1], name)
        if is_pkcs12(data):
            return _from_pkcs12(data, password, name)
        refuse_java_keystore(data, name)
        return _from_der(data, name)


def _from_pem(data: bytes, label: bytes, name: str) -> Contents:
    labels = PEM_LABEL.findall(data)
    private = any(label.endswith(b"PRIVATE KEY") for label in labels)
    try:
        if b"CERTIFICATE" in labels or b"X509 CERTIFICATE" in labels:
            found = certificates_in_pem(data)
            return _of_certificates(found, CertificateFormat.PEM, private=private)
        if label in (b"PUBLIC KEY", b"RSA PUBLIC KEY"):
            armoured = _ARMOUR.search(data)
            der = base64.b64decode(armoured[1] if armoured else b"")
            return _of_bare_key(der, CertificateFormat.PEM)
    except ValueError as error:
        raise MaterialError(
            f"{name} is a damaged or cut off PEM file",
            hint="export or copy it once more",
            reason="pem-damaged",
        ) from error
    if private:
        raise _private(name)
    kind = ("pem-of-another-kind", f"PEM of another kind ({label.decode()})")
    reason, what = _OTHER_LABELS.get(label, kind)
    hint = _OTHER_HINTS.get(reason, _CONVERT)
    raise MaterialError(f"{name} holds {what}", hint=hint, reason=reason)


def _from_pkcs12(data: bytes, password: bytes | None, name: str) -> Contents:
    store = open_pkcs12(data, password, name)
    private = store.key is not None
    others = [item.certificate for item in store.additional_certs]
    try:
        if store.cert is not None:  # the one that the private key belongs to
            others = [item for item in others if item != store.cert.certificate]
            return Contents(
                format=CertificateFormat.PKCS12,
                leaves=(sound(store.cert.certificate),),
                chain=tuple(others),
                holds_private_key=private,
            )
        if others:
            return _of_certificates(map(sound, others), CertificateFormat.PKCS12, private=private)
    except ValueError as error:
        raise MaterialError(
            f"{name} is a PKCS#12 file with a damaged certificate",
            hint="export it once more",
            reason="certificate-damaged",
        ) from error
    raise MaterialError(
        f"{name} is a PKCS#12 file without a certificate",
        hint="export the certificate: openssl pkcs12 -export -nokeys -in cert.pem -out cert.pfx",
        reason="pkcs12-without-certificate",
    )


def _from_der(data: bytes, name: str) -> Contents:
    try:
        return _of_certificates([certificate_in_der(data)], CertificateFormat.DER)
    except ValueError:
        pass
    try:
        return _of_bare_key(data, CertificateFormat.DER)
    except ValueError:
        if _is_private(data):
            raise _private(name) from None
        raise MaterialError(
            f"{name} holds no certificate in PEM, DER or PKCS#12 form",
            hint="give the file that begins with -----BEGIN CERTIFICATE-----, or the .pfx",
            reason="no-certificate",
        ) from None


def _of_certificates(
    found: Iterable[x509.Certificate], form: CertificateFormat, *, private: bool = False
) -> Contents:
    """Return the certificates in `found` as leaves and chain.

    A leaf has issued no other one; one that is no authority goes before those that are.
    """
    unique = list(dict.fromkeys(found))
    issuers = {item.issuer for item in unique if item.issuer != item.subject}
    ends = [item for item in unique if item.subject not in issuers] or unique[:1]
    leaves = [item for item in ends if not is_authority(item)] or ends
    return Contents(
        format=form,
        leaves=tuple(leaves),
        chain=tuple(item for item in unique if item not in leaves),
        holds_private_key=private,
    )


def _of_bare_key(der: bytes, form: CertificateFormat) -> Contents:
    """Return a bare public key.

    Raises:
        ValueError: `der` is none.
    """
    with contextlib.suppress(UnsupportedAlgorithm):  # a key all the same
        load_der_public_key(der)
    return Contents(format=form, bare_key=der)


def _is_private(data: bytes) -> bool:
    """Tell whether `data` is a private key in DER, encrypted or not."""
    try:
        load_der_private_key(data, None)
    except TypeError:  # encrypted
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _private(name: str) -> MaterialError:
    return MaterialError(
        f"{name} holds a private key instead of a certificate",
        hint="give the certificate that belongs to it",
        reason="private-key-instead",
    )
