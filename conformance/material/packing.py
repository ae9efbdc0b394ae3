"""A made certificate as the files that are handed over, and those that are used."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from conformance.errors import UsageError
from conformance.material.making import Made

SHORTEST_PASSWORD: Final = 6
"""Characters that keytool asks of a password."""

_LONGEST_PASSWORD: Final = 128
_RANDOM_OCTETS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Passwords:
    """What protects the files: those handed over, the keystores, and, where asked, the PEM keys."""

    hand_over: bytes
    keystore: bytes
    key: bytes | None = None


def new_password() -> bytes:
    """Return a random password of 32 hexadecimal digits."""
    return secrets.token_hex(_RANDOM_OCTETS).encode()


def check_password(password: bytes, what: str) -> None:
    """Check that openssl, Java and others open what `password` protects.

    Raises:
        UsageError: it is too short or too long, or has other characters than printable ASCII.
    """
    fits = SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD
    if not fits or not all(0x20 <= octet < 0x7F for octet in password):
        raise UsageError(
            f"{what} must have {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters of printable "
            "ASCII: others do not open in all programs",
            hint="Choose another one, or give none to have one made.",
        )


def hand_over_pfx(name: str, certificate: x509.Certificate, password: bytes) -> bytes:
    """Return the PKCS#12 file to hand over: the certificate, and no private key (quirk Q12).

    `name` is its alias in the file.

    It is marked as trusted for Java, which otherwise sees no entry in a file without a key.
    """
    entry = pkcs12.PKCS12Certificate(certificate, name.encode())
    return pkcs12.serialize_java_truststore([entry], BestAvailableEncryption(password))


def keystore(made: Made, password: bytes) -> bytes:
    """Return the PKCS#12 keystore to use: key and certificate, under the role's name as alias."""
    return pkcs12.serialize_key_and_certificates(
        made.role.encode(), made.key, made.certificate, None, BestAvailableEncryption(password)
    )


def key_pem(made: Made, password: bytes | None) -> bytes:
    """Return the private key as PKCS#8 PEM, encrypted where there is a password."""
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    return made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
