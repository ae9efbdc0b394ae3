"""The programs of docs/vectors.md, taken from the page and run over an exported tree."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conformance.cases.exporting import export_vectors
from conformance.cases.tree import documents

PAGE = (Path(__file__).parents[2] / "docs" / "vectors.md").read_text(encoding="utf-8")
COUNT = sum(item.kind == "sign" for item in documents())


def program(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    export_vectors(tmp_path)
    return tmp_path / "vectors"


LANGUAGES = pytest.mark.parametrize(
    ("language", "command", "file"),
    [("javascript", "node", "vectors.mjs"), ("php", "php", "vectors.php")],
    ids=["node", "php"],
)


def run(language: str, command: str, file: str, tree: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which(command) is None:
        pytest.skip(f"{command} is not there")
    path = tree.parent / file
    path.write_text(program(language), encoding="utf-8")
    return subprocess.run(
        [command, str(path), str(tree)], capture_output=True, text=True, check=False, timeout=60
    )


@LANGUAGES
def test_another_language_signs_every_vector_alike(
    language: str, command: str, file: str, tree: Path
) -> None:
    done = run(language, command, file, tree)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{COUNT} vectors, every stage as it should be\n"


@LANGUAGES
def test_a_difference_is_named_with_its_stage(
    language: str, command: str, file: str, tree: Path
) -> None:
    path = tree / "body" / "crlf-ended.json"
    vector = json.loads(path.read_text(encoding="ascii"))
    vector["request"]["body"]["text"] = "hello\n"
    path.write_text(json.dumps(vector), encoding="ascii")
    done = run(language, command, file, tree)
    assert done.returncode == 1
    assert done.stderr.startswith("body/crlf-ended: digest\n")


def test_the_page_names_every_kind_and_field() -> None:
    for kind in {item.kind for item in documents()}:
        assert re.search(rf"^### .*\b{kind}\b", PAGE, re.MULTILINE), kind
    (vector,) = [item.content for item in documents() if item.id == "body/empty"]
    for field in (*vector["request"], *vector["expect"]):
        assert field in PAGE, field
