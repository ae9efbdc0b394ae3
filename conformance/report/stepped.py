"""A story in steps: who did what, when, and whether that was right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.adapters.interface import AnswerKind
from conformance.report.check import Actor, Step, StepOutcome
from conformance.report.wording import counted
from conformance.stories.judging import Judged
from conformance.stories.story import Asked, Call, Mishap, Story
from conformance.wire.visible import visible

MOST_STEPS: Final = 24
"""Steps of a story that are told; a client that storms makes many."""

_LOST: Final = {
    "stall": "says nothing",
    "reset": "resets the connection",
    "truncated": "cuts its answer off",
    "lost": "closes the connection without an answer",
}


def steps_of(story: Story, judged: Judged) -> tuple[Step, ...]:
    """Return the steps of `story` in order of time; of many, the first and how many more."""
    wrong: dict[int, list[str]] = {}
    for seen in judged.seen:
        if seen.call is not None:
            wrong.setdefault(id(seen.call), []).append(seen.finding.requirement)
    timed: list[tuple[float, int, Step]] = []
    for place, step in enumerate(_all(story, wrong)):
        timed.append((step.at_s, place, step))
    steps = [step for _, _, step in sorted(timed, key=lambda item: item[:2])]
    if len(steps) <= MOST_STEPS:
        return tuple(steps)
    kept = [
        step
        for place, step in enumerate(steps)
        if place < MOST_STEPS - 2 or (place >= len(steps) - 1)
    ]
    more = Step(
        at_s=kept[-2].at_s, actor=Actor.SUITE,
        says=f"{counted(len(steps) - len(kept), 'more step')} of the same kind",
    )  # fmt: skip
    return (*kept[:-1], more, kept[-1])


def _all(story: Story, wrong: dict[int, list[str]]) -> Iterator[Step]:
    for asked in story.asked:
        yield Step(
            at_s=_rounded(asked.at_s), actor=Actor.SUITE,
            says=f"asks for {_request(asked.method, asked.target)}",
        )  # fmt: skip
    for call in story.calls:
        requirements = dict.fromkeys(wrong.get(id(call), ()))
        breaks = f": breaks {', '.join(requirements)}" if requirements else ""
        where = f" to {call.host}" if call.host else ""
        yield Step(
            at_s=_rounded(call.at_s), actor=Actor.CLIENT,
            says=f"{_request(call.request.method, call.request.target)}{where}{breaks}",
            outcome=StepOutcome.WRONG if requirements else StepOutcome.NEUTRAL,
        )  # fmt: skip
        yield Step(at_s=_rounded(call.answered_s), actor=Actor.SANDBOX, says=_answer(call))
    for mishap in story.mishaps:
        yield _mishap(mishap, story)
    for asked in story.asked:
        yield Step(at_s=_rounded(asked.answered_s), actor=Actor.CLIENT, says=_said(asked))


def _mishap(mishap: Mishap, story: Story) -> Step:
    refuses = bool(story.bad_certificate) and not mishap.is_plain_http
    outcome = StepOutcome.RIGHT if refuses else StepOutcome.WRONG
    if mishap.is_departure and not refuses:
        outcome = StepOutcome.NEUTRAL
    return Step(
        at_s=_rounded(mishap.at_s), actor=Actor.CLIENT, says=f"no request: {mishap.says}",
        outcome=outcome,
    )  # fmt: skip


def _request(method: str, target: str) -> str:
    return f"{visible(method, limit=40)} {visible(target, limit=120)}"


def _answer(call: Call) -> str:
    if call.fault in _LOST:
        return _LOST[call.fault]
    title = visible(call.answered("title"), limit=80)
    more = [
        f"{name}: {value}"
        for name in ("RateLimit-Reset", "Retry-After", "Location")
        if (value := call.answer_headers.first(name)) and call.status >= 300
    ]
    return ", ".join([f"{call.status} {title}".rstrip(), *more])


def _said(asked: Asked) -> str:
    if asked.kind is not AnswerKind.OK:
        return f"answers {asked.kind}: {visible(asked.message, limit=200)}"
    status = "" if asked.status is None else f" with status {asked.status}"
    return f"says {asked.outcome}{status}"


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
