"""The reference client against a server that answers with whatever octets it likes."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from conformance.client import Client, Credentials, Endpoint, Outcome
from conformance.clock import ManualClock, SystemClock
from tests.client.server import Server, self_signed, serving, whole

TOKEN = json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": "t-1"}).encode()
REFUSED = b'{"title": "Unauthorized.", "status": "401", "detail": "The access token expired."}'
THROTTLED = b'{"title": "Rate limit is exceeded.", "status": "429"}'


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("server"))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().now())


def client_of(
    server: Server, files: tuple[Path, Path], credentials: Credentials, clock: ManualClock
) -> Client:
    endpoint = Endpoint(base_url=server.url, ca_file=files[0])
    return Client(endpoint, credentials, clock=clock, wait=clock.advance)


def scripted(*answers: bytes) -> Callable[[ssl.SSLSocket, bytes], None]:
    """Answer with one after the other, and with the last one from then on."""
    left = [*answers]

    def answer(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return answer


def lines(server: Server) -> list[str]:
    return [request.partition(b" HTTP")[0].decode() for request in server.seen]


def test_a_429_after_a_new_token_does_not_cost_another_token(
    files: tuple[Path, Path], credentials: Credentials, clock: ManualClock
) -> None:
    script = scripted(
        whole(200, TOKEN), whole(401, REFUSED), whole(200, TOKEN.replace(b"t-1", b"t-2")),
        whole(429, THROTTLED, "Retry-After: 2"), whole(200, b"pong"),
    )  # fmt: skip
    with serving(files, script) as server, client_of(server, files, credentials, clock) as client:
        result = client.ping()
    assert result.outcome is Outcome.SUCCESS
    assert result.attempts == 3
    assert lines(server) == [
        "POST /oauth2/token", "GET /ping", "POST /oauth2/token", "GET /ping", "GET /ping",
    ]  # fmt: skip
    assert b"Bearer t-2\r\n" in server.seen[3]
    assert b"Bearer t-2\r\n" in server.seen[4]


def test_each_reason_counts_once_so_no_server_makes_it_go_round_in_circles(
    files: tuple[Path, Path], credentials: Credentials, clock: ManualClock
) -> None:
    """401, 429, 503 and lost connections in turn, for ever: four tries and no more."""
    turn = iter(range(1000))

    def answer(connection: ssl.SSLSocket, request: bytes) -> None:
        if request.startswith(b"POST"):
            connection.sendall(whole(200, TOKEN))
            return
        match next(turn) % 4:
            case 0:
                connection.sendall(whole(401, REFUSED))
            case 1:
                connection.sendall(whole(429, THROTTLED, "RateLimit-Reset: 1"))
            case 2:
                connection.sendall(whole(503, b"", "Retry-After: 1"))

    with serving(files, answer) as server, client_of(server, files, credentials, clock) as client:
        result = client.ping()
    assert result.outcome is Outcome.API_ERROR
    assert (result.status, result.attempts) == (401, 5)
    assert lines(server).count("POST /oauth2/token") == 2


@pytest.mark.parametrize(
    "octets",
    [
        b"", b"\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 429 No\r\nRateLimit-Reset: 99999999999999999999\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        whole(500, b"\xff\xfe{" + b"[" * 100_000),
        whole(429, b"[" * 5000),
        whole(401, b'{"title": {"a": 1}, "status": true, "violations": "none"}'),
    ],
    ids=range(15),
)  # fmt: skip
def test_whatever_comes_ends_in_a_result(
    files: tuple[Path, Path], credentials: Credentials, clock: ManualClock, octets: bytes
) -> None:
    """For the token and for the request itself; no exception, no second round."""
    for script in (scripted(octets), scripted(whole(200, TOKEN), octets)):
        with serving(files, script) as server:
            with client_of(server, files, credentials, clock) as client:
                result = client.ping()
            assert isinstance(result.outcome, Outcome)
            assert len(server.seen) <= 5
            assert len(result.says) < 2000
            assert "\x1b" not in result.says


@pytest.mark.parametrize(
    "token",
    [
        b'{"access_token": "a\\r\\nX-Injected: 1"}', b'{"access_token": ""}', b"[]", b'"t"',
        b'{"access_token": ["t"]}', b'{"access_token": "t t"}', b'{"access_token": "\\u00e4"}',
    ],
)  # fmt: skip
def test_a_token_that_cannot_be_sent_is_never_sent(
    files: tuple[Path, Path], credentials: Credentials, clock: ManualClock, token: bytes
) -> None:
    script = scripted(whole(200, token))
    with serving(files, script) as server, client_of(server, files, credentials, clock) as client:
        result = client.ping()
    assert result.says == "no token: the answer holds none"
    assert lines(server) == ["POST /oauth2/token"]


def test_the_token_request_is_signed_in_authorization_and_is_a_form(
    files: tuple[Path, Path], credentials: Credentials, clock: ManualClock
) -> None:
    script = scripted(whole(200, TOKEN))
    with serving(files, script) as server, client_of(server, files, credentials, clock) as client:
        client.ping()
    head, _, body = server.seen[0].partition(b"\r\n\r\n")
    fields = [line.partition(b": ")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert b"\r\nAuthorization: Signature keyId=" in head
    assert b"signature" not in fields
    assert b"\r\nContent-Type: application/x-www-form-urlencoded" in head
    assert body == (
        f"client_id={credentials.client_id}&client_secret={credentials.client_secret}".encode()
    )


@pytest.fixture
def stopped() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("where", ["status line", "head", "body"])
def test_a_server_that_drips_meets_the_deadline(
    files: tuple[Path, Path], credentials: Credentials, stopped: threading.Event, where: str
) -> None:
    """Each octet comes in time, so that no time-out of a read ever passes."""
    first = {"status line": b"", "head": b"HTTP/1.1 200 OK\r\nX: ",
             "body": b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"}[where]  # fmt: skip

    def drip(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(first)
        while not stopped.wait(0.02):
            connection.sendall(b"H")

    clock = SystemClock()
    with serving(files, drip) as server:
        endpoint = Endpoint(base_url=server.url, ca_file=files[0])
        with Client(endpoint, credentials, clock=clock) as client:
            began = time.monotonic()
            result = client.send("GET", "/ping", deadline=timedelta(seconds=0.4))
            took = time.monotonic() - began
        stopped.set()
    assert result.outcome is Outcome.GAVE_UP
    assert 0.3 < took < 2


def test_a_server_that_never_answers_meets_the_deadline(
    files: tuple[Path, Path], credentials: Credentials, stopped: threading.Event
) -> None:
    def keep_silent(*_: object) -> None:
        stopped.wait(5)

    with serving(files, keep_silent) as server:
        endpoint = Endpoint(base_url=server.url, ca_file=files[0])
        with Client(endpoint, credentials) as client:
            result = client.send("GET", "/ping", deadline=timedelta(seconds=0.3))
        stopped.set()
    assert result.outcome is Outcome.GAVE_UP
    assert result.says.startswith("no token: ")
