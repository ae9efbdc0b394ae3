"""A process with everything it starts: begun as a group of its own, ended as one.

POSIX has process groups and signals. Windows has neither: there the tree below the process is
ended by `taskkill`, which cannot be refused.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any, Final

_LOOK_EVERY: Final = 0.01
"""Seconds between two looks at whether a group has ended."""

if sys.platform == "win32":
    START: Final[dict[str, Any]] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def _tell(process: subprocess.Popen[bytes], *, forced: bool) -> None:
        force = ("/F",) if forced else ()
        subprocess.run(
            ("taskkill", "/T", *force, "/PID", str(process.pid)), check=False, capture_output=True
        )

    def _alive(process: subprocess.Popen[bytes]) -> bool:
        return process.poll() is None

else:
    START: Final[dict[str, Any]] = {"start_new_session": True}
    """Arguments of `subprocess.Popen` that begin a group."""

    def _tell(process: subprocess.Popen[bytes], *, forced: bool) -> None:
        try:
            os.killpg(process.pid, signal.SIGKILL if forced else signal.SIGTERM)
        except OSError:  # nobody is left in the group
            return

    def _alive(process: subprocess.Popen[bytes]) -> bool:
        if process.poll() is None:
            return True
        try:
            os.killpg(process.pid, 0)
        except OSError:
            return False
        return True


def wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Return the exit code of the process itself; None when it lives on after `seconds`."""
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and everything in its group, now."""
    _tell(process, forced=True)
    wait(process, 1.0)


def end(process: subprocess.Popen[bytes], grace: float) -> None:
    """End a process whose standard input is closed, and everything in its group.

    It has `grace` seconds to end by itself, as many more after SIGTERM, and is killed then. That
    also happens when this is interrupted. Takes no more than twice `grace` and a second.
    """
    try:
        wait(process, grace)
        if _alive(process):
            _tell(process, forced=False)
            _wait_for_group(process, grace)
    finally:
        kill(process)


def _wait_for_group(process: subprocess.Popen[bytes], seconds: float) -> None:
    end_at = time.monotonic() + seconds
    while _alive(process) and time.monotonic() < end_at:
        time.sleep(_LOOK_EVERY)


def how_it_ended(code: int) -> str:
    """Say an exit code in words: `ended with exit code 3`, `was ended by SIGSEGV`."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
