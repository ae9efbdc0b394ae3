"""The script that makes the vectors, run as people run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.data import VECTORS

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


def run(root: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, str(root / "regenerate.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment if path is None else environment | {"PATH": path},
        timeout=120,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(
        VECTORS, tmp_path / "vectors", ignore=shutil.ignore_patterns("__pycache__")
    )


@pytest.mark.slow
def test_openssl_makes_the_very_vectors_that_are_kept_and_names_what_is_not(copy: Path) -> None:
    """Three files are tampered with: that no other is named holds the rest to openssl."""
    changed = copy / "body/empty.json"
    changed.write_text(changed.read_text().replace("POST", "PUT"))
    (copy / "date/month-01.json").unlink()
    shutil.copy(copy / "date/month-02.json", copy / "date/by-hand.json")
    done = run(copy, "--check")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        f"differs: {changed}",
        f"made by nothing: {copy / 'date/by-hand.json'}",
        f"not in the tree: {copy / 'date/month-01.json'}",
    ]


@pytest.mark.slow
def test_what_was_changed_added_or_lost_is_mended(copy: Path) -> None:
    (copy / "body/empty.json").write_text("{}")
    (copy / "date/month-01.json").unlink()
    shutil.copy(copy / "date/month-02.json", copy / "date/by-hand.json")
    assert run(copy).returncode == 0
    for name in ("body/empty.json", "date/month-01.json"):
        assert (copy / name).read_bytes() == (VECTORS / name).read_bytes()
    assert not (copy / "date/by-hand.json").exists()
    assert "vectors are as they would be made" in run(copy, "--check").stdout


def test_without_openssl_a_sentence_says_so(tmp_path: Path) -> None:
    done = run(VECTORS, "--check", path=str(tmp_path))
    assert done.returncode == 2
    assert "openssl command cannot be run" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_key_has_the_size_that_was_asked_for(copy: Path) -> None:
    assert run(copy, "--new-key", "small", "1024").returncode == 0
    text = (copy / "keys/small.json").read_text(encoding="ascii")
    assert '"bits": 1024' in text
    assert '"e": "10001"' in text


def test_it_knows_nothing_of_the_suite() -> None:
    """Else the suite would be judged by itself."""
    for path in [VECTORS / "regenerate.py", *VECTORS.glob("source/*.py")]:
        assert "conformance" not in path.read_text(encoding="utf-8"), path
