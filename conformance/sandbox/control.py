"""The control port: read the record, move the clock, arm faults, break promises.

Loopback only, off unless asked for, and every operation needs the token that the sandbox prints:
`Authorization: Bearer …`. What is in `open_pages` is served without it, and holds no data.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

from conformance.errors import UsageError
from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.clock import MovableClock
from conformance.sandbox.deviation import DEVIATIONS
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.fault_reading import number, read_fault
from conformance.sandbox.message import Answer, Arrival, json_answer
from conformance.sandbox.page.document import PATH, show_page
from conformance.sandbox.problem import PROBLEMS
from conformance.sandbox.published import published_pages
from conformance.sandbox.record import Record
from conformance.sandbox.telling import plain, summary

Page = Callable[[Arrival], Answer]

_HEARTBEAT: Final = timedelta(seconds=1)
_LOCAL: Final = ("localhost", "127.0.0.1", "[::1]", "::1")


class Controlled(Protocol):
    """What can be told to a sandbox: the same from Python and over the control port."""

    record: Record
    clock: MovableClock

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is armed."""

    @property
    def deviations(self) -> tuple[str, ...]:
        """The deviations in force."""

    def arm(self, fault: Fault) -> None:
        """Arm a fault."""

    def disarm(self) -> None:
        """Disarm every fault."""

    def deviate(self, *ids: str) -> None:
        """Break these promises and no others."""

    def advance(self, by: timedelta) -> None:
        """Move the clock."""

    def bad_certificate_url(self, fault: BadCertificate) -> str:
        """Return the base address of a server with a bad certificate."""

    def reset(self) -> None:
        """Be as at the start."""

    def description(self) -> Mapping[str, Any]:
        """Return how to reach the sandbox, without secrets."""


class _BadRequestError(Exception):
    """The text says what is wrong with a request to the control port."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One operation: the sandbox, the parameters of the query, and the JSON of the body."""

    sandbox: Controlled
    query: Mapping[str, str]
    content: Mapping[str, Any]


class Control:
    """Answers the requests of the control port."""

    def __init__(self, sandbox: Controlled, token: str) -> None:
        self._sandbox = sandbox
        self._token = token.encode()
        self.open_pages: dict[str, Page] = {PATH: show_page, **published_pages()}
        """Pages by their path, served to `GET` without the token."""

    def answer(self, arrival: Arrival, head: bytes = b"") -> Answer:  # noqa: ARG002
        """Serve one request."""
        host = arrival.request.headers.first("host") or ""
        if host.rpartition(":")[0] not in _LOCAL and host not in _LOCAL:
            return PROBLEMS["bad-request"].answer(why="Reach the control port as localhost.")
        method = arrival.request.method
        page = self.open_pages.get(arrival.path) if method == "GET" else None
        if page is not None:
            return page(arrival)
        if not self._is_allowed(arrival):
            return PROBLEMS["unauthorized"].answer(why="The control token is missing or wrong.")
        return self._operate(arrival)

    def refuse(self, status: int, why: str, address: str) -> Answer:  # noqa: ARG002
        """Answer what is no HTTP request, or one that is too large or too slow."""
        problem = next((item for item in PROBLEMS.values() if item.status == status), None)
        return (problem or PROBLEMS["bad-request"]).answer(why=why)

    def broke(self, says: str, address: str) -> None:
        """Leave a broken connection be: it is no concern of the record."""

    def left(self, address: str) -> None:
        """Leave it be: browsers connect ahead of time."""

    def _is_allowed(self, arrival: Arrival) -> bool:
        scheme, _, token = (arrival.request.headers.first("authorization") or "").partition(" ")
        sent = token.strip().encode("latin-1")
        return scheme.lower() == "bearer" and hmac.compare_digest(sent, self._token)

    def _operate(self, arrival: Arrival) -> Answer:
        path = arrival.path.removeprefix("/")
        name, _, rest = path.partition("/")
        operation = _OPERATIONS.get((arrival.request.method, f"{name}/" if rest else name))
        if operation is None:
            return PROBLEMS["not-found"].answer(why="The control port has no such operation.")
        try:
            query = parse_qs(arrival.request.target.partition("?")[2], max_num_fields=20)
            call = _Call(
                self._sandbox, {key: values[-1] for key, values in query.items()},
                _content(arrival.request.body),
            )  # fmt: skip
            return operation(call, rest)
        except (_BadRequestError, UsageError, ValueError, OverflowError) as error:
            return PROBLEMS["bad-request"].answer(why=f"{error}.")


def _content(body: bytes) -> Mapping[str, Any]:
    if not body:
        return {}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise _BadRequestError("the body is no JSON") from None
    if not isinstance(content, dict):
        raise _BadRequestError("the body is no JSON object")
    return content


def _describe(call: _Call, _: str) -> Answer:
    return json_answer(200, call.sandbox.description())


def _list_entries(call: _Call, _: str) -> Answer:
    after = int(call.query.get("after", "0"))
    entries = call.sandbox.record.entries(after=after)
    return json_answer(200, {"entries": [summary(entry) for entry in entries]})


def _show_entry(call: _Call, number: str) -> Answer:
    entry = call.sandbox.record.find(int(number))
    if entry is None:
        return PROBLEMS["not-found"].answer(why="The record has no such entry.")
    return json_answer(200, plain(entry))


def _forget_entries(call: _Call, _: str) -> Answer:
    call.sandbox.record.clear()
    return Answer(status=200)


def _follow(call: _Call, _: str) -> Answer:
    """Answer with server-sent events: one entry each as it comes."""

    def events() -> Iterator[bytes]:
        with call.sandbox.record.follow() as follower:
            yield b": following\n\n"
            while True:
                entry = follower.next(_HEARTBEAT)
                if entry is None:
                    yield b":\n\n"
                else:
                    yield b"data: " + json.dumps(summary(entry)).encode() + b"\n\n"

    kind = ("Content-Type", "text/event-stream")
    return Answer(status=200, headers=(kind, ("Cache-Control", "no-store")), stream=events())


def _clock(call: _Call, _: str = "") -> Answer:
    clock = call.sandbox.clock
    told = {"now": clock.now().isoformat(), "ahead_s": clock.ahead.total_seconds()}
    return json_answer(200, told)


def _move_clock(call: _Call, _: str) -> Answer:
    seconds = number(call.content.get("advance_s"), "advance_s")
    call.sandbox.advance(timedelta(seconds=seconds))
    return _clock(call)


def _faults(call: _Call, _: str = "") -> Answer:
    told = [
        {field.name: getattr(fault, field.name) for field in fields(fault)}
        for fault in call.sandbox.faults
    ]
    return json_answer(200, {"armed": told, "kinds": [kind.value for kind in FaultKind]})


def _arm(call: _Call, _: str) -> Answer:
    call.sandbox.arm(read_fault(call.content))
    return _faults(call)


def _disarm(call: _Call, _: str) -> Answer:
    call.sandbox.disarm()
    return _faults(call)


def _deviations(call: _Call, _: str = "") -> Answer:
    told = [
        {"id": item.id, "says": item.says, "breaks": list(item.breaks)}
        for item in DEVIATIONS.values()
    ]
    return json_answer(200, {"in_force": list(call.sandbox.deviations), "known": told})


def _deviate(call: _Call, _: str) -> Answer:
    ids = call.content.get("ids")
    if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids):
        raise _BadRequestError("ids must be a list of texts")
    call.sandbox.deviate(*ids)
    return _deviations(call)


def _bad_certificate(call: _Call, name: str) -> Answer:
    url = call.sandbox.bad_certificate_url(BadCertificate(name))
    return json_answer(200, {"base_url": url})


def _reset(call: _Call, _: str) -> Answer:
    call.sandbox.reset()
    return Answer(status=200)


_OPERATIONS: Final[Mapping[tuple[str, str], Callable[[_Call, str], Answer]]] = {
    ("GET", ""): _describe,
    ("GET", "entries"): _list_entries,
    ("GET", "entries/"): _show_entry,
    ("DELETE", "entries"): _forget_entries,
    ("GET", "events"): _follow,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _move_clock,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _arm,
    ("DELETE", "faults"): _disarm,
    ("GET", "deviations"): _deviations,
    ("PUT", "deviations"): _deviate,
    ("POST", "bad-certificate/"): _bad_certificate,
    ("POST", "reset"): _reset,
}
"""What the control port does, by method and path; a slash stands where a name follows."""
