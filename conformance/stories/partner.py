"""The partners of a run: two certificates for all cases, credentials of its own for each."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.clock import Clock
from conformance.material.certificate import load_certificate
from conformance.sandbox.demo import (
    SIGNING_CERTIFICATE,
    SIGNING_KEY,
    TLS_CERTIFICATE,
    TLS_KEY,
    demo_partner,
)
from conformance.sandbox.vault import Vault
from conformance.stories.story import Registered
from conformance.wire.message import SignedPath

_OWN: Final = "own-signing.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One partner: how the sandbox knows it, and the file that tells the sandbox so."""

    registered: Registered
    file: Path


class Partners:
    """Makes partners in a directory of their own, which must be gone when the run ends."""

    def __init__(
        self, directory: Path, clock: Clock, *, own_certificate: str | None = None
    ) -> None:
        """Make the two certificates; `own_certificate`, PEM, takes the place of the signing one.

        Raises:
            UsageError: the directory cannot be written.
            MaterialError: `own_certificate` is none.
        """
        self._vault = Vault(directory)
        demo_partner(self._vault, clock)
        signing = SIGNING_CERTIFICATE
        if own_certificate is not None:
            self._vault.write(_OWN, own_certificate.encode())
            signing = _OWN
        self.directory = directory
        self.tls_certificate = self._vault.path(TLS_CERTIFICATE)
        self.tls_key = self._vault.path(TLS_KEY)
        self.signing_certificate = self._vault.path(signing)
        self.signing_key = self._vault.path(SIGNING_KEY)
        self._tls = load_certificate(self.tls_certificate)
        self._signing = load_certificate(self.signing_certificate)
        self._made = 0

    def make(self, base_path: str, signed_path: SignedPath) -> Partner:
        """Return a new partner, with credentials that nobody had before."""
        self._made += 1
        registered = Registered(
            client_id=f"story-{self._made}-{secrets.token_hex(4)}",
            client_secret=secrets.token_urlsafe(24),
            subscription_key=secrets.token_hex(16),
            signing_key=_spki(self._signing.public_key),
            tls_key=_spki(self._tls.public_key),
            tls_fingerprint=self._tls.fingerprint,
            signing_fingerprint=self._signing.fingerprint,
            base_path=base_path,
            signed_path=signed_path,
        )
        name = f"partner-{self._made}.toml"
        self._vault.write(name, self._file(registered).encode())
        return Partner(registered=registered, file=self._vault.path(name))

    def _file(self, registered: Registered) -> str:
        return f"""\
[partner]
client_id = "{registered.client_id}"
client_secret = "{registered.client_secret}"
subscription_key = "{registered.subscription_key}"
tls_certificate = "{self.tls_certificate.name}"
signing_certificate = "{self.signing_certificate.name}"
"""


def _spki(key: RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
