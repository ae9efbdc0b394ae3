"""Clients that do not even play along are named for what they are, and the run goes on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.adapters import calls, open_adapter
from conformance.catalogue import load_catalogue
from conformance.clock import SystemClock
from conformance.report.check import Check, Outcome
from conformance.report.storied import StoryTeller, unsent_checks
from conformance.stories.case import ClientCase
from conformance.stories.cases import load_cases
from conformance.stories.judging import judge_story
from conformance.stories.playing import Playing
from conformance.wire.message import SignedPath
from tests.faulty.clients.compact import CompactClient, Order
from tests.faulty.clients.faulty import (
    NeverConnects,
    OpensAThousandConnections,
    SaysSuccessAndSendsNothing,
    SpeaksPlainHttp,
)
from tests.faulty.clients.playing import play

CASES = load_cases()
PING = CASES["call/ping"]


def told(client: object, directory: Path, *cases: ClientCase) -> dict[str, list[Check]]:
    """Return the checks of each case."""
    shown = play(client, directory, cases or (PING,))
    found: dict[str, list[Check]] = {}
    for check in shown.checks:
        found.setdefault(check.id, []).append(check)
    return found


def test_success_with_nothing_on_the_wire_is_a_failure_of_all_that_was_to_be_shown(
    tmp_path: Path,
) -> None:
    checks = told(SaysSuccessAndSendsNothing(), tmp_path)["story:call/ping"]

    assert {check.outcome for check in checks} <= {Outcome.FAIL, Outcome.WARN}
    assert {check.reason for check in checks} == {"nothing-sent"}
    assert "says success, but nothing came over the wire" in checks[0].observed


def test_a_client_that_never_connects_has_shown_nothing(tmp_path: Path) -> None:
    found = told(NeverConnects(), tmp_path, PING, CASES["tls/expired"])

    assert {check.outcome for check in found["story:call/ping"]} == {Outcome.ERROR}
    assert "never connected" in found["story:call/ping"][0].observed
    (tls,) = found["story:tls/expired"]
    assert tls.outcome is Outcome.NOT_RUN, "who never connects has refused nothing"
    assert tls.observed == "the client did not try to connect"


def test_plain_http_is_called_plain_http(tmp_path: Path) -> None:
    checks = told(SpeaksPlainHttp(), tmp_path)["story:call/ping"]

    (tls,) = [check for check in checks if check.requirement == "TLS-001"]
    assert (tls.outcome, tls.reason) == (Outcome.FAIL, "plain-http")
    others = {check.outcome for check in checks if check.requirement != "TLS-001"}
    assert others == {Outcome.ERROR}
    assert "HTTP without TLS" in checks[0].observed


def test_a_thousand_connections_are_a_flood_and_the_call_is_judged_all_the_same(
    tmp_path: Path,
) -> None:
    checks = told(OpensAThousandConnections(), tmp_path)["story:call/ping"]

    amiss = [check for check in checks if check.outcome is not Outcome.PASS]
    assert [(check.requirement, check.reason) for check in amiss] == [("RATE-002", "floods")]
    assert int(amiss[0].observed.split()[0]) >= 900
    assert amiss[0].story is not None
    assert len(amiss[0].story.steps) <= 24


class HangsOnce(CompactClient):
    """It never comes back from a ping with this query."""

    def send(self, **fields: Any) -> dict[str, Any]:
        if fields["target"] == "/ping?a=1":
            import threading  # noqa: PLC0415

            threading.Event().wait(30)
        return super().send(**fields)


def test_a_client_that_hangs_is_left_to_itself_and_the_others_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "GRACE", timedelta(seconds=0.2))
    hanging = CASES["wire/target/query"]
    short = replace(hanging, asks=(replace(hanging.asks[0], deadline=timedelta(seconds=0.3)),))

    found = told(HangsOnce(), tmp_path, short, PING)

    (check,) = found["story:wire/target/query"]
    assert check.outcome is Outcome.ERROR
    assert "did not come back within 0.5 s" in check.observed
    assert all(item.outcome is Outcome.PASS for item in found["story:call/ping"])


class DistrustsTheSandbox(CompactClient):
    def context(self, order: Order) -> Any:  # noqa: ARG002 - it trusts whom it always trusts
        import ssl  # noqa: PLC0415

        return ssl.create_default_context()


def test_a_client_that_ignores_the_authority_is_told_so(tmp_path: Path) -> None:
    checks = told(DistrustsTheSandbox(), tmp_path)["story:call/ping"]

    assert {check.outcome for check in checks} == {Outcome.ERROR}
    assert "does not trust the server's certificate" in checks[0].observed
    assert "`ca_file`" in checks[0].hint


def test_an_adapter_that_makes_no_calls_is_told_how_to_add_them() -> None:
    checks = unsent_checks(PING)

    assert {check.requirement for check in checks} == set(PING.requirements)
    assert all(check.outcome is Outcome.NOT_RUN for check in checks)
    assert "docs/clients.md says how to add it" in checks[0].observed


CRASHES = """\
import json, os, sys, threading
sys.path.insert(0, {root!r})
from tests.faulty.clients.compact import CompactClient
client, lock = CompactClient(), threading.Lock()
def say(identity, **answer):
    with lock:
        sys.stdout.write(json.dumps({{"id": identity, **answer}}) + "\\n"); sys.stdout.flush()
def make(request):
    if request["target"] == "/ping?a=1":
        os._exit(7)
    import base64
    fields = {{**request, "body": base64.b64decode(request["body_b64"])}}
    say(request["id"], ok=client.send(**fields))
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "bye":
        break
    if request["op"] == "hello":
        say(request["id"], ok={{"protocol": 1, "name": "crashing", "language": "python",
                                "can": ["send"], "max_in_flight": 4}})
        continue
    threading.Thread(target=make, args=(request,), daemon=True).start()
"""


def play_process(command: Sequence[str], directory: Path, cases: Sequence[ClientCase]) -> Any:
    adapter = open_adapter(command, clock=SystemClock())
    playing = Playing(adapter, directory, clock=SystemClock(), signed_path=SignedPath.RELATIVE)
    teller = StoryTeller(catalogue=load_catalogue())
    known = {case.id: case for case in cases}
    try:
        return {
            story.case: teller.checks(known[story.case], story, judge_story(story))
            for story in playing.play(cases)
        }
    finally:
        adapter.close()


def test_a_crash_is_blamed_on_the_case_that_met_it_and_no_call_is_counted_twice(
    tmp_path: Path,
) -> None:
    """Whatever was in flight is played again from the beginning, alone, on a new sandbox."""
    root = str(Path(__file__).parents[2])
    path = tmp_path / "client.py"
    path.write_text(CRASHES.format(root=root), encoding="utf-8")
    names = ("wait/rate-limit", "wire/target/query", "token/reuse", "application/two")

    found = play_process(
        [sys.executable, str(path)], tmp_path / "vault", [CASES[name] for name in names]
    )

    assert set(found) == set(names)
    (crashed,) = found.pop("wire/target/query")
    assert crashed.outcome is Outcome.ERROR
    assert "exit code 7" in crashed.observed
    for name, checks in found.items():
        assert {check.outcome for check in checks} == {Outcome.PASS}, (name, checks)


def test_what_a_client_cannot_send_is_no_pass(tmp_path: Path) -> None:
    class CannotSendDots(CompactClient):
        def send(self, **fields: Any) -> dict[str, Any]:
            if "/../" in fields["target"] or "+" in fields["target"]:
                raise NotImplementedError("our HTTP library cannot")
            return super().send(**fields)

    names = ("wire/target/plus", "wire/target/dot-dot")
    found = told(CannotSendDots(), tmp_path, *(CASES[name] for name in names))

    (plus,), (dots,) = (found[f"story:{name}"] for name in names)
    assert (plus.outcome, plus.reason) == (Outcome.NOT_RUN, "unsupported")
    assert plus.observed == "the client cannot send it: our HTTP library cannot"
    assert (dots.outcome, dots.reason) == (Outcome.NOT_APPLICABLE, "declined"), (
        "whoever cannot send what libraries rewrite can do without it"
    )


def test_a_client_that_sends_and_signs_another_target_has_shown_nothing_of_this_one(
    tmp_path: Path,
) -> None:
    class NormalisesFirst(CompactClient):
        def send(self, **fields: Any) -> dict[str, Any]:
            fields["target"] = fields["target"].replace("/a/../b", "/b")
            return super().send(**fields)

    (check,) = told(NormalisesFirst(), tmp_path, CASES["wire/target/dot-dot"])[
        "story:wire/target/dot-dot"
    ]

    assert (check.outcome, check.reason) == (Outcome.NOT_APPLICABLE, "declined")
    assert "it sends the target /partner-api/b instead, and signs that" in check.observed


def test_a_client_that_writes_what_no_library_needs_to_has_left_this_target_open(
    tmp_path: Path,
) -> None:
    """A `+` is no space: who cannot send it is no better for keeping silent about it."""

    class TakesAPlusForASpace(CompactClient):
        def send(self, **fields: Any) -> dict[str, Any]:
            fields["target"] = fields["target"].replace("+", "%20")
            return super().send(**fields)

    (check,) = told(TakesAPlusForASpace(), tmp_path, CASES["wire/target/plus"])[
        "story:wire/target/plus"
    ]

    assert (check.outcome, check.reason) == (Outcome.NOT_RUN, "unsupported")
    assert "it sends the target /partner-api/a%20b instead, and signs that" in check.observed
