"""`lendico-conformance challenge`: what Lendico hands a partner so that a run must be new."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import click

from conformance.cli.output import OutputFile

_UNITS = {"d": "days", "h": "hours"}


@click.group(
    short_help="Set a challenge, so that an old run cannot be shown again.",
    invoke_without_command=True,
)
@click.pass_context
def challenge(context: click.Context) -> None:
    """Set a challenge: its nonce draws some of the cases of the partner's next run."""
    from conformance.errors import UsageError  # noqa: PLC0415 - a start imports what it uses

    if context.invoked_subcommand is None:
        raise UsageError(
            "challenge needs to be told what to do",
            hint="Set one with 'challenge create -o FILE'.",
        )


@challenge.command(short_help="Write a new challenge.")
@click.option(
    "-o", "output", required=True, type=OutputFile(), metavar="FILE",
    help="Write it there.",
)  # fmt: skip
@click.option("--partner", default="", metavar="ID", help="The client id that may answer it.")
@click.option(
    "--valid-for", default="14d", show_default=True, metavar="TIME",
    help="How long it may be answered: 14d, or 48h.",
)  # fmt: skip
def create(output: Path, partner: str, valid_for: str) -> int:
    """Write a new challenge into FILE. Keep it, and hand a copy to the partner.

    The partner runs `check --challenge FILE`, and hands in the bundle of that run; verify it with
    --challenge and your own copy.
    """
    from conformance.clock import SystemClock  # noqa: PLC0415
    from conformance.gate.challenge import new_challenge, write_challenge  # noqa: PLC0415

    made = new_challenge(SystemClock().now(), partner=partner, valid_for=_span(valid_for))
    write_challenge(made, output)
    click.echo(f"challenge {made.id}, to be answered until {made.expires:%Y-%m-%d %H:%M UTC}")
    return 0


def _span(text: str) -> timedelta:
    from conformance.errors import UsageError  # noqa: PLC0415

    found = re.fullmatch(r"([1-9]\d{0,3})([dh])", text)
    if not found:
        raise UsageError(
            f"--valid-for must be a number of days or hours, not '{text[:40]}'",
            hint="Write 14d or 48h.",
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
