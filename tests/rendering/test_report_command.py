"""`lendico-conformance report render`, as it is called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli.frame import run
from conformance.report.plain import to_plain
from tests.rendering.samples import not_ready


@pytest.fixture
def readiness(tmp_path: Path) -> Path:
    path = tmp_path / "reports" / "readiness.json"
    path.parent.mkdir()
    path.write_text(json.dumps(to_plain(not_ready())))
    return path


@pytest.mark.parametrize(
    ("form", "name", "begins"),
    [
        ("html", "report.html", "<!doctype html>"),
        ("markdown", "summary.md", "## "),
        ("badge", "badge.svg", "<svg "),
    ],
)
def test_the_file_stands_beside_the_report(
    readiness: Path, capsys: pytest.CaptureFixture[str], form: str, name: str, begins: str
) -> None:
    assert run(["report", "render", str(readiness), "--format", form]) == 0
    made = readiness.parent / name
    assert capsys.readouterr().out == f"{made}\n"
    assert made.read_text("utf-8").lstrip().startswith(begins)


def test_without_a_file_it_takes_the_last_report_of_this_directory(
    readiness: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(readiness.parents[1])
    assert run(["report", "render"]) == 0
    assert (readiness.parent / "report.html").is_file()


def test_it_stands_in_a_pipe(readiness: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "report", "render", "-", "--format", "markdown"],
        input=readiness.read_bytes(), capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.decode().startswith("## ❌ NOT READY\n")
    assert done.stderr == b""


def test_it_writes_where_it_is_told(
    readiness: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "new" / "page.html"
    assert run(["report", "render", str(readiness), "-o", str(target)]) == 0
    assert target.read_text("utf-8").startswith("<!doctype html>")
    capsys.readouterr()
    assert run(["report", "render", str(readiness), "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


@pytest.mark.parametrize("data", [b"", b"\x00", b"{}", b"[" * 99_999, b'{"schema_version":"9.1"}'])
def test_bad_input_is_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(data)
    assert run(["report", "render", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    error, hint = told.err.splitlines()
    assert error.startswith(f"error: {path} is no report of a run")
    assert hint.startswith(("hint: Give the readiness.json of a run", "hint: Run the check again"))
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_said(
    readiness: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "page.html"
    assert run(["report", "render", str(readiness), "-o", str(target)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_without_a_run_it_says_to_run_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["report", "render"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: the report reports/readiness.json cannot be read: No such file or directory",
        "hint: Run `lendico-conformance check` first, or name the readiness.json of a run.",
    ]
