"""`lendico-conformance gate`: decide on reports and bundles that were handed in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.output import OutputFile

if TYPE_CHECKING:
    from datetime import datetime

    from conformance.gate.gating import Gate, Gated

_FILE = click.Path(path_type=Path)


@click.command(short_help="Decide on reports and bundles that were handed in.")
@click.argument("paths", nargs=-1, required=True, type=_FILE, metavar="REPORT|BUNDLE|DIR...")
@click.option("--baseline", type=_FILE, metavar="FILE|DIR", help="Compare with what was before.")
@click.option("--waivers", type=_FILE, metavar="FILE", help="Failures that somebody answers for.")
@click.option("--policy", type=_FILE, metavar="FILE", help="What is asked of a report.")
@click.option(
    "--registered-cert", "certificates", type=_FILE, multiple=True, metavar="FILE|DIR",
    help="Bundles: the partner's certificate, or a folder of <client id>.pem.",
)  # fmt: skip
@click.option(
    "--challenge", "challenges", type=_FILE, multiple=True, metavar="FILE|DIR",
    help="Bundles: the challenge that was set, or a folder of them.",
)  # fmt: skip
@click.option("--html", type=OutputFile(), metavar="FILE", help="Write an overview page into FILE.")
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes to use.")
@click.option("--strict", is_flag=True, help="Exit with 5 where waivers are needed.")
@click.option("--json", "as_json", is_flag=True, help="Print the decisions as JSON.")
def gate(
    paths: tuple[Path, ...], html: Path | None, jobs: int | None, *, as_json: bool, **options: Any
) -> int:
    """Decide on reports and bundles: compute the verdict again, and compare it with a baseline.

    A DIR stands for the bundles (*.zip) and reports (readiness.json) in it, at any depth. What a
    report claims is not believed: the verdict follows from its checks, and of a bundle the checks
    from its evidence.

    The exit code is that of the worst: 0 READY, 1 NOT_READY, 2 INVALID (refused, or a waiver that
    cannot stand), 3 ERROR, 4 INCOMPLETE, 6 REGRESSION.
    """
    from conformance.gate.gating import run_gate  # noqa: PLC0415 - a start imports what it uses
    from conformance.gate.sources import find_sources  # noqa: PLC0415

    terms = terms_of(**options)
    gated = run_gate(find_sources(paths), terms, jobs=jobs)
    if html is not None:
        from conformance.files import write_whole  # noqa: PLC0415
        from conformance.gate.overview import overview_page  # noqa: PLC0415

        page = overview_page(gated, terms.now)
        write_whole(html, page.encode("utf-8", "backslashreplace"))
    show(gated, terms.now, as_json=as_json)
    return gated.exit_code


def terms_of(
    *,
    baseline: Path | None = None,
    waivers: Path | None = None,
    policy: Path | None = None,
    certificates: tuple[Path, ...] = (),
    challenges: tuple[Path, ...] = (),
    strict: bool = False,
) -> Gate:
    """Return what decisions are made by, read from the files that the options name."""
    from conformance.clock import SystemClock  # noqa: PLC0415
    from conformance.gate.challenge import held_challenges  # noqa: PLC0415
    from conformance.gate.gating import Gate  # noqa: PLC0415
    from conformance.gate.policy import Policy, load_policy  # noqa: PLC0415
    from conformance.gate.registry import load_registry  # noqa: PLC0415
    from conformance.gate.waivers import load_waivers  # noqa: PLC0415

    return Gate(
        now=SystemClock().now(),
        policy=load_policy(policy) if policy else Policy(),
        waivers=load_waivers(waivers) if waivers else (),
        registry=load_registry(certificates),
        challenges=dict(held_challenges(challenges)),
        baseline=baseline,
        strict=strict,
    )


def show(gated: Gated, now: datetime, *, as_json: bool) -> None:
    """Print the decisions for people, or as JSON."""
    if as_json:
        import json  # noqa: PLC0415

        from conformance.report.plain import to_plain  # noqa: PLC0415

        told = {"ruling": gated.ruling.value, "exit_code": gated.exit_code, **to_plain(gated)}
        click.echo(json.dumps(told, indent=2))
        return
    from rich.console import Console  # noqa: PLC0415

    from conformance.gate.telling import print_gated  # noqa: PLC0415

    print_gated(Console(), gated, now)
