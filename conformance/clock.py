"""The one home of the current time: a `Clock` is handed in wherever time is needed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day, and measures spans."""

    def now(self) -> datetime:
        """Return the current moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; never goes back."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the current moment, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one home of the current time

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; never goes back."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is moved, for tests and for skipping waits."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._span = 0.0

    def now(self) -> datetime:
        """Return the moment that the clock was moved to."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds by which the clock was moved."""
        return self._span

    def advance(self, by: timedelta) -> None:
        """Move the clock; a negative span moves the time of day only."""
        self._now += by
        self._span += max(by.total_seconds(), 0.0)
