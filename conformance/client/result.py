"""What became of a call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from conformance.client.message import Answer, Trouble
from conformance.client.problem import Problem, problem_of
from conformance.wire.visible import visible


class Outcome(StrEnum):
    """How a call ended."""

    SUCCESS = "success"
    """The API did what it was asked to."""
    API_ERROR = "api_error"
    """It answered, with an error or with what no answer of the API is."""
    TRANSPORT_ERROR = "transport_error"
    """No whole answer came."""
    GAVE_UP = "gave_up"
    """The client stopped by itself: its deadline passed, or it would have had to wait past it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a call; a program decides by `outcome`, people read `says`.

    `answer` is the last one that came; `problem` what its body says of an error. `attempts`
    counts how often the request was sent, requests for a token apart; `waited` is how long the
    client held it back because the API asked for it. `idempotency_key` is the one that was sent:
    who has to ask again after `transport_error` or `gave_up` gives it back.
    """

    outcome: Outcome
    says: str = ""
    answer: Answer | None = None
    problem: Problem | None = None
    attempts: int = 0
    waited: timedelta = timedelta()
    idempotency_key: str | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status of the last answer; None when there was none."""
        return None if self.answer is None else self.answer.status


def result_of(outcome: Answer | Trouble, *, is_late: bool = False) -> Result:
    """Return the result of a call that ends with `outcome`, past its deadline or not."""
    if isinstance(outcome, Trouble):
        kind = Outcome.GAVE_UP if is_late else Outcome.TRANSPORT_ERROR
        return Result(outcome=kind, says=outcome.says)
    if 200 <= outcome.status < 300 and not outcome.is_html:
        return Result(outcome=Outcome.SUCCESS, answer=outcome)
    problem = problem_of(outcome)
    texts = [problem.title, problem.detail] if problem else [outcome.reason]
    words = visible(": ".join(text for text in texts if text), limit=500)
    return Result(
        outcome=Outcome.API_ERROR, answer=outcome, problem=problem,
        says=f"the API answers {outcome.status} {words}".rstrip(),
    )  # fmt: skip


def gave_up(last: Answer | Trouble | None) -> Result:
    """Return the result of a call that ends because its time is up; `last` is what came so far."""
    told = Result(outcome=Outcome.GAVE_UP) if last is None else result_of(last)
    before = f"; before that, {told.says}" if told.says else ""
    return replace(
        told, outcome=Outcome.GAVE_UP, says=f"the deadline leaves no time for another try{before}"
    )
