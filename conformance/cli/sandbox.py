"""`lendico-conformance sandbox`: run the Partner API on this machine."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import IO, TYPE_CHECKING, Any, Final

import click

from conformance.extra import extra_needed
from conformance.wire.shown import shown

if TYPE_CHECKING:
    from conformance.sandbox.exchange import Entry
    from conformance.sandbox.running import Sandbox
    from conformance.sandbox.settings import SandboxSettings

_PORT: Final = 8443
_FORMS: Final = ("toml", "shell")
_COLOURS: Final = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


@click.command(short_help="Run the Partner API on this machine.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="Listen there.")
@click.option(
    "--port",
    metavar="N",
    type=click.IntRange(0, 65535),
    default=_PORT,
    help=f"Listen on port N instead of {_PORT}; 0 takes any that is free.",
)
@click.option(
    "--control-port",
    metavar="N",
    type=click.IntRange(0, 65535),
    help="Show the requests in a browser, and let programs read the record, move the clock and arm "
    "faults, on port N.",
)
@click.option(
    "--directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep keys and certificates in DIR instead of .lendico-conformance/sandbox.",
)
@click.option(
    "--partner",
    "partner_files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Know this partner instead of a demo partner.",
)
@click.option(
    "--print-config",
    metavar="[toml|shell]",
    is_flag=False,
    flag_value="toml",
    help="Print conformance.toml, or lines for a shell to eval, and stop.",
)
@click.option(
    "--log",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Add each exchange to FILE as a line of JSON, without secrets.",
)
@click.option("--explain-in-response", is_flag=True, help="Send the diagnosis in a header field.")
@click.option(
    "--deviation",
    "deviations",
    metavar="ID",
    multiple=True,
    help="Break this promise of the documents; 'list' names them all.",
)
@click.option(
    "--allow",
    "whitelist",
    metavar="ADDRESS",
    multiple=True,
    help="Let only this address call; several are possible.",
)
@click.option(
    "--rate",
    metavar="N",
    type=click.IntRange(1, 1_000_000),
    default=30,
    help="Take N requests a second from one address instead of 30.",
)
@click.option(
    "--token-lifetime",
    metavar="SECONDS",
    type=click.IntRange(1, 86_400),
    default=3599,
    help="How long a token is good.",
)
@click.option(
    "--signed-path", metavar="relative|full", type=click.Choice(["relative", "full"]),
    default="relative", help="Expect the path signed without the gateway's prefix, or with it.",
)  # fmt: skip
def sandbox(print_config: str | None, log: Path | None, **options: Any) -> int:
    """Run the Partner API here, as the documents say, and say of each request what is wrong.

    It prints how to reach it, then one line a request: time, status, request, requirement at
    fault, diagnosis. Keys, certificates and a demo partner are made at the first start. It stops
    on Ctrl-C.
    """
    from conformance.errors import UsageError  # noqa: PLC0415 - a start imports what it uses

    with extra_needed("the sandbox"):
        from conformance.sandbox.deviation import DEVIATIONS  # noqa: PLC0415

        settings = _settings(options)
    if "list" in settings.deviations:
        for item in DEVIATIONS.values():
            click.echo(f"{item.id:<36} {', '.join(item.breaks):<14} {item.says}")
        return 0
    if print_config is not None:
        if print_config not in _FORMS:
            raise UsageError(f"--print-config takes {' or '.join(_FORMS)}, not '{print_config}'")
        click.echo(_config(settings, print_config), nl=False)
        return 0
    return _run(settings, log)


def _settings(options: Mapping[str, Any]) -> SandboxSettings:
    """Return the settings that the command line asks for."""
    from conformance.sandbox.settings import DIRECTORY, SandboxSettings  # noqa: PLC0415
    from conformance.wire.message import SignedPath  # noqa: PLC0415

    given = dict(options)
    whitelist = given.pop("whitelist")
    return SandboxSettings(
        directory=given.pop("directory") or DIRECTORY,
        whitelist=frozenset(whitelist) if whitelist else None,
        token_lifetime=timedelta(seconds=given.pop("token_lifetime")),
        explains=given.pop("explain_in_response"),
        signed_path=SignedPath(given.pop("signed_path")),
        **given,
    )


def _config(settings: SandboxSettings, form: str) -> str:
    """Return how to reach a sandbox with these settings, whether or not it runs."""
    from conformance.clock import SystemClock  # noqa: PLC0415
    from conformance.sandbox.material import planned_reach  # noqa: PLC0415
    from conformance.sandbox.reaching import shell, toml  # noqa: PLC0415

    reach = planned_reach(settings, SystemClock())
    return toml(reach) if form == "toml" else shell(reach)


def _run(settings: SandboxSettings, log: Path | None) -> int:
    from conformance.sandbox.running import Sandbox  # noqa: PLC0415

    stopping = Event()
    with _stopped_by_signals(stopping), _log(log) as write:
        running = Sandbox(settings)
        lost = _print_each(running, stopping)
        running.record.listen(write)
        _announce(running)
        try:
            running.start()
            stopping.wait()
        finally:
            running.stop()
    if lost.is_set():
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
    return 0


def _announce(running: Sandbox) -> None:
    from conformance.sandbox.reaching import is_exposed, people  # noqa: PLC0415

    click.echo(f"The Partner API is here:\n{people(running.reach())}")
    if is_exposed(running.settings.host):
        click.echo(f"Other machines can reach it: it listens on {running.settings.host}.")
    if running.deviations:
        click.echo(f"It breaks promises: {', '.join(running.deviations)}.")
    if running.control_url is not None:
        click.echo(f"Requests in a browser: {_page(running)}")
    click.echo("For a shell: see --print-config=shell. Ctrl-C stops it.")
    sys.stdout.flush()


def _page(running: Sandbox) -> str:
    """Return the address of the page; with the token only for the eyes of a terminal."""
    from conformance.sandbox.page.document import page_url  # noqa: PLC0415

    if sys.stdout.isatty() and running.page_url:
        return running.page_url
    return f"{page_url(running.control_url or '')}, which asks for the token"


def _print_each(running: Sandbox, stopping: Event) -> Event:
    """Print a line for each entry; return what tells that nobody reads them any more."""
    from conformance.sandbox.telling import line  # noqa: PLC0415

    lost = Event()

    def show(entry: Entry) -> None:
        if lost.is_set():
            return
        status = getattr(entry, "status", 400)
        try:
            click.secho(line(entry), fg=_COLOURS.get(status // 100))
            sys.stdout.flush()
        except OSError:
            lost.set()
            stopping.set()

    running.record.listen(show)
    return lost


@contextmanager
def _log(path: Path | None) -> Iterator[Callable[[Entry], None]]:
    """Give what writes an entry to the file at `path`; without one it does nothing.

    Raises:
        UsageError: the file cannot be written.
    """
    from conformance.errors import UsageError  # noqa: PLC0415
    from conformance.sandbox.telling import plain  # noqa: PLC0415

    if path is None:
        yield lambda _: None
        return
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such name"
        raise UsageError(
            f"the log file {shown(str(path), 300)} cannot be written: {why}",
            hint="Name another one with --log.",
        ) from None
    with os.fdopen(number, "w", encoding="utf-8", buffering=1) as file:
        yield lambda entry: _write(file, json.dumps(plain(entry)))


def _write(file: IO[str], text: str) -> None:
    try:
        file.write(text + "\n")
    except OSError as error:
        click.echo(f"error: the log cannot be written: {error.strerror}", err=True)


@contextmanager
def _stopped_by_signals(stopping: Event) -> Iterator[None]:
    """Set `stopping` on SIGINT and SIGTERM for as long as the block lasts."""
    kept = {
        number: signal.signal(number, lambda *_: stopping.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
