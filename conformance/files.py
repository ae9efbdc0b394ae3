"""Files read with a bound, and written whole; and what Windows makes of text in them."""

from __future__ import annotations

import codecs
import contextlib
import errno
import secrets
import stat
from pathlib import Path
from typing import Final

from conformance.errors import UsageError
from conformance.wire.shown import shown

UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What text in UTF-16 begins with, as Windows writes it."""


def as_utf8(text: bytes) -> bytes:
    """Return `text` without a byte order mark; where that says UTF-16, in UTF-8.

    Raises:
        ValueError: it begins like text in UTF-16, but is none.
    """
    if not text.startswith(UTF_16):
        return text.removeprefix(codecs.BOM_UTF8)
    return text.decode("utf-16").encode("utf-8")


def is_named_pipe(path: Path) -> bool:
    """Tell whether `path` is a pipe with a name, whose reader waits until somebody writes.

    Those that a shell makes for `<(...)` and `|` have none: somebody writes into them already.
    """
    try:
        named = not path.is_relative_to("/dev/fd") and path.is_fifo()
        return named and path.resolve().is_fifo()
    except (OSError, ValueError):
        return False


def read_limited(
    path: Path, what: str, limit: int, *, missing: str = "Check the path and its rights."
) -> bytes:
    """Return the octets of the file at `path`, which sentences call `what`.

    `missing` says what to do where there is none.

    Raises:
        UsageError: it cannot be read, or has more than `limit` octets.
    """
    name = shown(str(path), 300)
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no such file name"
        hint = missing if isinstance(error, FileNotFoundError) else "Check the path and its rights."
        raise UsageError(f"the {what} {name} cannot be read: {why}", hint=hint) from None
    if len(data) > limit:
        raise UsageError(
            f"the {what} {name} has more than {limit:,} octets",
            hint="Is it the right file? Nothing that the suite writes is that large.",
        )
    return data


def write_whole(path: Path, data: bytes, *, instead: str = "name another place") -> None:
    """Write `data` to `path`: the file is there with all of it, or not at all.

    Directories that are missing are made. Of a symbolic link the file behind it is written; what
    is there and no file, such as a device or a pipe, is written into. `instead` says what to do
    where that cannot be.

    Raises:
        UsageError: it cannot be written, or is a directory.
    """
    try:
        if stat.S_ISREG(_mode(path)):
            _replace(path.resolve(), data)
        else:
            path.write_bytes(data)
    except OSError as error:
        if error.errno == errno.EISDIR:
            instead = f"name a file in it, or {instead}"
        elif error.errno in {errno.ENOSPC, errno.EDQUOT}:
            instead = f"make room there, or {instead}"
        raise UsageError(
            f"{shown(str(path), 300)} cannot be written: {error.strerror or error}",
            hint=f"{instead[0].upper()}{instead[1:]}.",
        ) from None


def _mode(path: Path) -> int:
    """Return the mode of what is at `path`; where nothing is, there will be a file."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return stat.S_IFREG


def _replace(path: Path, data: bytes) -> None:
    """Put a file with `data` at `path` in one step."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}.half")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(data)
        half.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
        raise
