"""What the reference client is made of: whether to try again, tokens, pace, error bodies."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.client.again import WINDOW, Reason, again
from conformance.client.application import Applications, crefo_id
from conformance.client.message import Answer, Trouble, TroubleKind
from conformance.client.outgoing import address
from conformance.client.pace import Pace
from conformance.client.problem import problem_of
from conformance.client.result import Result
from conformance.client.token import Token, TokenKeeper, token_of
from conformance.clock import ManualClock
from conformance.wire.message import HeaderFields
from tests.schemas.printed import PRINTED, STATUS

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def answer(status: int, body: bytes = b"", **fields: str) -> Answer:
    pairs = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return Answer(status=status, headers=HeaderFields(pairs), body=body)


@pytest.mark.parametrize("name", PRINTED)
def test_only_the_rate_limit_of_all_printed_errors_is_worth_another_try(name: str) -> None:
    """`status` is a number or a text in them; none of the others can succeed as it stands."""
    found = again(
        answer(STATUS[name], json.dumps(PRINTED[name]).encode()), repeatable=True, now=NOW
    )
    assert (found is not None) is (name == "rate")


@pytest.mark.parametrize("name", PRINTED)
def test_every_printed_error_is_understood(name: str) -> None:
    problem = problem_of(answer(STATUS[name], json.dumps(PRINTED[name]).encode()))
    assert problem is not None
    assert problem.title == PRINTED[name]["title"]
    assert problem.detail == PRINTED[name]["detail"]
    assert problem.status == int(PRINTED[name]["status"])


@pytest.mark.parametrize("title", ["Unauthorized", "Unauthorized.", " unauthorized "])
def test_a_refused_token_is_worth_one(title: str) -> None:
    body = json.dumps({"title": title, "status": "401"}).encode()
    found = again(answer(401, body), repeatable=False, now=NOW)
    assert found is not None
    assert found.reason is Reason.TOKEN


@pytest.mark.parametrize(
    "title", ["Partner not matched", "Unauthorized access to the resource", "", "Forbidden"]
)
def test_another_401_is_not(title: str) -> None:
    body = json.dumps({"title": title}).encode()
    assert again(answer(401, body), repeatable=True, now=NOW) is None


@pytest.mark.parametrize("status", [200, 301, 400, 403, 404, 409, 413, 422, 500, 502, 504])
def test_other_statuses_stay_what_they_are(status: int) -> None:
    assert again(answer(status, Retry_After="1"), repeatable=True, now=NOW) is None


@pytest.mark.parametrize(
    ("fields", "detail", "seconds"),
    [
        ({"RateLimit_Reset": "7"}, "", 7),
        ({"RateLimit_Reset": " 7 "}, "", 7),
        ({"RateLimit_Reset": "0"}, "", 1),
        ({"RateLimit_Reset": "-7"}, "", 60),
        ({"RateLimit_Reset": "7.5"}, "", 60),
        ({"RateLimit_Reset": "\u0667"}, "", 60),
        ({"RateLimit_Reset": "9" * 50}, "", 86400),
        ({"Retry_After": "8"}, "", 8),
        ({"RateLimit_Reset": "3", "Retry_After": "8"}, "", 8),
        ({"Retry_After": "Sun, 01 Mar 2026 12:00:09 GMT"}, "", 9),
        ({"Retry_After": "Sun, 01 Mar 2026 11:00:00 GMT"}, "", 1),
        ({"Retry_After": "Sun, 01 Mar 2026 12:00:09 GMT",
          "Date": "Sun, 01 Mar 2026 12:00:04 GMT"}, "", 5),
        ({}, "Rate limit is exceeded. Try again in 46 seconds.", 46),
        ({}, "Try again later.", WINDOW.total_seconds()),
    ],
)  # fmt: skip
def test_a_429_says_in_several_ways_how_long_to_wait(
    fields: dict[str, str], detail: str, seconds: float
) -> None:
    found = again(
        answer(429, json.dumps({"detail": detail}).encode(), **fields), repeatable=False, now=NOW
    )
    assert found is not None
    assert found.wait == timedelta(seconds=seconds)


@pytest.mark.parametrize("kind", TroubleKind)
@pytest.mark.parametrize("repeatable", [True, False])
def test_of_all_troubles_a_lost_connection_is_worth_another_try(
    kind: TroubleKind, repeatable: bool
) -> None:
    """The others came before anything was sent, or will come again."""
    found = again(Trouble(kind=kind, says=""), repeatable=repeatable, now=NOW)
    assert (found is not None) is (kind is TroubleKind.CUT_OFF and repeatable)


@given(st.binary(max_size=200), st.sampled_from([400, 401, 403, 429, 500, 503]))
def test_no_body_breaks_it(body: bytes, status: int) -> None:
    problem = problem_of(answer(status, body))
    assert problem is None or len(problem.title) <= 2000
    again(answer(status, body), repeatable=True, now=NOW)
    token_of(answer(200, body))
    crefo_id(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["title", "status", "violations", "field", "detail", "company",
                         "credit_scores", "id", "type", "access_token", "expires_in"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_no_json_breaks_it(content: Any) -> None:
    body = json.dumps(content).encode()
    problem = problem_of(answer(401, body))
    assert (problem is not None) is isinstance(content, dict)
    again(answer(401, body), repeatable=True, now=NOW)
    token_of(answer(200, body))
    crefo_id(body)


@pytest.mark.parametrize(
    ("told", "lasts"),
    [
        (3599, 3569), ("3599", 3569), (100, 90), (2, 1.8), (0, 0), (1.5, 1.35), (None, None),
        (-1, None), ("soon", None), (1e99, None), ([1], None), ("nan", None), ("1" * 400, None),
    ],
)  # fmt: skip
def test_a_token_lasts_as_long_as_is_told_less_a_margin(told: object, lasts: float | None) -> None:
    body = json.dumps({"access_token": "t", "expires_in": told}).encode()
    found = token_of(answer(200, body))
    assert found is not None
    assert found.lasts == (None if lasts is None else timedelta(seconds=lasts))


def test_a_token_without_a_span_is_kept_until_it_is_refused() -> None:
    clock = ManualClock(NOW)
    keeper = TokenKeeper(clock)
    fetched: list[Token] = []

    def fetch() -> Token | Result:
        fetched.append(Token(text=f"t{len(fetched)}"))
        return fetched[-1]

    first = keeper.get(fetch, within=timedelta(seconds=1))
    clock.advance(timedelta(days=30))
    assert keeper.get(fetch, within=timedelta(seconds=1)) is first
    assert isinstance(first, Token)
    second = keeper.get(fetch, refused=first, within=timedelta(seconds=1))
    assert second is not first
    assert keeper.get(fetch, refused=first, within=timedelta(seconds=1)) is second
    assert len(fetched) == 2


def test_a_token_ages_from_when_it_was_asked_for() -> None:
    """How long its answer was on the way counts against it."""
    clock = ManualClock(NOW)
    keeper = TokenKeeper(clock)
    fetched: list[Token] = []

    def fetch() -> Token | Result:
        clock.advance(timedelta(seconds=6))
        fetched.append(Token(text="t", lasts=timedelta(seconds=10)))
        return fetched[-1]

    keeper.get(fetch, within=timedelta(seconds=1))
    clock.advance(timedelta(seconds=5))
    keeper.get(fetch, within=timedelta(seconds=1))
    assert len(fetched) == 2


def test_the_pace_stays_below_thirty_in_any_second() -> None:
    clock = ManualClock(NOW)
    pace = Pace(clock)
    sent = []
    for _ in range(200):
        clock.advance(pace.turn())
        sent.append(clock.monotonic())
    assert all(later - first >= 1 for first, later in zip(sent, sent[29:], strict=False))


def test_turns_that_are_taken_at_once_lie_apart() -> None:
    """As threads take them, before any has waited."""
    pace = Pace(ManualClock(NOW))
    turns = [pace.turn().total_seconds() for _ in range(50)]
    assert turns == pytest.approx([index / 25 for index in range(50)])


def test_a_hold_holds_everybody() -> None:
    clock = ManualClock(NOW)
    pace = Pace(clock)
    pace.turn()
    pace.hold(timedelta(seconds=9))
    assert pace.turn() == timedelta(seconds=9)
    clock.advance(timedelta(seconds=20))
    assert pace.turn() == timedelta()


def test_a_crefo_id_is_remembered_for_five_minutes_from_the_first_try() -> None:
    clock = ManualClock(NOW)
    applications = Applications(clock)
    assert applications.begin("1", "a") == (timedelta(), True)
    clock.advance(timedelta(minutes=4))
    assert applications.begin("1", "a") == (timedelta(), False)
    assert applications.begin("1", "b") == (timedelta(minutes=1), False)
    clock.advance(timedelta(minutes=1))
    assert applications.begin("1", "b") == (timedelta(), True)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://h/partner-api", ("https://h", "/partner-api")),
        ("https://h:8443/partner-api/", ("https://h:8443", "/partner-api")),
        ("https://[::1]:8443", ("https://[::1]:8443", "")),
        ("https://h/A%2fb", ("https://h", "/A%2fb")),
    ],
)
def test_an_address_falls_into_origin_and_path(url: str, found: tuple[str, str]) -> None:
    assert address(url) == found
