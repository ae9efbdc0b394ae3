"""Faults that are armed meet the next so many matching requests, and then no more."""

from __future__ import annotations

import json
import socket
import ssl
from datetime import timedelta

import pytest
import requests

from conformance.clock import SystemClock
from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import running_sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.sandbox.calling import Caller, exchange


def test_throttled_comes_with_the_headers_given(caller: Caller) -> None:
    headers = (("RateLimit-Reset", "7"), ("Retry-After", "7"))
    caller.sandbox.arm(Fault(kind=FaultKind.THROTTLED, headers=headers))
    reply = caller.send(caller.prepare())
    assert (reply.status, reply.headers["RateLimit-Reset"]) == (429, "7")
    assert reply.json["detail"] == "Rate limit is exceeded. Try again in 7 seconds."
    assert caller.send(caller.prepare()).status == 200


def test_a_fault_counts_the_requests_that_match(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.UNAVAILABLE, count=2, method="GET", path="/ping"))
    assert caller.send(caller.submission()).status == 201
    assert [caller.send(caller.prepare()).status for _ in range(3)] == [503, 503, 200]
    assert caller.sandbox.faults == ()


def test_faults_are_met_in_the_order_armed_and_can_be_disarmed(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.UNAVAILABLE))
    caller.sandbox.arm(Fault(kind=FaultKind.HTML, count=5))
    assert [caller.send(caller.prepare()).status for _ in range(2)] == [503, 502]
    caller.sandbox.disarm()
    assert caller.send(caller.prepare()).status == 200


def test_html_comes_instead_of_json(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.HTML, status=200))
    reply = caller.send(caller.prepare())
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/html")
    assert reply.body.startswith(b"<!doctype html>")


def test_an_empty_body_has_no_octets(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.EMPTY))
    reply = caller.send(caller.prepare())
    assert (reply.status, reply.body) == (200, b"")


def test_a_truncated_body_ends_too_early(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.TRUNCATED))
    with caller.connect() as connection:
        connection.sendall(caller.prepare().octets)
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ssl.SSLError:
            pass
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"Content-Length: 33" in head
    assert body == b"You are connected to partner API!"[:16]


def test_an_answer_that_is_lost_leaves_what_was_created(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.LOST, method="POST", path="/applications"))
    with caller.connect() as connection:
        connection.sendall(caller.submission(key="k").octets)
        assert _ending(connection) == b""
    (lost,) = caller.sandbox.record.exchanges()[-1:]
    assert (lost.status, lost.fault) == (201, "lost")
    again = caller.send(caller.submission(key="k"))
    assert again.status == 201
    assert json.loads(lost.answer_body) == again.json, "the same key gives the same application"


def _ending(connection: ssl.SSLSocket) -> bytes:
    """Return what comes before the connection ends, in whatever way it does."""
    try:
        return connection.recv(65536)
    except (ssl.SSLError, ConnectionError):
        return b""


def _drain(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def test_a_reset_is_a_reset_and_nothing_is_served(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.RESET))
    connection = caller.connect()
    connection.sendall(caller.submission(key="k").octets)
    with socket.socket(fileno=connection.detach()) as raw:  # `ssl` takes a reset for an end
        raw.settimeout(10)
        with pytest.raises(ConnectionResetError):
            _drain(raw)
    assert caller.send(caller.submission(key="other")).status == 201, "no crefo id was taken"


def test_a_stall_answers_nothing(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.STALL, seconds=0.2))
    with caller.connect() as connection:
        connection.settimeout(0.1)
        connection.sendall(caller.prepare().octets)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(5)
        assert _ending(connection) == b""


def test_stopping_does_not_wait_for_a_stall(settings: SandboxSettings) -> None:
    clock = SystemClock()
    with running_sandbox(settings) as sandbox:
        caller = Caller.of(sandbox)
        sandbox.arm(Fault(kind=FaultKind.STALL, seconds=600))
        connection = caller.connect()
        connection.sendall(caller.prepare().octets)
        with sandbox.record.follow() as follower:
            assert sandbox.record.exchanges() or follower.next(timedelta(seconds=5))
        began = clock.monotonic()
    assert clock.monotonic() - began < 3
    connection.close()


def test_a_redirect_leads_to_another_host(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.REDIRECT, location="https://127.0.0.1:1/"))
    reply = caller.send(caller.prepare())
    assert reply.status == 307
    assert reply.headers["Location"] == "https://127.0.0.1:1/partner-api/ping"


def test_a_token_dies_earlier_than_it_said(caller: Caller) -> None:
    caller.sandbox.arm(Fault(kind=FaultKind.TOKEN_DIES, path="/oauth2/token", seconds=30))
    reply = caller.send(caller.token_request())
    assert reply.json["expires_in"] == 3599
    caller.token = reply.json["access_token"]
    caller.sandbox.advance(timedelta(seconds=29))
    assert caller.send(caller.prepare()).status == 200
    caller.sandbox.advance(timedelta(seconds=1))
    assert caller.send(caller.prepare()).json["title"] == "Unauthorized"


@pytest.mark.parametrize("fault", BadCertificate)
def test_a_bad_server_certificate_is_refused_by_a_good_client(
    caller: Caller, fault: BadCertificate
) -> None:
    url = caller.sandbox.bad_certificate_url(fault)
    assert caller.sandbox.bad_certificate_url(fault) == url, "one port for each"
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError) as caught:
            session.get(f"{url}/ping", verify=str(caller.sandbox.ca_file))
    word = {
        "untrusted": "verify failed", "self-signed": "self-signed", "expired": "expired",
        "other-host": "localhost",
    }  # fmt: skip
    assert word[fault.value] in str(caught.value)


def test_the_api_behind_a_bad_certificate_serves_a_careless_client(caller: Caller) -> None:
    """Only so can a client be caught that does not look at the certificate."""
    url = caller.sandbox.bad_certificate_url(BadCertificate.UNTRUSTED)
    port = int(url.rpartition(":")[2].partition("/")[0])
    context = caller.context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    with context.wrap_socket(plain) as connection:
        assert exchange(connection, caller.prepare().octets).status == 200
