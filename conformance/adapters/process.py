"""An adapter as a long-lived process: JSON lines over standard input and output.

Requests fly as many at a time as `hello` allows. A process that breaks is killed and started
again, five times at most. When several requests were in flight, each is asked again, alone, so that
the one that breaks it is named; from then on it is asked one at a time.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from conformance.adapters.breakage import broke, cannot_start, crowded, late, shared
from conformance.adapters.child import Child, Line, Sign
from conformance.adapters.interface import Hello
from conformance.adapters.protocol import (
    Reply,
    broken,
    parse_answer,
    read_reply,
    request_line,
)
from conformance.adapters.remote import greet
from conformance.adapters.shown import paragraphs
from conformance.clock import Clock
from conformance.errors import (
    AdapterError,
    AdapterGoneError,
    AdapterProtocolError,
    AdapterStartError,
)
from conformance.wire.shown import shown

MOST_RESTARTS: Final = 5
"""How often a broken process is started again."""


@dataclass(slots=True, kw_only=True)
class _Incident:
    """The process broke with several requests in flight: one of them did it, or their number."""

    error: AdapterError
    left: int
    blamed: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class _Request:
    """One request on its way to the process."""

    id: str
    line: bytes
    limit: float
    transport: ProcessTransport
    sent: float = 0.0
    took: timedelta = field(default_factory=timedelta)
    outcome: Reply | AdapterError | None = None
    once: bool = False
    """Whether it is never asked again: what it did to the world is done."""
    incident: _Incident | None = None
    forgotten: bool = False

    def result(self) -> Reply:
        """Wait for the reply.

        Raises:
            AdapterError: there will be none, or its frame breaks the protocol.
        """
        outcome = self.transport.finish(self)
        if isinstance(outcome, Reply):
            return outcome
        raise outcome

    def forget(self) -> None:
        """Say that nobody will ask for the reply."""
        self.forgotten = True

    def settle(self, outcome: Reply | AdapterError) -> None:
        """Take the outcome; the last of an incident that nobody was blamed for takes the blame."""
        if self.incident is not None:
            self.incident.left -= 1
            self.incident.blamed |= isinstance(outcome, AdapterError)
            if not self.incident.left and not self.incident.blamed:
                outcome = self.incident.error
        self.outcome = outcome


class ProcessTransport:
    """Carries requests to one command's process, and starts it again when it breaks."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        clock: Clock,
        start_timeout: timedelta,
        request_timeout: timedelta,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._command = tuple(command)
        self._clock = clock
        self._start_limit = start_timeout.total_seconds()
        self._limit = request_timeout.total_seconds()
        self._cwd = cwd
        self._env = env or {}
        self._child: Child | None = None
        self._hello: Hello | None = None
        self._waiting: deque[_Request] = deque()
        self._flying: dict[str, _Request] = {}
        self._window = 1
        self._number = 0
        self._last_answer = 0.0
        self._restarts = 0
        self._gone = ""

    def start(self) -> Hello:
        """Start the process and return what it says of itself.

        Raises:
            AdapterStartError: it cannot be started, or does not answer `hello` as it should.
        """
        self._hello = self._open()
        self._window = self._hello.max_in_flight
        return self._hello

    def submit(
        self, op: str, fields: Mapping[str, str], limit: timedelta | None = None
    ) -> _Request:
        """Hand over a request: sent now where there is room, else when another is answered."""
        seconds = self._limit if limit is None else limit.total_seconds()
        request = self._request(op, fields, seconds)
        request.once = op == "send"
        self._waiting.append(request)
        self._attempt(self._send_waiting)
        return request

    def finish(self, request: _Request) -> Reply | AdapterError:
        """Wait for the outcome of `request`; before returning it, send what waits."""
        while (outcome := request.outcome) is None:
            if self._gone:
                return AdapterGoneError(f"not run: {self._gone}", hint="mend the adapter")
            self._attempt(self._advance)
        if self._waiting:
            self._attempt(self._send_waiting)
        return outcome

    def trail(self) -> str:
        """Return the process's last lines on standard error, and noise."""
        return self._child.trail() if self._child else ""

    def close(self) -> None:
        """Say `bye`, close standard input and see the whole process group end."""
        self._gone = self._gone or "the adapter has been closed"
        child, self._child = self._child, None
        if child:
            child.write(self._request("bye", {}, self._limit).line)
            child.close()

    def _request(self, op: str, fields: Mapping[str, str], limit: float) -> _Request:
        self._number += 1
        identity = str(self._number)
        line = request_line(identity, op, fields) + b"\n"
        return _Request(id=identity, line=line, limit=limit, transport=self)

    def _attempt(self, act: Callable[[Child], None]) -> None:
        """Do something with the running process, started again if need be, and bear its end."""
        try:
            if child := self._running():
                act(child)
        except AdapterError as error:
            self._lost(error)
        except BaseException:  # interrupted: nobody may be left to close the process
            self._gone = "the run was interrupted"
            self._drop()
            raise

    def _running(self) -> Child | None:
        """Return the process, started again where it broke and is needed; None when there is none.

        Without something to ask, there is no need.
        """
        if self._child or self._gone or not self._waiting:
            return self._child
        if self._restarts == MOST_RESTARTS:
            self._gone = f"the adapter broke {MOST_RESTARTS + 1} times and is not started again"
            return None
        self._restarts += 1
        try:
            hello = self._open()
        except AdapterStartError as error:
            self._gone = f"the adapter broke and could not be started again: {error.message}"
            return None
        if hello != self._hello:
            self._gone = "the adapter broke and, started again, says something else in `hello`"
            self._drop()
        return self._child

    def _open(self) -> Hello:
        self._child = child = self._spawn()
        try:
            return greet(functools.partial(self._ask, child))
        except AdapterStartError as error:
            error.detail = paragraphs(error.detail, self._drop())
            raise
        except BaseException:
            self._drop()
            raise

    def _spawn(self) -> Child:
        try:
            return Child(self._command, clock=self._clock, cwd=self._cwd, env=self._env)
        except (OSError, ValueError) as error:
            raise cannot_start(self._command, error, self._cwd) from error

    def _ask(self, child: Child, op: str, fields: Mapping[str, str]) -> Reply:
        """Ask `hello` of a new process, before all that waits."""
        request = self._request(op, fields, self._start_limit)
        self._send(child, request)
        while (outcome := request.outcome) is None:
            self._take(child)
        if isinstance(outcome, Reply):
            return outcome
        raise outcome

    def _send_waiting(self, child: Child) -> None:
        while self._waiting and len(self._flying) < self._window:
            request = self._waiting.popleft()
            if not request.forgotten:
                self._send(child, request)

    def _advance(self, child: Child) -> None:
        self._send_waiting(child)
        if self._flying:
            self._take(child)

    def _send(self, child: Child, request: _Request) -> None:
        """Send a request, and wait until it is written, so that the process can be at it."""
        request.sent = self._clock.monotonic()
        self._flying[request.id] = request
        child.write(request.line)
        while child.stuffed and request.id in self._flying:
            self._take(child)

    def _take(self, child: Child) -> None:
        """Take the next thing that the process does, in the time of the most urgent request."""
        oldest = min(self._flying.values(), key=lambda request: request.sent + request.limit)
        left = oldest.sent + oldest.limit - self._clock.monotonic()
        event = child.event(max(left, 0.0))
        if isinstance(event, Line):
            self._deliver(event)
        elif event is None:
            raise late(oldest.limit, unread=child.stuffed)
        elif event is not Sign.WRITTEN:
            raise broke(child, event)

    def _deliver(self, line: Line) -> None:
        identity, answer = parse_answer(line.data)
        request = self._flying.get(identity)
        if request is None:
            raise broken(f"has the id {shown(identity)!r}, {self._wrong(identity)}", line.data)
        if line.at > request.sent + request.limit:
            raise late(request.limit)
        del self._flying[identity]
        request.took = timedelta(seconds=line.at - max(request.sent, self._last_answer))
        self._last_answer = line.at
        try:
            request.settle(read_reply(answer, line.data))
        except AdapterProtocolError as error:
            error.detail = paragraphs(error.detail, self.trail())
            request.settle(error)

    def _wrong(self, identity: str) -> str:
        """Say what is wrong with an id that belongs to no request in flight."""
        if identity in map(str, range(1, self._number + 1)):
            return "which was answered before"
        return f"not that of a request ({', '.join(self._flying)})"

    def _lost(self, error: AdapterError) -> None:
        """End the broken process, and settle what was in flight or have it asked again."""
        flying = [*self._flying.values()]
        self._flying.clear()
        error.detail = paragraphs(error.detail, self._drop())
        if len(flying) == 1:
            flying[0].settle(error)
        elif flying:
            self._window = 1
            for request in flying:
                if request.once:
                    request.settle(shared(error, len(flying)))
            again = [item for item in flying if not (item.forgotten or item.once)]
            incident = _Incident(error=crowded(error, len(flying)), left=len(again))
            for request in again:
                request.incident = incident
            self._waiting.extendleft(reversed(again))

    def _drop(self) -> str:
        """Kill the process and return what it said aside."""
        child, self._child = self._child, None
        if child is None:
            return ""
        child.kill()
        return child.trail()
