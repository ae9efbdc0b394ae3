"""A report as it was handed in: read within bounds, and only where every field is of its kind."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from conformance.files import read_limited
from conformance.gate.refusal import RefusalError
from conformance.report.model import SCHEMA_VERSION, Report
from conformance.report.plain import from_plain
from conformance.report.strict import strict_json
from conformance.wire.visible import visible

LIMIT: Final = 32 << 20
"""Octets that a report may have; one of 2,000 checks has about a million."""

_AGAIN: Final = "Take the file `readiness.json` as `check` wrote it."


def read_report(path: Path) -> Report:
    """Return the report in the file at `path`.

    Raises:
        UsageError: the file cannot be read, or is too large.
        RefusalError: it is no report that this version can read.
    """
    return report_of(read_limited(path, "report", LIMIT), visible(str(path), limit=300))


def report_of(data: bytes, name: str) -> Report:
    """Return the report in `data`, which sentences call `name`.

    Raises:
        RefusalError: it is no report that this version can read.
    """
    if len(data) > LIMIT:
        raise RefusalError(
            "report-too-large", f"{name} has more than {LIMIT:,} octets", hint=_AGAIN
        )
    try:
        plain = strict_json(data)
    except ValueError as error:
        raise _broken(name, error) from None
    _refuse_version(plain, name)
    try:
        report = from_plain(Report, plain)
    except ValueError as error:
        raise _broken(name, error) from None
    if any(moment.tzinfo is None for moment in _moments(report)):
        raise _broken(name, ValueError("a moment has no zone"))
    return report


def _refuse_version(plain: Any, name: str) -> None:
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    if not isinstance(version, str):
        raise RefusalError("report-broken", f"{name} is no report of this suite", hint=_AGAIN)
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise RefusalError(
            "report-version",
            f"{name} is a report of form {visible(version, limit=20)}, and this suite reads "
            f"{SCHEMA_VERSION}",
            hint="Run the check again with the suite that the gate has, or update the gate.",
        )


def _moments(report: Report) -> list[datetime]:
    return [
        report.created,
        report.expires,
        *(
            moment
            for item in report.subject.certificates
            for moment in (item.valid_from, item.expires)
        ),
        *(item.expires for item in report.waivers),
    ]


def _broken(name: str, error: ValueError) -> RefusalError:
    return RefusalError(
        "report-broken", f"{name} is no report: {visible(str(error), limit=200)}", hint=_AGAIN
    )
