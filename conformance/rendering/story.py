"""What happened step by step, as a small sequence diagram: a lane for each who acts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from conformance.report.check import Actor, Check, Outcome, Step, Story
from conformance.report.model import Report

MOST: Final = 300
"""Steps of one story that are shown; a client that storms makes many."""

MOST_OPEN: Final = 3
"""Stories that stand unfolded."""

PITCH: Final = 56
"""Pixels between two lanes."""

WAIT: Final = 0.95
"""Seconds without a step that are worth a line of their own."""

_WRONG: Final = (Outcome.ERROR, Outcome.FAIL)
_ORDER: Final = (Actor.SUITE, Actor.CLIENT, Actor.SANDBOX, Actor.API)
_REQUEST: Final = re.compile(r"\S+ (/|\*|https?:)")
_SERVERS: Final = (Actor.SANDBOX, Actor.API)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A step with its lane and, where it is a message, the lane it goes to; in pixels."""

    step: Step
    lane: int
    toward: int | None
    waited: float
    """Seconds since the step before, where that is long; else 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """Lanes from the left, by name and place in pixels, and what happens on them."""

    lanes: tuple[tuple[Actor, int], ...]
    beats: tuple[Beat, ...]
    width: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story, and the checks that were made of it."""

    id: str
    name: str
    story: Story
    checks: tuple[Check, ...]
    outcome: Outcome
    diagram: Diagram
    opens: bool = False
    """Whether it stands unfolded: one of the first that went wrong."""

    @property
    def is_calm(self) -> bool:
        """Whether nothing went wrong in it."""
        return self.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)


def diagram(steps: Sequence[Step]) -> Diagram:
    """Return `steps` laid out on the lanes of those who act in them."""
    kept = steps[:MOST]
    present = {item.actor for item in kept}
    if Actor.CLIENT in present and not present.intersection(_SERVERS):
        present.add(Actor.SANDBOX)
    lanes = {
        actor: PITCH // 2 + PITCH * place
        for place, actor in enumerate(item for item in _ORDER if item in present)
    }
    beats: list[Beat] = []
    before = 0.0
    for step in kept:
        wait = step.at_s - before
        beats.append(
            Beat(
                step=step,
                lane=lanes[step.actor],
                toward=_toward(step, lanes),
                waited=wait if beats and wait >= WAIT else 0.0,
            )
        )
        before = step.at_s
    return Diagram(
        lanes=tuple(lanes.items()),
        beats=tuple(beats),
        width=PITCH * len(lanes),
        left_out=len(steps) - len(kept),
    )


def _toward(step: Step, lanes: dict[Actor, int]) -> int | None:
    """Return the lane that a step sends something to; None where nobody is sent anything.

    A client that names a method and a target sends a request; one that says something, says it to
    the suite, which asked for it.
    """
    match step.actor:
        case Actor.SUITE:
            return lanes.get(Actor.CLIENT)
        case Actor.CLIENT if _REQUEST.match(step.says):
            return next((lanes[item] for item in _SERVERS if item in lanes), None)
        case Actor.CLIENT if step.says.startswith("says "):
            return lanes.get(Actor.SUITE)
        case Actor.CLIENT:
            return None
    return lanes.get(Actor.CLIENT)


def stories(report: Report, order: Sequence[Outcome]) -> tuple[Told, ...]:
    """Return the stories of `report`, each once, by the worst of its checks as `order` ranks them.

    Several requirements may have been judged by one story.
    """
    checks: dict[tuple[str, Story], list[Check]] = {}
    for check in _checks(report):
        if check.story is not None:
            checks.setdefault((_case(check), check.story), []).append(check)
    told = [
        Told(
            id=f"story-{number}",
            name=name,
            story=story,
            checks=tuple(members),
            outcome=min((item.outcome for item in members), key=order.index),
            diagram=diagram(story.steps),
        )
        for number, ((name, story), members) in enumerate(checks.items(), start=1)
    ]
    told.sort(key=lambda item: order.index(item.outcome))
    return tuple(
        replace(item, opens=place < MOST_OPEN and item.outcome in _WRONG)
        for place, item in enumerate(told)
    )


def _checks(report: Report) -> Iterable[Check]:
    return (check for result in report.requirements for check in result.checks)


def _case(check: Check) -> str:
    return check.id.partition(":")[2] or check.id
