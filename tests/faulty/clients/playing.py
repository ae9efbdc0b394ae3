"""A client played through the cases, and what the checks say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from conformance.adapters.python import PythonAdapter
from conformance.catalogue import load_catalogue
from conformance.clock import SystemClock
from conformance.report.check import Check, Outcome
from conformance.report.storied import StoryTeller
from conformance.stories.case import ClientCase
from conformance.stories.cases import load_cases
from conformance.stories.judging import judge_story
from conformance.stories.playing import Playing
from conformance.wire.message import SignedPath

WIRE = (
    "wire/target/query", "wire/target/utf-8-lower", "wire/target/dot-dot", "wire/target/plus",
    "wire/body/json-spaced", "wire/body/utf-8-bom",
)  # fmt: skip
"""Of the many corners of the wire these show the faults that the clients here have."""

CATALOGUE = load_catalogue()


def chosen() -> list[ClientCase]:
    """Return every case of behaviour, and a few of the wire."""
    found = load_cases().values()
    return [case for case in found if not case.id.startswith("wire/") or case.id in WIRE]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the checks of a client say."""

    checks: tuple[Check, ...]

    @property
    def broken(self) -> frozenset[str]:
        """The requirements that were seen broken, or warned of."""
        amiss = (Outcome.FAIL, Outcome.WARN)
        return frozenset(check.requirement for check in self.checks if check.outcome in amiss)

    def of(self, outcome: Outcome) -> list[Check]:
        return [check for check in self.checks if check.outcome is outcome]

    def words(self) -> str:
        return "; ".join(
            f"{check.id} {check.requirement} {check.reason}: {check.observed}"
            for check in self.checks
            if check.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
        )


def play(client: object, directory: Path, cases: Iterable[ClientCase] | None = None) -> Shown:
    """Play `cases` with a client of this process."""
    known = {case.id: case for case in (chosen() if cases is None else cases)}
    adapter = PythonAdapter(client, clock=SystemClock())
    playing = Playing(adapter, directory, clock=SystemClock(), signed_path=SignedPath.RELATIVE)
    teller = StoryTeller(catalogue=CATALOGUE)
    checks: list[Check] = []
    for story in playing.play(known.values()):
        checks += teller.checks(known[story.case], story, judge_story(story))
    adapter.close()
    return Shown(checks=tuple(checks))
