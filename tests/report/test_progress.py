"""Progress is a bar on a screen and a line a phase in a pipe."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from conformance.report.check import Actor, Step, StepOutcome
from conformance.report.progress import progress


def test_in_a_pipe_each_phase_is_one_line() -> None:
    file = io.StringIO()
    with progress(Console(file=file, width=80)) as shown:
        shown.phase("vectors", 200)
        for _ in range(200):
            shown.advance()
        shown.phase("generated requests [bold]", 1000)
        shown.advance(1000)
    assert file.getvalue() == "vectors: 200\ngenerated requests [bold]: 1,000\n"


def test_on_a_screen_bars_show_how_far_it_is_and_are_gone_at_the_end() -> None:
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=True)
    with progress(console) as shown:
        shown.advance()
        shown.phase("vectors [x]", 3)
        shown.advance(2)
    written = file.getvalue()
    assert "vectors [x]" in written
    assert "2/3" in written
    assert written.rstrip("\n").endswith("\x1b[2K"), "the last thing is that the line is erased"


@pytest.mark.parametrize("terminal", [False, True])
def test_the_preflight_is_told_line_by_line_and_stays(*, terminal: bool) -> None:
    file = io.StringIO()
    with progress(Console(file=file, width=80, force_terminal=terminal)) as shown:
        for says, outcome in (
            ("DNS: api.example has the address 192.0.2.1", StepOutcome.RIGHT),
            ("token: there is [none]", StepOutcome.UNCLEAR),
            ("ping: refused", StepOutcome.WRONG),
        ):
            shown.step(Step(at_s=0.1, actor=Actor.SUITE, says=says, outcome=outcome))
        told = file.getvalue()
    for name, says, mark in (
        ("DNS", "api.example has the address 192.0.2.1", "ok"), ("token", "there is [none]", "?"),
        ("ping", "refused", "FAILED"),
    ):  # fmt: skip
        assert f"  {mark:<7}{name:<15}{says}" in told


@pytest.mark.parametrize("terminal", [False, True])
def test_what_breaks_the_run_is_not_swallowed(*, terminal: bool) -> None:
    def interrupted() -> None:
        with progress(Console(file=io.StringIO(), force_terminal=terminal)) as shown:
            shown.phase("vectors", 3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
