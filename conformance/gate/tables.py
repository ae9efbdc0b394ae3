"""A TOML file held against its schema."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from conformance.data import schema
from conformance.errors import ConfigError
from conformance.files import read_limited
from conformance.wire.shown import shown
from conformance.wire.visible import visible

LIMIT: Final = 1 << 20
"""Octets that such a file may have."""

_LONGEST: Final = 200
"""Characters of what is said of a field; what stands in it comes before what is wrong."""


def read_table(path: Path, name: str) -> dict[str, Any]:
    """Return the content of the TOML file at `path`, which `schemas/<name>.schema.json` describes.

    Dates become text as ISO 8601 writes it.

    Raises:
        ConfigError: it is no TOML, or something in it is not as the schema says.
        UsageError: it cannot be read.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - slow to load

    named = shown(str(path), 300)
    hint = f"docs/gate.md shows such a file; schemas/{name}.schema.json says what may be in it."
    try:
        table = _plain(tomllib.loads(read_limited(path, name, LIMIT).decode("utf-8")))
        errors = sorted(
            Draft202012Validator(schema(name)).iter_errors(table),
            key=lambda error: [str(part) for part in error.absolute_path],
        )
    except (ValueError, RecursionError) as error:
        no_text = isinstance(error, UnicodeDecodeError)
        why = "it is no text in UTF-8" if no_text else visible(str(error), limit=200)
        raise ConfigError(f"{named} is no TOML: {why}", hint=hint) from None
    for wrong in errors:
        place = ".".join(str(part) for part in wrong.absolute_path)
        where = f"{named}, {visible(place, limit=100)}" if place else named
        if wrong.validator == "type" and wrong.validator_value == "array":
            inner = f"[[{place}]]" if isinstance(wrong.instance, dict) else f"{place} = [...]"
            says = f"it is to be a list: write {visible(inner, limit=100)}"
        else:
            says = visible(wrong.message[-_LONGEST:], limit=_LONGEST)
        raise ConfigError(f"{where}: {says}", hint=hint)
    return dict(table)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
