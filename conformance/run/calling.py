"""The API called for a run: what its probes show, put on record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from conformance.config import Part
from conformance.live.time import Time
from conformance.probes.listing import ERRORS, PROBES
from conformance.probes.probe import Seen
from conformance.probes.prober import Prober, of_requirement
from conformance.report.model import Check
from conformance.report.probed import check_of, failure_of
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
        self._count(checks)
        return checks

    def _looked(self, requirement: str) -> Iterator[tuple[str, Seen]]:
        """Yield the id and the result of each look at `requirement`."""
        if requirement == ERRORS:
            for probe in PROBES:
                if probe.expects.is_error:
                    self._prober.run(probe)
            yield "probe:error-bodies", self._prober.error_bodies()
            return
        for probe in of_requirement(PROBES, requirement):
            yield f"probe:{probe.id}", self._prober.run(probe)

    def _count(self, checks: Sequence[Check]) -> None:
        session, seen = self._prober.session, self.run.seen
        seen.checks += checks
        seen.requests += session.pace.sent - self._sent
        self._sent = session.pace.sent
        seen.top_rate = max(seen.top_rate, session.pace.top)
        waited_s = session.time.waited.total_seconds()
        seen.paused_s += waited_s - self._paused_s
        self._paused_s = waited_s
        seen.waited_s += session.answered_s - self._answered_s
        self._answered_s = session.answered_s
        if not self._begun:
            self._begun = True
            self.run.listener.phase(
                "requirements of the API", len(self.run.requirements(Part.LIVE))
            )
        self.run.listener.advance()


def in_order(requirements: Sequence[str]) -> list[str]:
    """Return `requirements` as they are asked: what is judged over all answers comes last."""
    return sorted(requirements, key=lambda item: item == ERRORS)


@contextmanager
def called(run: SuiteRun, time: Time | None = None) -> Iterator[Caller]:
    """Reach the API of `run`, see that it can be called, and let go of it at the end.

    Raises:
        UsageError: it cannot be called; `run.seen` says so too.
    """
    session = reach(run, time)
    try:
        yield Caller(run, Prober(session=session, strict=run.strict))
    finally:
        session.close()
