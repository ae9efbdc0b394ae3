"""Names of files to write that name none: one sentence, before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cli import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "error", "hint"),
    [
        (
            "",
            "no file is named: {} is empty",
            "Name a file after {}; a variable that is not set leaves it empty.",
        ),
        (".", "{} names a directory: .", "Name a file in it: {} FILE"),
        ("sub", "{} names a directory: sub", "Name a file in it: {} sub/FILE"),
    ],
)
@pytest.mark.parametrize(
    "arguments",
    [
        ("bundle", "create", "-o"),
        ("report", "render", "report.json", "-o"),
        ("challenge", "create", "-o"),
        ("gate", "sub", "--html"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_name_that_names_no_file_is_refused(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    name: str,
    error: str,
    hint: str,
) -> None:
    (folder / "sub").mkdir()
    assert main([*arguments, name]) == 2
    option = arguments[-1]
    assert capsys.readouterr().err.splitlines() == [
        f"error: {error.format(option)}", f"hint: {hint.format(option)}",
    ]  # fmt: skip
    assert [*folder.rglob("*")] == [folder / "sub"]
