"""The description of the API, `openapi.yaml`, and the schemas it refers to, as pages.

They are served as they lie in `schemas/`, one below the other, so that relative references hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from conformance.data import SCHEMAS
from conformance.errors import DataError
from conformance.sandbox.message import Answer, Arrival

DESCRIPTION: Final = "openapi.yaml"

_FOLDERS: Final = ("answers", "errors")
_REQUESTED: Final = ("application.schema.json",)
_KINDS: Final = {".yaml": "application/yaml", ".json": "application/schema+json"}


def published_pages() -> Mapping[str, Callable[[Arrival], Answer]]:
    """Return what serves the description and its schemas, by path.

    Raises:
        DataError: a file is missing or cannot be read.
    """
    paths = [SCHEMAS / name for name in (DESCRIPTION, *_REQUESTED)]
    for folder in _FOLDERS:
        paths += sorted((SCHEMAS / folder).glob("*.schema.json"))
    return {f"/{path.relative_to(SCHEMAS).as_posix()}": _page(path) for path in paths}


def _page(path: Path) -> Callable[[Arrival], Answer]:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise DataError(f"the file {path} cannot be read: {error.strerror}") from error
    answer = Answer(status=200, headers=(("Content-Type", _KINDS[path.suffix]),), body=body)
    return lambda _: answer
