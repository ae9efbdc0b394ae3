"""The files of a run: `readiness.json`, `junit.xml` and the evidence, each written whole.

A file appears under its name only when all of it is there: a reader never meets half a report.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.files import write_whole
from conformance.live.record import har
from conformance.report.document import document
from conformance.report.filename import (
    CERTIFICATES,
    EVIDENCE,
    EXCHANGES,
    JUNIT,
    READINESS,
    STORIES,
)
from conformance.report.junit import junit_xml
from conformance.report.model import EvidenceFile, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where the files of a report are."""

    readiness: Path
    junit: Path
    page: Path | None = None
    """The page for people, where one was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a run keeps as evidence; None where no part of it has such evidence.

    `signed`, `stories` and `certificates` are lines, `exchanges` entries of a HAR file.
    """

    signed: Sequence[str] | None = None
    stories: Sequence[str] | None = None
    exchanges: Sequence[str] | None = None
    certificates: Sequence[str] | None = None


def write_evidence(evidence: Evidence, directory: Path) -> tuple[EvidenceFile, ...]:
    """Write the files of evidence into `directory` and return what the report says of them.

    A file is written also where there are no lines, and one that the run has not is removed: no
    older evidence stands beside a new report.

    Raises:
        UsageError: a file cannot be written.
    """
    data = {
        EVIDENCE: _lines(evidence.signed),
        STORIES: _lines(evidence.stories),
        EXCHANGES: None if evidence.exchanges is None
        else (har(evidence.exchanges), len(evidence.exchanges)),
        CERTIFICATES: _lines(evidence.certificates),
    }  # fmt: skip
    found = []
    for name, content in data.items():
        if content is None:
            _remove(directory / name)
            continue
        octets, count = content
        _write(directory / name, octets)
        digest = hashlib.sha256(octets).hexdigest()
        found.append(EvidenceFile(file=name, exchanges=count, sha256=digest))
    return tuple(found)


def _lines(lines: Sequence[str] | None) -> tuple[bytes, int] | None:
    if lines is None:
        return None
    return "".join(lines).encode(), sum(not line.startswith('{"key"') for line in lines)


def report_text(report: Report) -> str:
    """Return `report` as JSON text; the same report gives the same text."""
    return json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"


def write_report(report: Report, directory: Path) -> Written:
    """Write `report` into `directory`, which is made where it is missing.

    Raises:
        UsageError: a file cannot be written.
    """
    written = Written(readiness=directory / READINESS, junit=directory / JUNIT)
    _write(written.readiness, report_text(report).encode("utf-8", "backslashreplace"))
    _write(written.junit, junit_xml(report))
    return written


def _remove(path: Path) -> None:
    """Remove what would stand beside this run's files: another plan's evidence."""
    with contextlib.suppress(OSError):
        path.unlink()


def _write(path: Path, data: bytes) -> None:
    write_whole(path, data, instead="choose a directory that can be written with --report-dir")
