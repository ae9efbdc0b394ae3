"""The API called for a run: what its probes show, put on record."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from conformance.config import Part
from conformance.errors import UsageError
from conformance.live.control import moved_time
from conformance.live.time import MovedTime, Time
from conformance.probes.asking import Need, granted
from conformance.probes.listing import ERRORS, PROBES, SERIES, check_id
from conformance.probes.probe import Seen
from conformance.probes.prober import Prober, of_requirement
from conformance.probes.series import Series, Shown
from conformance.report.check import Check
from conformance.report.probed import chart_of, check_of, failure_of, lacking_check
from conformance.run.exhibit import with_command
from conformance.run.reaching import reach
from conformance.run.suite import SuiteRun


class Caller:
    """Asks the API of `run`, and adds what it shows to `run.seen`."""

    def __init__(self, run: SuiteRun, prober: Prober) -> None:
        self.run = run
        self._prober = prober
        self._answered_s = 0.0
        self._sent = 0
        self._paused_s = 0.0
        self._begun = False
        self._asked = 0
        self._granted = granted(run.settings)
        self._shown: dict[str, Shown] = {}

    def requirement(self, requirement: str) -> list[Check]:
        """Return the checks of `requirement`, its probes sent where they were not yet."""
        began = self.run.clock.monotonic()
        found = list(self._looked(requirement))
        duration = round(self.run.clock.monotonic() - began, 6)
        checks = []
        for name, seen in found:
            check = check_of(
                name, requirement, seen, level=self.run.catalogue.requirements[requirement].level,
                redactor=self.run.redactor, duration_s=duration,
            )  # fmt: skip
            checks.append(with_command(check, self.run.exchanges))
            failure = failure_of(check, seen, self.run.redactor)
            if failure is not None:
                self.run.seen.failures.append(failure)
            self.run.seen.notes += (item for item in seen.notes if item not in self.run.seen.notes)
        checks += self._lacking(requirement)
        self._count(checks)
        return checks

    def _looked(self, requirement: str) -> Iterator[tuple[str, Seen]]:
        """Yield the id and the result of each look at `requirement`."""
        if requirement == ERRORS:
            for probe in PROBES:
                if probe.expects.is_error and self._may(probe.needs):
                    self._prober.run(probe)
            yield check_id("error-bodies"), self._prober.error_bodies()
            return
        for probe in of_requirement(PROBES, requirement):
            if self._may(probe.needs):
                yield check_id(probe.id), self._prober.run(probe)
        for series in SERIES:
            if requirement in series.requirements and self._may(series.needs):
                seen = self._followed(series).seen.get(requirement)
                if seen is not None:
                    yield check_id(series.id), seen

    def _may(self, need: Need | None) -> bool:
        return need is None or need in self._granted

    def _lacking(self, requirement: str) -> Iterator[Check]:
        """Yield a check for what shows `requirement` and is done only when asked for."""
        needs = [(item.id, item.needs) for item in of_requirement(PROBES, requirement)]
        needs += [(item.id, item.needs) for item in SERIES if requirement in item.requirements]
        for name, need in needs:
            if need is not None and not self._may(need):
                yield lacking_check(check_id(name), requirement, need)

    def _followed(self, series: Series) -> Shown:
        """Return what came of `series`, run when it is first asked for."""
        if series.id not in self._shown:
            shown = self._shown[series.id] = series.run(self._prober)
            seen = self.run.seen
            waited = series.waits and not self._prober.session.time.skips
            self._begun = self._begun and not waited  # a wait was shown in its place
            if shown.measurement is not None:
                seen.charts.append(chart_of(shown.measurement))
            seen.notes += (note for note in shown.notes if note not in seen.notes)
        return self._shown[series.id]

    def _count(self, checks: Sequence[Check]) -> None:
        session, seen = self._prober.session, self.run.seen
        seen.checks += checks
        seen.requests += session.pace.sent - self._sent
        self._sent = session.pace.sent
        seen.top_rate = max(seen.top_rate, session.pace.top)
        waited_s = 0.0 if session.time.skips else session.time.waited.total_seconds()
        seen.paused_s += waited_s - self._paused_s
        self._paused_s = waited_s
        seen.waited_s += session.answered_s - self._answered_s
        self._answered_s = session.answered_s
        if not self._begun:
            self._begun = True
            left = len(self.run.requirements(Part.LIVE)) - self._asked
            self.run.listener.phase("requirements of the API", left)
        self._asked += 1
        self.run.listener.advance()


@contextmanager
def called(
    run: SuiteRun, time: Time | None = None, *, asked: Sequence[str] = ()
) -> Iterator[Caller]:
    """Reach the API of `run`, see that it can be called, and let go of it at the end.

    `asked` are the requirements that will be: it is told how long that takes.

    Raises:
        UsageError: it cannot be called; `run.seen` says so too.
    """
    with ExitStack() as stack:
        if time is None and run.settings.control_url is not None:
            time = _moved(run, stack)
        session = stack.enter_context(closing(reach(run, time, asked)))
        yield Caller(run, Prober(session=session, strict=run.strict, onlooker=run.listener))


def _moved(run: SuiteRun, stack: ExitStack) -> MovedTime:
    """Return the time of the local sandbox, whose clock is moved until `stack` ends.

    Raises:
        UsageError: it cannot be; `run.seen` says so too.
    """
    try:
        return stack.enter_context(moved_time(run.settings, run.clock, os.environ))
    except UsageError as error:
        run.halt(error)
        raise
