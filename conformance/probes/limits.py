"""The RateLimit headers of answers, read and held to what the documents say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from conformance.client.message import Answer

NAMES: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

_LONG_ENOUGH_S: Final = 1.5
"""Seconds between two answers after which Reset, to the second, must have moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one answer said of the limit, `at_s` seconds since the first; None is no whole number.

    `texts` are the headers as they came, in the order of `NAMES`.
    """

    at_s: float
    status: int
    evidence: str
    texts: tuple[str | None, ...]
    limit: int | None
    remaining: int | None
    reset: int | None
    wait_s: int | None = None
    """How many seconds to wait, as headers or body say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFault:
    """One way in which the headers are not as documented."""

    reason: str
    observed: str
    evidence: str


def standing_of(answer: Answer, at_s: float, evidence: str) -> Standing:
    """Return what `answer` says of the limit."""
    texts = tuple(answer.headers.first(name) for name in NAMES)
    limit, remaining, reset = map(_whole, texts)
    return Standing(
        at_s=at_s, status=answer.status, evidence=evidence, texts=texts,
        limit=limit, remaining=remaining, reset=reset, wait_s=_wait(answer, texts[2]),
    )  # fmt: skip


def header_faults(standings: Sequence[Standing]) -> Iterator[LimitFault]:
    """Yield where a header is missing or no whole number, or contradicts another."""
    for standing in standings:
        for name, text in zip(NAMES, standing.texts, strict=True):
            if text is None:
                says = f"an answer {standing.status} without {name}"
                yield LimitFault(reason="header-missing", observed=says, evidence=standing.evidence)
            elif _whole(text) is None:
                yield LimitFault(
                    reason="no-whole-number", observed=f"{name}: {text[:80]}",
                    evidence=standing.evidence,
                )  # fmt: skip
        limit, remaining = standing.limit, standing.remaining
        if limit is not None and remaining is not None and remaining > limit:
            says = f"RateLimit-Remaining {remaining} of RateLimit-Limit {limit}"
            yield LimitFault(reason="more-than-limit", observed=says, evidence=standing.evidence)


def movement_faults(standings: Sequence[Standing]) -> Iterator[LimitFault]:
    """Yield which of the headers stands still over answers of one window where it must move."""
    pairs = [pair for pair in pairwise(standings) if _is_one_window(*pair)]
    passed = [
        (before.remaining, after.remaining)
        for before, after in pairs
        if after.status < 400 and before.remaining is not None and after.remaining is not None
    ]
    if len(passed) > 1 and not any(after < before for before, after in passed):
        yield LimitFault(
            reason="remaining-stands", evidence=standings[-1].evidence,
            observed=f"RateLimit-Remaining {passed[0][0]}, and {passed[-1][1]} after "
            f"{len(passed)} more requests",
        )  # fmt: skip
    apart = [
        (before.reset, after.reset)
        for before, after in pairwise(standings)
        if after.at_s - before.at_s >= _LONG_ENOUGH_S and None not in (before.reset, after.reset)
    ]
    if apart and all(before == after for before, after in apart):
        yield LimitFault(
            reason="reset-stands", evidence=standings[-1].evidence,
            observed=f"RateLimit-Reset {apart[0][0]}, seconds later still the same",
        )  # fmt: skip


def _is_one_window(before: Standing, after: Standing) -> bool:
    """Tell whether no new window began in between, as far as Reset says."""
    return before.reset is None or after.reset is None or after.reset <= before.reset


def _whole(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if len(text) < 10 and text.isascii() and text.isdecimal() else None


def _wait(answer: Answer, reset: str | None) -> int | None:
    """Return the seconds to wait that an answer names anywhere, rounded up."""
    detail = re.search(rb"[Tt]ry again in ([0-9]{1,4}) second", answer.body)
    texts = (reset, answer.headers.first("retry-after"), detail[1].decode() if detail else None)
    for text in texts:
        found = re.fullmatch(r"([0-9]{1,4})(\.[0-9]+)?", (text or "").strip())
        if found:
            return int(found[1]) + (1 if found[2] else 0)
    return None
