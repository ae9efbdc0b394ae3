"""Faults that are armed and counted: the next so many matching requests meet one.

Nothing here is random. A fault either stands in for the API, before any guard has looked, or
spoils the answer after the request was served.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from threading import Lock
from typing import Final

from conformance.sandbox.message import HTML, Answer, Arrival, Delivery
from conformance.sandbox.problem import PROBLEMS
from conformance.wire.message import Field

_PAGE: Final = b"<!doctype html><title>%d</title><h1>The gateway has no answer</h1>\n"


class FaultKind(StrEnum):
    """What happens to a request."""

    THROTTLED = "throttled"
    """429 with the headers given."""
    UNAVAILABLE = "unavailable"
    """503."""
    HTML = "html"
    """A page in HTML instead of JSON; 502 unless told otherwise."""
    REDIRECT = "redirect"
    """To `location`, another host say; 307 unless told otherwise."""
    STALL = "stall"
    """No answer for `seconds`, then the connection closes."""
    RESET = "reset"
    """The connection is reset before the request is served."""
    EMPTY = "empty"
    """Served, and answered without a body."""
    TRUNCATED = "truncated"
    """Served, and cut off in the middle of the body."""
    LOST = "lost"
    """Served, and never answered: what was created stays created."""
    PROBLEM = "problem"
    """The documented error named by `problem`, whatever was sent."""
    TOKEN_DIES = "token-dies"  # noqa: S105 - no password
    """The token that is issued lasts `seconds`, whatever `expires_in` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault for the next `count` requests that match; None and empty match every one.

    `path` is what the path begins with, without the gateway's prefix; `problem` the id of one of
    `PROBLEMS`.
    """

    kind: FaultKind
    count: int = 1
    method: str | None = None
    path: str = ""
    status: int | None = None
    headers: tuple[Field, ...] = ()
    seconds: float = 1.0
    location: str = "https://another-host.example/"
    problem: str = "signature"

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one that the fault is for."""
        return self.method in (None, method) and path.startswith(self.path)

    def instead(self, arrival: Arrival) -> Answer | None:
        """Return what is answered in place of the API; None when the request is served first."""
        make = _INSTEAD.get(self.kind)
        return None if make is None else make(self, arrival)

    def spoil(self, answer: Answer) -> Answer:
        """Return what becomes of the API's own answer."""
        match self.kind:
            case FaultKind.EMPTY:
                return replace(answer, body=b"")
            case FaultKind.TRUNCATED:
                return replace(answer, delivery=Delivery.TRUNCATED)
            case FaultKind.LOST:
                return replace(answer, delivery=Delivery.NOTHING)
        return answer


def _throttled(fault: Fault, _: Arrival) -> Answer:
    """Answer 429; the seconds of the detail are those of the headers given."""
    names = ("ratelimit-reset", "retry-after")
    said = [value for name, value in fault.headers if name.lower() in names and value.isdecimal()]
    seconds = int(said[0]) if said else int(fault.seconds)
    return PROBLEMS["rate"].answer(seconds=seconds, headers=fault.headers)


def _problem(fault: Fault, _: Arrival) -> Answer:
    return PROBLEMS[fault.problem].answer(why="This answer was armed.", headers=fault.headers)


def _unavailable(fault: Fault, _: Arrival) -> Answer:
    return PROBLEMS["unavailable"].answer(headers=fault.headers)


def _html(fault: Fault, _: Arrival) -> Answer:
    status = fault.status or 502
    headers = (("Content-Type", HTML), *fault.headers)
    return Answer(status=status, headers=headers, body=_PAGE % status)


def _redirect(fault: Fault, arrival: Arrival) -> Answer:
    to = ("Location", fault.location.rstrip("/") + arrival.request.target)
    return Answer(status=fault.status or 307, headers=(to, *fault.headers))


def _stall(fault: Fault, _: Arrival) -> Answer:
    wait = timedelta(seconds=fault.seconds)
    return Answer(status=504, delivery=Delivery.STALLED, stall=wait)


def _reset(_: Fault, __: Arrival) -> Answer:
    return Answer(status=504, delivery=Delivery.RESET)


_INSTEAD: Final[Mapping[FaultKind, Callable[[Fault, Arrival], Answer]]] = {
    FaultKind.THROTTLED: _throttled,
    FaultKind.UNAVAILABLE: _unavailable,
    FaultKind.HTML: _html,
    FaultKind.REDIRECT: _redirect,
    FaultKind.STALL: _stall,
    FaultKind.RESET: _reset,
    FaultKind.PROBLEM: _problem,
}


class ArmedFaults:
    """The faults that wait for a request, first armed first met."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._armed: tuple[Fault, ...] = ()

    @property
    def armed(self) -> tuple[Fault, ...]:
        """What is armed, `count` being what is left of each."""
        return self._armed

    def arm(self, fault: Fault) -> None:
        """Let the next `fault.count` matching requests meet `fault`."""
        with self._lock:
            self._armed += (fault,)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that this request meets, and count it; None as a rule."""
        if not self._armed:
            return None
        with self._lock:
            found = next((fault for fault in self._armed if fault.matches(method, path)), None)
            if found is not None:
                left = replace(found, count=found.count - 1)
                after = (left if fault is found else fault for fault in self._armed)
                self._armed = tuple(fault for fault in after if fault.count > 0)
            return found

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._armed = ()
