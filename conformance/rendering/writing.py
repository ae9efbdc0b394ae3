"""A report rendered into a file, as it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from conformance.catalogue import Catalogue
from conformance.files import write_whole
from conformance.rendering.badge import badge
from conformance.rendering.markdown import markdown
from conformance.rendering.page import html
from conformance.report.model import Report

Render = Callable[[Report, Catalogue, datetime], str]

RENDERINGS: Final[dict[str, tuple[str, Render]]] = {
    "html": ("report.html", html),
    "markdown": ("summary.md", lambda report, catalogue, _: markdown(report, catalogue)),
    "badge": ("badge.svg", lambda report, *_: badge(report)),
}
"""Of each format, the name of its file and what makes its text."""


def render(report: Report, catalogue: Catalogue, form: str, *, now: datetime) -> str:
    """Return `report` in the format `form`, a key of `RENDERINGS`, as of `now`."""
    return RENDERINGS[form][1](report, catalogue, now)


def write(text: str, path: Path) -> None:
    """Write `text` to `path`, whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    data = text.encode("utf-8", "backslashreplace")
    write_whole(path, data, instead="choose another file with -o")
