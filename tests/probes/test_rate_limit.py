"""The rate limit is the one that the server tells; what cannot be reached from here is unclear."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from conformance.client.message import Answer, Trouble
from conformance.probes.flood import WAVE
from conformance.probes.series import Shown
from conformance.probes.throttling import meet_limit
from conformance.wire.message import SignedRequest
from tests.probes.scripted import START, pong, scripted, told


@dataclass(kw_only=True)
class Limiter:
    """A fixed window: `limit` requests in `window_s` seconds; `says` changes what headers tell."""

    limit: int = 20
    window_s: int = 60
    enforces: bool = True
    recovers: bool = True
    quiet: bool = False
    says: dict[str, str | None] = field(default_factory=dict)
    opened: datetime = START
    count: int = 0
    caught: bool = False

    def __call__(self, _: SignedRequest, now: datetime) -> Answer | Trouble:
        if (now - self.opened).total_seconds() >= self.window_s:
            self.opened, self.count = now, 0
        self.count += 1
        reset = self.window_s - (now - self.opened).total_seconds()
        headers = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.limit - self.count, 0)),
            "RateLimit-Reset": str(math.ceil(reset)),
        }
        told_headers = {
            name: self.says.get(name, value)
            for name, value in headers.items()
            if not self.quiet and self.says.get(name, value) is not None
        }
        over = self.count > self.limit and self.enforces
        self.caught |= over
        if over or (self.caught and not self.recovers):
            detail = f"Rate limit is exceeded. Try again in {math.ceil(reset)} seconds."
            return told(429, "Rate limit is exceeded.", detail, told_headers, as_text=True)  # type: ignore[arg-type]
        return pong(told_headers)  # type: ignore[arg-type]


def met(**more: Any) -> tuple[Shown, list[float], int]:
    prober, script = scripted(Limiter(**more), takes_ms=1)
    shown = meet_limit(prober)
    return shown, script.sleeps, len(script.sent)


def sights(shown: Shown) -> list[str]:
    return [shown.seen[f"API-RATE-00{number}"].sight.value for number in (1, 2, 3)]


def test_a_limit_that_is_kept_is_met_once_and_waited_for() -> None:
    shown, sleeps, sent = met()
    assert sights(shown) == ["held", "held", "held"]
    assert sent == 3 + WAVE + 1
    assert 50 < sum(sleeps) < 70


def test_the_server_s_own_limit_counts_and_not_the_one_of_the_documents() -> None:
    shown, _, sent = met(limit=500)
    assert sights(shown) == ["held", "held", "held"]
    assert 500 < sent < 600


def test_more_that_pass_than_the_server_said_break_the_limit() -> None:
    shown, _, sent = met(enforces=False)
    assert sights(shown) == ["broken", "held", "unclear"]
    assert "RateLimit-Remaining said 17" in shown.seen["API-RATE-001"].observed
    assert sent < 100


def test_an_address_that_stays_barred_breaks_the_reset() -> None:
    shown, _, _ = met(recovers=False)
    assert sights(shown) == ["held", "held", "broken"]
    assert shown.seen["API-RATE-003"].reason == "still-limited"


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ({"RateLimit-Limit": None}, "header-missing"),
        ({"RateLimit-Reset": None}, "header-missing"),
        ({"RateLimit-Remaining": "many"}, "no-whole-number"),
        ({"RateLimit-Remaining": "-1"}, "no-whole-number"),
        ({"RateLimit-Reset": "61.5"}, "no-whole-number"),
        ({"RateLimit-Remaining": "21"}, "more-than-limit"),
        ({"RateLimit-Remaining": "17"}, "remaining-stands"),
        ({"RateLimit-Reset": "60"}, "reset-stands"),
    ],
)
def test_headers_that_are_not_as_documented_are_found_and_nothing_else(
    says: dict[str, str | None], reason: str
) -> None:
    shown, _, _ = met(says=says)
    assert sights(shown) == ["held", "broken", "held"]
    assert shown.seen["API-RATE-002"].reason == reason


def test_without_headers_the_body_says_how_long_to_wait() -> None:
    shown, sleeps, _ = met(quiet=True)
    assert sights(shown) == ["held", "broken", "held"]
    assert sum(sleeps) > 50


def test_a_limit_out_of_reach_is_unclear_and_not_broken() -> None:
    """From far away a window may end before its requests could be sent."""
    prober, script = scripted(Limiter(limit=1200), takes_ms=120)
    shown = meet_limit(prober)
    assert sights(shown) == ["unclear", "held", "unclear"]
    assert shown.seen["API-RATE-001"].reason == "limit-not-reached"
    assert len(script.sent) < 1200


def test_a_server_in_trouble_is_unclear() -> None:
    prober, _ = scripted(lambda *_: told(503, "Service Unavailable"))
    assert sights(meet_limit(prober)) == ["unclear"] * 3


def test_the_drawing_has_each_answer_in_its_order() -> None:
    shown, _, sent = met()
    assert shown.measurement is not None
    points = shown.measurement.points
    assert len(points) == sent
    assert [point.x for point in points] == sorted(point.x for point in points)
    assert {point.kind for point in points} == {"200", "429"}
    assert points[-1].x - points[0].x > timedelta(seconds=50).total_seconds()
