"""The starters that have a client, each run as a process against the local sandbox.

What counts is what arrives there; what the client says of itself is compared with it. All cases of
one starter run side by side, each against an address of its own, as the suite lets them.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shlex
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from queue import Queue
from typing import Any, Final

import pytest

from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.exchange import Exchange
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from conformance.starters import find_starter, write_starter
from tests.client.server import self_signed, serving, whole
from tests.sandbox.calling import application

pytestmark = pytest.mark.slow

SENDING: Final = ("bash", "go", "java", "node", "python")
DEADLINE: Final = 60.0
UNHELPFUL: Final = {
    "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "https_proxy": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9", "REQUESTS_CA_BUNDLE": "/dev/null",
    "CURL_CA_BUNDLE": "/dev/null", "NODE_EXTRA_CA_CERTS": "/dev/null",
    "JAVA_TOOL_OPTIONS": "-Duser.language=tr -Duser.country=TR -XX:TieredStopAtLevel=1",
}  # fmt: skip
"""A machine whose environment leads astray whoever listens to it."""

TARGETS: Final = {
    "plain": "/ping", "empty-query": "/ping?", "dots": "/a/../b/./c", "slashes": "//a//b",
    "percent": "/%c3%a4/%C3%A4/%7e~%2F;x=1", "plus": "/q?a=b+c&a=%20&=&&", "brackets": "/q?x=[1]",
    "odd": "/q?y={2}|^`'\"<>\\", "bare-percent": "/%/%zz", "fragment": "/ping#x",
}  # fmt: skip
CANNOT: Final = {
    "bash": {"fragment"}, "python": set[str](), "node": set[str](),
    "go": {"bare-percent", "fragment"}, "java": {"empty-query", "odd", "bare-percent", "fragment"},
}  # fmt: skip
"""What the HTTP library of a starter cannot send as it stands; the starter says so."""


class Process:
    """A running starter; answers may come in any order."""

    def __init__(self, language: str, folder: Path) -> None:
        starter = find_starter(language)
        if starter.missing_tools:
            pytest.skip(f"not on this machine: {', '.join(starter.missing_tools)}")
        write_starter(starter, folder)
        if starter.build:
            subprocess.run(shlex.split(starter.build), cwd=folder, check=True, timeout=120)
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        self._process = subprocess.Popen(
            shlex.split(starter.command), cwd=folder, env=os.environ | UNHELPFUL | {"PATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._lock = threading.Lock()
        self._answers: dict[str, Queue[Any]] = {}
        self.errors = b""
        self._threads = [threading.Thread(target=run) for run in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            answer = json.loads(line)
            self._answers[answer["id"]].put(answer)

    def _read_errors(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self.errors += line

    def ask(self, op: str, **fields: str) -> Any:
        assert self._process.stdin
        with self._lock:
            identity = str(len(self._answers))
            self._answers[identity] = Queue()
            line = json.dumps({"id": identity, "op": op, **fields}) + "\n"
            self._process.stdin.write(line.encode("ascii"))
            self._process.stdin.flush()
        return self._answers[identity].get(timeout=DEADLINE)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        for thread in self._threads:
            thread.join()


@dataclass
class Call:
    """One address, one client, and what was sent there."""

    process: Process
    sandbox: Sandbox
    answers: list[Any] = field(default_factory=list)

    def send(
        self, method: str = "GET", target: str = "/ping", body: bytes = b"", *,
        deadline: timedelta = timedelta(seconds=20), base_url: str = "", **more: str,
    ) -> Any:  # fmt: skip
        demo = self.sandbox.demo
        assert demo is not None
        base = base_url or self.sandbox.base_url
        answer = self.process.ask(
            "send", method=method, target=target, body_b64=base64.b64encode(body).decode(),
            headers="", base_url=base, token_url=f"{base}/oauth2/token",
            ca_file=more.get("ca_file", str(self.sandbox.ca_file)),
            tls_cert_file=str(demo.tls_certificate),
            tls_key_file=str(demo.tls_key), sign_cert_file=str(demo.signing_certificate),
            sign_key_file=str(demo.signing_key), client_id=demo.client_id.read_text(),
            client_secret=more.get("client_secret", demo.client_secret.read_text()),
            subscription_key=demo.subscription_key.read_text(),
            deadline_ms=str(round(deadline.total_seconds() * 1000)),
        )  # fmt: skip
        self.answers.append(answer)
        return answer

    @property
    def seen(self) -> list[Exchange]:
        return [*self.sandbox.record.exchanges()]

    @property
    def said(self) -> list[tuple[str, int]]:
        return [(it.request.target.removeprefix("/partner-api"), it.status) for it in self.seen]


Story = Callable[[Call], None]
STORIES: dict[str, Story] = {}
TOKEN, PING = ("/oauth2/token", 200), ("/ping", 200)


def story(play: Story) -> Story:
    STORIES[play.__name__] = play
    return play


def outcome(call: Call, index: int = -1) -> tuple[str, int | None]:
    ok = call.answers[index]["ok"]
    return ok["outcome"], ok.get("status")


@story
def it_pings_and_keeps_its_token(call: Call) -> None:
    call.send()
    call.send()
    assert call.said == [TOKEN, PING, PING]
    assert [it.diagnosis for it in call.seen] == [""] * 3
    assert all(it.certificate for it in call.seen)
    assert [outcome(call, index) for index in (0, 1)] == [("success", 200)] * 2


@story
def it_applies_under_a_key_of_its_own(call: Call) -> None:
    for crefo in ("1111111111", "2222222222"):
        call.send("POST", "/applications", application(crefo))
    assert call.said == [TOKEN, ("/applications", 201), ("/applications", 201)]
    keys = {it.request.headers.first("idempotency-key") for it in call.seen[1:]}
    assert len(keys) == 2
    assert all(key and len(key) == 36 for key in keys)


@story
def it_leaves_a_crefo_id_alone_that_is_throttled(call: Call) -> None:
    for amount in (10000, 20000):
        call.send("POST", "/applications", application(request_amount=amount))
    assert call.said[1:] == [("/applications", 201), ("/applications", 429)]
    assert outcome(call) == ("api_error", 429)


@story
def it_waits_out_a_429_and_signs_afresh(call: Call) -> None:
    call.sandbox.arm(
        Fault(kind=FaultKind.THROTTLED, path="/ping", headers=(("RateLimit-Reset", "1"),))
    )
    call.send()
    assert call.said == [TOKEN, ("/ping", 429), PING]
    first, second = call.seen[1:]
    assert second.at - first.at >= timedelta(seconds=1)
    assert first.request.headers.first("date") != second.request.headers.first("date")
    assert first.request.headers.first("signature") != second.request.headers.first("signature")
    assert call.answers[0]["ok"]["waited_ms"] >= 1000


@story
def it_ends_at_the_second_429(call: Call) -> None:
    headers = (("RateLimit-Reset", "1"),)
    call.sandbox.arm(Fault(kind=FaultKind.THROTTLED, path="/ping", count=9, headers=headers))
    call.send()
    assert call.said == [TOKEN, ("/ping", 429), ("/ping", 429)]
    assert outcome(call) == ("api_error", 429)


@story
def it_begins_no_wait_past_its_deadline(call: Call) -> None:
    headers = (("RateLimit-Reset", "60"),)
    call.sandbox.arm(Fault(kind=FaultKind.THROTTLED, path="/ping", headers=headers))
    call.send()
    assert call.said == [TOKEN, ("/ping", 429)]
    assert outcome(call)[0] == "gave_up"


@story
def it_renews_a_token_that_died_once(call: Call) -> None:
    call.sandbox.arm(Fault(kind=FaultKind.TOKEN_DIES, seconds=0))
    call.send()
    assert call.said == [TOKEN, ("/ping", 401), TOKEN, PING]


@story
def it_stops_when_its_token_is_refused_twice(call: Call) -> None:
    call.sandbox.arm(Fault(kind=FaultKind.TOKEN_DIES, count=9, seconds=0))
    call.send()
    assert call.said == [TOKEN, ("/ping", 401), TOKEN, ("/ping", 401)]
    assert outcome(call) == ("api_error", 401)


@story
def it_asks_once_with_a_wrong_secret(call: Call) -> None:
    call.send(client_secret="a &=+%\"'\\ wrong one")
    assert call.said == [("/oauth2/token", 401)]
    assert outcome(call) == ("api_error", 401)


@story
def it_gets_no_token_for_a_date_that_is_off(call: Call) -> None:
    call.send()
    call.sandbox.advance(timedelta(minutes=4))
    call.send()
    assert call.said == [TOKEN, PING, ("/ping", 401)]


@story
def it_tries_a_503_again_when_it_says_when(call: Call) -> None:
    headers = (("Retry-After", "1"),)
    call.sandbox.arm(Fault(kind=FaultKind.UNAVAILABLE, path="/ping", headers=headers))
    call.send()
    call.sandbox.arm(Fault(kind=FaultKind.UNAVAILABLE, path="/ping"))
    call.send()
    assert call.said == [TOKEN, ("/ping", 503), PING, ("/ping", 503)]


@story
def it_survives_bodies_that_are_no_problem(call: Call) -> None:
    call.sandbox.arm(Fault(kind=FaultKind.HTML, path="/ping", status=500))
    call.sandbox.arm(Fault(kind=FaultKind.HTML, path="/ping", status=401))
    call.sandbox.arm(Fault(kind=FaultKind.HTML, path="/ping", status=200))
    for _ in range(3):
        call.send()
    call.send("POST", "/applications", b"{}")
    assert [outcome(call, index) for index in range(4)] == [
        ("api_error", 500), ("api_error", 401), ("api_error", 200), ("api_error", 400),
    ]  # fmt: skip
    assert len(call.seen) == 5


@story
def it_takes_a_page_for_no_token(call: Call) -> None:
    call.sandbox.arm(Fault(kind=FaultKind.HTML, path="/oauth2/token", status=200))
    call.send()
    assert call.said == [TOKEN]
    assert outcome(call) == ("api_error", 200)


@story
def it_repeats_a_lost_get_signed_afresh(call: Call) -> None:
    for kind in (FaultKind.LOST, FaultKind.RESET, FaultKind.TRUNCATED):
        call.sandbox.arm(Fault(kind=kind, path="/ping"))
        call.send()
        first, second = call.seen[-2:]
        assert second.status == 200
        assert first.request.headers.first("signature") != second.request.headers.first("signature")
    assert len(call.seen) == 7


@story
def it_repeats_a_lost_application_under_the_same_key(call: Call) -> None:
    call.sandbox.arm(Fault(kind=FaultKind.LOST, path="/applications"))
    call.send("POST", "/applications", application())
    assert call.said == [TOKEN, ("/applications", 201), ("/applications", 201)]
    assert len({it.request.headers.first("idempotency-key") for it in call.seen[1:]}) == 1
    assert len({it.answer_body for it in call.seen[1:]}) == 1
    assert outcome(call) == ("success", 201)


@story
def it_gives_up_by_its_deadline(call: Call) -> None:
    call.send()
    call.sandbox.arm(Fault(kind=FaultKind.STALL, path="/ping", seconds=30))
    call.send(deadline=timedelta(seconds=1.5))
    assert outcome(call)[0] == "gave_up"
    assert len(call.seen) <= 3


@story
def it_gives_up_on_a_server_that_drips(call: Call) -> None:
    """Each octet comes in time, so that no time-out of a read ever passes."""
    stopped = threading.Event()

    def drip(connection: ssl.SSLSocket, request: bytes) -> None:
        if request.startswith(b"POST"):
            connection.sendall(whole(200, b'{"access_token": "t", "expires_in": 3599}'))
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        while not stopped.wait(0.05):
            connection.sendall(b"H")

    folder = call.sandbox.directory / "dripping"
    folder.mkdir()
    files = self_signed(folder)
    timer = threading.Timer(20, stopped.set)
    timer.start()
    with serving(files, drip) as server:
        call.send(base_url=server.url, ca_file=str(files[0]), deadline=timedelta(seconds=3))
        in_time = not stopped.is_set()
        timer.cancel()
        stopped.set()
    assert in_time
    assert outcome(call)[0] == "gave_up"


@story
def it_follows_no_redirect(call: Call) -> None:
    with running_sandbox() as elsewhere:
        for status in (302, 307):
            call.sandbox.arm(
                Fault(kind=FaultKind.REDIRECT, path="/ping", status=status,
                      location=elsewhere.origin)
            )  # fmt: skip
            call.send()
            assert outcome(call) == ("api_error", status)
        assert not elsewhere.record.exchanges()
    assert len(call.seen) == 3


@story
def it_refuses_bad_server_certificates(call: Call) -> None:
    for fault in BadCertificate:
        call.send(base_url=call.sandbox.bad_certificate_url(fault))
        assert outcome(call)[0] == "transport_error"
    assert not call.seen


@story
def it_never_speaks_plain_http(call: Call) -> None:
    answer = call.send(base_url=call.sandbox.base_url.replace("https:", "http:"))
    assert "error" in answer or answer["ok"]["outcome"] == "transport_error"
    assert not call.seen


@story
def it_sends_targets_as_they_stand_or_says_that_it_cannot(call: Call) -> None:
    name = call.process.ask("hello", protocol="1", suite_version="0")["ok"]["name"]
    cannot = CANNOT[name.removeprefix("example-")]
    sent = []
    for kind, target in TARGETS.items():
        answer = call.send(target=target)
        assert ("unsupported" in answer) is (kind in cannot), kind
        sent += [] if kind in cannot else [target]
    arrived = call.seen[1:]
    assert [it.request.target.removeprefix("/partner-api") for it in arrived] == sent
    for it in arrived:
        assert it.judgement is not None
        assert not it.judgement.findings, it.request.target


@story
def it_sends_bodies_as_they_stand(call: Call) -> None:
    bodies = (b"\x00\xff\r\n\n", bytes(range(256)), b"x" * 100_000)
    for body in bodies:
        call.send("POST", "/ping", body)
    assert tuple(it.request.body for it in call.seen[1:]) == bodies
    assert {it.status for it in call.seen[1:]} == {405}


@pytest.fixture(scope="module", params=SENDING)
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, BaseException | None]:
    """Play every story with one process, four at once, and keep what came of each."""
    process = Process(request.param, tmp_path_factory.mktemp(request.param))
    directory = tmp_path_factory.mktemp("partner") / "kept"

    def play(name: str) -> BaseException | None:
        with running_sandbox(SandboxSettings(directory=directory)) as sandbox:
            try:
                STORIES[name](Call(process, sandbox))
            except Exception as error:  # noqa: BLE001 - told by the test of its name
                return error
        return None

    with running_sandbox(SandboxSettings(directory=directory)) as sandbox:
        hidden = [secret.encode() for secret in sandbox.partners[0].secrets]
    try:
        with ThreadPoolExecutor(4) as pool:
            results = dict(zip(STORIES, pool.map(play, STORIES), strict=True))
    finally:
        process.close()
    leaked = [secret for secret in hidden if secret in process.errors]
    results["no_secret_is_logged"] = AssertionError(process.errors) if leaked else None
    return results


@pytest.mark.parametrize("name", [*STORIES, "no_secret_is_logged"])
def test_a_starter_is_a_client_worth_copying(
    played: dict[str, BaseException | None], name: str
) -> None:
    found = played[name]
    if found is not None:
        raise found
