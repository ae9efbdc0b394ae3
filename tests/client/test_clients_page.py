"""docs/clients.md says what was measured, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.starters import STARTERS
from tests.client import repeat_table
from tests.client.path_table import REFUSED, SAME, TABLES, TARGETS, Library, measured, table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
LIBRARIES = [library for libraries in TABLES.values() for library in libraries]


def columns() -> dict[str, list[str]]:
    """Return the columns of all tables of targets by their headings."""
    found: dict[str, list[str]] = {}
    for text in re.findall(r"(?m)^\| target .*\n(?:\|.*\n)+", PAGE):
        rows = [
            [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()
        ]
        for index, heading in enumerate(rows[0]):
            if index:
                found[heading] = [row[index] for row in rows[2:]]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.title)
def test_the_page_says_what_is_measured(library: Library) -> None:
    """For the version that it names; another version of a library may do other things."""
    if not library.is_here:
        pytest.skip(f"not on this machine: {library.command[0]}")
    told = columns()
    if library.heading not in told:
        assert any(library.title.partition("{}")[0].strip() in heading for heading in told)
        pytest.skip(f"the page tells of another version than {library.heading}")
    assert measured(library) == told[library.heading]


@pytest.mark.slow
@pytest.mark.parametrize("library", repeat_table.LIBRARIES, ids=lambda library: library.title)
def test_the_page_says_how_often_a_lost_request_is_sent(library: Library) -> None:
    if not library.is_here:
        pytest.skip(f"not on this machine: {library.command[0]}")
    if f"| {library.heading} | " not in PAGE:
        pytest.skip(f"the page tells of another version than {library.heading}")
    assert f"| {' | '.join(repeat_table.row(library))} |\n" in PAGE


def test_the_page_has_a_column_for_every_library() -> None:
    assert len(columns()) == len(LIBRARIES)
    assert all(len(cells) == len(TARGETS) for cells in columns().values())


def test_the_measure_tells_a_library_that_tidies_from_one_that_does_not() -> None:
    """Else a server that records nothing, or a driver that fails, would pass for a finding."""
    (tidy, as_is) = TABLES["curl"]
    if not tidy.is_here:
        pytest.skip("not on this machine: curl")
    changed = dict(zip(TARGETS, measured(tidy), strict=True))
    assert changed["/a/../b"] == "`/b`"
    assert dict(zip(TARGETS, measured(as_is), strict=True))["/a/../b"] == SAME
    assert changed["/a b"] == REFUSED
    assert table((tidy,)).splitlines()[2].startswith("| `/a/../b` | `/b` |")


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGE):
        path, _, anchor = target.partition("#")
        linked = ROOT / "docs" / path if path else ROOT / "docs" / "clients.md"
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"(?m)^#+ (.+)$", linked.read_text(encoding="utf-8"))
            slugs = {re.sub(r"[^\w\- ]", "", item).lower().replace(" ", "-") for item in headings}
            assert anchor in slugs, target


def test_the_example_names_what_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is compiled, and its names are imported and called as they are."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="client-secret"):
        exec(compile(example, "docs/clients.md", "exec"), {})  # noqa: S102 - our own page


def test_the_starters_with_a_client_are_those_whose_hello_says_so() -> None:
    named = set(re.findall(r"\(\.\./examples/adapters/(\w+)/", PAGE))
    sending = {
        starter.language
        for starter in STARTERS
        if re.search(
            r'"send"|\\?"send\\?"',
            (ROOT / "examples" / "adapters" / starter.language / starter.files[0]).read_text(),
        )
    }
    assert named == sending
