"""The credentials that settings and environment name, read from their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from conformance.client.credentials import Credentials
from conformance.config import Settings
from conformance.errors import ConfigError
from conformance.live.secret import read_secret
from conformance.material.identity import Identity, load_identity

_WHERE: Final = "docs/live.md shows a whole configuration; the local sandbox prints its own."


def load_credentials(settings: Settings, environ: Mapping[str, str]) -> Credentials:
    """Return what `settings` and the environment say of the partner.

    Raises:
        ConfigError: something is missing, or given in two ways.
        MaterialError: a certificate or key cannot be read, or they do not belong together.
    """
    missing = [
        f"partner.{name}"
        for name in ("key_id", "tls_certificate", "signing_certificate")
        if getattr(settings, name) is None
    ]
    if missing or settings.tls_certificate is None or settings.signing_certificate is None:
        raise ConfigError(f"to call the API, {', '.join(missing)} must be set", hint=_WHERE)
    secret = read_secret("client_secret", settings.client_secret_file, environ)
    key = read_secret("subscription_key", settings.subscription_key_file, environ)
    for name, value in (("client_secret", secret), ("subscription_key", key)):
        if value is None:
            raise ConfigError(
                f"to call the API, partner.{name}_file or the environment variable "
                f"LENDICO_CONFORMANCE_{name.upper()} must be set",
                hint=_WHERE,
            )
    return Credentials(
        client_id=settings.key_id or "",
        client_secret=secret or "",
        subscription_key=key or "",
        tls=_identity("tls", settings.tls_certificate, settings.tls_key, settings, environ),
        signing=_identity(
            "signing", settings.signing_certificate, settings.signing_key, settings, environ
        ),
    )


def _identity(
    use: str, certificate: Path, key: Path | None, settings: Settings, environ: Mapping[str, str]
) -> Identity:
    name = f"{use}_password"
    password = read_secret(name, getattr(settings, f"{name}_file"), environ)
    return load_identity(certificate, key, None if password is None else password.encode())
