"""Passwords of PKCS#12 files: from a file or the environment, never from the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from conformance.errors import MaterialError
from conformance.files import as_utf8
from conformance.wire.shown import shown

LIMIT: Final = 1024
"""The most octets that a file with a password may have."""


def read_password(path: Path | None, variable: str) -> bytes | None:
    """Return the password in the file at `path`, else in the environment's `variable`, else None.

    One line end after it does not count, nor a byte order mark before it; UTF-16 becomes UTF-8.

    Raises:
        MaterialError: the file cannot be read, is too large, holds several lines or is damaged.
    """
    if path is None:
        given = os.environ.get(variable)
        return None if given is None else given.encode("utf-8", "surrogateescape")
    name = f"the password file {shown(str(path), 300)}"
    try:
        with path.open("rb") as stream:
            data = stream.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        raise MaterialError(
            f"{name} cannot be read: {reason}", hint="check the path and its rights"
        ) from error
    line = _text(data[:LIMIT], name).removesuffix(b"\n").removesuffix(b"\r")
    if len(data) > LIMIT or b"\n" in line:
        raise MaterialError(
            f"{name} holds more than one line", hint="write the password alone into it"
        )
    return line


def way_to_give(option: str, variable: str) -> str:
    """Return what to do where a password is missing that `option` or `variable` would give."""
    return f"give it with {option} FILE, or in the environment as {variable}"


def _text(data: bytes, name: str) -> bytes:
    try:
        return as_utf8(data)
    except ValueError:
        raise MaterialError(
            f"{name} begins like UTF-16 text, but is not", hint="save it as UTF-8"
        ) from None
