"""Whole calls made by code of this process, each in a thread, so that one that hangs can be left.

A thread cannot be ended from outside: one that hangs is left to itself, and its place is given to
the next.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from conformance.adapters.interface import AnswerKind, Sent
from conformance.clock import Clock
from conformance.errors import AdapterTimeoutError

GRACE: Final = timedelta(seconds=3)
"""How long after its deadline a client may come back with its answer to `send`."""


UNSENT: Final = Sent(
    kind=AnswerKind.UNSUPPORTED, message="the adapter's `hello` does not name `send` in `can`"
)
"""The answer of an adapter that makes no calls."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A call whose end is known from the beginning."""

    sent: Sent

    def result(self) -> Sent:
        """Return what became of it."""
        return self.sent


class Calls:
    """Makes calls, `most` at once; the others wait for their turn."""

    def __init__(self, most: int, clock: Clock) -> None:
        self._places = threading.Semaphore(most)
        self._clock = clock

    def begin(self, make: Callable[[], Sent], deadline: timedelta) -> InThread:
        """Begin `make`, which must not raise, and may take as long as `deadline` and some grace."""
        return InThread(make, (deadline + GRACE).total_seconds(), self._places, self._clock)


class InThread:
    """One call in a thread of its own."""

    def __init__(
        self, make: Callable[[], Sent], limit: float, places: threading.Semaphore, clock: Clock
    ) -> None:
        self._make = make
        self._limit = limit
        self._places = places
        self._clock = clock
        self._began = threading.Event()
        self._since = 0.0
        self._outcome: queue.SimpleQueue[Sent] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._holds_place = False
        threading.Thread(target=self._run, daemon=True).start()

    def result(self) -> Sent:
        """Wait for what becomes of it; a call that hangs is left to itself."""
        self._began.wait()
        left = max(self._since + self._limit - self._clock.monotonic(), 0.0)
        try:
            return self._outcome.get(timeout=left)
        except queue.Empty:
            self._leave()
            error = AdapterTimeoutError(
                f"the client did not come back within {self._limit:g} s",
                hint="let it give up by its deadline, `deadline_ms`",
            )
            return Sent(kind=AnswerKind.ERROR, message=error.message, error=error)

    def _run(self) -> None:
        self._places.acquire()
        self._holds_place = True
        self._since = self._clock.monotonic()
        self._began.set()
        self._outcome.put(self._make())
        self._leave()

    def _leave(self) -> None:
        """Give the place to the next, once."""
        with self._lock:
            holds, self._holds_place = self._holds_place, False
        if holds:
            self._places.release()
