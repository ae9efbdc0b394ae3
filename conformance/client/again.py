"""Whether a request may be sent again, and when: a pure function of what came of it.

Security.md, "Throttling"; the pages on tokens and idempotency. Each reason counts once a call, so
that no answer of a server can make the client go round in circles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from conformance.client.message import Answer, Trouble, TroubleKind
from conformance.client.problem import Problem, problem_of
from conformance.errors import WireError
from conformance.wire.date import parse_imf_fixdate

WINDOW: Final = timedelta(seconds=60)
"""How long a 429 is waited out that does not say: the window of `RateLimit-Limit`."""

AFTER_A_LOSS: Final = timedelta(seconds=1)
"""How long is waited before a request whose answer was lost is sent again."""

_AT_LEAST: Final = timedelta(seconds=1)
_LONGEST: Final = timedelta(days=1)
_IN_WORDS: Final = re.compile(r"in (\d{1,6}) seconds?")


class Reason(StrEnum):
    """Why a request is sent again."""

    TOKEN = "token"  # noqa: S105 - no password
    """Its token is expired or refused: a new one may help."""
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    LOST = "lost"
    """The connection ended before the answer was whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A request is to be sent again, not before `wait` has passed."""

    reason: Reason
    wait: timedelta = timedelta()


def again(outcome: Answer | Trouble, *, repeatable: bool, now: datetime) -> Again | None:
    """Return why and when the request may be sent again; None when that cannot help.

    `repeatable` says that doing it twice does no more than doing it once. A 400, a 403, and a 401
    for anything but the token stay what they are however often they are asked for.
    """
    if isinstance(outcome, Trouble):
        lost = outcome.kind is TroubleKind.CUT_OFF and repeatable
        return Again(reason=Reason.LOST, wait=AFTER_A_LOSS) if lost else None
    problem = problem_of(outcome) or Problem()
    match outcome.status:
        case 401 if problem.is_of_token:
            return Again(reason=Reason.TOKEN)
        case 429 if not problem.is_of_crefo:
            ways = (_told(outcome, now), _in_words(problem), WINDOW)
            wait = next(span for span in ways if span is not None)
            return Again(reason=Reason.THROTTLED, wait=max(wait, _AT_LEAST))
        case 503 if repeatable:
            told = _told(outcome, now)
            if told is not None:
                return Again(reason=Reason.UNAVAILABLE, wait=max(told, _AT_LEAST))
    return None


def _told(answer: Answer, now: datetime) -> timedelta | None:
    """Return how long the header fields ask to wait: the longest of them."""
    found = [
        _seconds(answer.headers.first("ratelimit-reset")) if answer.status == 429 else None,
        _seconds(answer.headers.first("retry-after")),
        _until(answer.headers.first("retry-after"), answer.date or now),
    ]
    return max((span for span in found if span is not None), default=None)


def _seconds(text: str | None) -> timedelta | None:
    text = (text or "").strip()
    if not (text.isascii() and text.isdecimal()):
        return None
    return _LONGEST if len(text) > 5 else timedelta(seconds=int(text))


def _until(text: str | None, now: datetime) -> timedelta | None:
    """Read `Retry-After` as a date (RFC 9110, section 10.2.3)."""
    try:
        return parse_imf_fixdate((text or "").strip()) - now
    except WireError:
        return None


def _in_words(problem: Problem) -> timedelta | None:
    """Read "Try again in 46 seconds.", where the header fields are missing."""
    found = _IN_WORDS.search(problem.detail)
    return None if found is None else timedelta(seconds=int(found[1]))
