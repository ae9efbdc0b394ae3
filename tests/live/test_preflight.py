"""A preflight that fails names one cause and one thing to do; what a probe judges, it lets pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from conformance.client.credentials import Credentials
from conformance.errors import UsageError
from conformance.live.preflight import preflight
from conformance.live.stranger import unknown_identity
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import Sandbox
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
