"""From a failing case to the plainest that still fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from conformance.cases.case import Case, Refusal
from conformance.cases.corner import KEY_IDS, PLAINEST_DATE
from conformance.cases.generated import cases, collect
from conformance.cases.shrinking import shrink
from conformance.clock import ManualClock, SystemClock
from conformance.wire.message import Place

CLOCK = SystemClock()
LARGE = Case(
    id="generated/9",
    method="M-SEARCH",
    target="/a%20b/%c3%a4//..//x+y/;v=1?b=2&a=1&a=2&z=%2F&=&q=a+b",
    date=datetime(2020, 2, 29, 12, tzinfo=UTC),
    body='{"a": 1}\r\nä€\n'.encode() * 20,
    key_id="client,1",
    refusal=Refusal.ALLOWED,
)


def shrunk(case: Case, is_broken: Callable[[Case], bool], calls: int = 200) -> Case:
    return shrink(case, is_broken, clock=CLOCK, calls=calls)


def test_nothing_is_left_where_everything_fails() -> None:
    found = shrunk(LARGE, lambda _: True)
    assert (found.method, found.target, found.body) == ("GET", "/", b"")
    assert (found.date, found.key_id) == (PLAINEST_DATE, KEY_IDS[0])
    assert found.refusal is Refusal.WRONG
    assert found.id == LARGE.id


@pytest.mark.parametrize(
    ("is_broken", "target", "body"),
    [
        (lambda case: "+" in case.target, "/+", b""),
        (lambda case: "%c3" in case.target, "/%c3", b""),
        (lambda case: "//" in case.target, "//", b""),
        (lambda case: "?" in case.target and "+" in case.target, "/?+", b""),
        (lambda case: b"\r\n" in case.body, "/", b"\r\n"),
        (lambda case: "ä".encode() in case.body, "/", "ä".encode()),
        (lambda case: case.body.endswith(b"\n"), "/", b"\n"),
        (lambda case: len(case.target) >= 4, "/aaa", b""),
        (lambda case: "&a=2" in case.target and case.body, "/&a=2", b"a"),
    ],
    ids=["plus", "percent", "slashes", "both", "crlf", "letter", "line end", "long", "pair"],
)
def test_the_corner_that_fails_stays_and_the_rest_goes(
    is_broken: Callable[[Case], bool], target: str, body: bytes
) -> None:
    found = shrunk(LARGE, is_broken)
    assert (found.target, found.body) == (target, body)
    assert found.method == ("POST" if body else "GET")


def test_a_method_or_date_that_matters_stays() -> None:
    assert shrunk(LARGE, lambda case: case.method == "M-SEARCH").method == "M-SEARCH"
    assert shrunk(LARGE, lambda case: case.date.month == 2).date == LARGE.date
    assert shrunk(LARGE, lambda case: case.key_id == "client,1").key_id == "client,1"


def test_a_token_request_stays_one_where_that_matters() -> None:
    token = replace(LARGE, place=Place.AUTHORIZATION, method="POST", target="/oauth2/token")
    found = shrunk(token, lambda case: case.place is Place.AUTHORIZATION)
    assert (found.method, found.target, found.body) == ("POST", "/oauth2/token", b"")


def test_what_fails_for_no_other_case_is_left_as_it_is() -> None:
    assert shrunk(LARGE, lambda _: False) == LARGE


@given(cases())
@settings(max_examples=40)
def test_the_answer_always_fails_and_every_question_is_asked_once(case: Case) -> None:
    asked: list[Case] = []

    def is_broken(one: Case) -> bool:
        asked.append(one)
        return len(one.target) + len(one.body) >= (len(case.target) + len(case.body)) // 2

    found = shrunk(case, is_broken)
    assert found == case or is_broken(found)
    assert len(asked) == len(set(asked)) + (found != case)
    assert shrunk(case, is_broken) == found


def test_it_asks_no_more_often_than_it_may() -> None:
    asked = 0

    def is_broken(case: Case) -> bool:
        nonlocal asked
        asked += 1
        return len(case.body) > 50 and len(case.target) > 20

    shrunk(LARGE, is_broken, calls=17)
    assert asked == 17


def test_it_stops_when_its_time_is_over() -> None:
    clock = ManualClock(datetime(2019, 7, 3, tzinfo=UTC))
    asked = 0

    def is_broken(case: Case) -> bool:
        nonlocal asked
        asked += 1
        clock.advance(timedelta(seconds=1))
        return len(case.body) > 50

    found = shrink(LARGE, is_broken, clock=clock, time=timedelta(seconds=4))
    assert asked == 4
    assert len(found.body) > 50


def test_an_error_of_the_question_is_not_swallowed() -> None:
    def is_broken(_: Case) -> bool:
        raise RuntimeError("adapter gone")

    with pytest.raises(RuntimeError, match="adapter gone"):
        shrunk(LARGE, is_broken)


def test_long_bodies_and_targets_become_short_with_few_questions() -> None:
    asked = 0

    def is_broken(case: Case) -> bool:
        nonlocal asked
        asked += 1
        return b"\xff" in case.body

    long = replace(LARGE, body=b"x" * 70_000 + b"\xff" + b"y" * 70_000, target="/" + "x" * 2000)
    assert shrunk(long, is_broken).body == b"\xff"
    assert asked < 100


def test_what_is_shrunk_of_generated_cases_is_short() -> None:
    failing = [case for case in collect(1000, 5) if "%" in case.target and len(case.body) > 3]
    for case in failing[:20]:
        found = shrunk(case, lambda one: "%" in one.target)
        assert len(found.target) == len("/%20")
