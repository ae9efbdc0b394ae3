"""What an adapter printed, some lines of it, put below what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conformance.wire.shown import shown

_DETAIL_LINES: Final = 20
_LINE_LIMIT: Final = 500


def last_lines(title: str, lines: Sequence[str | bytes]) -> str:
    """Return the last of `lines` under a title, each fit to be shown; nothing for no lines."""
    if not lines:
        return ""
    last = lines[-_DETAIL_LINES:]
    return "\n".join([f"{title}:", *(f"  {shown(line, _LINE_LIMIT)}" for line in last)])


def paragraphs(*parts: str) -> str:
    """Return the parts that are not empty, one below the other."""
    return "\n".join(part for part in parts if part)
