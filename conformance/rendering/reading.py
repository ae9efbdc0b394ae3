"""A written report read again, though anybody may have written it.

Size and nesting are bounded before anything is made of the file, then its schema must hold.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from conformance.data import schema
from conformance.errors import UsageError
from conformance.report.model import Report
from conformance.report.plain import from_plain
from conformance.wire.visible import visible

LARGEST: Final = 32 * 1024 * 1024
"""Octets of a report that are read; a run with a thousand failures makes a tenth of that."""

DEEPEST: Final = 32
"""Arrays and objects within each other; the schema has seven."""

_LONGEST: Final = 120
"""Characters of what is said of a field; what stands in it comes before what is wrong."""

_HINT: Final = "Give the readiness.json of a run, as `lendico-conformance check` wrote it."
_TOKENS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def read_report(path: Path) -> Report:
    """Return the report in the file at `path`.

    Raises:
        UsageError: there is no such file, or it is no report; says what is wrong with it.
    """
    try:
        with path.open("rb") as file:
            return report_from(file, str(path))
    except OSError as error:
        raise UsageError(
            f"the report {visible(str(path))} cannot be read: {error.strerror or error}", hint=_HINT
        ) from error


def report_from(file: BinaryIO, name: str) -> Report:
    """Return the report that `file`, called `name`, holds.

    Raises:
        UsageError: it holds none; says what is wrong with it.
    """
    data = file.read(LARGEST + 1)
    try:
        return _report(data)
    except (ValueError, OverflowError, RecursionError) as error:
        raise UsageError(
            f"{visible(name)} is no report of a run: {visible(str(error), limit=300)}", hint=_HINT
        ) from error


def _report(data: bytes) -> Report:
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST // 1024 // 1024} MiB")
    if _depth(data) > DEEPEST:
        raise ValueError(f"it is nested more than {DEEPEST} deep")
    try:
        plain = json.loads(data.decode(), parse_constant=_no_number, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"it is no JSON ({error.msg} at {where})") from error
    except UnicodeDecodeError as error:
        raise ValueError("it is no text in UTF-8") from error
    _refuse_other_version(plain)
    found = best_match(_validator().iter_errors(plain))
    if found is not None:
        raise ValueError(_says(found))
    return from_plain(Report, plain)


def _depth(data: bytes) -> int:
    """Return how deep arrays and objects stand in each other, without parsing them.

    Text without an end goes to the end of the data, so that no octet is looked at twice.
    """
    depth = deepest = 0
    for match in _TOKENS.finditer(data):
        token = match.group()
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in b"]}":
            depth -= 1
    return deepest


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"it is no JSON: {text} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("an object in it has a name twice")
    return made


def _refuse_other_version(plain: Any) -> None:
    """Say so when another version wrote the report, which is better than naming a field."""
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    if isinstance(version, str) and not version.startswith("1."):
        raise ValueError(f"its form is version {version}, and this version reads 1.x")


@functools.cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema("report"))


def _says(error: ValidationError) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".") or "the whole"
    message = error.message if len(error.message) <= _LONGEST else f"…{error.message[-_LONGEST:]}"
    return f"{place[:_LONGEST]}: {message}"
