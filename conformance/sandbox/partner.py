"""Who may call: a partner's credentials and the two certificates registered for it."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conformance.errors import ConfigError, UsageError
from conformance.material.certificate import Certificate, load_certificate
from conformance.wire.shown import shown
from conformance.wire.visible import visible

_LIMIT: Final = 1 << 16
_TEXTS: Final = ("client_id", "client_secret", "subscription_key")
_CERTIFICATES: Final = ("tls_certificate", "signing_certificate")
_HINT: Final = (
    "It needs the texts client_id, client_secret and subscription_key (or each with _file or _env "
    "after its name, and the name of a file or variable), and the paths tls_certificate and "
    "signing_certificate."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One partner, as the API knows it.

    `tls_fingerprint` is the SHA-256 of the TLS certificate in DER; the certificate counts as
    valid from `tls_not_before` to `tls_not_after`.
    """

    client_id: str
    client_secret: str
    subscription_key: str
    signing_key: RSAPublicKey
    tls_key: RSAPublicKey
    tls_fingerprint: bytes
    tls_not_before: datetime
    tls_not_after: datetime

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be written or shown."""
        return self.client_secret, self.subscription_key


def load_partner(path: Path) -> Partner:
    """Return the partner that the TOML file at `path` describes; its paths count from there.

    Raises:
        ConfigError: the file cannot be read, or something in it is missing, unknown or no text.
        MaterialError: a certificate cannot be read.
    """
    name = f"the partner file {shown(str(path), 300)}"
    table = _table(path, name)
    texts = {key: _text(table, key, path.parent, name) for key in _TEXTS}
    certificates = {key: _certificate(table, key, path.parent, name) for key in _CERTIFICATES}
    tls, signing = (certificates[key] for key in _CERTIFICATES)
    if tls.x509 is None or tls.not_before is None or tls.not_after is None:
        raise ConfigError(
            f"{name}: tls_certificate is a bare key", hint="Name a certificate: TLS presents one."
        )
    return Partner(
        **texts,
        signing_key=signing.public_key,
        tls_key=tls.public_key,
        tls_fingerprint=bytes.fromhex(tls.fingerprint),
        tls_not_before=tls.not_before,
        tls_not_after=tls.not_after,
    )


def fingerprint(certificate: bytes) -> bytes:
    """Return the SHA-256 of a certificate in DER."""
    return hashlib.sha256(certificate).digest()


def check_partners(partners: Sequence[Partner]) -> None:
    """Check that the partners can be told apart.

    Raises:
        UsageError: there is none, or two share a client id or subscription key.
    """
    if not partners:
        raise UsageError("the sandbox has no partner", hint="Name one with --partner.")
    for name in ("client_id", "subscription_key"):
        values = {getattr(partner, name) for partner in partners}
        if len(values) != len(partners):
            raise UsageError(f"two partners have the same {name}")


def _table(path: Path, name: str) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            octets = file.read(_LIMIT)
        document = tomllib.loads(octets.decode("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{name} cannot be read: {error.strerror}", hint="Check the path and its rights."
        ) from None
    except (ValueError, RecursionError):
        # What is wrong with the text stays unsaid: it may quote a secret.
        raise ConfigError(
            f"{name} is no TOML in UTF-8", hint='Texts stand in quotes: client_id = "…"'
        ) from None
    table = document.get("partner", document)
    if not isinstance(table, dict):
        raise ConfigError(f"{name}: 'partner' is no table", hint=_HINT)
    known = {
        *(f"{key}{form}" for key in _TEXTS for form in ("", "_file", "_env")),
        *(f"{key}{form}" for key in _CERTIFICATES for form in ("", "_password_file")),
    }
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{name}: '{visible(key, limit=80)}' is no setting", hint=_HINT)
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{name}: {key} must be a text that is not empty", hint=_HINT)
    return table


def _text(table: Mapping[str, str], key: str, folder: Path, name: str) -> str:
    """Return a text that stands in the table, in a file or in the environment."""
    forms = [form for form in (key, f"{key}_file", f"{key}_env") if form in table]
    if len(forms) != 1:
        what = f"{' and '.join(forms)} are both given" if forms else f"{key} is missing"
        raise ConfigError(f"{name}: {what}", hint=_HINT)
    (form,) = forms
    value = table[form]
    if form.endswith("_env"):
        value = os.environ.get(value, "")
    elif form.endswith("_file"):
        value = _content(folder / value, f"{name}: {form}")
    value = value.strip()
    if not value or not value.isprintable():
        raise ConfigError(f"{name}: {form} names an empty text, or one of several lines")
    return value


def _content(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT).decode("utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(
            f"{name} names {shown(str(path), 300)}, which cannot be read: {reason}",
            hint="Paths count from the folder of the partner file.",
        ) from None


def _certificate(table: Mapping[str, str], key: str, folder: Path, name: str) -> Certificate:
    if key not in table:
        raise ConfigError(f"{name}: {key} is missing", hint=_HINT)
    secret = table.get(f"{key}_password_file")
    password = None
    if secret is not None:
        password = _content(folder / secret, f"{name}: {key}_password_file").rstrip("\r\n").encode()
    return load_certificate(folder / table[key], password)
