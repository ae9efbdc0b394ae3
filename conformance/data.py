"""Where the schemas, vectors and examples are: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Final

from conformance.errors import DataError

_PACKAGE: Final = Path(__file__).parent
_INSTALLED: Final = _PACKAGE / "_data"
_ROOT: Final = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent

SCHEMAS: Final = _ROOT / "schemas"
"""The folder of the JSON Schemas."""

VECTORS: Final = _ROOT / "vectors"
"""The folder of the golden vectors, one folder a topic."""

EXAMPLES: Final = _ROOT / "examples"
"""The folder of the examples; `adapters/<language>` holds what `init` writes."""


@functools.cache
def schema(name: str) -> Any:
    """Return the JSON Schema `schemas/<name>.schema.json`, parsed.

    Raises:
        DataError: the file is missing or is no JSON.
    """
    path = SCHEMAS / f"{name}.schema.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"the schema {path} cannot be read: {error}") from error
