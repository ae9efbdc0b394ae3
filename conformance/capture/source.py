"""Files and standard input, read whole and bounded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO, Final

from conformance.errors import CaptureError
from conformance.wire.visible import visible

LIMIT: Final = 8 * 1024 * 1024
"""The most octets that a capture or a body may have."""

STANDARD_INPUT: Final = "-"


def read_octets(name: str, what: str = "capture") -> bytes:
    """Return the octets of the file `name`, or of standard input when it is `-`.

    `what` names the content in the sentences of errors.

    Raises:
        CaptureError: the file is missing, no file, not readable or larger than `LIMIT`.
    """
    if name == STANDARD_INPUT:
        return _standard_input(what)
    path, shown = Path(name), visible(name, limit=300)
    try:
        if path.is_dir():
            raise CaptureError(
                f"the {what} {shown} is a directory", hint="Name the file in it that is meant."
            )
        with path.open("rb") as stream:
            return _bounded(stream, what, shown)
    except FileNotFoundError as error:
        raise CaptureError(
            f"the {what} {shown} does not exist", hint="Check the name and the folder."
        ) from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "no such name"
        raise CaptureError(
            f"the {what} {shown} cannot be read: {reason}", hint="Check the name and the rights."
        ) from error


def _standard_input(what: str) -> bytes:
    try:
        return _bounded(sys.stdin.buffer, what, "standard input")
    except (OSError, ValueError, AttributeError) as error:  # a folder, or closed in some way
        raise CaptureError(
            f"the {what} cannot be read from standard input", hint="Name a file instead."
        ) from error


def _bounded(stream: BinaryIO, what: str, name: str) -> bytes:
    octets = stream.read(LIMIT + 1)
    if len(octets) > LIMIT:
        raise CaptureError(
            f"the {what} in {name} is larger than {LIMIT // 1024 // 1024} MiB",
            hint="Cut it down to the one request that is to be explained.",
        )
    return octets
