"""Whether a client survives what it is answered, and tells it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.adapters.interface import AnswerKind, SendOutcome
from conformance.stories.reaction import ReactionBook, Sight, sight
from conformance.stories.story import Asked, Call, Story

REACTIONS: Final = ReactionBook()


def _troubled(story: Story) -> bool:
    return bool(story.api) and any(call.fault or not call.is_served for call in story.api)


@REACTIONS("ERR-001", concerns=_troubled)
def comes_back_from_every_answer(story: Story) -> Iterator[Sight]:
    """Whatever is answered, the client comes back by its deadline and has not broken."""
    for number, asked in enumerate(story.asked):
        calls = story.answers(number)
        if asked.kind is not AnswerKind.ERROR or asked.gone or not calls:
            continue
        reason = "hangs" if asked.late else "breaks"
        expected = f"an outcome within {asked.deadline_s:g} s" if asked.late else "an outcome"
        yield sight(
            "ERR-001", reason, expected, f"{_answer(calls[-1])}: {asked.message}", calls[-1]
        )
        return


@REACTIONS("ERR-001", concerns=_troubled)
def tells_what_it_was_answered(story: Story) -> Iterator[Sight]:
    """Success is said where the last answer was whole and one of success, and nowhere else."""
    for number, asked in enumerate(story.asked):
        calls = story.answers(number)
        if asked.outcome is None or not calls:
            continue
        wrong = _misread(asked, calls[-1])
        if wrong:
            yield sight("ERR-001", "misread", wrong, _said(asked), calls[-1])
            return


def _misread(asked: Asked, last: Call) -> str:
    """Return what should have been told; nothing where it was."""
    if asked.outcome is SendOutcome.SUCCESS:
        if last.is_served and not last.is_token_request:
            return ""
        return f"no success: the last thing to come was {_answer(last)}"
    if not last.is_whole or asked.outcome is not SendOutcome.API_ERROR or asked.status is None:
        return ""
    return "" if asked.status == last.status else f"status {last.status}, the last that came"


@REACTIONS("ERR-001", concerns=lambda story: bool(story.api))
def tells_success(story: Story) -> Iterator[Sight]:
    """An answer of success with nothing amiss is told as success."""
    for number, asked in enumerate(story.asked):
        calls = story.answers(number)
        if asked.outcome in (None, SendOutcome.SUCCESS) or not calls:
            continue
        last = calls[-1]
        if last.is_served and last.fault is None and not last.is_token_request:
            yield sight(
                "ERR-001", "misread", f"success: the last thing to come was {_answer(last)}",
                _said(asked), last,
            )  # fmt: skip
            return


def _answer(call: Call) -> str:
    return f"{call.status}" if call.is_whole else f"no whole answer ({call.fault})"


def _said(asked: Asked) -> str:
    status = "" if asked.status is None else f" with status {asked.status}"
    return f"the client says {asked.outcome}{status}"
