"""Two strings side by side, line by line, with the place where they part in the middle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from conformance.rendering.text import Piece, pieces
from conformance.report.difference import MarkedLine, marked

WIDTH: Final = 800
"""Characters of one line that are shown."""

AROUND: Final = 12
"""Lines before and after the first that differs; a signing string has three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of both strings; a string that has ended has no pieces."""

    number: int
    expected: tuple[Piece, ...]
    observed: tuple[Piece, ...]
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The lines that are shown, and how many are not, before and after them."""

    rows: tuple[Row, ...]
    before: int = 0
    after: int = 0


def compared(expected: str, observed: str) -> Comparison:
    """Return two visible strings beside each other; the first difference is marked in both."""
    left, right = marked(expected, observed, WIDTH)
    pairs = list(zip_longest(left, right))
    place = next(
        (number for number, pair in enumerate(pairs) if any(line and line.width for line in pair)),
        0,
    )
    first, last = max(place - AROUND, 0), place + AROUND + 1
    rows = tuple(
        Row(
            number=number,
            expected=_pieces(one),
            observed=_pieces(other),
            differs=(one and one.text) != (other and other.text),
        )
        for number, (one, other) in enumerate(pairs[first:last], start=first + 1)
    )
    return Comparison(rows=rows, before=first, after=max(len(pairs) - last, 0))


def around(text: str, other: str, width: int) -> tuple[Piece, ...]:
    """Return the line of `text` where it parts from `other`, at most `width` characters of it."""
    lines = marked(text, other, width)[0]
    return _pieces(next((line for line in lines if line.width), lines[0]))


def _pieces(line: MarkedLine | None) -> tuple[Piece, ...]:
    if line is None:
        return ()
    if not line.width:
        return tuple(pieces(line.text))
    end = line.column + line.width
    here = pieces(line.text[line.column : end]) or [Piece(text="end", name="the end")]
    return (
        *pieces(line.text[: line.column]),
        *(replace(piece, marked=True) for piece in here),
        *pieces(line.text[end:]),
    )
