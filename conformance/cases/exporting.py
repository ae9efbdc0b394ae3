"""A copy of the vectors for people who test a signer without this suite."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from conformance import __version__
from conformance.data import SCHEMAS, VECTORS
from conformance.errors import UsageError

MANIFEST: Final = "manifest.json"
"""What was exported: the suite's version, and each file with its SHA-256 in hexadecimal."""

_SUITE: Final = "lendico-conformance"
_COPIED: Final = frozenset({".json", ".md"})
_SCHEMA: Final = "vector.schema.json"


def export_vectors(directory: Path) -> int:
    """Write vectors, pages, schema and test keys below `directory`; return the number of files.

    An earlier export is replaced, and files of others in it are left alone.

    Raises:
        UsageError: the directory holds something else, or cannot be written.
    """
    files = _files()
    try:
        for stale in _exported_before(directory):
            (directory / stale).unlink(missing_ok=True)
        for name, content in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (directory / MANIFEST).write_text(_manifest(files), encoding="ascii")
    except OSError as error:
        raise UsageError(
            f"the vectors cannot be written to {directory}: {error.strerror}",
            hint="name a directory that can be written",
        ) from error
    return len(files)


def _files() -> dict[str, bytes]:
    """Return what is exported: path, with slashes, and content."""
    paths = sorted(path for path in VECTORS.rglob("*") if path.suffix in _COPIED)
    files = {f"vectors/{path.relative_to(VECTORS).as_posix()}": path for path in paths}
    files[f"schemas/{_SCHEMA}"] = SCHEMAS / _SCHEMA
    return {name: path.read_bytes() for name, path in files.items()}


def _manifest(files: Mapping[str, bytes]) -> str:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = {"suite": _SUITE, "version": __version__, "files": hashes}
    return json.dumps(manifest, indent=2) + "\n"


def _exported_before(directory: Path) -> list[str]:
    """Return the files of an earlier export; raise UsageError when `directory` is no such thing."""
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return []
    try:
        manifest = json.loads((directory / MANIFEST).read_bytes())
        if manifest["suite"] == _SUITE:
            return [name for name in manifest["files"] if _is_ours(name)]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise UsageError(
        f"{directory} is there already and is no earlier export of the vectors",
        hint="name a new or empty directory",
    )


def _is_ours(name: str) -> bool:
    """Tell whether an export could have written the file; a manifest may have been edited."""
    path = PurePosixPath(name)
    return path.parts[:1] in {("vectors",), ("schemas",)} and ".." not in path.parts
