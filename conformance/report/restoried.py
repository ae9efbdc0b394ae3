"""Checks made again from a file of stories: what a client's run shows to whoever has the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import accumulate
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm

from conformance.catalogue import Catalogue
from conformance.report.check import Check
from conformance.report.storied import StoryTeller
from conformance.stories.case import BASE_PATH, ClientCase
from conformance.stories.cases import load_cases
from conformance.stories.evidence import read_stories
from conformance.stories.judging import judge_story
from conformance.stories.story import Asked, Story
from conformance.wire.message import SignedPath

_UNUSABLE: Final = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, UnsupportedAlgorithm,
    ValueError,
)  # fmt: skip
"""What judging may raise where a story is none that a run leaves."""


def checks_again(
    lines: Iterable[bytes | str], catalogue: Catalogue, *, signed_path: SignedPath | None = None
) -> Mapping[tuple[str, str], Check]:
    """Return the check of each story and requirement, by the ids of both, without the story itself.

    `signed_path` is the path that the clients were to sign, None where any will do. What a story
    is about is looked up among this suite's own cases, not taken from the file. A
    story that is withheld, or of a case that this suite does not have, gives no check.

    Raises:
        ValueError: a line is no story, a case is told twice, or a story is of something else than
            its case; the text says which.
    """
    teller = StoryTeller(catalogue=catalogue, tells=False)
    found: dict[tuple[str, str], Check] = {}
    told: set[str] = set()
    for identity, story in read_stories(lines):
        if identity in told:
            raise ValueError(f"{identity[:100]} is told twice")
        told.add(identity)
        case = None if story is None else load_cases().get(story.case)
        if story is None or case is None:
            continue
        other = _unlike(case, story)
        if signed_path not in (None, story.registered.signed_path):
            other = "it has another way of signing paths"
        if other:
            raise ValueError(f"{case.check_id} is not what the suite asks: {other}")
        try:
            checks = teller.checks(case, story, judge_story(story))
        except _UNUSABLE as error:
            raise ValueError(f"{case.check_id} cannot be judged: {error}"[:200]) from None
        found |= {(check.id, check.requirement): check for check in checks}
    return found


def _unlike(case: ClientCase, story: Story) -> str:
    """Say what `story` tells of that is not of `case`; empty where all is."""
    armed = case.armed
    ahead = [*accumulate((ask.after for ask in case.asks), initial=armed.ahead)]
    bad = "" if armed.bad_certificate is None else armed.bad_certificate.value
    fits = {
        "certificate of the server": (story.bad_certificate, story.spares_token)
        == (bad, armed.spares_token),
        "gateway prefix": story.registered.base_path == BASE_PATH,
        "clock": all(timedelta(seconds=call.ahead_s) in ahead for call in story.calls),
        "request that was asked for": _is_asked(case, story.asked),
    }
    return next((f"it has another {name}" for name, right in fits.items() if not right), "")


def _is_asked(case: ClientCase, asked: tuple[Asked, ...]) -> bool:
    """Tell whether all was asked, or all until the adapter was gone."""
    if len(asked) > len(case.asks) or (len(asked) < len(case.asks) and not _is_gone(asked)):
        return False
    return all(
        (item.method, item.target, item.body, item.deadline_s)
        == (ask.method, ask.target, ask.body, ask.deadline.total_seconds())
        for item, ask in zip(asked, case.asks, strict=False)
    )


def _is_gone(asked: tuple[Asked, ...]) -> bool:
    return bool(asked) and asked[-1].gone
