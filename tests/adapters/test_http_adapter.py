"""An adapter behind HTTP: real servers on the loopback, right ones and wrong ones."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from conformance.adapters import open_adapter
from conformance.adapters.interface import Adapter, Answer, AnswerKind, SignOrder
from conformance.clock import SystemClock
from conformance.errors import (
    AdapterCrashError,
    AdapterError,
    AdapterGoneError,
    AdapterProtocolError,
    AdapterStartError,
    AdapterTimeoutError,
)

Order = Callable[..., SignOrder]
Requests = list[dict[str, Any]]
Behave = Callable[[http.server.BaseHTTPRequestHandler, dict[str, Any]], None]

HELLO = {"protocol": 1, "name": "web", "language": "go", "can": ["sign", "clock", "keys"]}


def reply(handler: http.server.BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def say(handler: http.server.BaseHTTPRequestHandler, **answer: object) -> None:
    reply(handler, json.dumps(answer).encode())


def sign(handler: http.server.BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    say(handler, id=request["id"], ok={"headers": [["X-Target", request["target"]]]})


Serve = Callable[..., str]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:  # clients that hang up are what is tested
        pass


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers: `behave` answers what is no `hello`; return the address."""
    servers: list[Server] = []
    over = threading.Event()

    def start(behave: Behave, **hello: object) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            ended = over

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                request = json.loads(self.rfile.read(length))
                if request["op"] == "hello":
                    say(self, id=request["id"], ok={**HELLO, **hello})
                else:
                    behave(self, request)

            def log_message(self, *_: object) -> None:  # the protocol of these tests is pytest's
                pass

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def reach(address: str, *, request_timeout: float = 20) -> Adapter:
    return open_adapter(
        address,
        clock=SystemClock(),
        start_timeout=timedelta(seconds=min(request_timeout, 5)),
        request_timeout=timedelta(seconds=request_timeout),
    )


def error_of(answer: Answer) -> AdapterError:
    assert answer.kind is AnswerKind.ERROR
    assert answer.error is not None
    assert answer.error.hint
    return answer.error


def test_a_server_is_heard(serve: Serve, order: Order) -> None:
    """The same objects as over a pipe, one POST each, over one connection."""
    connections: set[object] = set()

    def behave(handler: http.server.BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        connections.add(handler.client_address)
        sign(handler, request)

    adapter = reach(serve(behave))
    assert (adapter.hello.name, adapter.hello.language) == ("web", "go")
    assert [adapter.sign(order(t)).headers.first("X-Target") for t in ("/a", "/b?c")] == [
        "/a",
        "/b?c",
    ]
    assert len(connections) == 1
    adapter.close()


def test_several_fly_at_a_time(serve: Serve, order: Order) -> None:
    """The server answers nobody before four are there; answers come in the order of the orders."""
    together = threading.Barrier(4, timeout=10)

    def behave(handler: http.server.BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        together.wait()
        sign(handler, request)

    adapter = reach(serve(behave, max_in_flight=4))
    targets = [f"/{n}" for n in range(8)]
    answers = adapter.sign_many(map(order, targets))
    assert [answer.headers.first("X-Target") for answer in answers] == targets
    adapter.close()


def test_nothing_that_listens_is_said_at_the_start() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://user:secret@127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(AdapterStartError) as caught:
        reach(address)
    assert "Connection refused" in caught.value.message
    assert "secret" not in caught.value.message
    assert "start" in caught.value.hint


@pytest.mark.parametrize("address", ["http://", "http://[::1", "http://a:b/", "http://:80/"])
def test_an_address_that_is_none_is_said(address: str) -> None:
    with pytest.raises(AdapterStartError, match="no address of an HTTP adapter"):
        reach(address)


def test_proxies_of_the_environment_are_not_used(
    serve: Serve, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    monkeypatch.setenv("NO_PROXY", "")
    assert reach(serve(sign)).sign(order()).kind is AnswerKind.OK


def broken_by(serve: Serve, order: Order, behave: Behave, **settings: float) -> AdapterError:
    adapter = reach(serve(behave), **settings)
    error = error_of(adapter.sign(order()))
    assert "Traceback" not in error.message
    adapter.close()
    return error


def test_a_redirect_is_not_followed(serve: Serve, order: Order) -> None:
    def behave(handler: http.server.BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(307)
        handler.send_header("Location", elsewhere)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    elsewhere = serve(sign)
    error = broken_by(serve, order, behave)
    assert isinstance(error, AdapterProtocolError)
    assert "answered HTTP 307, not 200" in error.message


def test_another_status_shows_the_body(serve: Serve, order: Order) -> None:
    error = broken_by(serve, order, lambda h, _: reply(h, b"<h1>no\x1b", 500))
    assert "HTTP 500" in error.message
    assert error.detail == "the body: <h1>no\\x1b"


def test_another_id_is_named(serve: Serve, order: Order) -> None:
    error = broken_by(serve, order, lambda h, _: say(h, id="x", ok={"headers": []}))
    assert "has the id 'x'" in error.message


def test_what_is_no_json_is_quoted(serve: Serve, order: Order) -> None:
    error = broken_by(serve, order, lambda h, _: reply(h, b"hi"))
    assert "is no JSON" in error.message
    assert error.detail == "the answer: hi"


def test_an_answer_without_end_is_cut_off(serve: Serve, order: Order) -> None:
    def behave(handler: http.server.BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    error = broken_by(serve, order, behave)
    assert error.message == "the adapter sent an answer of more than 1 MiB"


def test_a_connection_that_breaks_is_named(serve: Serve, order: Order) -> None:
    def behave(handler: http.server.BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    error = broken_by(serve, order, behave)
    assert isinstance(error, AdapterCrashError)
    assert "connection to the adapter at http://127.0.0.1" in error.message


def test_half_an_answer_is_named(serve: Serve, order: Order) -> None:
    def behave(handler: http.server.BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"id":')
        handler.close_connection = True

    error = broken_by(serve, order, behave)
    assert isinstance(error, AdapterCrashError | AdapterProtocolError)


def test_a_server_that_hangs_or_drips_is_given_up(serve: Serve, order: Order) -> None:
    """One that drips would satisfy a time-out that starts anew with each octet."""

    def behave(handler: Any, request: dict[str, Any]) -> None:
        if request["target"] == "/hang":
            handler.ended.wait(20)
        elif request["target"] == "/drip":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            while not handler.ended.wait(0.05):
                handler.wfile.write(b" ")
        else:
            sign(handler, request)

    adapter = reach(serve(behave), request_timeout=0.5)
    for target in ("/hang", "/drip"):
        error = error_of(adapter.sign(order(target)))
        assert isinstance(error, AdapterTimeoutError)
        assert "did not answer within 0.5 s" in error.message
        assert adapter.sign(order("/after")).headers.first("X-Target") == "/after"
    adapter.close()


def test_after_six_lost_requests_nothing_more_is_asked(serve: Serve, order: Order) -> None:
    """As with a process: a dead server does not cost a time-out for each of a thousand cases."""
    asked = 0

    def behave(handler: http.server.BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        nonlocal asked
        asked += 1
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    adapter = reach(serve(behave))
    errors = [error_of(answer) for answer in adapter.sign_many([order()] * 20)]
    assert [type(error) for error in errors[:6]] == [AdapterCrashError] * 6
    assert {type(error) for error in errors[6:]} == {AdapterGoneError}
    assert asked <= 8
    adapter.close()


def test_after_close_nothing_is_asked(serve: Serve, order: Order) -> None:
    adapter = reach(serve(sign))
    adapter.close()
    adapter.close()
    assert isinstance(error_of_closed(adapter.sign(order())), AdapterGoneError)


def error_of_closed(answer: Answer) -> AdapterError:
    assert answer.error is not None
    return answer.error
