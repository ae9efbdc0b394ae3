"""Our own process ends in whatever way: the adapter's processes end with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Script = Callable[[str], list[str]]

OPEN = """\
import os, signal, sys, threading
from datetime import timedelta
from pathlib import Path
from conformance.adapters import open_adapter
from conformance.adapters.interface import SignOrder
from conformance.clock import SystemClock
from conformance.wire.message import Place
order = SignOrder(method="GET", url="u", base_url="b", target="/", date="d", body=b"",
    key_id="k", key_file=Path("f"), place=Place.SIGNATURE)
adapter = open_adapter(sys.argv[1:], clock=SystemClock())
def interrupt(*_):
    os.kill(os.getpid(), signal.SIGINT)
"""

LINGERING = """\
subprocess.Popen(['sleep', '600'])
for r in requests():
    if r['op'] == 'hello': hello(r, max_in_flight=4)
    else:
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(600)
"""
"""Has a child of its own; interrupts the suite when asked to sign, and never answers."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "code"),
    [
        pytest.param("", 0, id="end-without-close"),
        pytest.param("sys.exit(5)", 5, id="SystemExit"),
        pytest.param("1 / 0", 1, id="exception"),
        pytest.param("adapter.sign(order)", -2, id="Ctrl-C-in-sign"),
        pytest.param("list(adapter.sign_many([order] * 9))", -2, id="Ctrl-C-in-sign-many"),
        pytest.param(
            "try: adapter.sign(order)\n"
            "except KeyboardInterrupt: print(adapter.sign(order).message)\n",
            0,
            id="Ctrl-C-survived",
        ),
        pytest.param(
            "try: adapter.sign(order)\nfinally: adapter.close()\n", -2, id="Ctrl-C-and-close"
        ),
    ],
)
def test_no_process_outlives_the_run(script: Script, mark: str, ending: str, code: int) -> None:
    """The `mark` fixture looks for survivors, children of the adapter included."""
    run = subprocess.run(
        [sys.executable, "-c", OPEN + ending, *script(LINGERING)],
        env={**os.environ, "CONFORMANCE_TEST_MARK": mark},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.returncode == code, run.stderr
    if "print" in ending:
        assert run.stdout == "not run: the run was interrupted\n"


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        pytest.param("adapter.close()", -2, id="not-caught"),
        pytest.param(
            "try: adapter.close()\nexcept KeyboardInterrupt: adapter.close()", 0, id="closed-again"
        ),
    ],
)
def test_an_interrupt_while_closing_still_kills(
    script: Script, mark: str, ending: str, code: int
) -> None:
    """The adapter ignores the end of input and SIGTERM; Ctrl-C comes while it has its grace."""
    stubborn = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "for r in requests(): hello(r)\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "time.sleep(600)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", OPEN + ending, *script(stubborn)],
        env={**os.environ, "CONFORMANCE_TEST_MARK": mark},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert run.returncode == code, run.stderr
