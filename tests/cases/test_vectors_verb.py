"""`lendico-conformance vectors`, run as a command and as people would get it wrong."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cases.exporting import MANIFEST, export_vectors
from conformance.cases.tree import documents
from conformance.cli import main
from conformance.data import VECTORS
from conformance.errors import UsageError


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["vectors", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_list_has_every_vector_on_a_line_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capsys, "list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == [item.id for item in documents()]


def test_a_topic_is_listed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "--topic", "date-skew")
    assert len(out.splitlines()) == 13
    assert all(line.startswith("date-skew/") for line in out.splitlines())


def test_the_list_as_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "--topic", "security", "--json")
    rows = json.loads(out)
    assert [row["id"] for row in rows] == ["security/empty-digest", "security/example"]
    assert rows[1]["kind"] == "sign"
    assert "STR-001" in rows[1]["requirements"]


def test_a_vector_is_shown_stage_by_stage_and_line_ends_can_be_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "show", "body/crlf-ended")
    assert code == 0
    assert "hello\\r\\n" in out
    assert "(request-target): post /applications\\n" in out
    assert "made for DIG-002" in out
    assert out.isascii()


@pytest.mark.parametrize("item", documents()[::25], ids=lambda item: item.id)
def test_every_vector_can_be_shown(capsys: pytest.CaptureFixture[str], item: object) -> None:
    name = getattr(item, "id", "")
    code, out, err = run(capsys, "show", name)
    assert (code, err) == (0, "")
    assert out.startswith(name)
    assert out.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "name", ["vectors/body/empty", "body/empty.json", "vectors/body/empty.json"]
)
def test_a_vector_is_found_by_its_path_too(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run(capsys, "show", name)[1].startswith("body/empty ")


def test_the_file_itself_is_printed_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "show", "target/long-path", "--json")
    assert out == (VECTORS / "target/long-path.json").read_text(encoding="ascii")


@pytest.mark.parametrize(
    ("arguments", "sentence", "hint"),
    [
        (("show", "body/crlf-end"), "there is no vector 'body/crlf-end'", "body/crlf-ended"),
        (("show", "crlf"), "there is no vector 'crlf'", "body/crlf-ended"),
        (("show", ""), "there is no vector ''", "vectors list"),
        (("show", "\x1b[31m"), "there is no vector '\\x1b[31m'", "vectors list"),
        (("list", "--topic", "bodi"), "there is no topic 'bodi'", "Did you mean body?"),
        (("list", "--topic", "zzz"), "there is no topic 'zzz'", "vectors list"),
    ],
)
def test_what_is_not_there_is_answered_with_what_may_have_been_meant(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str, hint: str
) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert hint in err


def test_an_export_is_whole_and_its_manifest_true(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "export", str(tmp_path / "out"))
    assert code == 0
    assert str(tmp_path / "out" / "vectors" / "README.md") in out
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_bytes())
    found = {
        path.relative_to(tmp_path / "out").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    assert found == manifest["files"]
    assert len([name for name in found if name.endswith(".json")]) == len(documents()) + 5 + 1
    for name in ("vectors/README.md", "vectors/body/README.md", "vectors/keys/rsa-2048.json"):
        assert name in found


def test_a_file_of_the_export_finds_its_schema_beside_it(tmp_path: Path) -> None:
    export_vectors(tmp_path)
    path = tmp_path / "vectors/body/empty.json"
    assert (path.parent / json.loads(path.read_bytes())["$schema"]).resolve().is_file()


def test_an_earlier_export_is_replaced_and_files_of_others_stay(tmp_path: Path) -> None:
    export_vectors(tmp_path)
    manifest = tmp_path / MANIFEST
    content = json.loads(manifest.read_bytes())
    (tmp_path / "vectors/body/gone.json").write_text("{}")
    content["files"]["vectors/body/gone.json"] = ""
    manifest.write_text(json.dumps(content))
    (tmp_path / "mine.txt").write_text("mine")
    export_vectors(tmp_path)
    assert not (tmp_path / "vectors/body/gone.json").exists()
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_manifest_that_was_edited_deletes_nothing_elsewhere(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_vectors(out)
    (tmp_path / "precious").write_text("")
    (out / "precious").write_text("")
    content = json.loads((out / MANIFEST).read_bytes())
    names = ["../precious", "vectors/../../precious", "precious", str(tmp_path / "precious")]
    content["files"] |= dict.fromkeys(names, "")
    (out / MANIFEST).write_text(json.dumps(content))
    export_vectors(out)
    assert (tmp_path / "precious").exists()
    assert (out / "precious").exists()


@pytest.mark.parametrize(
    "manifest", [None, "", "[]", '{"suite": "other", "files": {}}', '{"suite": 1}']
)
def test_a_directory_of_others_is_not_written_to(tmp_path: Path, manifest: str | None) -> None:
    (tmp_path / "precious").write_text("")
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(UsageError, match="no earlier export") as refusal:
        export_vectors(tmp_path)
    assert refusal.value.hint
    assert not (tmp_path / "vectors").exists()


def test_a_file_in_the_way_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert run(capsys, "export", str(tmp_path / "file"))[0] == 2
    code, _, err = run(capsys, "export", str(tmp_path / "file" / "out"))
    assert code == 2
    assert "cannot be written" in err


def test_a_terminal_gets_a_table() -> None:
    program = "import sys; from conformance.cli import main; sys.exit(main())"
    master, slave = pty.openpty()
    arguments = [sys.executable, "-c", program, "vectors", "list", "--topic", "security"]
    environment = os.environ | {"COLUMNS": "100", "TERM": "xterm"}
    done = subprocess.run(arguments, stdout=slave, env=environment, check=False)
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert done.returncode == 0
    assert "MADE FOR" in shown
    assert "2 vectors" in shown
    assert "\x1b[1m" in shown
