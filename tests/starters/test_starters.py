"""The list of starting adapters, what is written, and the pages that speak of them."""

from __future__ import annotations

import os
import re
import shlex
import stat
from pathlib import Path

import pytest

from conformance import data, starters
from conformance.config import load_settings
from conformance.errors import DataError, UsageError
from conformance.starters import (
    CONFIG_NAME,
    STARTERS,
    Starter,
    configuration,
    find_starter,
    write_starter,
)

EXAMPLES = data.EXAMPLES / "adapters"
PAGES = {
    "docs/getting-started.md": Path(__file__).parents[2] / "docs" / "getting-started.md",
    "examples/adapters/README.md": EXAMPLES / "README.md",
}

each_starter = pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.language)


def test_the_languages_are_those_promised() -> None:
    languages = {starter.language for starter in STARTERS}
    assert languages == {"bash", "java", "node", "php", "go", "csharp", "python"}


def test_every_example_is_a_starter() -> None:
    """An example that no starter names would never be run by a test."""
    kept = {
        f"{path.parent.name}/{path.name}"
        for path in EXAMPLES.glob("*/*")
        if path.name != "__pycache__"
    }
    named = {f"{starter.language}/{name}" for starter in STARTERS for name in starter.files}
    assert kept == named


def test_no_alias_means_two_languages() -> None:
    names = [name for starter in STARTERS for name in (starter.language, *starter.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "language"),
    [("C#", "csharp"), (".NET", "csharp"), ("js", "node"), ("JavaScript", "node"), (" go ", "go")],
)
def test_a_language_goes_by_its_other_names_too(name: str, language: str) -> None:
    assert find_starter(name).language == language


def test_an_unknown_language_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no starting adapter for 'jva'") as caught:
        find_starter("jva")
    assert "Did you mean 'java'?" in caught.value.hint
    assert "bash, java, node, php, go, csharp, python" in caught.value.hint


def test_a_hostile_name_is_shown_harmless() -> None:
    with pytest.raises(UsageError) as caught:
        find_starter("\x1b[2J" + "x" * 5000)
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 200


@each_starter
def test_the_files_are_copied_as_they_are(starter: Starter, tmp_path: Path) -> None:
    paths = write_starter(starter, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == [*starter.files, CONFIG_NAME]
    assert all(path.parent == tmp_path / "new" / "folder" for path in paths)
    for path in paths[:-1]:
        assert path.read_bytes() == (EXAMPLES / starter.language / path.name).read_bytes()


@each_starter
def test_the_configuration_names_the_command(
    starter: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read by the suite itself, and its commented lines are settings too."""
    write_starter(starter, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load_settings({}, {}).adapter == f"cmd:{starter.command}"
    text = re.sub(r"(?m)^# (?=\w+ = )", "", configuration(starter))
    if starter.also:
        text = text.replace(f'adapter = "cmd:{starter.command}"\n', "")
    (tmp_path / CONFIG_NAME).write_text(text)
    settings = load_settings({}, {})
    assert settings.partner == "Example Ltd"
    assert settings.key_id == "client-1"
    assert settings.adapter == (starter.also[0] if starter.also else f"cmd:{starter.command}")


def test_only_scripts_are_executable(tmp_path: Path) -> None:
    """Whatever the mode of the example is: an installed package may have lost it."""
    before = os.umask(0o027)
    try:
        paths = [
            path
            for starter in STARTERS
            for path in write_starter(starter, tmp_path / starter.language)
        ]
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert modes.pop("adapter.sh") == 0o750
    assert set(modes.values()) == {0o640}


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("mine")
    with pytest.raises(UsageError, match=r"go\.mod exists already, and nothing was") as caught:
        write_starter(find_starter("go"), tmp_path)
    assert "--force" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["go.mod"]
    assert (tmp_path / "go.mod").read_text() == "mine"


def test_every_file_in_the_way_is_listed(tmp_path: Path) -> None:
    write_starter(find_starter("go"), tmp_path)
    with pytest.raises(UsageError) as caught:
        write_starter(find_starter("go"), tmp_path)
    for name in ("main.go", "go.mod", CONFIG_NAME):
        assert name in caught.value.message


def test_a_dangling_link_is_in_the_way_too(tmp_path: Path) -> None:
    (tmp_path / "adapter.sh").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="exists already"):
        write_starter(find_starter("bash"), tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_overwriting_is_done_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("old")
    write_starter(find_starter("node"), tmp_path, overwrite=True)
    assert "node adapter.mjs" in (tmp_path / CONFIG_NAME).read_text()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written: Not a directory") as caught:
        write_starter(find_starter("node"), tmp_path / "file" / "below")
    assert str(tmp_path / "file") in caught.value.message
    assert caught.value.hint


def test_missing_examples_are_a_defect_of_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starters, "EXAMPLES", tmp_path)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        write_starter(find_starter("node"), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_missing_runtime_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_starter("bash").missing_tools == ("bash", "openssl", "base64", "curl", "flock")
    (tmp_path / "openssl").touch(mode=0o755)
    assert find_starter("bash").missing_tools == ("bash", "base64", "curl", "flock")


@each_starter
def test_a_source_can_be_read_anywhere(starter: Starter) -> None:
    """ASCII, LF, no byte order mark, no long line: old compilers and Windows editors read it."""
    for name in starter.files:
        text = (EXAMPLES / starter.language / name).read_bytes()
        assert text.isascii()
        assert b"\r" not in text
        assert text.endswith(b"\n")
        assert max(map(len, text.split(b"\n"))) <= 100


@each_starter
def test_a_source_says_how_to_run_it_and_where_the_signer_goes(starter: Starter) -> None:
    text = (EXAMPLES / starter.language / starter.files[0]).read_text()
    head = text[:1500]
    assert f"lendico-conformance check -- {starter.command}" in head
    assert starter.build in head
    assert "==== YOUR SIGNER ====" in text
    assert starter.signer.split("`")[1] in head
    assert starter.runtime.split(" or later")[0].replace("SDK ", "").replace("JDK", "Java") in head


@each_starter
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_pages_give_the_commands_as_they_are(starter: Starter, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert starter.language in text
    assert starter.command in text
    assert starter.build in text
    assert starter.runtime in text


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_links_of_the_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_commands_need_no_shell() -> None:
    """They are started without one, so nothing in them may want it."""
    for starter in STARTERS:
        for command in filter(None, (starter.command, starter.build)):
            assert shlex.join(shlex.split(command)) == command
