"""A configuration held against its schema, and what is wrong with it in one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from conformance.data import schema
from conformance.errors import ConfigError
from conformance.wire.visible import visible

_SHOWN: Final = 60
"""Longer texts are not repeated: they are pasted, and may be secret."""


def check(
    document: Mapping[str, Any], place: Callable[[tuple[str, ...]], str], source: str
) -> None:
    """Hold `document` against `schemas/config.schema.json`.

    `place` words the path of a value; `source` is the name of the file, for unknown keys.

    Raises:
        ConfigError: for the first unknown key or value that is not allowed.
    """
    if not document:
        return
    # Costs more than all the rest of a start, so it is paid only where there is something to check.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    root = schema("config")
    try:
        errors = sorted(
            Draft202012Validator(root).iter_errors(document),
            key=lambda error: [str(part) for part in error.absolute_path],
        )
    except (ValueError, RecursionError):  # Python prints no integer of thousands of digits
        raise ConfigError(
            f"{source}: a number is too long, or a list nested too deeply",
            hint="What each setting may be stands in docs/configuration.md of the project.",
        ) from None
    for error in errors:
        keys = tuple(str(part) for part in error.absolute_path)
        rules = _subschema(root, keys)
        if error.validator == "additionalProperties":
            raise _unknown_key(keys, error.instance, rules, source)
        raise _wrong_value(place(keys), error.instance, rules)
    for keys, value in _leaves(document):
        # No bound excludes what compares with nothing.
        if isinstance(value, float) and math.isnan(value):
            raise _wrong_value(place(keys), value, _subschema(root, keys))


def _subschema(root: Any, keys: tuple[str, ...]) -> Mapping[str, Any]:
    for key in keys:
        root = root["properties"][key]
    found: Mapping[str, Any] = root
    return found


def _leaves(
    table: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _unknown_key(
    keys: tuple[str, ...], table: Mapping[str, Any], rules: Mapping[str, Any], source: str
) -> ConfigError:
    known = list(rules["properties"])
    unknown = next(key for key in table if key not in known)
    path = ".".join((*keys, visible(unknown, limit=_SHOWN)))
    close = get_close_matches(unknown, known, n=1)
    there = f"The keys {f'of [{keys[0]}]' if keys else 'there'} are {', '.join(known)}."
    return ConfigError(
        f"{source}: unknown key '{path}'", hint=f"Did you mean '{close[0]}'?" if close else there
    )


def _wrong_value(place: str, value: object, rules: Mapping[str, Any]) -> ConfigError:
    choices = rules.get("enum", [])
    close = get_close_matches(value, choices, n=1) if isinstance(value, str) else []
    return ConfigError(
        f"{place} must be {rules['title']}, not {_shown(value)}",
        hint=f'Did you mean "{close[0]}"?' if close else str(rules.get("description", "")),
    )


def _shown(value: object) -> str:
    """Return a wrong value as it may be repeated: short, printable and without credentials."""
    match value:
        case str() if "@" in value:
            return "a text that may hold credentials"
        case str() if len(value) > _SHOWN:
            return f"a text of {len(value)} characters"
        case str():
            return f'"{visible(value)}"'
        case list():
            return "this list" if value else "an empty list"
        case dict():
            return "a table"
    text = str(value)
    return visible(text.lower() if isinstance(value, bool) else text, limit=_SHOWN)
