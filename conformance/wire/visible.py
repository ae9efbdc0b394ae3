r"""Octets that a person can tell apart: CR, LF, tabs, spaces at line ends and non-ASCII shown.

`visible` is for one value on one line; `first_difference` says where two strings part.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from conformance.wire.message import to_octets

_NAMES: Final = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x5C: "\\\\"}
_TABLE: Final = {
    octet: _NAMES.get(octet, f"\\x{octet:02x}")
    for octet in range(256)
    if octet in _NAMES or not 0x20 <= octet < 0x7F
}


def visible(data: bytes | str, *, limit: int = 2000) -> str:
    r"""Return `data` in printable ASCII: `\n`, `\r`, `\t`, `\xhh`, and `\x20` for a last space.

    Text is taken as one character per octet where it fits, else as UTF-8. What goes beyond
    `limit` octets is cut, and the length said.
    """
    raw = to_octets(data) if isinstance(data, str) else data
    text = raw[:limit].decode("latin-1").translate(_TABLE)
    if text.endswith(" "):
        text = text[:-1] + "\\x20"
    text = text.replace(" \\n", "\\x20\\n").replace(" \\r", "\\x20\\r")
    return text if len(raw) <= limit else f"{text}... ({len(raw)} octets)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where two octet strings part: the offset, and line and column, all counted from 0 and 1."""

    offset: int
    line: int
    column: int
    expected: str
    """The expected octet, visible; empty when the expected string has ended there."""
    observed: str
    """The octet seen there, visible; empty when that string has ended."""

    def __str__(self) -> str:
        """Say it in words."""
        expected = f"'{self.expected}'" if self.expected else "the end"
        observed = f"'{self.observed}'" if self.observed else "the end"
        return (
            f"first difference at octet {self.offset} "
            f"(line {self.line}, column {self.column}): expected {expected}, got {observed}"
        )


def first_difference(expected: bytes, observed: bytes) -> Difference | None:
    """Return where the two part, or None when they are the same."""
    if expected == observed:
        return None
    offset = next(
        index
        for index, (left, right) in enumerate(zip_longest(expected, observed))
        if left != right
    )
    before = expected[:offset]
    return Difference(
        offset=offset,
        line=before.count(b"\n") + 1,
        column=offset - (before.rfind(b"\n") + 1) + 1,
        expected=visible(expected[offset : offset + 1]),
        observed=visible(observed[offset : offset + 1]),
    )
