"""What `certs check` was given, read: certificates, private keys and their passwords."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.cli.moment import read_moment
from conformance.clock import Clock
from conformance.errors import UsageError
from conformance.material.password import read_password, way_to_give
from conformance.material.submitted import Material, Role, Source, Submitted, read_submitted

PREFIX: Final = "LENDICO_CONFORMANCE_"
VARIABLES: Final = {
    "tls": f"{PREFIX}TLS_CERT_PASSWORD",
    "signing": f"{PREFIX}CERT_PASSWORD",
    "tls_key": f"{PREFIX}TLS_KEY_PASSWORD",
    "signing_key": f"{PREFIX}KEY_PASSWORD",
}
"""The environment variable with the password of each file; those of `explain` serve here too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line as it was given; None is what was not."""

    tls: Path | None
    signing: Path | None
    tls_key: Path | None
    signing_key: Path | None
    tls_password_file: Path | None
    signing_password_file: Path | None
    tls_key_password_file: Path | None
    signing_key_password_file: Path | None
    now: str | None


def read_material(options: Options, clock: Clock) -> Material:
    """Return the certificates and keys that the command line names, as far as they can be read.

    Raises:
        UsageError: no certificate is given, a key without its certificate, or a password file
            cannot be read.
    """
    if options.tls is None and options.signing is None:
        raise UsageError(
            "no certificate is given",
            hint="Name the files that are handed over: --tls tls.pfx --signing signing.pfx",
        )
    now = clock.now() if options.now is None else read_moment(options.now, "--now")
    tls = _source("tls", options.tls, options.tls_password_file)
    signing = _source("signing", options.signing, options.signing_password_file)
    tls_key = _source("tls_key", options.tls_key, options.tls_key_password_file)
    signing_key = _source("signing_key", options.signing_key, options.signing_key_password_file)
    return Material(
        tls=_submitted(Role.TLS, tls, tls_key),
        signing=_submitted(Role.SIGNING, signing, signing_key),
        now=now,
    )


def _source(name: str, path: Path | None, password_file: Path | None) -> Source | None:
    option = f"--{name.replace('_', '-')}"
    if path is None:
        if password_file is not None:
            raise UsageError(
                f"{option}-password-file is given without {option}",
                hint=f"Name the file that it opens with {option}.",
            )
        return None
    return Source(
        path=path,
        password=read_password(password_file, VARIABLES[name]),
        way=way_to_give(f"{option}-password-file", VARIABLES[name]),
    )


def _submitted(role: Role, certificate: Source | None, key: Source | None) -> Submitted | None:
    if certificate is not None:
        return read_submitted(role, certificate, key)
    if key is not None:
        raise UsageError(
            f"--{role}-key is given without --{role}",
            hint=f"Name the certificate that the key is said to belong to with --{role}.",
        )
    return None
