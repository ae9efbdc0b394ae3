"""What happened step by step, as a small sequence diagram: a lane for each who acts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.report.model import Actor, Check, Outcome, Report, Step, StepOutcome, Story

MOST: Final = 300
"""Steps of one story that are shown; a client that storms makes many."""

PITCH: Final = 56
"""Pixels between two lanes."""

WAIT: Final = 0.95
"""Seconds without a step that are worth a line of their own."""

_ORDER: Final = (Actor.SUITE, Actor.CLIENT, Actor.SANDBOX, Actor.API)
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
                toward=_toward(step.actor, lanes),
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


def _toward(actor: Actor, lanes: dict[Actor, int]) -> int | None:
    """Return the lane that a message of `actor` goes to; the suite only sets things up."""
    if actor is Actor.CLIENT:
        return next((lanes[item] for item in _SERVERS if item in lanes), None)
    return lanes.get(Actor.CLIENT) if actor in _SERVERS else None


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
    return tuple(sorted(told, key=lambda item: order.index(item.outcome)))


def _checks(report: Report) -> Iterable[Check]:
    return (check for result in report.requirements for check in result.checks)


def _case(check: Check) -> str:
    return check.id.partition(":")[2] or check.id


def is_wrong(story: Story) -> bool:
    """Tell whether a step of `story` was wrong."""
    return any(step.outcome is StepOutcome.WRONG for step in story.steps)
