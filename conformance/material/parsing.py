"""Certificates parsed so that all of them can be read, or none: what is odd is a ValueError."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cryptography import x509

T = TypeVar("T")


def certificate_in_pem(data: bytes) -> x509.Certificate:
    """Return the first certificate in the PEM text `data`.

    Raises:
        ValueError: there is none, or it cannot be read.
    """
    return sound(_parsed(x509.load_pem_x509_certificate, data))


def certificates_in_pem(data: bytes) -> list[x509.Certificate]:
    """Return all certificates in the PEM text `data`.

    Raises:
        ValueError: there is none, or one cannot be read.
    """
    return [sound(item) for item in _parsed(x509.load_pem_x509_certificates, data)]


def certificate_in_der(data: bytes) -> x509.Certificate:
    """Return the certificate in the DER octets `data`.

    Raises:
        ValueError: it cannot be read.
    """
    return sound(_parsed(x509.load_der_x509_certificate, data))


def sound(certificate: x509.Certificate) -> x509.Certificate:
    """Return `certificate`, whose names and times can be read.

    Raises:
        ValueError: they cannot: cryptography reads each when it is first asked for.
    """
    _parsed(_read_through, certificate)
    return certificate


def is_authority(certificate: x509.Certificate) -> bool:
    """Tell whether `certificate` says that it may issue others (RFC 5280, 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (
        ValueError,
        TypeError,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return False


def _read_through(certificate: x509.Certificate) -> None:
    _ = (
        certificate.subject.rfc4514_string(),
        certificate.issuer.rfc4514_string(),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def _parsed(parse: Callable[..., T], data: object) -> T:
    try:
        return parse(data)
    except (TypeError, x509.InvalidVersion) as error:  # cryptography's own ways to refuse
        raise ValueError(str(error)) from error
