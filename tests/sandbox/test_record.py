"""What the record keeps of an exchange, and what it never keeps."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest

from conformance.clock import ManualClock, SystemClock
from conformance.redaction import Redactor
from conformance.sandbox.exchange import Entry, Exchange
from conformance.sandbox.record import Record
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from conformance.sandbox.telling import line, plain, summary
from tests.sandbox.calling import Caller, application


def _last(caller: Caller) -> Exchange:
    return caller.sandbox.record.exchanges()[-1]


def test_a_request_that_passes_is_recorded_without_a_finding(caller: Caller) -> None:
    caller.send(caller.prepare())
    seen = _last(caller)
    assert (seen.status, seen.route, seen.reasons, seen.diagnosis) == (200, "ping", (), "")
    assert seen.requirement is None
    assert seen.client_id == caller.client_id
    assert seen.judgement is not None
    assert seen.judgement.findings == ()
    assert seen.took >= timedelta()


def test_header_fields_keep_order_case_and_repeats(caller: Caller) -> None:
    more = (("X-Two", "b"), ("x-TWO", "a"), ("X-Two", "b"))
    caller.send(caller.prepare(more=more))
    fields = [field for field in _last(caller).request.headers if field[0].lower() == "x-two"]
    assert tuple(fields) == more
    assert _last(caller).head.startswith(b"GET /partner-api/ping HTTP/1.1\r\nHost: localhost:")


def test_the_target_is_neither_decoded_nor_normalised(caller: Caller) -> None:
    path = "/ping%2F../%61?b=%20&&c=+&d"
    caller.send(caller.prepare("GET", path))
    assert _last(caller).request.target == f"/partner-api{path}"
    assert _last(caller).status == 404
    assert _last(caller).diagnosis == ""


def test_a_wrong_signature_is_explained_by_its_cause(caller: Caller) -> None:
    caller.send(caller.prepare(signed_path="/partner-api/ping"))
    seen = _last(caller)
    assert (seen.status, seen.route, seen.reasons) == (401, "signature", ("signature-wrong",))
    assert seen.requirement == "TGT-005"
    assert "gateway prefix" in seen.diagnosis


def test_a_signed_address_is_known_by_the_host_that_was_called(caller: Caller) -> None:
    caller.send(caller.prepare(signed_path=f"{caller.sandbox.base_url}/ping"))
    assert _last(caller).requirement in {"TGT-004", "TGT-005"}
    assert _last(caller).judgement is not None


@pytest.mark.parametrize(
    ("reason", "requirement"),
    [
        ("signature-tls-key", "SIG-002"), ("replay-path", "SIG-004"), ("date-ahead", "DATE-003"),
        ("digest-absent", "DIG-001"), ("certificate-absent", "TLS-001"),
        ("subscription-key-absent", "SUB-001"), ("bearer-absent", "AUTH-002"),
    ],
)  # fmt: skip
def test_what_was_refused_names_reason_and_requirement(
    caller: Caller, reason: str, requirement: str
) -> None:
    good = caller.prepare()
    caller.send(good)
    sending = {
        "signature-tls-key": caller.prepare(key=caller.tls_key),
        "replay-path": replace(good, target="/partner-api/pong"),
        "date-ahead": caller.prepare(ahead=timedelta(hours=2)),
        "digest-absent": good.without("Digest"),
        "subscription-key-absent": good.without("Subscription-Key"),
        "bearer-absent": good.without("Authorization"),
    }.get(reason, good)
    caller.send(sending, certificate=None if reason == "certificate-absent" else "tls")
    seen = _last(caller)
    assert seen.reasons[0] == reason
    assert seen.requirement == requirement
    assert seen.diagnosis


def test_a_good_request_with_a_bad_habit_is_served_and_found_out(caller: Caller) -> None:
    """The order of the signed headers warns (STR-003); the API takes it."""
    caller.send(caller.prepare(names="date digest (request-target)"))
    assert _last(caller).status == 200
    assert _last(caller).requirement == "STR-003"


@pytest.fixture
def secrets(caller: Caller) -> list[str]:
    return [
        caller.client_secret, caller.subscription_key, caller.token, caller.sandbox.control_token,
    ]  # fmt: skip


def test_no_secret_reaches_the_record(caller: Caller, secrets: list[str]) -> None:
    """Neither in a good exchange nor in findings about a bad one."""
    token = caller.send(caller.token_request()).json["access_token"]
    caller.send(caller.prepare())
    caller.send(caller.prepare().with_header("Signature", f"Bearer {caller.token}"))
    caller.send(caller.prepare().with_header("Date", caller.subscription_key))
    caller.send(caller.prepare().with_header("Subscription-Key", "one-that-is-wrong"))
    caller.send(caller.submission(application(purpose=caller.client_secret)))
    caller.send(caller.prepare("GET", f"/ping?key={caller.subscription_key}"))
    told = "\n".join(
        json.dumps(plain(entry)) + json.dumps(summary(entry)) + line(entry) + _decoded(plain(entry))
        for entry in caller.sandbox.record.entries()
    )
    for secret in (*secrets, token, "one-that-is-wrong"):
        assert secret not in told


def _decoded(content: Any) -> str:
    """Return all Base64 texts in `content`, decoded."""
    if isinstance(content, dict):
        return "".join(
            base64.b64decode(value).decode("latin-1")
            if name.endswith("_b64") and isinstance(value, str)
            else _decoded(value)
            for name, value in content.items()
        )
    return "".join(map(_decoded, content)) if isinstance(content, list) else ""


def test_equal_secrets_stay_recognisable(caller: Caller) -> None:
    """A client that gets a token for each request can be told from one that reuses it."""
    caller.send(caller.prepare())
    caller.send(caller.prepare())
    caller.get_token()
    caller.send(caller.prepare())
    pings = [item for item in caller.sandbox.record.exchanges() if item.route == "ping"]
    shown = [item.request.headers.first("authorization") for item in pings]
    assert shown[0] == shown[1] != shown[2]


def test_the_record_is_bounded_and_numbers_go_on(
    settings: SandboxSettings, clock: ManualClock
) -> None:
    with running_sandbox(replace(settings, kept=3), clock=clock) as sandbox:
        caller = Caller.of(sandbox)
        caller.get_token()
        for _ in range(4):
            caller.send(caller.prepare())
        assert [entry.number for entry in sandbox.record.entries()] == [3, 4, 5]
        assert [entry.number for entry in sandbox.record.entries(after=4)] == [5]
        assert sandbox.record.find(1) is None
        assert sandbox.record.find(5) is not None


def test_followers_and_listeners_see_each_entry_once(caller: Caller) -> None:
    caller.sandbox.record.entries()
    seen: list[Entry] = []
    end = caller.sandbox.record.listen(seen.append)
    with caller.sandbox.record.follow() as follower:
        caller.send(caller.prepare())
        entry = follower.next(timedelta(seconds=5))
        assert entry is not None
        assert follower.next(timedelta(milliseconds=1)) is None
    end()
    caller.send(caller.prepare())
    caller.sandbox.record.entries()
    assert [item.number for item in seen] == [entry.number]


def test_an_answer_does_not_wait_for_a_diagnosis(
    sandbox: Sandbox, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one failure is being explained, others are answered."""
    explaining, explained = Event(), Event()
    judged = sandbox.record.judged

    def slow(pending: Any) -> Any:
        explaining.set()
        assert explained.wait(10)
        return judged(pending)

    monkeypatch.setattr(sandbox.record, "judged", slow)
    try:
        assert caller.send(caller.prepare(key_id="wrong")).status == 401
        assert explaining.wait(10)
        assert caller.send(caller.prepare()).status == 200
    finally:
        explained.set()


def test_the_diagnosis_comes_in_the_response_only_when_asked_for(
    settings: SandboxSettings, clock: ManualClock, caller: Caller
) -> None:
    assert "Sandbox-Diagnosis" not in caller.send(caller.prepare(key_id="wrong")).headers
    with running_sandbox(replace(settings, explains=True), clock=clock) as sandbox:
        other = Caller.of(sandbox)
        other.get_token()
        reply = other.send(other.prepare(signed_path="/partner-api/ping"))
        assert reply.headers["Sandbox-Diagnosis"].startswith("TGT-005 the gateway prefix")
        assert "Sandbox-Diagnosis" not in other.send(other.prepare()).headers


def test_hostile_text_is_shown_escaped(caller: Caller) -> None:
    caller.send(caller.prepare().with_header("Date", "\x1b[31m\u00e9"))  # refused by h11 or guard
    caller.send(caller.prepare("GET", "/%1b[2J"))
    for entry in caller.sandbox.record.entries():
        assert line(entry).isprintable()
        assert line(entry).isascii()


def test_an_interruption_while_it_starts_is_not_hidden_by_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C comes when it comes: what a sandbox then does must not raise something else."""

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Thread, "start", interrupted)
    record = Record(Redactor(), SystemClock())
    with pytest.raises(KeyboardInterrupt):
        record.start()
    record.stop()
