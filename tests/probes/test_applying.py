"""Applications: five minutes count from the first one; what stands in the way breaks nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from conformance.client.message import Answer, Trouble
from conformance.data import schema
from conformance.probes.applying import application, apply_and_wait
from conformance.probes.series import Shown
from conformance.wire.message import HeaderFields, SignedRequest
from tests.probes.scripted import Script, scripted, told

TITLE = "Limit of requests by crefo Id exceeded."
DETAIL = "Limit of requests, in a given amount of time, by crefo Id exceeded, try again later."


@dataclass(kw_only=True)
class Office:
    """Takes applications: `window_s` seconds between two for one crefo id."""

    window_s: float = 300
    remembers: bool = True
    refuses: str = ""
    first_at: dict[str, datetime] = field(default_factory=dict)
    by_key: dict[str, Answer] = field(default_factory=dict)
    created: int = 0

    def __call__(self, request: SignedRequest, now: datetime) -> Answer | Trouble:
        if self.refuses:
            return told(422, self.refuses)
        key = request.headers.first("Idempotency-Key") or ""
        if self.remembers and key in self.by_key:
            return self.by_key[key]
        crefo = json.loads(request.body)["company"]["credit_scores"][0]["id"]
        first = self.first_at.get(crefo)
        if first is not None and now - first < timedelta(seconds=self.window_s):
            return told(429, TITLE, DETAIL)
        self.first_at[crefo] = now
        self.created += 1
        body = json.dumps({"application_id": f"id-{self.created}"}).encode()
        headers = HeaderFields((("Content-Type", "application/json"),))
        self.by_key[key] = Answer(status=201, headers=headers, body=body)
        return self.by_key[key]


NAMES = ("API-CREFO-001", "API-CREFO-002", "API-IDEM-001")


def applied(**more: Any) -> tuple[list[str], Shown, Script, Office]:
    office = Office(**more)
    prober, script = scripted(office)
    shown = apply_and_wait(prober)
    return [shown.seen[name].sight.value for name in NAMES], shown, script, office


def test_the_sample_is_an_application_as_the_documents_want_it() -> None:
    validator = Draft202012Validator(schema("application"), format_checker=FormatChecker())
    assert list(validator.iter_errors(json.loads(application("201000454565")))) == []


def test_a_right_api_holds_after_five_minutes_and_three_applications() -> None:
    sights, _, script, office = applied()
    assert sights == ["held"] * 3
    assert (len(script.sent), office.created) == (6, 3)
    assert 300 <= sum(script.sleeps) < 320


@pytest.mark.parametrize(
    ("window_s", "sights"),
    [
        (60, ["broken", "held", "held"]),
        (270, ["broken", "held", "held"]),
        (600, ["held", "broken", "held"]),
        (0, ["broken", "held", "held"]),
    ],
)
def test_another_window_breaks_its_promise_alone(window_s: float, sights: list[str]) -> None:
    assert applied(window_s=window_s)[0] == sights


def test_a_key_that_is_not_remembered_breaks_its_promise_alone() -> None:
    sights, shown, *_ = applied(remembers=False)
    assert sights == ["held", "held", "broken"]
    assert "429" in shown.seen["API-IDEM-001"].observed


def test_an_application_that_is_not_taken_shows_nothing() -> None:
    sights, shown, script, _ = applied(refuses="Unprocessable Entity")
    assert sights == ["unclear"] * 3
    assert "Unprocessable Entity" in shown.seen["API-CREFO-001"].observed
    assert len(script.sent) == 1


def test_a_person_is_told_of_each_second_that_is_waited() -> None:
    told_of: list[str] = []

    class Onlooker:
        def phase(self, name: str, total: int) -> None:
            told_of.append(f"{name}: {total}")

        def advance(self, steps: int = 1) -> None:
            told_of.append("second" * steps)

    prober, script = scripted(Office())
    prober.onlooker = Onlooker()
    apply_and_wait(prober)
    assert any("until the crefo id may apply again" in line for line in told_of)
    assert told_of.count("second") > 290
    assert max(script.sleeps) <= 1
