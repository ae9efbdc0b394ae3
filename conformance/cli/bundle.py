"""`lendico-conformance bundle`: a run signed by the partner's own signer, made and verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from conformance.cli.output import OutputFile
from conformance.wire.shown import shown

_FILE = click.Path(path_type=Path)


@click.group(short_help="Make or verify a signed bundle of a run.", invoke_without_command=True)
@click.pass_context
def bundle(context: click.Context) -> None:
    """Make a bundle of a run, signed by the signer that was judged, or verify one."""
    from conformance.errors import UsageError  # noqa: PLC0415 - a start imports what it uses

    if context.invoked_subcommand is None:
        raise UsageError(
            "bundle needs to be told what to do",
            hint="Make one with 'bundle create', or verify one with 'bundle verify'.",
        )


@bundle.command(
    short_help="Make a bundle of the last run.",
    context_settings={"allow_interspersed_args": False},
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option("--adapter", metavar="ADDRESS", help="How to reach the signer; instead of COMMAND.")
@click.option("--report-dir", type=_FILE, metavar="DIR", help="Where the run's files are.")
@click.option("--challenge", type=_FILE, metavar="FILE", help="The challenge that was answered.")
@click.option("--config", type=_FILE, metavar="FILE", help="Read settings from FILE.")
@click.option(
    "-o", "output", required=True, type=OutputFile(), metavar="FILE", help="Write it there."
)
def create(
    command: tuple[str, ...], challenge: Path | None, config: Path | None, output: Path,
    **flags: Any,
) -> int:  # fmt: skip
    """Pack the files of the last run, and let the signer sign them through the adapter.

    The key is that of partner.signing_certificate where the adapter takes keys, else its own. The
    bundle is verified as Lendico would do it. The exit code tells whether that worked, not the
    verdict of the report.
    """
    import os  # noqa: PLC0415

    from conformance.clock import SystemClock  # noqa: PLC0415
    from conformance.config import load_settings  # noqa: PLC0415
    from conformance.errors import UsageError  # noqa: PLC0415
    from conformance.files import write_whole  # noqa: PLC0415
    from conformance.gate.bundling import make_bundle  # noqa: PLC0415
    from conformance.gate.challenge import read_challenge  # noqa: PLC0415
    from conformance.gate.rehearsal import rehearse  # noqa: PLC0415

    if command and flags["adapter"] is not None:
        raise UsageError(
            "both --adapter and a command are given", hint="Name the adapter one way only."
        )
    settings = load_settings({**flags, "adapter": command or flags["adapter"]}, os.environ, config)
    asked = read_challenge(challenge) if challenge else None
    clock = SystemClock()
    made = make_bundle(settings, os.environ, clock=clock, challenge=asked)
    write_whole(output, made.data)
    click.echo(rehearse(made, output, clock))
    return 0


@bundle.command(short_help="Verify a bundle that was handed in.")
@click.argument("file", type=_FILE)
@click.option(
    "--registered-cert", "certificates", type=_FILE, multiple=True, metavar="FILE|DIR",
    help="The partner's registered certificate, or a folder of <client id>.pem.",
)  # fmt: skip
@click.option(
    "--challenge", "challenges", type=_FILE, multiple=True, metavar="FILE|DIR",
    help="The challenge that was set, or a folder of them.",
)  # fmt: skip
@click.option("--policy", type=_FILE, metavar="FILE", help="What is asked of a report.")
@click.option("--waivers", type=_FILE, metavar="FILE", help="Failures that somebody answers for.")
@click.option("--strict", is_flag=True, help="Exit with 5 where waivers are needed.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
def verify(file: Path, *, as_json: bool, **options: Any) -> int:
    """Verify the bundle in FILE step by step, and compute its verdict again from its evidence.

    Once accepted, a challenge is good for this bundle alone: a mark beside its file says so.
    """
    from conformance.cli.gate import show, terms_of  # noqa: PLC0415
    from conformance.errors import UsageError  # noqa: PLC0415
    from conformance.gate.gating import run_gate  # noqa: PLC0415
    from conformance.gate.sources import Kind, Source  # noqa: PLC0415

    if not options["certificates"]:
        raise UsageError(
            "nobody said whose signature counts",
            hint="Name the partner's registered certificate with --registered-cert.",
        )
    terms = terms_of(**options)
    source = Source(path=file, name=shown(str(file), 300), kind=Kind.BUNDLE)
    gated = run_gate([source], terms)
    show(gated, terms.now, as_json=as_json)
    return gated.exit_code
