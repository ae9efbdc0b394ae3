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
from conformance.material.packing import hand_over_pfx, new_password
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
TLS_HAND_OVER: Final = "tls.pfx"
SIGNING_HAND_OVER: Final = "signing.pfx"
HAND_OVER_PASSWORD: Final = "hand-over.password"  # noqa: S105 - the name of a file

_FILES: Final = (
    PARTNER_FILE, TLS_CERTIFICATE, TLS_KEY, SIGNING_CERTIFICATE, SIGNING_KEY,
    CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, TLS_HAND_OVER, SIGNING_HAND_OVER,
    HAND_OVER_PASSWORD,
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
    tls_hand_over: Path
    signing_hand_over: Path
    hand_over_password: Path


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
        tls_hand_over=vault.path(TLS_HAND_OVER),
        signing_hand_over=vault.path(SIGNING_HAND_OVER),
        hand_over_password=vault.path(HAND_OVER_PASSWORD),
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
    tls_certificate = _certificate(f"{client_id} TLS", tls, clock)
    signing_certificate = _certificate(f"{client_id} signing", signing, clock)
    password = new_password()
    for name, content in (
        (TLS_KEY, pkcs8_pem(tls)),
        (TLS_CERTIFICATE, tls_certificate.public_bytes(Encoding.PEM)),
        (TLS_HAND_OVER, hand_over_pfx("tls", tls_certificate, password)),
        (SIGNING_KEY, pkcs8_pem(signing)),
        (SIGNING_CERTIFICATE, signing_certificate.public_bytes(Encoding.PEM)),
        (SIGNING_HAND_OVER, hand_over_pfx("signing", signing_certificate, password)),
        (HAND_OVER_PASSWORD, password),
        (CLIENT_ID, client_id.encode()),
        (CLIENT_SECRET, secrets.token_urlsafe(24).encode()),
        (SUBSCRIPTION_KEY, secrets.token_hex(16).encode()),
        (PARTNER_FILE, _partner_file(client_id).encode()),
    ):
        vault.write(name, content)


def _certificate(common_name: str, key: RSAPrivateKey, clock: Clock) -> x509.Certificate:
    """Return a self-signed certificate as the tutorial of the documents makes one."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    begins = clock.now() - timedelta(hours=1)
    return (
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


def _partner_file(client_id: str) -> str:
    return f"""\
[partner]
client_id = "{client_id}"
client_secret_file = "{CLIENT_SECRET}"
subscription_key_file = "{SUBSCRIPTION_KEY}"
tls_certificate = "{TLS_CERTIFICATE}"
signing_certificate = "{SIGNING_CERTIFICATE}"
"""
