"""Politeness: how quickly requests follow each other, and when none may be sent."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import Final

from conformance.live.time import Time

QUICKEST: Final = 25.0
"""Requests a second that are never exceeded: the documents allow 30 (Security.md, "Throttling")."""

_CREDIT_S: Final = 0.16
"""Seconds that a clock is moved ahead of need: moving it is a request of its own. With what may be
sent in them there are less than 30 requests in any second."""

LONGEST_WAIT: Final = timedelta(seconds=120)
"""The longest that a `RateLimit-Reset` or `Retry-After` is waited for."""


def rate(per_second: float) -> float:
    """Return how many requests a second there are where `per_second` are asked for."""
    return min(per_second or QUICKEST, QUICKEST)


class Pace:
    """Spaces requests evenly; one for a whole run."""

    def __init__(self, time: Time, per_second: float) -> None:
        """Allow `per_second` requests a second; 0 is as many as the documents permit, and a margin.

        Raises:
            ValueError: it is negative.
        """
        if per_second < 0:
            raise ValueError("requests a second cannot be negative")
        self.per_second = rate(per_second)
        self.sent = 0
        self.top = 0
        self._time = time
        self._next = time.monotonic()
        self._recent: deque[float] = deque()

    def admit(self) -> None:
        """Wait until the next request may be sent."""
        now = self._time.monotonic()
        credit_s = _CREDIT_S if self._time.skips else 0.0
        if now < self._next:
            self._time.wait(timedelta(seconds=self._next - now + credit_s))
            now = self._time.monotonic()
        self._next = max(now - credit_s, self._next) + 1 / self.per_second

    def count(self, at: float) -> None:
        """Count a request that was sent `at` this moment, by the time's `monotonic`."""
        self.sent += 1
        self._recent.append(at)
        while self._recent[0] <= at - 1:
            self._recent.popleft()
        self.top = max(self.top, len(self._recent))

    def hold(self, span: timedelta) -> None:
        """Send nothing for `span`, as the server asked, but at most `LONGEST_WAIT`."""
        until = self._time.monotonic() + min(span, LONGEST_WAIT).total_seconds()
        self._next = max(self._next, until)
