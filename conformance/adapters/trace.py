"""Where an adapter broke by its own account: the line of a stack trace that its developer needs."""

from __future__ import annotations

import re
from typing import Final

from conformance.wire.shown import shown

TRACED: Final = "its trace points to "
"""What a hint begins with that names the place."""

_END: Final = 8000
"""Characters at each end of a trace that are looked at."""

_LONGEST: Final = 200
_LAST_FIRST: Final = re.compile(r'File "[^"]+", line \d+')
"""How a line of Python names a place; what was called last comes last."""

_FRAME: Final = re.compile(r"at \S|in \S+\.php:\d+$|#\d+ \S+\.php\(\d+\)|\S+\.go:\d+")
"""How lines of Java, JavaScript, C#, PHP and Go do; what was called last comes first."""

_MESSAGE_OF_PHP: Final = re.compile(r"^.*(?= in \S+\.php:\d+$) ")
_NOT_THEIRS: Final = re.compile(
    r"^at (?:java|javax|jdk|sun|System)\.|^at java\.base/|\bnode:|\(<anonymous>\)"
    r'|site-packages|/lib/python3|"<frozen |/src/(?:runtime|crypto)/'
)
"""Frames of the language itself and of what is installed with it."""


def traced(trace: str, hint: str) -> str:
    """Return `hint` with the place in `trace` that comes nearest to where it broke, if any."""
    place = place_in(trace)
    return f"{TRACED}{place}; {hint}" if place else hint


def place_in(trace: str) -> str:
    """Return the place where it broke, in the developer's own code where that is in `trace`."""
    ends = f"{trace[:_END]}\n{trace[_END:][-_END:]}"
    lines = [_MESSAGE_OF_PHP.sub("", line.strip(), count=1) for line in ends.splitlines()]
    frames = [line for line in lines if _LAST_FIRST.match(line)][::-1]
    frames = frames or [line for line in lines if _FRAME.match(line)]
    own = [line for line in frames if not _NOT_THEIRS.search(line)]
    return shown((own or frames or [""])[0], _LONGEST)
