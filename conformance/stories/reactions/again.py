"""Whether and when a client tries again (Security.md, "Throttling")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.errors import WireError
from conformance.stories.reaction import ReactionBook, Sight, sight
from conformance.stories.story import Call, Story, header
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.visible import visible

REACTIONS: Final = ReactionBook()

SHARP: Final = 0.02
"""Seconds by which a timer may be early: some count in whole milliseconds, from a rounded start."""

MOST_TRIES: Final = 6
"""Tries of one request beyond which trying again is a storm."""

_CORRECTED: Final = 60
"""Seconds by which a date must have moved to be one of a clock that was put right meanwhile."""


def _throttled(call: Call) -> bool:
    return call.status == 429 and call.is_whole and "crefo" not in call.answered("title").lower()


def _wait(call: Call) -> int:
    """Return how many seconds a 429 asks to wait."""
    return max(call.seconds("ratelimit-reset") or 0, call.seconds("retry-after") or 0)


@REACTIONS("RATE-001", concerns=lambda story: any(map(_throttled, story.api)))
def waits_after_a_429(story: Story) -> Iterator[Sight]:
    """After a 429 nothing comes before `RateLimit-Reset` seconds have passed."""
    for place, call in enumerate(story.api[:-1]):
        if not _throttled(call):
            continue
        following = story.api[place + 1]
        gap, wait = following.at_s - call.answered_s, _wait(call)
        if gap < wait - SHARP:
            yield sight(
                "RATE-001", "too-soon", f"at least {wait} s between a 429 and the next request",
                f"the next request came after {gap:.2f} s", following,
            )  # fmt: skip
            return


def _is_final(call: Call) -> bool:
    """Tell whether an answer is one that the same request will get again."""
    if not call.is_whole or call.refuses_token:
        return False
    return call.status in (400, 401, 403, 404, 405, 409, 413, 415, 422)


@REACTIONS("RETRY-001", concerns=lambda story: any(map(_is_final, story.api)))
def does_not_retry_what_cannot_succeed(story: Story) -> Iterator[Sight]:
    """A 400, a 403, and a 401 for anything but the token are not answered by another try."""
    for before, after in story.repeats():
        if _is_final(before) and not _corrected(before, after):
            title = visible(before.answered("title"), limit=80)
            yield sight(
                "RETRY-001", "retried", f"no other try after {before.status} {title}".rstrip(),
                f"{visible(before.what[0], limit=40)} {visible(before.what[1], limit=200)} came "
                f"again after {after.at_s - before.answered_s:.2f} s",
                after,
            )  # fmt: skip
            return


def _corrected(before: Call, after: Call) -> bool:
    """Tell whether a client has put its clock right by the server's before it tried again."""
    try:
        first, second = (
            parse_imf_fixdate(header(call.request.headers, "date")) for call in (before, after)
        )
    except WireError:
        return False
    return abs((second - first).total_seconds()) - (after.at_s - before.at_s) > _CORRECTED


def _troubled(story: Story) -> bool:
    return any(not call.is_served for call in story.api)


@REACTIONS("RETRY-001", concerns=_troubled)
def does_not_storm(story: Story) -> Iterator[Sight]:
    """A request that fails is not tried over and over, nor sooner than `Retry-After` says."""
    counts: dict[tuple[int, tuple[str, str]], int] = {}
    for call in story.api:
        counts[call.during, call.what] = counts.get((call.during, call.what), 0) + 1
        tries = counts[call.during, call.what]
        if tries > MOST_TRIES:
            yield sight(
                "RETRY-001", "storm", f"at most {MOST_TRIES} tries of a request",
                f"{max(_tries(story))} tries of {visible(call.what[1], limit=200)}", call,
            )  # fmt: skip
            break
    for before, after in story.repeats():
        wait = before.seconds("retry-after") or 0
        if before.status != 503 or after.at_s - before.answered_s >= wait - SHARP:
            continue
        yield sight(
            "RETRY-001", "too-soon", f"at least {wait} s between a 503 and the next try",
            f"the next try came after {after.at_s - before.answered_s:.2f} s", after,
        )  # fmt: skip
        break


def _tries(story: Story) -> list[int]:
    keys = [(call.during, call.what) for call in story.api]
    return [keys.count(key) for key in {*keys}]


def _later(story: Story) -> Iterator[tuple[Call, Call]]:
    """Yield tries between which so much time passed that dates cannot be the same."""
    for before, after in story.repeats():
        if after.at_s - before.answered_s >= 1.0:
            yield before, after


def _could_retry(story: Story) -> bool:
    """Tell whether there is a late retry, or none at all where there could be one."""
    waited = any(_throttled(call) or call.status == 503 for call in story.api)
    return any(_later(story)) or (waited and not any(story.repeats()))


@REACTIONS("DATE-005", concerns=_could_retry)
def dates_each_try_afresh(story: Story) -> Iterator[Sight]:
    """A retry has a date and a signature of its own, made when it is sent."""
    for before, after in _later(story):
        first, second = before.request.headers, after.request.headers
        same = [
            name
            for name in ("Date", "Signature" if not after.is_token_request else "Authorization")
            if first.all(name) and first.all(name) == second.all(name)
        ]
        if same:
            yield sight(
                "DATE-005", "not-fresh", "a Date and a signature of its own for each try",
                f"the retry after {after.at_s - before.at_s:.1f} s has the {' and '.join(same)} "
                "of the first try",
                after,
            )  # fmt: skip
            return
