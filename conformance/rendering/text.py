r"""Hostile text made fit for a page: bounded, on display whole, and without what cannot be seen.

`shown` is what every text passes on its way into a page. It leaves letters of all languages, and
writes out what would be unseen or would move other text about: controls, marks that turn the
direction of writing, characters without width, unpaired surrogates, heaps of combining marks.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

LIMIT: Final = 4000
"""Characters of one text that are shown."""

_MOST_MARKS: Final = 3
"""Combining marks above and below one letter; a heap of them would cover the lines around it."""

_ESCAPE: Final = re.compile(
    r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\[nrt0\\]|^ +| {2,}| +$"
)
_NAMES: Final = {"\\n": "line feed", "\\r": "carriage return", "\\t": "tab", "\\x20": "space",
    "\\\\": "backslash", "\\0": "NUL"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of a visible string: plain text, or one thing unseen with its `name`."""

    text: str
    name: str = ""
    marked: bool = False
    """Whether the string parts here from the one beside it."""


def shown(text: str, limit: int = LIMIT) -> str:
    r"""Return `text`, cut after `limit` characters, with `\u202e` and the like for the unseen.

    Line feeds stay.
    """
    kept = text[:limit]
    if not (kept.isascii() and kept.isprintable()):
        kept = "".join(_seen(kept))
    if len(text) <= limit:
        return kept
    return f"{kept}… ({len(text) - limit:,} characters more)"


def _seen(text: str) -> list[str]:
    """Return the characters of `text`, what is unseen as an escape."""
    out: list[str] = []
    marks = 0
    for character in text:
        combining = unicodedata.category(character).startswith("M")
        marks = marks + 1 if combining else 0
        if character == "\n" or (character.isprintable() and marks <= _MOST_MARKS):
            out.append(character)
        else:
            out.append(character.encode("unicode_escape").decode("ascii"))
    return out


def pieces(text: str) -> list[Piece]:
    r"""Return a string of `wire.visible` in runs: what is unseen, such as `\n`, stands alone."""
    found: list[Piece] = []
    place = 0
    for match in _ESCAPE.finditer(text):
        if match.start() > place:
            found.append(Piece(text=text[place : match.start()]))
        found += _unseen(match.group())
        place = match.end()
    if place < len(text):
        found.append(Piece(text=text[place:]))
    return found


def _unseen(escape: str) -> list[Piece]:
    if escape == "\\\\":  # a backslash is seen well enough
        return [Piece(text=escape)]
    if escape.startswith(" "):
        return [
            Piece(
                text="·" * len(escape),
                name="a space" if len(escape) == 1 else f"{len(escape)} spaces",
            )
        ]
    return [Piece(text=escape, name=_NAMES.get(escape, f"octet {escape.lstrip(chr(92) + 'xuU')}"))]
