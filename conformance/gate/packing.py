"""A bundle as a zip file: the same files always give the same octets."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

_MADE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_MODE: Final = 0o100644


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file that holds `files`, by name; no clock and no machine shows in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_MADE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, files[name], compresslevel=6)
    return buffer.getvalue()
