"""How quickly requests may follow each other, for all threads of a client together."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import Final

from conformance.clock import Clock

MOST: Final = 25
"""Requests a second: 30 are allowed (Security.md, "Throttling"), and a network bunches them."""


class Pace:
    """Spaces requests evenly, so that none of 30 in any second is ever one too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._next = clock.monotonic()

    def turn(self) -> timedelta:
        """Take the next turn; return how long it has to be waited for."""
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next)
            self._next = turn + 1 / MOST
            return timedelta(seconds=turn - now)

    def hold(self, span: timedelta) -> None:
        """Let nobody send for `span`: the limit is one of the address, not of a request."""
        with self._lock:
            self._next = max(self._next, self._clock.monotonic() + span.total_seconds())
