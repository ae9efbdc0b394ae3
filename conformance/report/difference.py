r"""Two visible strings beside each other, with the first difference marked.

The strings are those of `wire.visible`: each unit, a character or an escape such as `\r` or
`\xe4`, stands for one octet, so the place where two strings part is found again in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

_UNIT: Final = re.compile(r"\\x[0-9a-f]{2}|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedLine:
    """One line of a string; `width` columns from `column` on are where it parts from the other."""

    text: str
    column: int = 0
    width: int = 0


def marked(expected: str, observed: str, width: int) -> tuple[list[MarkedLine], list[MarkedLine]]:
    r"""Return both strings in lines of at most `width` columns, the first difference marked.

    A line ends after each `\n`. Of a longer line the part around the difference is shown, or its
    beginning.
    """
    left, right = _UNIT.findall(expected), _UNIT.findall(observed)
    place = next(
        (
            index
            for index, (one, other) in enumerate(zip_longest(left, right))
            if _octet(one) != _octet(other)
        ),
        None,
    )
    return _lines(left, place, width), _lines(right, place, width)


def _octet(unit: str | None) -> str | None:
    return " " if unit == "\\x20" else unit


def _lines(units: list[str], place: int | None, width: int) -> list[MarkedLine]:
    lines: list[MarkedLine] = []
    start = 0
    ends = [index + 1 for index, unit in enumerate(units) if unit == "\\n"]
    if not ends or ends[-1] < len(units) or place == len(units):
        ends.append(len(units))
    for number, end in enumerate(ends, start=1):
        last = number == len(ends)
        at = place - start if place is not None and start <= place < end + last else None
        lines.append(_line(units[start:end], at, width))
        start = end
    return lines


def _line(units: list[str], at: int | None, width: int) -> MarkedLine:
    """Return the line of `units`, its unit `at` marked; the place behind the last is its end."""
    text = "".join(units)
    if at is None:
        return MarkedLine(text=_cut(text, 0, width))
    column = len("".join(units[:at]))
    mark = len(units[at]) if at < len(units) else 1
    if column + mark <= width - 1 or len(text) + 1 <= width:
        return MarkedLine(text=_cut(text, 0, width), column=column, width=mark)
    start = max(column - width // 2, 0)
    return MarkedLine(text=_cut(text, start, width), column=column - start + 1, width=mark)


def _cut(text: str, start: int, width: int) -> str:
    """Return `width` columns of `text` from `start` on, with … where something is left out."""
    rest = text[start:]
    room = width - bool(start)
    shown = rest if len(rest) <= room else f"{rest[: room - 1]}…"
    return f"…{shown}" if start else shown
