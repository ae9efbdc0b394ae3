"""`lendico-conformance check`: judge a signer through its adapter, and give the verdict."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from conformance.config import Settings
    from conformance.errors import UsageError
    from conformance.gate.challenge import Challenge
    from conformance.gate.waivers import Waiver
    from conformance.run.suite import SuiteRun

_PLANS = ("signer", "client", "api", "readiness")
_FILE = click.Path(path_type=Path)
_PROFILES = ("quick", "default", "thorough")


@click.command(
    short_help="Judge a signer, a client or the API, and give the verdict.",
    context_settings={"allow_interspersed_args": False},
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option("--adapter", metavar="ADDRESS", help="How to reach the signer; instead of COMMAND.")
@click.option("--profile", metavar="|".join(_PROFILES), help="How many generated requests.")
@click.option("--plan", metavar="|".join(_PLANS), help="What must be shown for READY.")
@click.option("--target", "base_url", metavar="URL", help="Plan api: the address of the API.")
@click.option("--sandbox", is_flag=True, help="Call a local sandbox, run for as long, instead.")
@click.option("--max-rate", type=float, metavar="N", help="Plan api: requests a second at most.")
@click.option(
    "--ca-file", metavar="FILE", type=click.Path(path_type=Path),
    help="Plan api: the authorities to trust.",
)  # fmt: skip
@click.option("--probe-rate-limit", is_flag=True, default=None, help="Go to the rate limit, too.")
@click.option(
    "--create-applications", is_flag=True, default=None,
    help="Create applications, too; takes five minutes.",
)  # fmt: skip
@click.option("--unlisted-proxy", metavar="URL", help="A proxy that is not whitelisted.")
@click.option("--seed", type=int, metavar="N", help="Ask the generated requests of an earlier run.")
@click.option("--replay", metavar="ID", help="Ask one case alone: a stored failure, or a vector.")
@click.option("-k", "keyword", metavar="EXPR", help="Run what fits, such as DIG-002 or body.")
@click.option(
    "--config", "file", metavar="FILE", type=click.Path(path_type=Path),
    help="Read settings from FILE instead of conformance.toml.",
)  # fmt: skip
@click.option(
    "--report-dir", metavar="DIR", type=click.Path(path_type=Path),
    help="Write the report into DIR instead of reports.",
)  # fmt: skip
@click.option("--challenge", type=_FILE, metavar="FILE", help="Ask Lendico's challenge, too.")
@click.option("--waivers", type=_FILE, metavar="FILE", help="Failures that somebody answers for.")
@click.option("--dry-run", is_flag=True, help="List what would be sent to the API; send nothing.")
@click.option("--allure", is_flag=True, help="Write results for Allure into DIR/allure too.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, nothing else.")
@click.option("--strict", is_flag=True, help="Exit with 5 where waivers are needed.")
@click.option("-v", "--pytest-output", is_flag=True, help="Show what pytest prints, too.")
def check(
    command: tuple[str, ...], file: Path | None, replay: str | None, keyword: str | None,
    *, as_json: bool, strict: bool, allure: bool, pytest_output: bool, sandbox: bool,
    dry_run: bool,
    challenge: Path | None, waivers: Path | None, **flags: object,
) -> int:  # fmt: skip
    """Ask a signer every golden vector and generated requests, and say what it breaks.

    --plan client lets a whole client call a sandbox on this machine instead, --plan api calls the
    API itself and says which of its promises it breaks, and --plan readiness is signer,
    certificates, and client or API, in one report.

    COMMAND starts the adapter; --adapter takes an address instead: 'cmd:node adapter.mjs',
    python:package.module:name, http://127.0.0.1:9000/, or reference, the suite's own signer and
    the default. Settings left out come from the environment, then from conformance.toml.

    The exit code is the verdict: 0 READY, 1 NOT_READY, 2 INVALID, 3 ERROR, 4 INCOMPLETE.
    """
    from conformance.errors import UsageError  # noqa: PLC0415 - a start imports what it uses

    try:
        settings = _settings(command, flags, file, sandbox=sandbox)
        if dry_run:
            return _dry_run(settings, keyword or "", sandbox=sandbox, as_json=as_json)
        with _chatter_aside():
            run = _run(
                settings,
                replay,
                keyword or "",
                strict=strict,
                allure=allure,
                shows=pytest_output,
                sandbox=sandbox,
                handed=(challenge, waivers),
            )
    except UsageError as error:
        directory = flags["report_dir"]
        _report_refusal(error, directory if isinstance(directory, Path) else None, as_json=as_json)
        raise
    code = _print(run, as_json=as_json)
    if run.unwritten is not None:
        raise run.unwritten
    return code


def _dry_run(settings: Settings, keyword: str, *, sandbox: bool, as_json: bool) -> int:
    from conformance.cli.dry_run import dry_run  # noqa: PLC0415

    return dry_run(settings, keyword, sandbox=sandbox, as_json=as_json)


def _settings(
    command: tuple[str, ...], flags: dict[str, object], file: Path | None, *, sandbox: bool
) -> Settings:
    from conformance.config import load_settings  # noqa: PLC0415
    from conformance.errors import UsageError  # noqa: PLC0415

    if sandbox and flags["base_url"] is not None:
        raise UsageError(
            "both --sandbox and --target are given", hint="Call one of them at a time."
        )
    if (sandbox or flags["base_url"] is not None) and flags["plan"] is None:
        flags = {**flags, "plan": "api"}
    if command:
        if flags["adapter"] is not None:
            raise UsageError(
                "both --adapter and a command are given", hint="Name the adapter one way only."
            )
        flags = {**flags, "adapter": command}
    return load_settings(flags, os.environ, file)


def _run(
    settings: Settings, replay: str | None, keyword: str,
    *, strict: bool, allure: bool, shows: bool, sandbox: bool,
    handed: tuple[Path | None, Path | None],
) -> SuiteRun:  # fmt: skip
    """Run the suite; `report` of the run that is returned is there, whatever happened."""
    from rich.console import Console  # noqa: PLC0415

    from conformance.report.progress import progress  # noqa: PLC0415
    from conformance.report.verdict import stop_of_pytest  # noqa: PLC0415
    from conformance.run.ending import finish  # noqa: PLC0415
    from conformance.run.local import local_api  # noqa: PLC0415
    from conformance.run.shielded import run_suite  # noqa: PLC0415
    from conformance.run.suite import SuiteRun  # noqa: PLC0415
    from conformance.suites import SUITES  # noqa: PLC0415

    with _terminated_as_interrupted(), ExitStack() as ended:
        if sandbox:
            settings = ended.enter_context(local_api(settings))
        challenge, waivers = _handed(settings, *handed)
        run = SuiteRun(
            settings=settings, replay=replay, strict=strict, challenge=challenge, waivers=waivers
        )
        run.listener = ended.enter_context(progress(Console(stderr=True)))
        folder = settings.report_dir / "allure" if allure else None
        code = run_suite(SUITES, run, keyword=keyword, shows_pytest=shows, allure=folder)
        if run.report is None:
            finish(run, stop_of_pytest(code))
    return run


def _handed(
    settings: Settings, challenge: Path | None, waivers: Path | None
) -> tuple[Challenge | None, tuple[Waiver, ...]]:
    """Return the challenge to answer, and the waivers to apply."""
    from conformance.catalogue import load_catalogue  # noqa: PLC0415
    from conformance.clock import SystemClock  # noqa: PLC0415
    from conformance.gate.challenge import challenge_for  # noqa: PLC0415
    from conformance.gate.waivers import sound_waivers  # noqa: PLC0415

    now = SystemClock().now()
    asked = challenge_for(settings.key_id or "", challenge, now) if challenge else None
    if waivers is None:
        return asked, ()
    return asked, sound_waivers(waivers, catalogue=load_catalogue(), now=now)


def _report_refusal(error: UsageError, directory: Path | None, *, as_json: bool) -> None:
    """Write the report of a run that cannot start, so that no older one is taken for its own."""
    from conformance.config import Settings  # noqa: PLC0415
    from conformance.errors import ConformanceError  # noqa: PLC0415
    from conformance.run.ending import finish  # noqa: PLC0415
    from conformance.run.suite import SuiteRun  # noqa: PLC0415

    settings = Settings() if directory is None else Settings(report_dir=directory)
    with suppress(ConformanceError):
        run = SuiteRun(settings=settings)
        run.halt(error)
        finish(run)
        if as_json:
            _print(run, as_json=True)


def _print(run: SuiteRun, *, as_json: bool) -> int:
    from rich.console import Console  # noqa: PLC0415

    from conformance.report.terminal import print_summary  # noqa: PLC0415
    from conformance.report.writing import report_text  # noqa: PLC0415

    assert run.report is not None  # noqa: S101 - `_run` sees to it
    if as_json:
        click.echo(report_text(run.report), nl=False)
    else:
        print_summary(Console(), run.report, run.catalogue, written=run.written)
    return run.report.exit_code


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does: adapter stopped, keys removed, report written."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _chatter_aside() -> Iterator[None]:
    """Let what others print meanwhile, an adapter in this process say, go to standard error."""
    try:
        number = sys.stdout.fileno()
    except (AttributeError, UnsupportedOperation):
        with redirect_stdout(sys.stderr):
            yield
        return
    sys.stdout.flush()
    kept = os.dup(number)
    os.dup2(sys.stderr.fileno(), number)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, number)
        os.close(kept)
