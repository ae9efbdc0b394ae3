"""Imports run downwards only, as the table in ARCHITECTURE.md draws it.

Every import counts, also one inside a function or under `TYPE_CHECKING`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "conformance"
MAY_IMPORT_BESIDE = {"conformance.data": {"conformance.errors"}}
"""Modules that may import a neighbour on their own line."""


def _layers() -> list[set[str]]:
    """Return the table's lines from the bottom up, each as the modules and packages it names."""
    rows = re.findall(r"^\| (`.+?) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    lines = [re.findall(r"`([a-z_]+)(?:/|\.py)`", row) for row in reversed(rows)]
    return [{f"conformance.{name}" for name in line} for line in lines if line]


LAYERS = _layers()
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)


def _name(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _home(module: str) -> str:
    """Return the entry of the table that `module` belongs to."""
    if module == "conformance.__main__":
        return "conformance.cli"
    return ".".join(module.split(".")[:2])


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, module) for each import of this package's own modules in `path`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "conformance":
                names = [f"conformance.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "conformance")


def _faults(path: Path, root: Path = ROOT) -> Iterator[str]:
    own = _home(_name(path, root))
    for line, imported in _imports(path):
        home = _home(imported)
        if home in {own, "conformance.__version__"} or home in MAY_IMPORT_BESIDE.get(own, set()):
            continue
        if home not in HEIGHT:
            yield f"{path.name}:{line} imports {imported}, which the table lacks"
        elif HEIGHT[home] >= HEIGHT[own]:
            beside = "from its own line" if HEIGHT[home] == HEIGHT[own] else "from above"
            yield f"{path.name}:{line} imports {imported} {beside}"


def test_the_table_is_read() -> None:
    """A table that cannot be parsed would let everything pass."""
    assert len(LAYERS) >= 10
    assert HEIGHT["conformance.cli"] == len(LAYERS) - 1
    assert HEIGHT["conformance.errors"] == 0


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_module_has_a_place_and_imports_downwards_only(path: Path) -> None:
    home = _home(_name(path))
    if home == "conformance":
        assert not list(_imports(path)), "the package itself imports nothing"
        return
    assert home in HEIGHT, f"{home} is missing from the table in ARCHITECTURE.md"
    assert not list(_faults(path))


def test_a_wrong_import_is_seen(tmp_path: Path) -> None:
    """The check itself: upwards, hidden and unknown imports are all found."""
    fake = tmp_path / "conformance" / "wire" / "bad.py"
    fake.parent.mkdir(parents=True)
    fake.write_text(
        "from conformance.rules import x\n"
        "def f():\n    import conformance.report.model\n"
        "from conformance import cli\n"
        "from conformance.wire.date import y\n"
        "from conformance.nowhere import z\n"
    )
    assert sorted(_faults(fake, tmp_path)) == [
        "bad.py:1 imports conformance.rules from above",
        "bad.py:3 imports conformance.report.model from above",
        "bad.py:4 imports conformance.cli from above",
        "bad.py:6 imports conformance.nowhere, which the table lacks",
    ]


def test_a_neighbour_is_no_neighbour_to_import(tmp_path: Path) -> None:
    fake = tmp_path / "conformance" / "cases" / "bad.py"
    fake.parent.mkdir(parents=True)
    fake.write_text("import conformance.adapters.process\n")
    assert list(_faults(fake, tmp_path)) == [
        "bad.py:1 imports conformance.adapters.process from its own line"
    ]
