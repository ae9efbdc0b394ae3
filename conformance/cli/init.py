"""`lendico-conformance init`: write a starting adapter and a configuration."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from conformance.starters import Starter


@click.command(short_help="Write a starting adapter and a conformance.toml.")
@click.argument("language", required=False)
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--force", is_flag=True, help="Overwrite files that exist already.")
@click.option("--list", "listed", is_flag=True, help="List the languages and stop.")
def init(language: str | None, folder: Path, *, force: bool, listed: bool) -> None:
    """Write an adapter in LANGUAGE and a conformance.toml into DIR.

    DIR is the current directory unless named, and is made where it is missing. The adapter has a
    signer of its own, so that `lendico-conformance check` says READY at once; put a call to yours
    in its place. LANGUAGE is one of those that --list names.
    """
    from conformance.errors import UsageError  # noqa: PLC0415 - a start imports what it uses
    from conformance.starters import STARTERS, find_starter, write_starter  # noqa: PLC0415

    if listed:
        for starter in STARTERS:
            click.echo(_row(starter))
        return
    if language is None:
        languages = ", ".join(starter.language for starter in STARTERS)
        raise UsageError("init needs a language", hint=f"Name one of {languages}.")
    starter = find_starter(language)
    written = write_starter(starter, folder, overwrite=force)
    for path in written:
        click.echo(f"wrote {path}")
    click.echo(_next_steps(starter, folder))


def _row(starter: Starter) -> str:
    missing = "" if not starter.missing_tools else "   (not found here)"
    return f"{starter.language:<8} {starter.runtime}{missing}"


def _next_steps(starter: Starter, folder: Path) -> str:
    change = () if folder == Path() else (f"cd {shlex.quote(str(folder))}",)
    lines = [
        "",
        f"The adapter has a signer of its own. To test yours, call it in {starter.signer}.",
        "Next:",
        "",
        *(f"    {command}" for command in (*change, *starter.next_commands)),
    ]
    if starter.missing_tools:
        tools = ", ".join(starter.missing_tools)
        lines += ["", f"Note: not found on the PATH: {tools}. It needs {starter.runtime}."]
    return "\n".join(lines)
