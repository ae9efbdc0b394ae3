"""What has run out: a long-lived token is not waited for, and a note says what was not shown."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from conformance.client.message import Answer
from conformance.probes.expiry import outlive_certificate, outlive_token
from conformance.probes.probe import Sight
from conformance.wire.message import HeaderFields, SignedRequest
from tests.probes.scripted import START, Api, pong, scripted, told

JSON = HeaderFields((("Content-Type", "application/json"),))


def api(lifetime: int, *, forgets: bool = True) -> Api:
    """Return an API whose tokens last so many seconds."""
    issued: list[datetime] = []

    def answer(request: SignedRequest, now: datetime) -> Answer:
        if request.target.endswith("/token"):
            issued.append(now)
            body = {"token_type": "Bearer", "expires_in": lifetime, "access_token": "short-lived"}
            return Answer(status=200, headers=JSON, body=json.dumps(body).encode())
        assert request.headers.first("Authorization") == "Bearer short-lived"
        is_over = now - issued[0] >= timedelta(seconds=lifetime)
        return told(401, "Unauthorized") if is_over and forgets else pong()

    return answer


@pytest.mark.parametrize(("forgets", "sight"), [(True, Sight.HELD), (False, Sight.BROKEN)])
def test_a_short_lived_token_is_waited_for(forgets: bool, sight: Sight) -> None:
    prober, script = scripted(api(90, forgets=forgets))
    shown = outlive_token(prober)
    assert shown.seen["API-AUTH-001"].sight is sight
    assert 90 < sum(script.sleeps) < 95


def test_a_token_of_an_hour_is_not_waited_for() -> None:
    prober, script = scripted(api(3599))
    shown = outlive_token(prober)
    assert shown.seen == {}
    assert "3,599 s" in shown.notes[0]
    assert sum(script.sleeps) < 1


def test_a_token_that_is_not_granted_breaks_another_promise() -> None:
    prober, _ = scripted(lambda *_: told(400, "Bad Request"))
    assert outlive_token(prober).seen["API-AUTH-001"].sight is Sight.UNCLEAR


def test_a_real_host_is_not_asked_with_an_expired_certificate() -> None:
    prober, script = scripted(api(90), start=START)
    shown = outlive_certificate(prober)
    assert (shown.seen, script.sent) == ({}, [])
    assert "certificate" in shown.notes[0]
