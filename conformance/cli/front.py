"""Help and version without click: importing it costs more than four bare starts of Python.

A test holds the text equal to what click prints.
"""

from __future__ import annotations

import sys

from conformance import __version__
from conformance.cli.verbs import PROGRAM, SUMMARY, VERBS

_OPTIONS = {
    "--version": "Show the version and exit.",
    "-h, --help": "Show this message and exit.",
}


def answer(arguments: list[str]) -> int | None:
    """Print what `arguments` ask for and return the exit code; None when it takes more than this.

    No argument at all is a wrong usage: help goes to standard error, and the code is 2, so that a
    pipeline which lost its verb does not pass.
    """
    match arguments:
        case ["-h" | "--help"]:
            print(help_text())  # noqa: T201
        case ["--version"]:
            print(version_text())  # noqa: T201
        case []:
            print(help_text(), file=sys.stderr)  # noqa: T201
            return 2
        case _:
            return None
    return 0


def help_text() -> str:
    """Return the help of the whole command."""
    return "\n".join(
        [
            f"Usage: {PROGRAM} [OPTIONS] COMMAND [ARGS]...",
            "",
            f"  {SUMMARY}",
            "",
            "Options:",
            *_rows(_OPTIONS),
            "",
            "Commands:",
            *_rows({name: says for name, (_, says) in VERBS.items()}),
        ]
    )


def version_text() -> str:
    """Return the line that `--version` prints."""
    return f"{PROGRAM}, version {__version__}"


def _rows(rows: dict[str, str]) -> list[str]:
    width = max(map(len, rows))
    return [f"  {name:<{width}}  {says}" for name, says in rows.items()]
