"""A written report read again, though anybody may have written it.

Its size is bounded before anything is made of it, and every field must be of its kind. The schema
asks for more (forms of ids, lengths) and says best what is wrong, but costs twenty times as much:
it is for a reader who waits for one report, not for a gate with a thousand.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.data import schema
from conformance.errors import UsageError
from conformance.files import read_limited
from conformance.report.model import SCHEMA_VERSION, Report
from conformance.report.plain import from_plain
from conformance.report.strict import strict_json
from conformance.wire.visible import visible

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

LARGEST: Final = 32 * 1024 * 1024
"""Octets of a report that are read; one of 2,000 checks has about a million."""

EXPLAINED: Final = 1024 * 1024
"""Octets up to which the schema is asked what is wrong, where a field was not of its kind."""

_LONGEST: Final = 120
"""Characters of what is said of a field; what stands in it comes before what is wrong."""

_FORM: Final = re.compile(rf"{SCHEMA_VERSION.partition('.')[0]}\.([0-9]{{1,4}})", re.ASCII)
"""A version of the report's form that this one can read at least in part."""

_MISSING: Final = "Run `lendico-conformance check` first, or name the readiness.json of a run."
_HINT: Final = "Give the readiness.json of a run, as `lendico-conformance check` wrote it."


class NoReportError(UsageError):
    """What was given is no report that this version reads; `reason` is the stable code of it."""

    def __init__(self, reason: str, message: str, *, hint: str = _HINT) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


def read_report(path: Path) -> Report:
    """Return the report in the file at `path`, which must keep to the schema.

    Raises:
        NoReportError: it is no report; says what is wrong with it.
        UsageError: there is no such file, or it is too large.
    """
    data = read_limited(path, "report", LARGEST, missing=_MISSING)
    return report_of(data, str(path), by_schema=True)


def report_of(data: bytes, name: str, *, by_schema: bool) -> Report:
    """Return the report in `data`, which sentences call `name`; `by_schema` asks for all of it.

    Raises:
        NoReportError: it is no report; says what is wrong with it.
    """
    name = visible(name, limit=300)
    if len(data) > LARGEST:
        size = f"{LARGEST // 1024 // 1024} MiB"
        raise NoReportError("report-too-large", f"{name} has more than {size}")
    plain = None
    try:
        plain = strict_json(data)
        _refuse_other_version(plain, name)
        if by_schema:
            _refuse_by_schema(plain)
        report = _typed(plain, explain=len(data) <= EXPLAINED)
        _refuse_moment_without_zone(report)
    except (ValueError, OverflowError, RecursionError) as error:
        says = visible(str(error), limit=300)
        told = f"{name} is no report of a run: {says}"
        raise NoReportError("report-broken", told, hint=_hint(plain)) from error
    return report


def _hint(plain: Any) -> str:
    """Return what to do about what cannot be read, which a newer version may have written."""
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    newer = _FORM.fullmatch(version) if isinstance(version, str) else None
    if newer is None or int(newer[1]) <= int(SCHEMA_VERSION.partition(".")[2]):
        return _HINT
    return (
        f"A newer version of the suite wrote it: its form is {version}, and this one reads "
        f"{SCHEMA_VERSION}. Update the suite."
    )


def _refuse_other_version(plain: Any, name: str) -> None:
    """Say so when another version wrote the report, which is better than naming a field."""
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    major = SCHEMA_VERSION.partition(".")[0]
    if isinstance(version, str) and version.partition(".")[0] != major:
        raise NoReportError(
            "report-version",
            f"{name} is no report of a run that can be read: its form is version "
            f"{visible(version, limit=20)}, and this version reads {major}.x",
            hint="Run the check again with the version of the suite that reads it, or update that.",
        )


def _typed(plain: Any, *, explain: bool) -> Report:
    try:
        return from_plain(Report, plain)
    except ValueError:
        if explain:
            _refuse_by_schema(plain)
        raise


def _refuse_by_schema(plain: Any) -> None:
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - slow to load, seldom asked

    found = best_match(_validator().iter_errors(plain))
    if found is not None:
        raise ValueError(_says(found))


@functools.cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(schema("report"))


def _says(error: ValidationError) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".") or "the whole"
    message = error.message if len(error.message) <= _LONGEST else f"…{error.message[-_LONGEST:]}"
    return f"{place[:_LONGEST]}: {message}"


def _refuse_moment_without_zone(report: Report) -> None:
    certificates = report.subject.certificates
    moments = [
        report.created,
        report.expires,
        *(moment for item in certificates for moment in (item.valid_from, item.expires)),
        *(item.expires for item in report.waivers),
    ]
    if any(moment.tzinfo is None for moment in moments):
        raise ValueError("a moment has no zone")
