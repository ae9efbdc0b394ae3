"""The wheel, installed elsewhere, works without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel by what is installed, without network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, and return that one's `bin`.

    The libraries are those of this environment, found by a path file. It reaches no further: what
    is installed here as editable is not found from there.
    """
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(folder, with_pip=False)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
         "--disable-pip-version-check", wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)
    (Path(site.stdout.strip()) / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return scripts


def run(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [installed / arguments[0], *arguments[1:]],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_wheel_holds_the_data_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "conformance/py.typed",
        "conformance/suites/alone.ini",
        "conformance/catalogue/digest.toml",
        "conformance/_data/schemas/report.schema.json",
        "conformance/_data/vectors/body/crlf-ended.json",
        "conformance/_data/examples/adapters/node/adapter.mjs",
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]
    assert not [name for name in names if "__pycache__" in name]


def test_the_package_is_the_installed_one(installed: Path, tmp_path: Path) -> None:
    ran = run(
        installed, tmp_path, "python", "-c", "import conformance; print(conformance.__file__)"
    )
    assert Path(ran.stdout.strip()).is_relative_to(installed.parent), ran.stderr


def test_check_says_ready(installed: Path, tmp_path: Path) -> None:
    ran = run(installed, tmp_path, "lendico-conformance", "check", "--profile", "quick", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "READY"
    assert json.loads(ran.stdout)["cases"]["vectors"] > 150


def test_the_suite_runs_by_its_name(installed: Path, tmp_path: Path) -> None:
    """Through the plugin, as its entry point brings it."""
    ran = run(
        installed, tmp_path,
        "python", "-m", "pytest", "--pyargs", "conformance.suites.offline", "-k", "method/",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    assert "INCOMPLETE" in ran.stdout


def test_vectors_are_listed(installed: Path, tmp_path: Path) -> None:
    ran = run(installed, tmp_path, "lendico-conformance", "vectors", "list")
    assert ran.returncode == 0, ran.stderr
    assert "body/crlf-ended" in ran.stdout


def test_a_starting_adapter_is_written_and_ready(installed: Path, tmp_path: Path) -> None:
    written = run(installed, tmp_path, "lendico-conformance", "init", "python")
    assert written.returncode == 0, written.stderr
    ran = run(
        installed, tmp_path, "lendico-conformance", "check", "--profile", "quick", "--",
        str(installed / "python"), "adapter.py",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.startswith("READY")
