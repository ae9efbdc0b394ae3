"""An adapter behind HTTP: one POST a request, the objects of the adapter protocol as bodies.

Daemon threads post, so that a server that drips or hangs can be left to itself when the time of a
request is over. After as many lost exchanges as a process has restarts, nothing more is asked.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import requests
import urllib3

from conformance.adapters.interface import Hello
from conformance.adapters.protocol import (
    HINT,
    LINE_LIMIT,
    Reply,
    broken,
    parse_answer,
    read_reply,
    request_line,
)
from conformance.adapters.remote import greet
from conformance.clock import Clock
from conformance.errors import (
    AdapterCrashError,
    AdapterError,
    AdapterGoneError,
    AdapterProtocolError,
    AdapterStartError,
    AdapterTimeoutError,
)
from conformance.wire.shown import shown
from conformance.wire.visible import visible

MOST_LOST: Final = 5
"""How many exchanges may be lost before nothing more is asked."""

_HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}


@dataclass(slots=True, kw_only=True, eq=False)
class _Post:
    """One request on its way to the server."""

    id: str
    body: bytes
    limit: float
    transport: HttpTransport
    sent: float = 0.0
    took: timedelta = field(default_factory=timedelta)
    done: queue.SimpleQueue[tuple[Reply | AdapterError, float]] = field(
        default_factory=queue.SimpleQueue
    )
    forgotten: bool = False

    def result(self) -> Reply:
        """Wait for the reply.

        Raises:
            AdapterError: there will be none, or its frame breaks the protocol.
        """
        return self.transport.finish(self)

    def forget(self) -> None:
        """Say that nobody will ask for the reply."""
        self.forgotten = True


class HttpTransport:
    """Carries requests to one address."""

    def __init__(
        self, url: str, *, clock: Clock, start_timeout: timedelta, request_timeout: timedelta
    ) -> None:
        """Take the address.

        Raises:
            AdapterStartError: it is no `http://` address.
        """
        self._url = url
        self._name = _name(url)
        self._clock = clock
        self._start_limit = start_timeout.total_seconds()
        self._limit = request_timeout.total_seconds()
        self._posts: queue.SimpleQueue[_Post | None] = queue.SimpleQueue()
        self._number = 0
        self._workers = 0
        self._last_answer = 0.0
        self._lost = 0
        self._closed = False

    def start(self) -> Hello:
        """Say `hello`, and return what the server says of the implementation.

        Raises:
            AdapterStartError: it cannot be reached, or does not answer as it should.
        """
        self._start_worker()
        try:
            hello = greet(lambda op, fields: self._submit(op, fields, self._start_limit).result())
        except AdapterStartError:
            self.close()
            raise
        while self._workers < hello.max_in_flight:
            self._start_worker()
        return hello

    def submit(self, op: str, fields: Mapping[str, str], limit: timedelta | None = None) -> _Post:
        """Hand over a request: posted as soon as a thread is free."""
        seconds = self._limit if limit is None else limit.total_seconds()
        return self._submit(op, fields, seconds)

    def finish(self, post: _Post) -> Reply:
        """Wait for the reply to `post`, which all that were handed over before have had theirs.

        Raises:
            AdapterError: there will be none, or its frame breaks the protocol.
        """
        if self._closed:
            raise AdapterGoneError("not run: the adapter has been closed")
        if self._lost > MOST_LOST:
            raise AdapterGoneError(
                f"not run: {self._lost} requests to {self._name} were lost, and no more are sent",
                hint="mend the adapter",
            )
        try:
            outcome, at = post.done.get(timeout=post.limit)
        except queue.Empty:
            post.forgotten = True  # its thread may hang for good
            self._start_worker()
            outcome, at = self._timeout(post.limit), self._clock.monotonic()
        post.took = timedelta(seconds=max(0.0, at - max(post.sent, self._last_answer)))
        self._last_answer = max(at, self._last_answer)
        if isinstance(outcome, Reply):
            return outcome
        self._lost += isinstance(outcome, AdapterCrashError | AdapterTimeoutError)
        raise outcome

    def trail(self) -> str:
        """Return nothing: what a server logs is not seen from here."""
        return ""

    def close(self) -> None:
        """Say `bye`, wait for no answer, and let the threads end."""
        if self._closed:
            return
        self._closed = True
        if self._last_answer:
            self._submit("bye", {}, 1.0)
        for _ in range(self._workers):
            self._posts.put(None)

    def _submit(self, op: str, fields: Mapping[str, str], limit: float) -> _Post:
        self._number += 1
        identity = str(self._number)
        body = request_line(identity, op, fields)
        post = _Post(id=identity, body=body, limit=limit, transport=self)
        if self._lost <= MOST_LOST:
            self._posts.put(post)
        return post

    def _start_worker(self) -> None:
        self._workers += 1
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers = requests.structures.CaseInsensitiveDict(_HEADERS)
            while (post := self._posts.get()) is not None:
                if post.forgotten:
                    continue
                post.sent = self._clock.monotonic()
                post.done.put((self._outcome(session, post), self._clock.monotonic()))
                if post.forgotten:  # given up meanwhile: another thread has the place
                    return

    def _outcome(self, session: requests.Session, post: _Post) -> Reply | AdapterError:
        try:
            return _reply(self._post(session, post), post.id)
        except AdapterError as error:
            return error
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            return self._timeout(post.limit)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return AdapterCrashError(
                f"the connection to the adapter at {self._name} failed: {_reason(error)}",
                hint="start the adapter's server first, and see what it logged",
            )

    def _post(self, session: requests.Session, post: _Post) -> bytes:
        with session.post(
            self._url, data=post.body, timeout=post.limit, allow_redirects=False, stream=True
        ) as response:
            body: bytes = response.raw.read(LINE_LIMIT + 1)
        if len(body) > LINE_LIMIT:
            raise AdapterProtocolError(
                f"the adapter sent an answer of more than {LINE_LIMIT >> 20} MiB", hint=HINT
            )
        if response.status_code != 200:
            raise AdapterProtocolError(
                f"the adapter at {self._name} answered HTTP {response.status_code}, not 200",
                hint="answer 200 at the address itself; what went wrong is said in `error`",
                detail=f"the body: {visible(body, limit=500)}",
            )
        return body

    def _timeout(self, limit: float) -> AdapterTimeoutError:
        return AdapterTimeoutError(
            f"the adapter at {self._name} did not answer within {limit:g} s",
            hint="see what its server logged",
        )


def _reply(body: bytes, wanted: str) -> Reply:
    identity, answer = parse_answer(body)
    if identity != wanted:
        raise broken(f"has the id {shown(identity)!r}, not that of the request ({wanted})", body)
    return read_reply(answer, body)


def _name(url: str) -> str:
    """Return the address as it may be shown: without a user or password in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise AdapterStartError(
            f"{shown(url, 200)} is no address of an HTTP adapter",
            hint="write it as http://127.0.0.1:9000/",
        )
    return shown(f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}", 200)


def _reason(error: Exception) -> str:
    """Return the innermost reason that the HTTP library gives."""
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    return shown(str(inner) or type(inner).__name__, 300)
