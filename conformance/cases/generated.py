"""Generated cases: hypothesis draws tapes, and `corner` reads requests from them.

What hypothesis costs an example is nearly the same for one tape as for eight, so each example holds
eight. Its octets are drawn as one block of fixed length, longer than any constant that hypothesis
picks up from the modules it finds loaded: a seed means the same cases in every process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st

from conformance.cases import corner
from conformance.cases.case import Case
from conformance.cases.corner import TAPE, Corners

_BATCH: Final = 8
"""Tapes in one example."""

_BLOCK: Final = 32
"""Examples in one run of hypothesis."""

_SETTINGS: Final = hypothesis.settings(
    max_examples=_BLOCK,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    derandomize=False,
    verbosity=Verbosity.quiet,
    suppress_health_check=list(HealthCheck),
)


def targets() -> st.SearchStrategy[str]:
    """Targets after the gateway prefix; shrinks towards `/`."""
    return st.binary(max_size=corner.TARGET_TAPE).map(corner.target_of)


def bodies() -> st.SearchStrategy[bytes]:
    """Bodies; shrinks towards the empty one."""
    return st.binary(max_size=corner.BODY_TAPE).map(corner.body_of)


def dates() -> st.SearchStrategy[datetime]:
    """Dates in whole seconds; shrinks towards the example of Security.md."""
    return st.binary(max_size=corner.DATE_TAPE).map(corner.date_of)


def cases() -> st.SearchStrategy[Case]:
    """Cases; shrinks towards `GET /` without a body, on the date of Security.md's example."""
    return st.binary(max_size=TAPE).map(lambda tape: _case(0, corner.request_of(tape)))


def seed_of(seed: int, challenge: str = "") -> int:
    """Return the seed to use when `challenge`, a text that others chose, is to have a say in it."""
    return _mixed(str(seed), challenge) if challenge else seed


def collect(count: int, seed: int) -> list[Case]:
    """Return `count` distinct cases; the same for the same seed, whatever was drawn before.

    Fewer cases of a seed are the first ones of more: `generated/17` is one case in each profile.
    The same versions of this package and of hypothesis are needed to draw the same cases again.
    """
    return list(islice(stream(seed), count))


def stream(seed: int) -> Iterator[Case]:
    """Yield distinct cases without end, drawn by the block as they are asked for."""
    seen: set[Corners] = set()
    block = 0
    while True:
        for tape in _tapes(_mixed(str(seed), str(block))):
            request = corner.request_of(tape)
            if request not in seen:
                yield _case(len(seen), request)
                seen.add(request)
        block += 1


def _tapes(seed: int) -> list[bytes]:
    """Return a block of tapes, by one run of hypothesis."""
    tapes: list[bytes] = []

    @hypothesis.seed(seed)
    @_SETTINGS
    @hypothesis.given(st.binary(min_size=_BATCH * TAPE, max_size=_BATCH * TAPE))
    def draw(octets: bytes) -> None:
        tapes.extend(octets[start : start + TAPE] for start in range(0, len(octets), TAPE))

    draw()
    return tapes


def _case(number: int, request: Corners) -> Case:
    return Case(
        id=f"generated/{number}", method=request.method, target=request.target, date=request.date,
        body=request.body, key_id=request.key_id, place=request.place,
        refusal=corner.refusal_of(request.method),
    )  # fmt: skip


def _mixed(*texts: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(texts).encode()).digest()[:8], "big")
