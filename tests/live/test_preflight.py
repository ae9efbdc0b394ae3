"""A preflight that fails names one cause and one thing to do; what a probe judges, it lets pass."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from conformance.client.credentials import Credentials
from conformance.client.message import Answer
from conformance.errors import UsageError
from conformance.live.course import Course, Line
from conformance.live.preflight import preflight
from conformance.live.route import address_told
from conformance.live.stranger import unknown_identity
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import Sandbox
from conformance.wire.message import HeaderFields
from tests.live.calling import session_with


def cause(sandbox: Sandbox, credentials: Credentials) -> str:
    session = session_with(sandbox, credentials, answer_s=0.3)
    with pytest.raises(UsageError) as caught:
        preflight(session)
    session.close()
    assert caught.value.hint
    return f"{caught.value.message} · {caught.value.hint}"


def test_all_is_well(sandbox: Sandbox, credentials: Credentials) -> None:
    session = session_with(sandbox, credentials)
    assert preflight(session) == []
    assert session.token
    session.close()


def test_each_wrong_credential_is_told_from_the_others(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    stranger = unknown_identity(sandbox.clock.now())
    for changed, says in (
        (replace(credentials, subscription_key="0" * 32), "subscription key"),
        (replace(credentials, client_secret="wrong-secret"), "client secret"),
        (replace(credentials, tls=stranger), "TLS certificate"),
        (replace(credentials, signing=stranger), "signing certificate"),
        (replace(credentials, signing=credentials.tls), "one key between them"),
    ):
        assert says in cause(sandbox, changed)


def test_a_clock_far_off_is_the_cause(sandbox: Sandbox, credentials: Credentials) -> None:
    sandbox.advance(timedelta(minutes=10))
    assert "clock is 600 s behind" in cause(sandbox, credentials).replace("599", "600")


def test_an_address_that_is_not_whitelisted_is_the_cause(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    sandbox.arm(Fault(kind=FaultKind.HTML, count=9, status=403))
    assert "HTML, status 403" in cause(sandbox, credentials)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (FaultKind.REDIRECT, "another-host.example"),
        (FaultKind.UNAVAILABLE, "503"),
        (FaultKind.RESET, "before its answer was whole"),
        (FaultKind.TRUNCATED, "before its answer was whole"),
        (FaultKind.STALL, "did not answer within"),
    ],
)
def test_trouble_on_the_way_is_the_cause(
    kind: FaultKind, says: str, sandbox: Sandbox, credentials: Credentials
) -> None:
    sandbox.arm(Fault(kind=kind, count=9, seconds=0.6))
    assert says in cause(sandbox, credentials)


@pytest.mark.parametrize(
    "deviation", ["ping-text", "ping-status", "ping-empty", "token-status", "token-no-type",
                  "token-lifetime-text", "token-no-access-token"],
)  # fmt: skip
def test_what_a_probe_judges_is_no_cause(
    deviation: str, sandbox: Sandbox, credentials: Credentials
) -> None:
    sandbox.deviate(deviation)
    session = session_with(sandbox, credentials)
    preflight(session)
    session.close()


def lines_of(sandbox: Sandbox, credentials: Credentials) -> dict[str, Line]:
    """Return what a preflight saw, by the names of its lines, whether or not it passed."""
    session = session_with(sandbox, credentials, answer_s=0.3)
    course = Course(session.time.monotonic)
    with suppress(UsageError):
        preflight(session, course)
    session.close()
    return {line.name: line for line in course.lines}


def test_each_line_is_told_in_order_with_what_was_seen(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    found = lines_of(sandbox, credentials)
    assert [*found] == [
        "certificates", "DNS", "TCP", "TLS", "address", "clock", "token", "ping",
    ]  # fmt: skip
    assert all(line.holds for line in found.values())
    moments = [line.at_s for line in found.values()]
    assert moments == sorted(moments)
    until = credentials.tls.certificate.not_valid_after_utc
    assert f"TLS RSA 2048, until {until:%Y-%m-%d}" in found["certificates"].says
    assert "localhost has the address 127.0.0.1" in found["DNS"].says
    assert f"127.0.0.1:{sandbox.port}" in found["TCP"].says
    assert found["TLS"].says.startswith("TLS 1.")
    assert "issued by CN=Partner API sandbox, valid until 20" in found["TLS"].says
    assert "127.0.0.1 is this machine's own" in found["address"].says
    assert "3,599 s" in found["token"].says


def test_the_line_that_fails_is_the_last_and_says_the_cause(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    stranger = unknown_identity(sandbox.clock.now())
    for changed, name in (
        (replace(credentials, signing=credentials.tls), "certificates"),
        (replace(credentials, client_secret="wrong-secret"), "token"),
        (replace(credentials, tls=stranger), "token"),
    ):
        *before, last = lines_of(sandbox, changed).values()
        assert (last.name, last.holds) == (name, False)
        assert all(line.holds for line in before)
    sandbox.advance(timedelta(minutes=10))
    *_, last = lines_of(sandbox, credentials).values()
    assert (last.name, last.holds) == ("clock", False)


def test_a_token_that_is_none_is_left_to_the_probes(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    sandbox.deviate("token-no-access-token")
    *_, last = lines_of(sandbox, credentials).values()
    assert (last.name, last.holds) == ("token", None)


def test_a_clock_a_little_off_is_told_and_corrected(
    sandbox: Sandbox, credentials: Credentials
) -> None:
    sandbox.advance(timedelta(seconds=40))
    found = lines_of(sandbox, credentials)
    assert found["clock"].holds
    assert found["clock"].says.startswith(("this machine's is 40 s", "this machine's is 39 s"))


@pytest.mark.parametrize(
    ("status", "headers", "body", "address"),
    [
        (403, (), b'{"detail": "Caller IP address 203.0.113.7 is not allowed."}', "203.0.113.7"),
        (403, (), b'{"detail": "2001:db8::7 is not allowed."}', "2001:db8::7"),
        (403, (), b'{"detail": "Caller IP address is not allowed. Access denied."}', ""),
        (403, (), b'{"version": "1.2.3", "at": "10:20:30", "n": "999.1.1.1"}', ""),
        (200, (("X-Client-IP", "203.0.113.7"),), b"", "203.0.113.7"),
        (200, (("X-Forwarded-For", "203.0.113.7, 10.0.0.1"),), b"", "203.0.113.7"),
        (200, (("X-Client-IP", "unknown"),), b"192.0.2.1", ""),
    ],
)
def test_the_address_is_that_which_an_answer_names(
    status: int, headers: tuple[tuple[str, str], ...], body: bytes, address: str
) -> None:
    answer = Answer(status=status, headers=HeaderFields(headers), body=body)
    assert address_told(answer) == address
