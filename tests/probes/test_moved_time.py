"""Time is moved only for the sandbox that is called, never past its limit, and put back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from conformance.clock import ManualClock, SystemClock
from conformance.config import Settings
from conformance.errors import UsageError
from conformance.live.control import moved_time
from conformance.live.pace import Pace
from conformance.live.time import MovedTime, RealTime
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.probes.scripted import START


@pytest.fixture(scope="module")
def controlled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("controlled") / "kept"
    settings = SandboxSettings(directory=directory, control_port=0)
    with running_sandbox(settings) as running:
        yield running


@pytest.fixture
def settings(controlled: Sandbox) -> Settings:
    controlled.reset()
    return Settings(
        base_url=controlled.base_url,
        ca_file=controlled.ca_file,
        control_url=controlled.control_url,
        control_token_file=controlled.directory / "control-token",
    )


def test_the_sandbox_s_clock_is_moved_and_put_back(controlled: Sandbox, settings: Settings) -> None:
    with moved_time(settings, SystemClock(), {}) as time:
        time.wait(timedelta(minutes=5))
        assert controlled.clock.ahead == timedelta(minutes=5)
        assert abs(time.now() - controlled.clock.now()) < timedelta(seconds=1)
        time.shift(timedelta(days=400))
        time.shift(-timedelta(days=400))
        assert time.waited == timedelta(minutes=5)
    assert controlled.clock.ahead == timedelta()


def test_a_sandbox_that_was_moved_before_is_followed(
    controlled: Sandbox, settings: Settings
) -> None:
    """A run that was killed left the clock ahead: the next one must still sign right dates."""
    controlled.advance(timedelta(hours=2))
    with moved_time(settings, SystemClock(), {}) as time:
        assert abs(time.now() - controlled.clock.now()) < timedelta(seconds=1)
        time.wait(timedelta(seconds=30))
    assert controlled.clock.ahead == timedelta(hours=2)


def test_the_clock_is_put_back_whatever_ends_the_run(
    controlled: Sandbox, settings: Settings
) -> None:
    def interrupted() -> None:
        with moved_time(settings, SystemClock(), {}) as time:
            time.wait(timedelta(hours=1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert controlled.clock.ahead == timedelta()


def refused(settings: Settings) -> UsageError:
    with pytest.raises(UsageError) as caught, moved_time(settings, SystemClock(), {}):
        pytest.fail("it must not be moved")
    return caught.value


@pytest.mark.parametrize(
    "base_url", ["https://api.sandbox.lendico.de/partner-api", "https://localhost:1/partner-api"]
)
def test_another_api_than_the_controlled_one_is_not_strained(
    base_url: str, settings: Settings
) -> None:
    """A control port grants everything, so it must be that of the API that is called."""
    assert "control port" in refused(replace(settings, base_url=base_url)).message


def test_a_wrong_or_missing_token_is_told(settings: Settings, tmp_path: Path) -> None:
    wrong = tmp_path / "token"
    wrong.write_text("not-it")
    assert "control_token_file" in refused(replace(settings, control_token_file=wrong)).hint
    assert "control_token_file" in refused(replace(settings, control_token_file=None)).message


def test_a_control_port_that_is_not_there_is_told(settings: Settings) -> None:
    error = refused(replace(settings, control_url="https://localhost:1"))
    assert error.message.startswith("the control port cannot be reached")
    assert "--control-port" in error.hint


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("takes_s", [0.0, 0.004, 0.03])
def test_no_second_holds_more_requests_than_the_documents_permit(
    skips: bool, takes_s: float
) -> None:
    clock = ManualClock(START)
    time: MovedTime | RealTime = RealTime(
        clock, lambda seconds: clock.advance(timedelta(seconds=seconds))
    )
    if skips:
        time = MovedTime(clock, lambda _: None)
    pace = Pace(time, 0)
    sent: list[float] = []
    for _ in range(200):
        pace.admit()
        sent.append(time.monotonic())
        clock.advance(timedelta(seconds=takes_s))
    for number, moment in enumerate(sent):
        assert sum(moment <= other < moment + 1 for other in sent[number:]) < 30


def test_a_moved_clock_is_not_moved_for_each_request() -> None:
    """Moving it is a request of its own."""
    moves: list[timedelta] = []
    time = MovedTime(ManualClock(START), moves.append)
    pace = Pace(time, 0)
    for _ in range(100):
        pace.admit()
    assert len(moves) <= 25
