"""What went wrong, as a sentence on standard error, a hint and an exit code; never a traceback."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Final

import click

from conformance import __version__
from conformance.cli.verbs import PROGRAM
from conformance.errors import AdapterError, ConformanceError, UsageError
from conformance.wire.visible import visible

USAGE_EXIT: Final = 2
"""The run cannot start as it was asked for: INVALID."""

ERROR_EXIT: Final = 3
"""The suite or the adapter broke: ERROR."""

INTERRUPTED_EXIT: Final = 130
"""Ctrl-C, as shells count it."""

DEBUG_VARIABLE: Final = "LENDICO_CONFORMANCE_DEBUG"

_DETAIL_LINES: Final = 20
_PACKAGE: Final = Path(__file__).parents[1]


def tell(error: Exception) -> int:
    """Print `error` for people, and return the exit code that it means."""
    if isinstance(error, click.Abort):
        return interrupted()
    if isinstance(error, ConformanceError):
        _print(error.message, error.hint)
        if isinstance(error, AdapterError):
            _print_detail(error.detail)
        return USAGE_EXIT if isinstance(error, UsageError) else ERROR_EXIT
    if isinstance(error, click.ClickException):
        _print(*_of_click(error))
        return USAGE_EXIT
    return _unexpected(error)


def interrupted() -> int:
    """Print that the run was interrupted, and return the exit code."""
    _write("interrupted")
    return INTERRUPTED_EXIT


def _of_click(error: click.ClickException) -> tuple[str, str]:
    """Return message and hint of what click says of a command line."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    path = context.command_path if context else PROGRAM
    hint = f"Run '{path} --help' to see what it takes."
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        message = f"a verb is missing after '{path}'"
    elif isinstance(error, click.NoSuchOption):
        if error.possibilities:
            message, hint = error.message, f"Did you mean {' or '.join(error.possibilities)}?"
        elif path == PROGRAM:
            hint = f"The options of a verb stand after it; run '{PROGRAM} --help' for the verbs."
    return message[:1].lower() + message[1:].rstrip("."), hint


def _unexpected(error: Exception) -> int:
    """Tell a defect of the suite: what and where, and where its traceback is."""
    lines = "".join(traceback.format_exception(error))
    message = f"{PROGRAM} itself broke: {type(error).__name__}{_place(error)}"
    if os.environ.get(DEBUG_VARIABLE):
        _write(lines.rstrip("\n"))
        _print(message, "Please report it, with the traceback above.")
        return ERROR_EXIT
    try:
        path = _keep(lines)
    except OSError:
        _print(message, f"Set {DEBUG_VARIABLE}=1 to see the traceback, and please report it.")
    else:
        _print(message, f"Please report it, with the traceback in {path}; look it through before.")
    return ERROR_EXIT


def _place(error: Exception) -> str:
    """Return the last place in the suite's own code that `error` came through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            return f" in {path.relative_to(_PACKAGE.parent).as_posix()}, line {frame.lineno}"
    return ""


def _keep(lines: str) -> str:
    """Write a traceback to a file that only its owner can read, and return the path."""
    number, path = tempfile.mkstemp(prefix=f"{PROGRAM}-", suffix=".txt")
    with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{PROGRAM} {__version__}, Python {platform.python_version()}, ")
        file.write(f"{platform.platform()}\n\n{lines}")
    return path


def _print(message: str, hint: str) -> None:
    _write(f"error: {_printable(message)}")
    if hint:
        _write(f"hint: {_printable(hint)}")


def _print_detail(detail: str) -> None:
    """Print the last lines of what an adapter left behind, indented."""
    for line in detail.splitlines()[-_DETAIL_LINES:]:
        _write(f"  | {visible(line, limit=200)}")


def _printable(text: str) -> str:
    """Return `text` without characters that would steer a terminal."""
    return "".join(char if char.isprintable() or char in "\n\t" else visible(char) for char in text)


def _write(text: str) -> None:
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201
