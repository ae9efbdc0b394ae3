"""Whatever a report lacks, it has a page: a rendering must never be what breaks a run."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.rendering.badge import badge
from conformance.rendering.markdown import markdown
from conformance.rendering.page import html
from conformance.report.model import Report
from conformance.report.plain import from_plain, to_plain
from tests.rendering.hostile import everything
from tests.rendering.samples import CATALOGUE

Path = tuple[str | int, ...]


def small() -> Report:
    """Return a report with one of each thing that a report can have."""
    report = everything()
    told = tuple(item for item in report.requirements if item.checks[0].story or item.waived)
    return replace(
        report, requirements=told[:3], causes=report.causes[:1], quirks=report.quirks[:1]
    )


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Yield the place of each text, number and list; of a list's members the first alone."""
    if isinstance(value, str | list | int | float) and not isinstance(value, bool):
        yield here
    if isinstance(value, dict):
        for name, item in value.items():
            yield from paths(item, (*here, name))
    elif isinstance(value, list) and value:
        yield from paths(value[0], (*here, 0))


def emptied(plain: Any, path: Path) -> Any:
    """Return a copy of `plain` with nothing at `path`."""
    made = copy.deepcopy(plain)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = type(holder[path[-1]])()
    return made


def test_a_report_that_lacks_anything_at_all_is_rendered() -> None:
    plain = to_plain(small())
    rendered = 0
    for path in paths(plain):
        try:
            report = from_plain(Report, emptied(plain, path))
        except ValueError:
            continue  # an enum or a moment cannot be empty
        assert html(report, CATALOGUE).endswith("</html>"), path
        assert markdown(report, CATALOGUE).startswith("## "), path
        assert badge(report).endswith("</svg>\n"), path
        rendered += 1
    assert rendered > 90
