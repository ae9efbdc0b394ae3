"""Octets of a file with certificates or keys, bounded, and the names of such files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from conformance.errors import MaterialError
from conformance.files import UTF_16, is_named_pipe
from conformance.wire.shown import shown

LIMIT: Final = 1 << 20
"""The most octets that a file with certificates or keys may have."""


def named(kind: str, path: Path) -> str:
    """Return how the file at `path` is called in a sentence: `the certificate file tls.pem`."""
    return f"the {kind} file {shown(str(path), 300)}"


def read_file(path: Path, name: str) -> bytes:
    """Return the octets of the file at `path`, which `name` calls in sentences.

    Raises:
        MaterialError: it is missing, a directory or a named pipe, unreadable, in UTF-16, empty or
            larger than `LIMIT`.
    """
    try:
        if path.is_dir():
            raise MaterialError(
                f"{name} is a directory", hint="name the file in it", reason="file-directory"
            )
        refuse_pipe(path, name)
        with path.open("rb") as stream:
            data = stream.read(LIMIT + 1)
    except FileNotFoundError as error:
        raise MaterialError(
            f"{name} does not exist", hint="check the path", reason="file-missing"
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no such name"
        raise MaterialError(
            f"{name} cannot be read: {why}",
            hint="check the path and its rights",
            reason="file-unreadable",
        ) from error
    refuse_utf16(data, name)
    if not data.strip():
        raise MaterialError(f"{name} is empty", hint="export it once more", reason="file-empty")
    if len(data) > LIMIT:
        raise MaterialError(
            f"{name} is larger than {LIMIT >> 20} MiB, which no certificate or key is",
            hint="give the path of a PEM, DER or PFX file",
            reason="file-too-large",
        )
    return data


def refuse_pipe(path: Path, name: str) -> None:
    """Refuse a pipe with a name: reading it may last for ever.

    Raises:
        MaterialError: there is one at `path`.
    """
    if is_named_pipe(path):
        raise MaterialError(
            f"{name} is a named pipe, which is not waited for",
            hint="write it into a file, or give it as <(command)",
            reason="file-named-pipe",
        )


def refuse_utf16(data: bytes, name: str) -> None:
    """Refuse text in UTF-16, which Windows writes and no TLS library reads.

    Raises:
        MaterialError: `data` begins as such text does.
    """
    if data.startswith(UTF_16):
        raise MaterialError(
            f"{name} is text in UTF-16, which no TLS library reads as PEM",
            hint="save it as UTF-8 or ASCII: iconv -f UTF-16 -t UTF-8 FILE > new.pem; in "
            "PowerShell: Get-Content FILE | Set-Content -Encoding ascii new.pem",
            reason="file-utf-16",
        )
