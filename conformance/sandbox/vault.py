"""A private directory: 0700, its files 0600, each written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from conformance.errors import UsageError
from conformance.wire.shown import shown

_HINT: Final = "Name another one with --directory, one that you may write to."


class Vault:
    """Files that only their owner can read."""

    def __init__(self, directory: Path) -> None:
        """Make the directory where it is missing.

        Raises:
            UsageError: it cannot be made, or is no directory.
        """
        self.directory = directory.absolute()
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
        except OSError as error:
            raise UsageError(
                f"the directory {shown(str(directory), 300)} cannot be used: {error.strerror}",
                hint=_HINT,
            ) from None

    def path(self, name: str) -> Path:
        """Return where the file called `name` is, or would be."""
        return self.directory / name

    def write(self, name: str, content: bytes) -> Path:
        """Write a file, in place of an older one, and return its path.

        Raises:
            UsageError: it cannot be written.
        """
        path = self.path(name)
        try:
            number, partial = tempfile.mkstemp(dir=self.directory, prefix=f".{name}-")
            with os.fdopen(number, "wb") as file:
                file.write(content)
            Path(partial).replace(path)
        except OSError as error:
            raise UsageError(
                f"the file {shown(str(path), 300)} cannot be written: {error.strerror}",
                hint=_HINT,
            ) from None
        return path

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None when it is not there.

        Raises:
            UsageError: it is there and cannot be read.
        """
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(
                f"the file {shown(str(self.path(name)), 300)} cannot be read: {error.strerror}",
                hint=_HINT,
            ) from None
