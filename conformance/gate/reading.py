"""A report as it was handed in: what is none is refused, with the code of why."""

from __future__ import annotations

from pathlib import Path

from conformance.files import read_limited
from conformance.gate.refusal import RefusalError
from conformance.report import reading
from conformance.report.model import Report


def read_report(path: Path) -> Report:
    """Return the report in the file at `path`.

    Raises:
        UsageError: the file cannot be read, or is too large.
        RefusalError: it is no report that this version can read.
    """
    return report_of(read_limited(path, "report", reading.LARGEST), str(path))


def report_of(data: bytes, name: str) -> Report:
    """Return the report in `data`, which sentences call `name`.

    Raises:
        RefusalError: it is no report that this version can read.
    """
    try:
        return reading.report_of(data, name, by_schema=False)
    except reading.NoReportError as error:
        raise RefusalError(error.reason, error.message, hint=error.hint) from None
