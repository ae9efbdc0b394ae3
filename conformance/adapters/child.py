"""One life of an adapter's process: its pipes, each served by a thread of its own, and its end.

Threads, because pipes cannot be waited for together on every system. What happens to the process
arrives as events in one queue: a line that it wrote, a request that was written, or its end.
A request that fits into the pipe is written at once, without the thread: that halves the cost.
Whatever the process does, memory is bounded: lines by their length, standard error and noise by
their number, answers by what was asked.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import IO, Final

from conformance.adapters import group
from conformance.adapters.protocol import LINE_LIMIT, MOST_IN_FLIGHT
from conformance.adapters.shown import last_lines, paragraphs
from conformance.clock import Clock

GRACE: Final = 3.0
"""Seconds to end after end of input, and again after SIGTERM."""

_KEPT_LINES: Final = 200
_KEPT_LENGTH: Final = 2000
_CHUNK: Final = 1 << 16
_AT_ONCE: Final = sys.platform != "win32"
"""Whether pipes can be written to without being blocked."""
_HEARTBEAT: Final = 0.25
"""Seconds between two looks at whether the process lives while nothing comes from it."""
_LAST_WORDS: Final = 1.0
"""Seconds in which what a process wrote before its end must have been read."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line on standard output that starts with `{`, and when it came (monotonic seconds)."""

    data: bytes
    at: float


class Sign(Enum):
    """What else happens to a process."""

    WRITTEN = auto()
    """A request that did not fit into the pipe has been taken, or cannot be any more."""
    CLOSED = auto()
    """Standard output has ended."""
    EXITED = auto()
    """The process has ended, though something it started holds its standard output open."""
    LONG_LINE = auto()
    """A line went past the limit."""


class Child:
    """A running adapter. Ended by `close` or `kill`, at the latest when the interpreter ends."""

    def __init__(
        self, command: Sequence[str], *, clock: Clock, cwd: Path | None, env: Mapping[str, str]
    ) -> None:
        """Start `command`, without a shell, with `env` added to the environment.

        Raises:
            OSError: there is no such command, or it cannot be executed.
            ValueError: the command or the environment has a NUL in it.
        """
        self._clock = clock
        self._events: queue.SimpleQueue[Line | Sign] = queue.SimpleQueue()
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._noise: deque[bytes] = deque(maxlen=_KEPT_LINES)
        self._errors: deque[bytes] = deque(maxlen=_KEPT_LINES)
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            bufsize=0, cwd=cwd, env={**os.environ, **env}, **group.START,
        )  # fmt: skip
        _running.add(self)
        self._unwritten = 0
        if _AT_ONCE and self._process.stdin:
            os.set_blocking(self._process.stdin.fileno(), False)
        self._threads = [
            threading.Thread(target=serve, args=(pipe,), daemon=True)
            for serve, pipe in (
                (self._write_requests, self._process.stdin),
                (self._read_answers, self._process.stdout),
                (self._read_errors, self._process.stderr),
            )
        ]
        for thread in self._threads:
            thread.start()

    @property
    def stuffed(self) -> bool:
        """Whether a request waits for the process to read from its standard input."""
        return self._unwritten > 0

    def write(self, line: bytes) -> None:
        """Hand a request to the process; where that leaves it `stuffed`, `WRITTEN` ends it."""
        if _AT_ONCE and not self._unwritten and self._process.stdin:
            line = _rest(self._process.stdin.fileno(), line)
        if line:
            self._unwritten += 1
            self._requests.put(line)

    def event(self, seconds: float) -> Line | Sign | None:
        """Return what happens next; None when nothing does for `seconds`."""
        event = self._next(seconds)
        if event is Sign.WRITTEN:
            self._unwritten -= 1
        return event

    def _next(self, seconds: float) -> Line | Sign | None:
        while True:
            try:
                return self._events.get(timeout=min(seconds, _HEARTBEAT))
            except queue.Empty:
                seconds -= _HEARTBEAT
            if self._process.poll() is not None:
                try:
                    return self._events.get(timeout=_LAST_WORDS)
                except queue.Empty:
                    return Sign.EXITED
            if seconds <= 0:
                return None

    def exit_code(self) -> int | None:
        """Return the exit code of a process that has just ended; None when it lives on."""
        return group.wait(self._process, _LAST_WORDS)

    def trail(self) -> str:
        """Return the last lines of standard error and of noise, fit to be shown."""
        return paragraphs(
            last_lines("its last lines on standard error", [*self._errors]),
            last_lines("other lines on its standard output", [*self._noise]),
        )

    def complains(self) -> bool:
        """Tell whether a process that is over has written to standard error."""
        self._threads[-1].join(timeout=_LAST_WORDS)
        return bool(self._errors)

    def kill(self) -> None:
        """End the process and its whole group at once."""
        group.kill(self._process)
        self._over()

    def close(self) -> None:
        """Close standard input, and see the process and its whole group to their end."""
        self._requests.put(None)
        try:
            group.end(self._process, GRACE)
        finally:
            self._over()

    def _over(self) -> None:
        """Let the threads end; one whose pipe a stranger holds open is left behind, asleep."""
        _running.discard(self)
        self._requests.put(None)
        for thread in self._threads:
            thread.join(timeout=0.5)

    def _write_requests(self, pipe: IO[bytes]) -> None:
        with pipe:
            while (line := self._requests.get()) is not None:
                with contextlib.suppress(OSError):  # it reads no more; its end is another event
                    _write_all(pipe.fileno(), line)
                self._events.put(Sign.WRITTEN)

    def _read_answers(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in _lines(pipe.fileno(), LINE_LIMIT):
                if len(line) > LINE_LIMIT:
                    return self._events.put(Sign.LONG_LINE)
                if not line.startswith(b"{"):
                    self._noise.append(line[:_KEPT_LENGTH])
                elif self._events.qsize() > MOST_IN_FLIGHT:
                    return None  # nobody asked for so many: the first too many is to be told
                else:
                    self._events.put(Line(line, self._clock.monotonic()))
            return self._events.put(Sign.CLOSED)

    def _read_errors(self, pipe: IO[bytes]) -> None:
        with pipe:
            self._errors.extend(_lines(pipe.fileno(), _KEPT_LENGTH))


_running: set[Child] = set()


@atexit.register
def _close_all() -> None:
    for child in tuple(_running):
        child.close()


def _rest(descriptor: int, line: bytes) -> bytes:
    """Write what fits into the pipe, and return the rest."""
    try:
        return line[os.write(descriptor, line) :]
    except BlockingIOError:
        return line
    except OSError:  # it reads no more; its end comes as an event
        return b""


def _write_all(descriptor: int, data: bytes) -> None:
    if _AT_ONCE:
        os.set_blocking(descriptor, True)
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    if _AT_ONCE:
        os.set_blocking(descriptor, False)


def _lines(descriptor: int, limit: int) -> Iterator[bytes]:
    """Yield the lines that come in, without their LF.

    A line longer than `limit` is yielded, cut after one octet more, as soon as it is; the rest of
    it is dropped.
    """
    line = bytearray()
    dropping = False
    while chunk := os.read(descriptor, _CHUNK):
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            if not dropping:
                yield bytes((line + part)[: limit + 1])
            line.clear()
            dropping = False
        if not dropping:
            line += rest
            if len(line) > limit:
                yield bytes(line[: limit + 1])
                dropping = True
    if line and not dropping:
        yield bytes(line)
