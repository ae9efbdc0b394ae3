"""Time that tests and the control port can move, so that five minutes pass at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from conformance.clock import Clock


class MovableClock:
    """Another clock, so far ahead of it as it was moved."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta()
        self._span = 0.0

    @property
    def ahead(self) -> timedelta:
        """How far the time of day was moved in all."""
        return self._ahead

    def now(self) -> datetime:
        """Return the current moment, aware, in UTC."""
        return self._clock.now() + self._ahead

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; never goes back."""
        return self._clock.monotonic() + self._span

    def advance(self, by: timedelta) -> None:
        """Move the clock; a negative span moves the time of day only.

        Raises:
            OverflowError: the moment would lie outside the years 1 to 9999.
        """
        _ = self.now() + by
        self._ahead += by
        self._span += max(by.total_seconds(), 0.0)

    def reset(self) -> None:
        """Go back to the time of day of the clock underneath; spans stay as they are."""
        self._ahead = timedelta()
