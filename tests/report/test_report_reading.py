"""Files that anybody may have written: read when they are reports, refused with a reason if not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.report.plain import to_plain
from conformance.report.reading import LARGEST, NoReportError, read_report, report_of
from tests.rendering.hostile import poisoned
from tests.rendering.samples import SAMPLES, full


def plain() -> dict[str, Any]:
    made: dict[str, Any] = to_plain(full())
    return made


def refused(data: bytes) -> NoReportError:
    with pytest.raises(NoReportError) as caught:
        report_of(data, "readiness.json", by_schema=True)
    error = caught.value
    assert "\n" not in error.message
    assert len(error.message) < 600
    assert "check" in error.hint
    return error


@pytest.mark.parametrize("name", SAMPLES)
def test_a_written_report_is_read_as_it_was(tmp_path: Path, name: str) -> None:
    report = SAMPLES[name]()
    path = tmp_path / "readiness.json"
    path.write_text(json.dumps(to_plain(report)))
    assert read_report(path) == report


def test_hostile_text_within_the_schema_is_read() -> None:
    report = poisoned("<script>")
    data = json.dumps(to_plain(report)).encode()
    assert report_of(data, "x", by_schema=True) == report


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
        (b'{"a": 1, "a": 2}', "'a' stands in one object twice"),
        (b'{"schema_version": "2.0"}', "version 2.0, and this version reads 1.x"),
        (b'{"schema_version": "10.0"}', "version 10.0, and"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
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


@pytest.mark.parametrize(
    ("version", "updates"),
    [("1.0", False), ("1.1", True), ("1.9999", True), ("1.99999", False), ("1.x", False)],
)
def test_a_field_of_a_newer_form_asks_for_an_update(version: str, updates: bool) -> None:
    report = plain() | {"schema_version": version, "more": 1}
    for by_schema in (True, False):
        with pytest.raises(NoReportError) as caught:
            report_of(json.dumps(report).encode(), "x", by_schema=by_schema)
        assert ("Update the suite" in caught.value.hint) == updates


@pytest.mark.parametrize("deep", range(20, 1000, 70))
def test_what_is_nested_is_refused_at_any_depth(deep: int) -> None:
    report = json.dumps(plain() | {"notes": "here"})
    assert refused(report.replace('"here"', "[" * deep + "]" * deep).encode())


def test_a_file_without_an_end_is_given_up() -> None:
    began = time.perf_counter()
    with pytest.raises(UsageError, match="has more than 33,554,432 octets"):
        read_report(Path("/dev/zero"))
    assert time.perf_counter() - began < 5


def test_data_without_an_end_are_given_up() -> None:
    began = time.perf_counter()
    assert "more than 32 MiB" in refused(b"[" * (LARGEST + 1)).message
    assert "nested" in refused(b"[" * LARGEST).message
    assert time.perf_counter() - began < 5


def test_brackets_inside_text_are_no_nesting() -> None:
    report = plain()
    report["notes"] = ['[{"' * 9_000, "\\", '\\"[[[[']
    read = report_of(json.dumps(report).encode(), "x", by_schema=True)
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


@pytest.mark.parametrize(("data", "says"), [
    (b"{}", "is a required property"),
    (b"[]", "the whole: [] is not of type 'object'"),
])  # fmt: skip
def test_what_is_wrong_is_said_by_the_schema_where_the_types_alone_are_asked(
    data: bytes, says: str
) -> None:
    with pytest.raises(NoReportError) as caught:
        report_of(data, "readiness.json", by_schema=False)
    assert says in caught.value.message
