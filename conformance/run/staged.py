"""The client on its stage: asked through its adapter, what came over the wire put on record."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.adapters.interface import Adapter
from conformance.config import Part
from conformance.extra import extra_needed
from conformance.report.check import Check
from conformance.report.storied import StoryTeller, unsent_checks
from conformance.run.adapting import adapted, halting
from conformance.run.suite import SuiteRun
from conformance.stories.case import ClientCase
from conformance.stories.evidence import line_of
from conformance.stories.judging import judge_story
from conformance.stories.story import Story

if TYPE_CHECKING:
    from conformance.stories.playing import Playing


class Stage:
    """Plays the cases of `run` with one client, as many at once as it can, and adds what it saw.

    The first case that is asked for begins all of `cases`; each is told when it is asked for.
    """

    def __init__(self, run: SuiteRun, playing: Playing | None, cases: Sequence[ClientCase]) -> None:
        """Take the cases; `playing` is None where the adapter makes no calls."""
        self.run = run
        self._playing = playing
        self._cases = {case.id: case for case in cases}
        self._played: Generator[Story] | None = None
        self._over: dict[str, Story] = {}

    def case(self, case: ClientCase) -> list[Check]:
        """Return a check for each requirement that the case tells of."""
        seen, clock = self.run.seen, self.run.clock
        if self._playing is None:
            checks = unsent_checks(case)
            if Part.LIVE not in self.run.parts:  # else calls of the API stand in for the client
                seen.checks += checks
            return checks
        began = clock.monotonic()
        story = self._story(case, self._playing)
        judged = judge_story(story)
        teller = StoryTeller(catalogue=self.run.catalogue, redactor=self.run.redactor)
        checks = teller.checks(case, story, judged, duration_s=clock.monotonic() - began)
        seen.checks += checks
        seen.failures += teller.failures(case, story, judged, checks)
        seen.stories.append(line_of(story, self.run.redactor))
        self.run.listener.advance()
        return checks

    def close(self) -> None:
        """End what is still played."""
        if self._played is not None:
            self._played.close()
            self._played = None

    def _story(self, case: ClientCase, playing: Playing) -> Story:
        if self._played is None:
            self.run.listener.phase("calls of the client", len(self._cases))
            self._played = playing.play(self._cases.values())
        began = self.run.clock.monotonic()
        while case.id not in self._over:
            story = next(self._played, None) or playing.alone(case)
            self._over[story.case] = story
        self.run.seen.waited_s += self.run.clock.monotonic() - began
        return self._over.pop(case.id)


@contextmanager
def staged(run: SuiteRun, cases: Sequence[ClientCase]) -> Iterator[Stage]:
    """Reach the client of `run`, and let go of it at the end.

    Raises:
        AdapterStartError, UsageError: it cannot be reached, or no sandbox can run; `run.seen` says
            so too.
    """
    with (
        tempfile.TemporaryDirectory(prefix="lendico-conformance-") as name,
        adapted(run) as adapter,
    ):
        playing = None
        if adapter.hello.sends:
            with halting(run):
                playing = _playing(adapter, Path(name), run)
        with closing(Stage(run, playing, cases)) as stage:
            yield stage


def _playing(adapter: Adapter, directory: Path, run: SuiteRun) -> Playing:
    with extra_needed("the client suite, which runs the sandbox,"):
        from conformance.stories.playing import Playing  # noqa: PLC0415 - it needs the extra
    return Playing(adapter, directory, clock=run.clock, signed_path=run.settings.signed_path)
