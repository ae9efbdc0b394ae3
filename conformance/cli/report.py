"""`lendico-conformance report`: a report of a run, made into something to read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli.output import OutputFile

if TYPE_CHECKING:
    from conformance.report.model import Report

_STANDARD = Path("-")
_FORMS = ("html", "markdown", "badge")


@click.group(short_help="Make a page, a summary or a badge of a report.")
def report() -> None:
    """Work with the readiness.json that a run wrote."""


@report.command(short_help="Make a page, a summary or a badge of FILE.")
@click.argument(
    "file", default=Path("reports/readiness.json"), type=click.Path(path_type=Path),
    metavar="[FILE]",
)  # fmt: skip
@click.option(
    "-o", "--output", type=OutputFile(), metavar="FILE",
    help="Where to write; - is standard output.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(_FORMS), default="html", show_default=True,
    help="A page, a summary for pull requests, or an SVG.",
)  # fmt: skip
def render(file: Path, output: Path | None, form: str) -> None:
    """Render FILE, reports/readiness.json by default; - is standard input.

    Without -o, the file stands beside FILE: report.html, summary.md or badge.svg. Whatever the
    report says, it is shown as text: a report may come from anybody.
    """
    from conformance.catalogue import load_catalogue  # noqa: PLC0415 - a start imports what it uses
    from conformance.clock import SystemClock  # noqa: PLC0415
    from conformance.rendering import writing  # noqa: PLC0415

    text = writing.render(_read(file), load_catalogue(), form, now=SystemClock().now())
    path = output or (_STANDARD if file == _STANDARD else file.parent / writing.RENDERINGS[form][0])
    if path == _STANDARD:
        click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
        return
    writing.write(text, path)
    click.echo(str(path))


def _read(file: Path) -> Report:
    from conformance.report.reading import LARGEST, read_report, report_of  # noqa: PLC0415

    if file == _STANDARD:
        data = sys.stdin.buffer.read(LARGEST + 1)
        return report_of(data, "standard input", by_schema=True)
    return read_report(file)
