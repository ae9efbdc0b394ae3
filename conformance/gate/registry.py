"""The certificates that partners have registered: whose signature counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.errors import MaterialError, UsageError
from conformance.gate.refusal import RefusalError
from conformance.material.certificate import load_certificate
from conformance.wire.shown import shown
from conformance.wire.visible import visible

ENDINGS: Final = (".pem", ".cer", ".crt", ".der", ".pub")
"""What the files of a folder of certificates end in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Registered certificates, by SHA-256 of the certificate, or of a bare public key.

    `by_client` holds those of a folder, by the client id that the file is called after,
    percent-encoded; `anybody` those that were named alone, whatever the client id.
    """

    by_client: Mapping[str, frozenset[str]] = field(default_factory=dict)
    anybody: frozenset[str] = frozenset()

    def refuse_other(self, certificate: x509.Certificate, client_id: str) -> None:
        """See that `certificate` is registered for the partner `client_id`.

        Raises:
            RefusalError: it is not.
        """
        known = self.by_client.get(quote(client_id, safe=""), frozenset()) | self.anybody
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        fingerprint = certificate.fingerprint(SHA256()).hex()
        if {fingerprint, hashlib.sha256(key).hexdigest()} & known:
            return
        whose = visible(client_id, limit=80)
        if not known:
            raise RefusalError(
                "partner-unknown", f"no certificate is registered for the client id {whose}",
                hint="Name the registered certificate with --registered-cert; in a folder its file "
                "is called after the client id, such as <client id>.pem.",
            )  # fmt: skip
        raise RefusalError(
            "certificate-not-registered",
            f"the bundle is signed with the certificate {fingerprint[:16]}…, and the one "
            f"registered for {whose} is another",
            hint="Is it a bundle of another partner, or was the certificate renewed? Register the "
            "new one first.",
        )


def load_registry(paths: Iterable[Path]) -> Registry:
    """Return the certificates in the files at `paths`; a folder stands for the files in it.

    Raises:
        UsageError: a file cannot be read, or a folder holds no certificate.
    """
    by_client: dict[str, set[str]] = {}
    anybody: set[str] = set()
    for path in paths:
        if not path.is_dir():
            anybody.add(_fingerprint(path))
            continue
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS)
        if not files:
            raise UsageError(
                f"{shown(str(path), 300)} holds no certificate",
                hint=f"Call each after its client id: <client id>{ENDINGS[0]}.",
            )
        for file in files:
            by_client.setdefault(file.stem, set()).add(_fingerprint(file))
    return Registry(
        by_client={name: frozenset(found) for name, found in by_client.items()},
        anybody=frozenset(anybody),
    )


def _fingerprint(path: Path) -> str:
    """Return the fingerprint of the certificate at `path`; a gate has no passwords to open it."""
    try:
        return load_certificate(path).fingerprint
    except MaterialError as error:
        if error.reason != "password-missing":
            raise
        raise MaterialError(
            error.message,
            hint="Take the certificate out of it: openssl pkcs12 -nokeys -in FILE -out FILE.pem",
            reason=error.reason,
        ) from None
