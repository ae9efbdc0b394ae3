"""The API reached for a run: the preflight, told while it happens and kept for the report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from conformance.client.credentials import Credentials
from conformance.errors import MaterialError, UsageError
from conformance.live.course import Course, Line
from conformance.live.credentials import load_credentials
from conformance.live.curl import Repeater
from conformance.live.opening import open_session
from conformance.live.preflight import preflight
from conformance.live.record import commented
from conformance.live.session import Session
from conformance.live.time import RealTime, Time
from conformance.probes.listing import PROBES
from conformance.report.certified import certificate_of
from conformance.report.check import Actor, Step, StepOutcome
from conformance.report.excerpt import text_of
from conformance.report.model import AdapterIdentity
from conformance.run.rehearsal import says_how_long
from conformance.run.suite import SuiteRun
from conformance.wire.visible import visible

_ANSWERED: Final = ("clock", "token", "ping")
"""Lines that are about what the API answered, not about this machine."""

_OUTCOMES: Final = {
    True: StepOutcome.RIGHT, False: StepOutcome.WRONG, None: StepOutcome.UNCLEAR,
}  # fmt: skip


def reach(run: SuiteRun, time: Time | None = None, asked: Sequence[str] = ()) -> Session:
    """Return a session that passed the preflight; `run.seen` has what it saw.

    How long it takes to ask the requirements `asked` is told at the end of it.

    Raises:
        UsageError: the API cannot be called; `run.seen` says so too.
    """
    course = Course(run.clock.monotonic, lambda line: _tell(run, line))
    session = None

    repeater = Repeater(settings=run.settings, probes={probe.id for probe in PROBES})

    def record(line: str) -> None:
        name, line = commented(line, repeater.command)
        run.exchanges[name] = line
        run.seen.exchanges.append(line)  # `seen` is another after each test

    try:
        credentials = _credentials(run, course)
        session = open_session(
            run.settings, credentials, time=time or RealTime(run.clock), redactor=run.redactor,
            record=record,
        )  # fmt: skip
        run.seen.notes += preflight(session, course)
        if asked:
            course.saw("ahead", says_how_long(run.settings, asked))
    except UsageError as error:
        if session is not None:
            run.seen.requests += session.pace.sent
            session.close()
        run.halt(error)
        raise
    return session


def _credentials(run: SuiteRun, course: Course) -> Credentials:
    """Return the partner's credentials, which are kept out of everything from now on.

    Raises:
        UsageError: something is missing or cannot be read.
    """
    settings = run.settings
    if not run.asks_adapter:
        address = visible(settings.base_url)
        run.seen.adapter = AdapterIdentity(name="Partner API", address=address)
    try:
        credentials = load_credentials(settings, os.environ)
    except UsageError as error:
        name = "certificates" if isinstance(error, MaterialError) else "configuration"
        course.saw(name, error.message, holds=False)
        raise
    run.redactor.learn(credentials.secrets)
    course.saw("configuration", "client id, client secret and subscription key are there")
    pairs = (("tls", credentials.tls), ("signature", credentials.signing))
    run.seen.certificates += (certificate_of(use, identity.certificate) for use, identity in pairs)
    return credentials


def _tell(run: SuiteRun, line: Line) -> None:
    step = Step(
        at_s=line.at_s,
        actor=Actor.API if line.name in _ANSWERED else Actor.SUITE,
        says=text_of(f"{line.name}: {line.says}", run.redactor),
        outcome=_OUTCOMES[line.holds],
    )
    run.seen.preflight.append(step)
    run.listener.step(step)
