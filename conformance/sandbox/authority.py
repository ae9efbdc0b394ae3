"""The sandbox's own certificate authority, and the certificates of its servers.

They are elliptic-curve certificates, made in a millisecond: only the partner's must be RSA. Each
is made once and kept; the server's is made anew when it runs out or another host is served.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from conformance.clock import Clock
from conformance.sandbox.vault import Vault

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""What every server certificate is good for."""

CA_FILE: Final = "ca.pem"

_CA_KEY: Final = "ca.key"
_SERVER: Final = "server.pem"
_SERVER_KEY: Final = "server.key"
_YEARS: Final = timedelta(days=3650)
_LIFE: Final = timedelta(days=365)
_MARGIN: Final = timedelta(days=1)


class BadCertificate(StrEnum):
    """What is wrong with a server certificate that a client must refuse."""

    UNTRUSTED = "untrusted"
    SELF_SIGNED = "self-signed"
    EXPIRED = "expired"
    OTHER_HOST = "other-host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as unencrypted PKCS#8 PEM."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Authority:
    """Issues the sandbox's server certificates; its own is what clients trust."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        """Load the authority kept in `vault`, or make it.

        Raises:
            UsageError: the vault cannot be read or written.
        """
        self._vault = vault
        self._clock = clock
        kept = self._kept(CA_FILE, _CA_KEY)
        self._identity = kept or self._made()

    @property
    def ca_file(self) -> Path:
        """The file with the certificate that clients must trust."""
        return self._vault.path(CA_FILE)

    def server(self, hosts: Iterable[str] = ()) -> Identity:
        """Return the certificate for `localhost` and `hosts`, kept or made.

        Raises:
            UsageError: the vault cannot be read or written.
        """
        names = tuple(dict.fromkeys((*LOCAL_NAMES, *hosts)))
        kept = self._kept(_SERVER, _SERVER_KEY)
        if kept is not None and self._serves(kept.certificate, names):
            return kept
        made = self._issue(names)
        self._vault.write(_SERVER_KEY, made.key_pem)
        self._vault.write(_SERVER, made.certificate_pem)
        return made

    def bad_server(self, fault: BadCertificate) -> Identity:
        """Return a server certificate with `fault`."""
        now = self._clock.now()
        match fault:
            case BadCertificate.UNTRUSTED:
                stranger = _certify_itself("An authority that nobody trusts", now)
                return self._issue(LOCAL_NAMES, issuer=stranger)
            case BadCertificate.SELF_SIGNED:
                return self._issue(LOCAL_NAMES, signs_itself=True)
            case BadCertificate.EXPIRED:
                return self._issue(LOCAL_NAMES, since=now - _LIFE - _LIFE)
            case BadCertificate.OTHER_HOST:
                return self._issue(("another-host.example",))

    def _made(self) -> Identity:
        made = _certify_itself("Partner API sandbox", self._clock.now())
        self._vault.write(_CA_KEY, made.key_pem)
        self._vault.write(CA_FILE, made.certificate_pem)
        return made

    def _kept(self, name: str, key_name: str) -> Identity | None:
        """Return what the vault has under these names, None when it is not usable any more."""
        pem, key_pem = self._vault.read(name), self._vault.read(key_name)
        if pem is None or key_pem is None:
            return None
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            key = load_pem_private_key(key_pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return None
        lasts = certificate.not_valid_after_utc - self._clock.now() > _MARGIN
        if not isinstance(key, EllipticCurvePrivateKey) or not lasts:
            return None
        fits = key.public_key() == certificate.public_key()
        return Identity(certificate=certificate, key=key) if fits else None

    def _serves(self, certificate: x509.Certificate, names: Iterable[str]) -> bool:
        """Tell whether this authority issued `certificate` for exactly `names`."""
        try:
            certificate.verify_directly_issued_by(self._identity.certificate)
            extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            return False
        return list(extension.value) == [_general_name(name) for name in names]

    def _issue(
        self,
        names: Iterable[str],
        *,
        issuer: Identity | None = None,
        since: datetime | None = None,
        signs_itself: bool = False,
    ) -> Identity:
        issued_by = issuer or self._identity
        key = ec.generate_private_key(ec.SECP256R1())
        signer = key if signs_itself else issued_by.key
        name = _name("localhost")
        issuer_name = name if signs_itself else issued_by.certificate.subject
        begins = since or self._clock.now() - _MARGIN
        alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = (
            _builder(name, issuer_name, key, begins, _LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(alternative, critical=False)
            .add_extension(usage, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
        )
        return Identity(certificate=builder.sign(signer, SHA256()), key=key)


def _certify_itself(common_name: str, now: datetime) -> Identity:
    """Return a new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    name = _name(common_name)
    builder = (
        _builder(name, name, key, now - _MARGIN, _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Identity(certificate=builder.sign(key, SHA256()), key=key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    begins: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + life)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
