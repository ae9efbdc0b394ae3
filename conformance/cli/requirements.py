"""`lendico-conformance requirements`: what must hold, and what checks it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

import click

from conformance.catalogue import Catalogue, Level, Requirement, Side, load_catalogue
from conformance.catalogue.loading import TOPICS
from conformance.errors import UsageError


def _one_of(choices: Iterable[str]) -> click.Choice[str]:
    return click.Choice([str(choice) for choice in choices], case_sensitive=False)


@click.command(short_help="Show what must hold, and what checks it.")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--side", type=_one_of(Side), help="Those that are this side's duty.")
@click.option("--level", type=_one_of(Level), help="Those of this level.")
@click.option("--topic", type=_one_of(TOPICS), help="Those of this topic.")
@click.option(
    "--format",
    "form",
    type=_one_of(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="How to show them; with IDs, a table becomes a card each.",
)
def requirements(
    ids: tuple[str, ...], side: str | None, level: str | None, topic: str | None, form: str
) -> None:
    """Show what must hold, where that is written, and what checks it.

    With IDs, such as DIG-002, everything that is known of those requirements.
    """
    # Imported here: rules and vectors bring cryptography along, which completion has no use for.
    from conformance.cli import requirement_views as views  # noqa: PLC0415
    from conformance.cli.coverage import coverage  # noqa: PLC0415

    catalogue = load_catalogue()
    wanted = [
        item
        for item in _chosen(catalogue, ids)
        if (side is None or side in item.sides)
        and (level is None or level == item.level)
        and (topic is None or topic == item.topic)
    ]
    checks = coverage(catalogue)
    covered = [(item, checks[item.id]) for item in wanted]
    match form:
        case "json":
            click.echo(views.as_json(covered, catalogue))
        case "markdown":
            click.echo(views.as_markdown(covered, catalogue))
        case _ if ids:
            click.echo(views.as_cards(covered, catalogue))
        case _:
            click.echo(views.as_table(covered, catalogue))


def _chosen(catalogue: Catalogue, ids: Collection[str]) -> Iterator[Requirement]:
    """Yield the requirements called `ids`, in any letter case, or all; in the catalogue's order.

    Raises:
        UsageError: there is none of that id.
    """
    wanted = {_known(catalogue, name) for name in ids}
    for item in catalogue.requirements.values():
        if not wanted or item.id in wanted:
            yield item


def _known(catalogue: Catalogue, name: str) -> str:
    found = name.upper()
    if found not in catalogue.requirements:
        close = get_close_matches(found, catalogue.requirements, n=3)
        raise UsageError(
            f"there is no requirement '{name}'",
            hint=f"Did you mean {' or '.join(close)}?"
            if close
            else "Run 'lendico-conformance requirements' for the list.",
        )
    return found
