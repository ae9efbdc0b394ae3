"""`lendico-conformance vectors`: list, show and export the golden vectors."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from conformance.cases.exporting import export_vectors
from conformance.cases.tree import Document, documents
from conformance.errors import UsageError
from conformance.wire.visible import visible

_LABEL = 24
"""Columns for the name of a field."""

_CUT = 1200
"""Octets of one value that are shown."""


@click.group(short_help="List, show or export the golden vectors.")
def vectors() -> None:
    """List, show or export the golden vectors: requests with every stage of signing them."""


@vectors.command("list", short_help="List the vectors, one a line.")
@click.option("--topic", metavar="TOPIC", help="Those of this topic, such as body or target.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_vectors(topic: str | None, *, as_json: bool) -> None:
    """List the vectors: id, kind, the requirements they were made for, and what they are about."""
    found = documents()
    if topic is not None:
        known = sorted({document.topic for document in found})
        _refuse_unknown("topic", topic, known)
        found = tuple(document for document in found if document.topic == topic)
    if as_json:
        rows = [
            {
                "id": item.id,
                "kind": item.kind,
                "requirements": item.requirements,
                "says": item.says,
            }
            for item in found
        ]
        click.echo(json.dumps(rows, indent=2))
    elif sys.stdout.isatty():
        _print_table(found)
    else:
        width = max(len(item.id) for item in found)
        for item in found:
            click.echo(f"{item.id:<{width}}  {item.kind:<6}  {item.says}")


@vectors.command("show", short_help="Show one vector, stage by stage.")
@click.argument("vector_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The file as it is.")
def show(vector_id: str, *, as_json: bool) -> None:
    """Show the vector ID, such as body/crlf-ended; octets that cannot be printed are escaped."""
    found = {item.id: item for item in documents()}
    bare = vector_id.removeprefix("vectors/").removesuffix(".json")
    _refuse_unknown("vector", bare, list(found))
    item = found[bare]
    if as_json:
        click.echo(item.path.read_text(encoding="ascii"), nl=False)
        return
    click.echo(click.style(item.id, bold=True) + f" ({item.kind})")
    click.echo(f"{item.says}\nmade for {', '.join(item.requirements)}")
    hidden = {"$schema", "id", "kind", "says", "requirements"}
    for name, value in item.content.items():
        if name not in hidden:
            click.echo()
            for line in _lines(name, value):
                click.echo(line)


@vectors.command("export", short_help="Copy the whole tree to a directory.")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
def export(directory: Path) -> None:
    """Copy the vectors, their pages, schema and test keys to DIR, for a test without this suite."""
    count = export_vectors(directory)
    page = directory / "vectors" / "README.md"
    click.echo(f"{count} files written to {directory}; {page} says more.")


def _refuse_unknown(what: str, name: str, known: Sequence[str]) -> None:
    """Raise UsageError, with what may have been meant, unless `name` is among `known`."""
    if name in known:
        return
    close = get_close_matches(name, known, n=3)
    close = close or [one for one in known if name and name in one][:3]
    raise UsageError(
        f"there is no {what} '{visible(name, limit=60)}'",
        hint=f"Did you mean {' or '.join(close)}?"
        if close
        else "Run 'lendico-conformance vectors list' for the list.",
    )


def _print_table(found: Sequence[Document]) -> None:
    # Imported here: a pipe has no use for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("ID", no_wrap=True)
    table.add_column("KIND")
    table.add_column("MADE FOR")
    table.add_column("SAYS")
    for item in found:
        table.add_row(item.id, item.kind, " ".join(item.requirements), item.says)
    Console(markup=False, highlight=False).print(table)
    click.echo(f"\n{len(found)} vectors")


def _lines(name: str, value: Any, depth: int = 0) -> Iterator[str]:
    """Yield a field of a vector in lines of printable ASCII."""
    label = f"{'  ' * depth}{name.replace('_', ' ')}"
    if isinstance(value, dict):
        yield click.style(label, bold=True)
        for inner, more in value.items():
            yield from _lines(inner, more, depth + 1)
        return
    if name == "headers":
        shown = [visible(f"{field}: {text}", limit=_CUT) for field, text in value]
    elif isinstance(value, str):
        # A line of text for each of its own; the line end stays to be seen.
        own = re.findall(r"[^\n]*\n|[^\n]+", value)
        shown = [visible(line, limit=_CUT) for line in own] or ["(empty)"]
    else:
        shown = [json.dumps(value)]
    for number, line in enumerate(shown):
        yield f"{label if number == 0 else '':<{_LABEL}}{line}"
