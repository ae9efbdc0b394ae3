"""A directory with a new pair of certificates: what is handed over, and what is used."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from conformance.errors import UsageError
from conformance.material.making import Made, Order, check_name, make_certificate
from conformance.material.packing import Passwords, hand_over_pfx, key_pem, keystore
from conformance.material.submitted import Role
from conformance.wire.shown import shown

HAND_OVER: Final = "hand-over"
"""The folder with the files that are handed over, and nothing else."""


class Kind(Enum):
    """What a file is for."""

    PFX = "hand over"
    HAND_OVER_PASSWORD = "password of what is handed over"  # noqa: S105 - no password
    KEY = "private key"
    CERTIFICATE = "certificate"
    KEYSTORE = "keystore"
    KEYSTORE_PASSWORD = "password of the keystores"  # noqa: S105 - no password
    REQUEST = "request to a CA"


_PUBLIC: Final = (Kind.PFX, Kind.CERTIFICATE, Kind.REQUEST)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NewFile:
    """A file that is made; one with a secret is for its owner alone (mode 0600)."""

    path: Path
    kind: Kind
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The files that were written, by what they are for."""

    pair: tuple[Made, ...]
    paths: dict[Kind, tuple[Path, ...]]


def create_pair(
    directory: Path, order: Order, passwords: Passwords, *, generated: Iterable[Kind] = ()
) -> Created:
    """Make a pair of certificates and write all its files into `directory`.

    `generated` names the passwords that nobody else knows: they are written too. Nothing that
    exists is overwritten, and what was begun is removed when it cannot be ended.

    Raises:
        UsageError: a file exists already or cannot be written, or the name does not fit.
    """
    check_name(order.name)
    names = [*_names(Role.TLS), *_names(Role.SIGNING), *(_PASSWORD_FILES[k] for k in generated)]
    _refuse_existing(directory / name for name in names)
    pair = tuple(make_certificate(role, order) for role in Role)
    files = [file for made in pair for file in _files(directory, made, passwords)]
    secret = {
        Kind.HAND_OVER_PASSWORD: passwords.hand_over,
        Kind.KEYSTORE_PASSWORD: passwords.keystore,
    }
    files += [
        NewFile(path=directory / _PASSWORD_FILES[kind], kind=kind, content=secret[kind] + b"\n")
        for kind in generated
    ]
    _write_all(files, directory)
    return Created(
        pair=pair,
        paths={kind: tuple(item.path for item in files if item.kind is kind) for kind in Kind},
    )


_PASSWORD_FILES: Final = {
    Kind.HAND_OVER_PASSWORD: f"{HAND_OVER}.password",
    Kind.KEYSTORE_PASSWORD: "keystore.password",
}


def _names(role: Role) -> dict[str, Kind]:
    return {
        f"{HAND_OVER}/{role}.pfx": Kind.PFX,
        f"{role}.key": Kind.KEY,
        f"{role}.pem": Kind.CERTIFICATE,
        f"{role}.p12": Kind.KEYSTORE,
        f"{role}.csr": Kind.REQUEST,
    }


def _files(directory: Path, made: Made, passwords: Passwords) -> list[NewFile]:
    contents = {
        Kind.PFX: hand_over_pfx(made.role, made.certificate, passwords.hand_over),
        Kind.KEY: key_pem(made, passwords.key),
        Kind.CERTIFICATE: made.certificate.public_bytes(Encoding.PEM),
        Kind.KEYSTORE: keystore(made, passwords.keystore),
        Kind.REQUEST: made.request.public_bytes(Encoding.PEM),
    }
    return [
        NewFile(path=directory / name, kind=kind, content=contents[kind])
        for name, kind in _names(made.role).items()
    ]


def _refuse_existing(paths: Iterable[Path]) -> None:
    """Raise when there is something at one of `paths`, be it a dangling link."""
    there = [path for path in paths if path.exists() or path.is_symlink()]
    if there:
        names = ", ".join(shown(str(path), 300) for path in there[:3])
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise UsageError(
            f"{names}{more} exist already, and nothing was written"
            if len(there) > 1
            else f"{names} exists already, and nothing was written",
            hint="Name another directory: a private key that is in use is not overwritten.",
        )


def _write_all(files: Iterable[NewFile], directory: Path) -> None:
    written: list[Path] = []
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / HAND_OVER).mkdir(exist_ok=True)
        for file in files:
            mode = 0o644 if file.kind in _PUBLIC else 0o600
            number = os.open(file.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            written.append(file.path)
            with os.fdopen(number, "wb") as stream:
                stream.write(file.content)
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if not isinstance(error, OSError | ValueError):
            raise
        why = error.strerror if isinstance(error, OSError) else "no such name"
        raise UsageError(
            f"the directory {shown(str(directory), 300)} cannot be written to: {why}",
            hint="Name one that you may write to, with space left: certs create DIR",
        ) from None
