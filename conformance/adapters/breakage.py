"""How a process breaks, in sentences: what happened, and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conformance.adapters.child import Child, Sign
from conformance.adapters.group import how_it_ended
from conformance.adapters.protocol import LINE_LIMIT
from conformance.errors import (
    AdapterCrashError,
    AdapterError,
    AdapterProtocolError,
    AdapterSharedError,
    AdapterStartError,
    AdapterTimeoutError,
)
from conformance.wire.shown import shown

_SAYS_WHY: Final = "its last lines on standard error say why"
_SILENT: Final = (
    "it wrote nothing to standard error: start it by hand and give it the lines of "
    "docs/adapter-protocol.md; it must answer each, until its input ends"
)


def broke(child: Child, sign: Sign) -> AdapterError:
    """Return the error for a process that ended, or wrote what nobody can read."""
    if sign is Sign.LONG_LINE:
        return AdapterProtocolError(
            f"the adapter sent a line of more than {LINE_LIMIT >> 20} MiB",
            hint="send one JSON object a line, and logs to standard error",
        )
    code = child.exit_code()
    if code is None:
        what = "closed its standard output and lived on"
    else:
        what = f"{how_it_ended(code)} before it answered"
    return AdapterCrashError(
        f"the adapter {what}", hint=_SAYS_WHY if child.complains() else _SILENT
    )


def crowded(error: AdapterError, number: int) -> AdapterError:
    """Return `error` as it is when only several requests in flight bring it about."""
    return type(error)(
        f"{error.message}, with {number} requests in flight; asked one by one, it did not",
        hint="lower `max_in_flight` in the answer to `hello`, or mend what runs at the same time",
        detail=error.detail,
    )


def shared(error: AdapterError, number: int) -> AdapterSharedError:
    """Return the error for one of several calls that were being made when the process broke."""
    return AdapterSharedError(
        f"{error.message}, with {number} calls in flight", hint=error.hint, detail=error.detail
    )


def late(seconds: float, *, unread: bool = False) -> AdapterTimeoutError:
    """Return the error for an answer that did not come in time; `unread`: nor was it asked for."""
    if unread:
        return AdapterTimeoutError(
            f"the adapter did not read its standard input for {seconds:g} s",
            hint="read one line, answer it, and go on until the input ends",
        )
    return AdapterTimeoutError(
        f"the adapter did not answer within {seconds:g} s",
        hint="answer each request with one line and flush standard output after it",
    )


def cannot_start(
    command: Sequence[str], error: OSError | ValueError, cwd: Path | None
) -> AdapterStartError:
    """Return the error for a command that the system refuses to start."""
    reason, hint = _why_not(error, cwd)
    name = shown(shlex.join(command), 200)
    return AdapterStartError(f"the adapter `{name}` cannot be started: {reason}", hint=hint)


def _why_not(error: OSError | ValueError, cwd: Path | None) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if cwd is not None and not cwd.is_dir():
            return f"there is no directory {shown(str(cwd))}", "correct the working directory"
        return "there is no such command", "install it, or give its path"
    if isinstance(error, PermissionError):
        return "it is not executable", "run `chmod +x` on it, or name its interpreter in front"
    if isinstance(error, OSError):
        hint = "start it with its interpreter, such as `-- bash adapter.sh`"
        return shown(error.strerror or str(error)), hint
    return shown(str(error)), "correct the command"
