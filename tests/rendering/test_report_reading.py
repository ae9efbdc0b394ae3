"""Files that anybody may have written: read when they are reports, refused with a reason if not."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.rendering.reading import DEEPEST, LARGEST, read_report, report_from
from conformance.report.plain import to_plain
from tests.rendering.hostile import poisoned
from tests.rendering.samples import SAMPLES, full


def plain() -> dict[str, Any]:
    made: dict[str, Any] = to_plain(full())
    return made


def refused(data: bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        report_from(io.BytesIO(data), "readiness.json")
    error = caught.value
    assert "\n" not in error.message
    assert len(error.message) < 600
    assert "readiness.json" in error.hint
    return error


@pytest.mark.parametrize("name", SAMPLES)
def test_a_written_report_is_read_as_it_was(tmp_path: Path, name: str) -> None:
    report = SAMPLES[name]()
    path = tmp_path / "readiness.json"
    path.write_text(json.dumps(to_plain(report)))
    assert read_report(path) == report


def test_hostile_text_within_the_schema_is_read() -> None:
    report = poisoned("<script>")
    assert report_from(io.BytesIO(json.dumps(to_plain(report)).encode()), "x") == report


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is no JSON"),
        (b"{", "it is no JSON (Expecting property name"),
        (b"\xff\xfe{}", "no text in UTF-8"),
        (b"\x80", "no text in UTF-8"),
        (b"null", "the whole: None is not of type 'object'"),
        (b"[]", "is not of type 'object'"),
        (b"{}", "is a required property"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": 1, "a": 2}', "a name twice"),
        (b'{"schema_version": "2.0"}', "version 2.0, and this version reads 1.x"),
        (b"[" * 100_000, "nested more than"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested more than"),
        (b"9" * 10_000, "Exceeds the limit"),
        (b"<html></html>", "it is no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_with_its_reason(data: bytes, says: str) -> None:
    assert says in refused(data).message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda report: report.pop("verdict"), "'verdict' is a required property"),
        (lambda report: report.update(verdict="FINE"), "verdict: 'FINE' is not one of"),
        (lambda report: report.update(more=1), "('more' was unexpected)"),
        (lambda report: report.update(created="0000-00-00T00:00:00Z"), "is no report"),
        (lambda report: report.update(created="yesterday"), "created: 'yesterday' does not match"),
        (lambda report: report["requirements"][0].update(id="<b>"), "requirements[0].id"),
        (lambda report: report["requirements"][0].update(checks=None), "is not of type 'array'"),
        (lambda report: report["evidence"][0].update(file="../../etc/passwd"), "evidence[0].file"),
        (lambda report: report["charts"][0]["points"][0].update(x="0"), "is not of type 'number'"),
        (lambda report: report["notes"].append("x" * 40_000), "is too long"),
    ],
)
def test_a_report_that_breaks_its_schema_is_refused_at_the_field(
    change: Callable[[dict[str, Any]], object], says: str
) -> None:
    report = plain()
    change(report)
    assert says in refused(json.dumps(report).encode()).message


def test_a_file_without_an_end_is_given_up() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= LARGEST + 1
            self.given += size
            return b"[" * size

    endless = Endless()
    began = time.perf_counter()
    with pytest.raises(UsageError, match="more than 32 MiB"):
        report_from(endless, "x")  # type: ignore[arg-type]
    assert endless.given <= LARGEST + 1
    assert time.perf_counter() - began < 5


def test_brackets_inside_text_are_no_nesting() -> None:
    report = plain()
    report["notes"] = ['[{"' * (DEEPEST + 9), "\\", '\\"[[[[']
    read = report_from(io.BytesIO(json.dumps(report).encode()), "x")
    assert list(read.notes) == report["notes"]


def test_quotes_without_an_end_are_told_quickly() -> None:
    began = time.perf_counter()
    refused(b'["' + b'\\"' * 2_000_000)
    assert time.perf_counter() - began < 5


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json cannot be read: No such file"):
        read_report(tmp_path / "none.json")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_report(tmp_path)
