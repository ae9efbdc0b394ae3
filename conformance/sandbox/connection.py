"""One connection: HTTP/1.1 requests one after the other, read with h11, and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from threading import Event
from typing import Final, Protocol

import h11

from conformance import __version__
from conformance.clock import Clock
from conformance.sandbox.message import Answer, Arrival, Delivery, origin_form
from conformance.sandbox.tls import (
    ConnectionLostError,
    DeadlineError,
    PlainHttpError,
    TlsStream,
)
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import HeaderFields, SignedRequest

SERVER: Final = f"lendico-conformance/{__version__}"

_REASONS: Final = {status.value: status.phrase.encode() for status in HTTPStatus}
_LINGER: Final = 2.0
_SAYS_HTTPS: Final = b"This port speaks HTTPS only: use https.\n"
_BAD_REQUEST: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_SAYS_HTTPS), _SAYS_HTTPS)
)


class Service(Protocol):
    """What answers the requests that come over a connection."""

    def answer(self, arrival: Arrival, head: bytes = b"") -> Answer:
        """Serve one request; `head` is its request line and header fields as they came."""

    def refuse(self, status: int, why: str, address: str) -> Answer:
        """Answer what is no HTTP request, or one that is too large or too slow."""

    def broke(self, says: str, address: str) -> None:
        """Take note of a connection that came to no request."""

    def left(self, address: str) -> None:
        """Take note of a client that shook hands and left without a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a peer may send, in octets, and how long it may take, in seconds."""

    head: int = 64 << 10
    body: int = 1 << 20
    handshake: float = 10.0
    request: float = 10.0
    idle: float = 60.0
    answer: float = 10.0


class _RefusedError(Exception):
    """A request that is answered without being served; the connection ends."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Connection:
    """Serves one client until it leaves, breaks the protocol or is too slow."""

    def __init__(
        self,
        stream: TlsStream,
        service: Service,
        *,
        address: str,
        clock: Clock,
        waits: Clock,
        limits: Limits,
        stopping: Event,
    ) -> None:
        """`clock` tells the time of day; `waits` measures deadlines and cannot be moved."""
        self._stream = stream
        self._service = service
        self._address = address
        self._clock = clock
        self._waits = waits
        self._limits = limits
        self._stopping = stopping
        self._certificate: bytes | None = None
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head)
        self._head = bytearray()
        self._asked = False

    def run(self) -> None:
        """Serve the client, whatever it does; never raises."""
        try:
            self._certificate = self._stream.handshake(self._until(self._limits.handshake))
            while not self._stopping.is_set() and self._serve_one():
                self._http.start_next_cycle()
            if not self._asked:
                self._service.left(self._address)
        except PlainHttpError as error:
            self._stream.send_plain(_BAD_REQUEST)
            self._service.broke(str(error), self._address)
        except ConnectionLostError as error:
            self._service.broke(str(error), self._address)
        except DeadlineError:
            self._service.broke("the client was too slow", self._address)
        finally:
            self._stream.close()

    def interrupt(self) -> None:
        """End the connection soon, from another thread."""
        self._stream.interrupt()

    def _until(self, seconds: float) -> float:
        return self._waits.monotonic() + seconds

    def _serve_one(self) -> bool:
        """Serve the next request; return whether another one may follow."""
        try:
            request = self._next_request()
            if request is None:
                return False
            self._asked = True
            body = self._body(self._until(self._limits.request))
        except _RefusedError as refused:
            self._refuse(refused.status, refused.why)
            return False
        try:
            answer = self._service.answer(self._arrival(request, body), self._taken_head())
        except Exception as error:  # noqa: BLE001 - a defect here must not end in silence
            self._refuse(500, f"The sandbox itself broke ({type(error).__name__}).")
            return False
        return self._deliver(answer, request)

    def _next_request(self) -> h11.Request | None:
        """Return the next request's head; None when the client has left between requests."""
        deadline = self._until(self._limits.idle)
        self._head = bytearray(self._http.trailing_data[0])
        begun = bool(self._head)
        while True:
            event = self._event()
            if isinstance(event, h11.Request):
                if event.http_version not in (b"1.0", b"1.1"):
                    raise _RefusedError(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
                return event
            if event is not h11.NEED_DATA:
                return None
            try:
                data = self._stream.receive(deadline)
            except DeadlineError:
                if not begun:
                    return None
                raise _RefusedError(408, "The request did not come to its end in time.") from None
            if not data and not begun:
                return None
            if not begun:
                begun, deadline = True, self._until(self._limits.request)
            self._feed(data)
            if len(self._head) <= self._limits.head:
                self._head += data

    def _body(self, deadline: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        if self._http.they_are_waiting_for_100_continue:
            proceed = h11.InformationalResponse(status_code=100, headers=[])
            self._stream.send(self._http.send(proceed) or b"", deadline)
        while True:
            event = self._event()
            if isinstance(event, h11.Data):
                size += len(event.data)
                if size > self._limits.body:
                    raise _RefusedError(413, f"The body exceeds {self._limits.body} octets.")
                pieces.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return b"".join(pieces)
            else:
                try:
                    self._feed(self._stream.receive(deadline))
                except DeadlineError:
                    raise _RefusedError(408, "The body did not come in time.") from None

    def _event(self) -> object:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise _RefusedError(error.error_status_hint, f"No HTTP/1.1: {error}.") from None

    def _feed(self, data: bytes) -> None:
        """Hand octets to h11.

        Raises:
            ConnectionLostError: there are none: the client left in the middle of a request.
        """
        if not data:
            raise ConnectionLostError("the client left in the middle of a request")
        self._http.receive_data(data)

    def _taken_head(self) -> bytes:
        """Return request line and header fields as they came."""
        head, _, _ = bytes(self._head[: self._limits.head]).partition(b"\r\n\r\n")
        return head.lstrip(b"\r\n")

    def _arrival(self, request: h11.Request, body: bytes) -> Arrival:
        target = request.target.decode("latin-1")
        fields = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.headers.raw_items()
        )
        return Arrival(
            request=SignedRequest(
                method=request.method.decode("latin-1"),
                target=origin_form(target),
                headers=HeaderFields(fields),
                body=body,
            ),
            target=target,
            address=self._address,
            certificate=self._certificate,
            at=self._clock.now(),
        )

    def _refuse(self, status: int, why: str) -> None:
        """Answer a request that cannot be served, and end the connection."""
        answer = self._service.refuse(status, why, self._address)
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            deadline = self._until(self._limits.answer)
            closing = (*self._fields(answer), ("Connection", "close"))
            self._send(answer.status, closing, answer.body, deadline)
        self._stream.end(self._until(_LINGER))

    def _deliver(self, answer: Answer, request: h11.Request) -> bool:
        """Send an answer as it wants to be sent; return whether the connection goes on."""
        deadline = self._until(self._limits.answer)
        match answer.delivery:
            case Delivery.WHOLE:
                body = b"" if request.method == b"HEAD" else answer.body
                if answer.stream is not None:
                    self._send_stream(answer)
                    return False
                self._send(answer.status, self._fields(answer), body, deadline)
                if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
                    return True
                self._stream.end(self._until(_LINGER))
            case Delivery.TRUNCATED:
                start = self._start(answer.status, self._fields(answer))
                self._stream.send(start + answer.body[: len(answer.body) // 2], deadline)
            case Delivery.RESET:
                self._stream.reset()
            case Delivery.STALLED:
                self._stopping.wait(answer.stall.total_seconds())
            case Delivery.NOTHING:
                pass
        return False

    def _fields(self, answer: Answer) -> tuple[tuple[str, str], ...]:
        return (
            ("Date", format_imf_fixdate(self._clock.now())),
            ("Server", SERVER),
            *answer.headers,
            ("Content-Length", str(len(answer.body))),
        )

    def _start(self, status: int, fields: tuple[tuple[str, str], ...]) -> bytes:
        reason = _REASONS.get(status, b"")
        response = h11.Response(status_code=status, headers=_encoded(fields), reason=reason)
        return self._http.send(response) or b""

    def _send(
        self, status: int, fields: tuple[tuple[str, str], ...], body: bytes, deadline: float
    ) -> None:
        start = self._start(status, fields)
        data = self._http.send(h11.Data(data=body)) if body else b""
        end = self._http.send(h11.EndOfMessage())
        self._stream.send(start + (data or b"") + (end or b""), deadline)

    def _send_stream(self, answer: Answer) -> None:
        """Send pieces as they come, until there are no more or the client leaves."""
        start = self._start(answer.status, (*answer.headers, ("Connection", "close")))
        self._stream.send(start, self._until(self._limits.answer))
        for piece in answer.stream or ():
            if self._stopping.is_set():
                break
            data = self._http.send(h11.Data(data=piece)) or b""
            self._stream.send(data, self._until(self._limits.answer))
        end = self._http.send(h11.EndOfMessage()) or b""
        self._stream.send(end, self._until(self._limits.answer))


def _encoded(fields: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
