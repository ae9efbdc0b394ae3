"""The partner that the sandbox makes for itself: credentials, two keys and two certificates."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from conformance.clock import Clock
from conformance.errors import ConformanceError
from conformance.material.keyfile import make_key, pkcs8_pem
from conformance.sandbox.partner import Partner, load_partner
from conformance.sandbox.vault import Vault

PARTNER_FILE: Final = "partner.toml"
TLS_CERTIFICATE: Final = "tls.pem"
TLS_KEY: Final = "tls.key"
SIGNING_CERTIFICATE: Final = "signing.pem"
SIGNING_KEY: Final = "signing.key"
CLIENT_ID: Final = "client-id"
CLIENT_SECRET: Final = "client-secret"  # noqa: S105 - the name of a file
SUBSCRIPTION_KEY: Final = "subscription-key"

_FILES: Final = (
    PARTNER_FILE, TLS_CERTIFICATE, TLS_KEY, SIGNING_CERTIFICATE, SIGNING_KEY,
    CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY,
)  # fmt: skip
_LIFE: Final = timedelta(days=365)
_LEFT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFiles:
    """Where the demo partner's material is; each text stands alone in its file."""

    tls_certificate: Path
    tls_key: Path
    signing_certificate: Path
    signing_key: Path
    client_id: Path
    client_secret: Path
    subscription_key: Path


def demo_files(vault: Vault) -> DemoFiles:
    """Return where the files of the demo partner are, or will be."""
    return DemoFiles(
        tls_certificate=vault.path(TLS_CERTIFICATE),
        tls_key=vault.path(TLS_KEY),
        signing_certificate=vault.path(SIGNING_CERTIFICATE),
        signing_key=vault.path(SIGNING_KEY),
        client_id=vault.path(CLIENT_ID),
        client_secret=vault.path(CLIENT_SECRET),
        subscription_key=vault.path(SUBSCRIPTION_KEY),
    )


def demo_partner(vault: Vault, clock: Clock) -> Partner:
    """Return the demo partner kept in `vault`; make it where it is missing or runs out.

    Raises:
        UsageError: the vault cannot be read or written.
    """
    if all(vault.path(name).is_file() for name in _FILES):
        try:
            partner = load_partner(vault.path(PARTNER_FILE))
        except ConformanceError:
            pass  # a file was damaged: all are made anew
        else:
            if partner.tls_not_after - clock.now() > _LEFT:
                return partner
    _make(vault, clock)
    return load_partner(vault.path(PARTNER_FILE))


def _make(vault: Vault, clock: Clock) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        tls, signing = pool.map(lambda _: make_key(), range(2))
    client_id = f"demo-{secrets.token_hex(4)}"
    for name, content in (
        (TLS_KEY, pkcs8_pem(tls)),
        (TLS_CERTIFICATE, _certificate(f"{client_id} TLS", tls, clock)),
        (SIGNING_KEY, pkcs8_pem(signing)),
        (SIGNING_CERTIFICATE, _certificate(f"{client_id} signing", signing, clock)),
        (CLIENT_ID, client_id.encode()),
        (CLIENT_SECRET, secrets.token_urlsafe(24).encode()),
        (SUBSCRIPTION_KEY, secrets.token_hex(16).encode()),
        (PARTNER_FILE, _partner_file(client_id).encode()),
    ):
        vault.write(name, content)


def _certificate(common_name: str, key: RSAPrivateKey, clock: Clock) -> bytes:
    """Return a self-signed certificate as the tutorial of the documents makes one."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    begins = clock.now() - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def _partner_file(client_id: str) -> str:
    return f"""\
[partner]
client_id = "{client_id}"
client_secret_file = "{CLIENT_SECRET}"
subscription_key_file = "{SUBSCRIPTION_KEY}"
tls_certificate = "{TLS_CERTIFICATE}"
signing_certificate = "{SIGNING_CERTIFICATE}"
"""
