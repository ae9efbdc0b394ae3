"""A bad environment is never the partner's failure and never a pass: the whole plan, real servers.

What stands in the way from the beginning ends the run in the preflight: one cause, one thing to do.
What comes up later is inconclusive. The report is written each time.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.live.session import Session
from conformance.live.time import RealTime
from conformance.run import calling, reaching
from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.message import Answer, Arrival
from conformance.sandbox.running import Sandbox
from tests.live.running import check, configured
from tests.live.wire import HTML, connect_proxy

ALWAYS: Final = 10_000
FEW: Final = ("-k", "API-SUB or API-DIG or API-AUTH")
VARIABLE: Final = "LENDICO_CONFORMANCE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answering(Fault):
    """A fault that answers 403 with a body of its own."""

    body: bytes

    def instead(self, arrival: Arrival) -> Answer | None:
        del arrival
        kind = ("Content-Type", "application/json")
        return Answer(status=403, headers=(kind,), body=self.body)


@pytest.fixture(autouse=True)
def _environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configured(sandbox, monkeypatch, tmp_path)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Let something happen between the preflight and the first probe."""

    def arrange(happens: Callable[[], None]) -> None:
        def reach(*arguments: Any) -> Session:
            session = reaching.reach(*arguments)
            happens()
            return session

        monkeypatch.setattr(calling, "reach", reach)

    return arrange


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {
        item["id"]: item["outcome"]
        for item in found["requirements"]
        if any(check["reason"] != "deselected" for check in item["checks"])
    }


def ended(found: dict[str, Any], code: int, line: str, says: str) -> None:
    """See that the run ended in the preflight, at `line`, for the reason that `says` tells."""
    assert (code, found["verdict"]) == (2, "INVALID")
    assert says in found["aborted"]["reason"]
    assert found["aborted"]["hint"]
    *before, last = found["preflight"]
    assert last["says"].startswith(f"{line}: ")
    assert last["outcome"] == "wrong"
    assert all(step["outcome"] == "right" for step in before)
    assert not {"pass", "fail", "warn"} & set(outcomes(found).values())


@pytest.fixture
def nobody() -> Iterator[int]:
    """Give a port on which nobody listens, and nobody can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_host_that_takes_no_connection(nobody: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{VARIABLE}BASE_URL", f"https://localhost:{nobody}/partner-api")
    code, found = check()
    ended(found, code, "TCP", "takes no connection")


def test_a_host_that_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{VARIABLE}BASE_URL", "https://nowhere.invalid/partner-api")
    code, found = check()
    ended(found, code, "DNS", "has no address")


@pytest.mark.parametrize("status", [b"200 OK", b"403 Forbidden", b"407 Proxy Auth Required"])
def test_a_proxy_that_answers_with_a_page(
    status: bytes, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect_proxy(b"HTTP/1.1 " + status + b"\r\n" + HTML) as proxy:
        monkeypatch.setenv(f"{VARIABLE}PROXY", proxy.url)
        code, found = check()
        ended(found, code, "TCP", proxy.url)
    assert not sandbox.record.exchanges()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (BadCertificate.OTHER_HOST, "is for another host"),
        (BadCertificate.UNTRUSTED, "not trusted"),
        (BadCertificate.EXPIRED, "has expired"),
    ],
)
def test_a_server_with_another_certificate(
    fault: BadCertificate, says: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{VARIABLE}BASE_URL", sandbox.bad_certificate_url(fault))
    code, found = check()
    ended(found, code, "TLS", says)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(kind=FaultKind.HTML, count=ALWAYS, status=200), "a page (HTML, status 200)"),
        (Fault(kind=FaultKind.UNAVAILABLE, count=ALWAYS), "503"),
        (Fault(kind=FaultKind.TRUNCATED, count=ALWAYS), "before its answer was whole"),
        (Fault(kind=FaultKind.RESET, count=ALWAYS), "before its answer was whole"),
        (Fault(kind=FaultKind.REDIRECT, count=ALWAYS), "another-host.example"),
        (Fault(kind=FaultKind.STALL, count=ALWAYS, seconds=1), "did not answer within 0.2 s"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_trouble_from_the_beginning_ends_the_preflight_at_the_token(
    fault: Fault, says: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{VARIABLE}ANSWER_TIMEOUT", "0.2")
    sandbox.arm(fault)
    code, found = check()
    ended(found, code, "token", says)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(kind=FaultKind.HTML, count=ALWAYS, status=403), "not-the-api"),
        (Fault(kind=FaultKind.UNAVAILABLE, count=ALWAYS), "server-error"),
        (Fault(kind=FaultKind.TRUNCATED, count=ALWAYS), "cut-off"),
        (Fault(kind=FaultKind.REDIRECT, count=ALWAYS), "redirected"),
        (Fault(kind=FaultKind.STALL, count=ALWAYS, seconds=1), "silence"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_trouble_after_the_preflight_is_inconclusive_for_all_it_met(
    fault: Fault, reason: str, sandbox: Sandbox,
    later: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if fault.kind is FaultKind.STALL:
        monkeypatch.setenv(f"{VARIABLE}ANSWER_TIMEOUT", "0.2")
    later(lambda: sandbox.arm(fault))
    code, found = check("-k", "API-SUB")
    assert (code, found["verdict"]) == (4, "INCOMPLETE")
    assert outcomes(found) == {"API-SUB-001": "inconclusive", "API-SUB-002": "inconclusive"}
    reasons = {check["reason"] for item in found["requirements"] for check in item["checks"]}
    assert reason in reasons


def test_a_server_that_fails_every_second_time_neither_fails_nor_passes(
    sandbox: Sandbox, later: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = sandbox.gateway.faults.take
    numbers = iter(range(ALWAYS))
    broken = Fault(kind=FaultKind.UNAVAILABLE)

    def unsteady() -> None:
        monkeypatch.setattr(
            sandbox.gateway.faults,
            "take",
            lambda *given: broken if next(numbers) % 2 else taken(*given),
        )

    later(unsteady)
    code, found = check(*FEW)
    assert (code, found["verdict"]) == (4, "INCOMPLETE")
    assert "fail" not in outcomes(found).values()
    har = json.loads(Path("reports/exchanges.har").read_text())
    statuses = {entry["_id"]: entry["response"]["status"] for entry in har["log"]["entries"]}
    checks = [check for item in found["requirements"] for check in item["checks"]]
    passed = [check for check in checks if check["outcome"] == "pass"]
    assert not [name for check in passed for name in check["evidence"] if statuses[name] == 503]
    met = [check for check in checks if any(statuses[name] == 503 for name in check["evidence"])]
    assert {check["outcome"] for check in met} == {"warn", "inconclusive"}


def test_retry_after_is_waited_for_and_told(
    sandbox: Sandbox, later: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sleeping here: what would have been slept is counted instead."""
    slept: list[float] = []
    monkeypatch.setattr(reaching, "RealTime", lambda clock: RealTime(clock, sleep=slept.append))
    held = Fault(kind=FaultKind.THROTTLED, headers=(("Retry-After", "30"),))
    later(lambda: sandbox.arm(held))
    code, found = check("-k", "API-SUB-001")
    assert code == 4
    assert outcomes(found) == {"API-SUB-001": "warn"}
    assert max(slept) > 29
    assert found["politeness"]["waited_s"] > 29


def test_retry_after_of_a_year_is_not_waited_for(
    sandbox: Sandbox, later: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(reaching, "RealTime", lambda clock: RealTime(clock, sleep=slept.append))
    held = Fault(kind=FaultKind.UNAVAILABLE, headers=(("Retry-After", "31536000"),))
    later(lambda: sandbox.arm(held))
    check("-k", "API-SUB-001")
    assert max(slept) <= timedelta(minutes=2).total_seconds()


@pytest.mark.parametrize("sent", [False, True])
def test_another_address_than_the_whitelisted_one_is_named(sent: bool, sandbox: Sandbox) -> None:
    """The API's own words name the address where it tells one."""
    body = {"title": "Forbidden", "status": 403, "detail": "Caller IP address is not allowed."}
    if sent:
        body["detail"] = "Caller IP address 203.0.113.77 is not allowed. Access denied."
    answer = json.dumps(body).encode()
    fault = _Answering(kind=FaultKind.HTML, count=ALWAYS, body=answer)
    sandbox.arm(fault)
    code, found = check()
    ended(found, code, "address", "203.0.113.77" if sent else "Forbidden")
    assert "127.0.0.1" in found["aborted"]["reason"]


@pytest.mark.slow
def test_workers_of_xdist_share_one_report_and_one_calls(sandbox: Sandbox) -> None:
    words = [sys.executable, "-m", "pytest", "-n", "2", "-q", "-p", "no:cacheprovider",
             "--pyargs", "conformance.suites.live", "-k", "API-SUB or API-DIG"]  # fmt: skip
    done = subprocess.run(
        words, env=os.environ.copy(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(Path("reports/readiness.json").read_text())
    assert set(outcomes(found).values()) == {"pass"}
    assert {step["outcome"] for step in found["preflight"]} == {"right"}
    assert len({step["says"] for step in found["preflight"]}) == len(found["preflight"])
    (har,) = [item for item in found["evidence"] if item["file"] == "exchanges.har"]
    assert har["exchanges"] == len(sandbox.record.exchanges()) == found["cases"]["sent"]
