"""The ledger of a case: what came to its sandbox, as it came.

A sandbox's own record takes secrets out and judges; here neither may be: the story is judged
afterwards, from what was sent.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

from conformance.clock import Clock
from conformance.redaction import Redactor
from conformance.sandbox.exchange import Entry, Incident
from conformance.sandbox.record import Pending, Record

MOST: Final = 2000
"""Entries that are kept; a client that makes more of them has shown what it is."""


class Ledger(Record):
    """Keeps entries as they come, until they are taken."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(Redactor(), clock)
        self._lock = Lock()
        self._came: list[Entry] = []
        self._total = 0

    def note(self, entry: Pending | Incident) -> None:
        """Take an exchange or incident down, as it is."""
        with self._lock:
            self._total += 1
            if self._total <= MOST:
                self._came.append(entry.exchange if isinstance(entry, Pending) else entry)

    def left(self, entry: Incident) -> None:
        """Take down that a client left: some look at a certificate once the handshake is over."""
        self.note(entry)

    def take(self) -> list[Entry]:
        """Return what came since the last call."""
        with self._lock:
            came, self._came = self._came, []
            return came
