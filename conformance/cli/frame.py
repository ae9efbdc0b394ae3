"""The command as click sees it: a group whose verbs are imported when they run."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from conformance import __version__
from conformance.cli.failure import tell
from conformance.cli.verbs import PROGRAM, SUMMARY, VERBS
from conformance.errors import UsageError

COMPLETE_VARIABLE: Final = "_LENDICO_CONFORMANCE_COMPLETE"
"""Set by the shell while it completes a line."""

_OUTPUT_LOST: Final = (errno.EPIPE, errno.ENOSPC)
"""Reader gone, disk full: `conformance.cli.main` knows what to do."""


class Verbs(click.Group):
    """The group of the table in `verbs`, which imports a verb's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the verb called `cmd_name`, None when there is none."""
        if cmd_name not in VERBS:
            return None
        module, _ = VERBS[cmd_name]
        found: click.Command = getattr(import_module(module), cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that `args` begin with.

        Raises:
            UsageError: there is no such verb.
        """
        name = args[0]
        if name not in VERBS and not ctx.resilient_parsing and not name.startswith("-"):
            close = get_close_matches(name, VERBS, n=1)
            verbs = ", ".join(VERBS)
            raise UsageError(
                f"there is no verb '{name}'",
                hint=f"Did you mean '{close[0]}'?" if close else f"The verbs are {verbs}.",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of verbs from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in VERBS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the verbs and options that begin with `incomplete`."""
        verbs = [
            CompletionItem(name, help=says)
            for name, (_, says) in VERBS.items()
            if name.startswith(incomplete)
        ]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(
    cls=Verbs, help=SUMMARY, context_settings={"help_option_names": ["-h", "--help"]}, name=PROGRAM
)
@click.version_option(__version__, prog_name=PROGRAM)
def group() -> None:
    """Stand above the verbs; its help is the summary."""


def run(arguments: Sequence[str]) -> int:
    """Run the verb that `arguments` name, and return the exit code.

    Whatever goes wrong is told on standard error. A verb ends with the integer it returns, or
    with that of `ctx.exit`; returning nothing is 0.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal or pipe that cannot show a character gets its code instead.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _invoke(list(arguments))
    except OSError as error:
        if error.errno in _OUTPUT_LOST:
            raise
        return tell(error)
    except SystemExit as end:  # rich ends with 1, which is a verdict, when the reader is gone
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    except Exception as error:  # noqa: BLE001 - the one place where everything ends
        return tell(error)


def _invoke(arguments: list[str]) -> int:
    if COMPLETE_VARIABLE in os.environ:
        group.main(arguments, prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE)
    try:
        with group.make_context(PROGRAM, arguments) as context:
            result: Any = group.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    return result if isinstance(result, int) else 0
