"""Counting by the sandbox's clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conformance.clock import ManualClock, SystemClock
from conformance.sandbox.throttling import ClockStorage, Throttle


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().now())


def test_thirty_pass_in_a_second_and_the_next_does_not(clock: ManualClock) -> None:
    throttle = Throttle(clock, per_second=30)
    assert [throttle.admit("a").admitted for _ in range(32)] == [True] * 30 + [False] * 2
    assert throttle.admit("b").admitted
    clock.advance(timedelta(seconds=1))
    assert throttle.admit("a").admitted


def test_the_headers_speak_of_a_window_of_sixty_seconds(clock: ManualClock) -> None:
    throttle = Throttle(clock, per_second=30)
    first = throttle.admit("a")
    assert (first.limit, first.remaining, first.reset) == (1800, 1799, 60)
    clock.advance(timedelta(seconds=10.5))
    second = throttle.admit("a")
    assert (second.remaining, second.reset) == (1798, 50)
    clock.advance(timedelta(seconds=49.5))
    assert throttle.admit("a").remaining == 1799


def test_what_was_refused_is_not_counted_in_the_window(clock: ManualClock) -> None:
    throttle = Throttle(clock, per_second=2)
    assert [throttle.admit("a").remaining for _ in range(4)] == [119, 118, 118, 118]


def test_a_crefo_id_applies_once_in_its_window(clock: ManualClock) -> None:
    throttle = Throttle(clock, per_second=30)
    window = timedelta(minutes=5)
    assert throttle.may_apply("1", window)
    assert throttle.may_apply("2", window)
    clock.advance(timedelta(seconds=299))
    assert not throttle.may_apply("1", window)
    clock.advance(timedelta(seconds=1))
    assert throttle.may_apply("1", window)


def test_reset_forgets_every_count(clock: ManualClock) -> None:
    throttle = Throttle(clock, per_second=1)
    assert throttle.admit("a").admitted
    throttle.reset()
    assert throttle.admit("a").admitted


def test_counters_are_bounded(clock: ManualClock) -> None:
    storage = ClockStorage(clock)
    for number in range(25_000):
        storage.incr(f"address-{number}", 60)
    assert len(storage._counters) <= 10_000
    assert storage.get("address-24999") == 1
    assert storage.check()
    storage.clear("address-24999")
    assert storage.get("address-24999") == 0
