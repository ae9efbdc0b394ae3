"""Time that can be waited for: the real one, or a sandbox's that is moved instead."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from conformance.clock import Clock


class Time(Protocol):
    """A clock that can wait."""

    @property
    def skips(self) -> bool:
        """Whether waiting costs nothing."""

    @property
    def waited(self) -> timedelta:
        """How long has been waited for in all."""

    def now(self) -> datetime:
        """Return the current moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; never goes back."""

    def wait(self, span: timedelta) -> None:
        """Let `span` pass."""


class RealTime:
    """The time of `clock`; waiting takes as long as it says."""

    skips = False

    def __init__(self, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self.waited = timedelta()

    def now(self) -> datetime:
        """Return the current moment, aware, in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; never goes back."""
        return self._clock.monotonic()

    def wait(self, span: timedelta) -> None:
        """Sleep for `span`."""
        if span > timedelta():
            self._sleep(span.total_seconds())
            self.waited += span


class MovedTime:
    """The time of a local sandbox, which is moved where one would have to wait."""

    skips = True

    def __init__(
        self, clock: Clock, advance: Callable[[timedelta], None], ahead: timedelta = timedelta()
    ) -> None:
        """Follow `clock`; `advance` moves the sandbox's, which is `ahead` of it already."""
        self._clock = clock
        self._advance = advance
        self._before = ahead
        self._shifted = timedelta()
        self._span = 0.0
        self.waited = timedelta()

    def now(self) -> datetime:
        """Return the moment that the sandbox was moved to."""
        return self._clock.now() + self._before + self.waited + self._shifted

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; never goes back."""
        return self._clock.monotonic() + self._span

    def wait(self, span: timedelta) -> None:
        """Move the sandbox's clock, and this one, by `span`."""
        if span > timedelta():
            self._advance(span)
            self._span += span.total_seconds()
            self.waited += span

    def shift(self, span: timedelta) -> None:
        """Move both clocks without a wait; a negative span moves the time of day only."""
        self._advance(span)
        self._span += max(span.total_seconds(), 0.0)
        self._shifted += span

    def put_back(self) -> None:
        """Move the time of day back to where it was when this began."""
        moved = self.waited + self._shifted
        if moved:
            self.shift(-moved)
