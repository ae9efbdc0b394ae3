"""The record: every exchange with what the rules found in it, judged after it was answered.

One thread judges, so that no answer waits for a diagnosis. Secrets are taken out before anything
is kept: what the record holds may be shown and written.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from queue import Empty, Full, Queue
from threading import Condition, Lock, Thread
from typing import Final

from conformance.clock import Clock
from conformance.diagnosis.cause import Cause
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.redaction import Redactor
from conformance.rules import Finding, judge_reading
from conformance.sandbox.exchange import Entry, Exchange, Incident
from conformance.wire.reading import Reading

KEPT: Final = 1000
"""How many entries are kept unless told otherwise."""

_MOST_OCTETS: Final = 64 << 20
_WAITING: Final = 10_000
_PARTING: Final = timedelta(seconds=3)
_FOLLOWING: Final = 1000


Listener = Callable[[Entry], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An exchange that waits to be judged."""

    exchange: Exchange
    reading: Reading


class Record:
    """Keeps the last exchanges, and tells those who listen of each."""

    def __init__(self, redactor: Redactor, clock: Clock, *, kept: int = KEPT) -> None:
        self._redactor = redactor
        self._clock = clock
        self._doctor = Diagnostician()
        self._judging = Lock()
        self._changed = Condition()
        self._entries: deque[Entry] = deque()
        self._kept = kept
        self._octets = 0
        self._noted = 0
        self._settled = 0
        self._forgotten = 0
        self._listeners: tuple[Listener, ...] = ()
        self._queue: Queue[tuple[int, Pending | Incident] | None] = Queue(_WAITING)
        self._thread: Thread | None = None
        self._judges_until = math.inf

    def start(self) -> None:
        """Judge in a thread from now on; without it each entry is judged when it is noted."""
        self._thread = Thread(target=self._run, name="sandbox-record", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Judge what is left, as far as that is soon done, and end the thread."""
        if self._thread is not None:
            self._judges_until = self._clock.monotonic() + _PARTING.total_seconds()
            self._queue.put(None)
            if self._thread.is_alive():  # not so where its start was interrupted
                self._thread.join()
            self._thread = None

    def note(self, entry: Pending | Incident) -> None:
        """Take an exchange or incident down."""
        with self._changed:
            self._noted += 1
            turn = self._noted
        if self._thread is None:
            self._take(entry)
            return
        try:
            self._queue.put_nowait((turn, entry))
        except Full:
            self._take(entry, judged=False)

    def left(self, entry: Incident) -> None:
        """Leave a client that asked for nothing out of the record: some connect ahead of time."""

    def judged(self, pending: Pending) -> Pending:
        """Return `pending` with the judgement in it."""
        with self._judging:
            judgement = judge_reading(pending.reading, diagnostician=self._doctor)
        return replace(pending, exchange=replace(pending.exchange, judgement=judgement))

    def entries(self, *, after: int = 0, wait: timedelta = timedelta(seconds=10)) -> list[Entry]:
        """Return what is kept, oldest first, from numbers beyond `after`.

        Whatever was noted before is judged first, for which this waits up to `wait`.
        """
        with self._changed:
            noted = self._noted
            self._changed.wait_for(lambda: self._settled >= noted, wait.total_seconds())
            return [entry for entry in self._entries if entry.number > after]

    def exchanges(self, *, after: int = 0) -> list[Exchange]:
        """Return the exchanges among `entries`."""
        return [entry for entry in self.entries(after=after) if isinstance(entry, Exchange)]

    def find(self, number: int) -> Entry | None:
        """Return the entry of that number, None when it is not kept any more."""
        return next((entry for entry in self.entries() if entry.number == number), None)

    def clear(self) -> None:
        """Forget everything; the numbers go on."""
        with self._changed:
            self._forgotten = self._noted
            self._changed.wait_for(lambda: self._settled >= self._forgotten, 10)
            self._entries.clear()
            self._octets = 0

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each entry from now on; return what ends that.

        It is called in the record's thread and must not raise nor take long.
        """
        with self._changed:
            self._listeners += (listener,)

        def end() -> None:
            with self._changed:
                self._listeners = tuple(item for item in self._listeners if item is not listener)

        return end

    @contextmanager
    def follow(self) -> Iterator[Follower]:
        """Give a follower, which hands out entries as they come, for as long as the block lasts."""
        follower = Follower()
        end = self.listen(follower.take)
        try:
            yield follower
        finally:
            end()

    def _run(self) -> None:
        while (waiting := self._queue.get()) is not None:
            turn, entry = waiting
            wanted = turn > self._forgotten and self._clock.monotonic() < self._judges_until
            self._take(entry, judged=wanted)

    def _take(self, noted: Pending | Incident, *, judged: bool = True) -> None:
        """Judge, redact and keep one entry, and tell the listeners."""
        if isinstance(noted, Pending):
            if judged and noted.exchange.judgement is None:
                noted = self.judged(noted)
            entry: Entry = self._redacted(noted.exchange)
        else:
            entry = replace(noted, says=self._redactor.text(noted.says))
        with self._changed:
            self._settled += 1
            entry = replace(entry, number=self._settled)
            self._entries.append(entry)
            self._octets += entry.size
            while len(self._entries) > self._kept or self._octets > _MOST_OCTETS:
                self._octets -= self._entries.popleft().size
            listeners = self._listeners
        for listener in listeners:
            listener(entry)
        with self._changed:
            self._changed.notify_all()

    def _redacted(self, exchange: Exchange) -> Exchange:
        """Return `exchange` without secrets, in the request, the answer and what was found."""
        sent = exchange.request
        request = replace(
            sent,
            method=self._redactor.text(sent.method),
            target=self._redactor.text(sent.target),
            headers=self._redactor.headers(sent.headers)[0],
            body=self._clean(sent.body),
        )
        judgement = exchange.judgement
        if judgement is not None:
            judgement = replace(
                judgement,
                request=request,
                findings=tuple(map(self._finding, judgement.findings)),
                causes=tuple(map(self._cause, judgement.causes)),
                signing_string=self._maybe_clean(judgement.signing_string),
            )
        return replace(
            exchange,
            head=self._clean(exchange.head),
            request=request,
            answer_headers=self._redactor.headers(exchange.answer_headers)[0],
            answer_body=self._clean(exchange.answer_body),
            judgement=judgement,
        )

    def _clean(self, data: bytes) -> bytes:
        if not data:
            return data
        return self._redactor.text(data.decode("latin-1")).encode("latin-1", "replace")

    def _maybe_clean(self, data: bytes | None) -> bytes | None:
        return None if data is None else self._clean(data)

    def _finding(self, finding: Finding) -> Finding:
        text = self._redactor.text
        return replace(
            finding,
            expected=text(finding.expected),
            observed=text(finding.observed),
            hint=text(finding.hint),
        )

    def _cause(self, cause: Cause) -> Cause:
        text = self._redactor.text
        return replace(
            cause,
            says=text(cause.says),
            mend=text(cause.mend),
            expected=self._maybe_clean(cause.expected),
            observed=self._maybe_clean(cause.observed),
        )


@dataclass(slots=True)
class Follower:
    """Hands out entries as they come; one that is slow misses the oldest."""

    _queue: Queue[Entry] = field(default_factory=lambda: Queue(_FOLLOWING))

    def take(self, entry: Entry) -> None:
        """Keep an entry until it is asked for."""
        while True:
            try:
                self._queue.put_nowait(entry)
            except Full:
                self._drop()
            else:
                return

    def _drop(self) -> None:
        try:
            self._queue.get_nowait()
        except Empty:
            return

    def next(self, wait: timedelta) -> Entry | None:
        """Return the next entry, None when none comes within `wait`."""
        try:
            return self._queue.get(timeout=wait.total_seconds())
        except Empty:
            return None
