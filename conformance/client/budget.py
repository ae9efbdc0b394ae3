"""The time that one call may take, and how much of it was waited."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from conformance.clock import Clock

Wait = Callable[[timedelta], None]
"""Lets a span pass; tests move a clock instead."""


def sleep(span: timedelta) -> None:
    """Let `span` pass in real time."""
    time.sleep(max(span.total_seconds(), 0.0))


class Budget:
    """A deadline from now on; `waited` is for how long nothing was sent although it could be."""

    def __init__(self, deadline: timedelta, clock: Clock, wait: Wait) -> None:
        self.waited = timedelta()
        self._clock = clock
        self._wait = wait
        self._ends = clock.monotonic() + deadline.total_seconds()

    @property
    def left(self) -> timedelta:
        """How much time is left; never negative."""
        return timedelta(seconds=max(self._ends - self._clock.monotonic(), 0.0))

    def wait(self, span: timedelta) -> bool:
        """Let `span` pass; False, at once, when the deadline would pass with it."""
        if span >= self.left:
            return False
        if span > timedelta():
            self._wait(span)
            self.waited += span
        return True
