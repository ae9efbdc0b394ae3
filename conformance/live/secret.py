"""Secrets: from a file or the environment, never from a flag or the configuration itself."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from conformance.config.settings import PREFIX
from conformance.errors import ConfigError
from conformance.files import as_utf8
from conformance.wire.shown import shown

LIMIT: Final = 8192
"""The most octets that a file with a secret may have."""


def read_secret(name: str, path: Path | None, environ: Mapping[str, str]) -> str | None:
    """Return the secret called `name`: from the environment, else from the file `path`, else None.

    White space around it does not count, nor a byte order mark, nor that a file is in UTF-16.

    Raises:
        ConfigError: the file cannot be read, or what is found is no single line of ASCII.
    """
    variable = f"{PREFIX}{name.upper()}"
    if environ.get(variable):
        return _checked(environ[variable], f"the environment variable {variable}")
    if path is None:
        return None
    where = f"the file {shown(str(path), 300)} of {name}"
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no such file name"
        raise ConfigError(
            f"{where} cannot be read: {why}", hint="Check the path and its rights."
        ) from None
    with contextlib.suppress(ValueError):  # no text in UTF-16: no secret either
        data = as_utf8(data[:LIMIT])
    return _checked(data[:LIMIT].decode("latin-1"), where)


def _checked(text: str, where: str) -> str:
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ConfigError(
            f"{where} holds no secret that can be sent",
            hint="Write the secret alone into it, on one line of ASCII.",
        )
    return text
