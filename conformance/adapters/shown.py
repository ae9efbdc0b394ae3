"""Text that an adapter sent, made fit to be shown: bounded, and without control characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LIMIT: Final = 2000
"""Characters of one text that are kept unless told otherwise."""

_DETAIL_LINES: Final = 20
_LINE_LIMIT: Final = 500


def shown(text: str | bytes, limit: int = LIMIT) -> str:
    r"""Return `text` on one line, printable, at most about `limit` characters of it.

    Letters of any language stay; controls, line ends, bidirectional marks and octets that are no
    UTF-8 become `\n`, `\x1b`, `\u202e`. A backslash stays one, so that doing it twice does no harm.
    """
    if isinstance(text, bytes):
        text = text[: 4 * limit].decode("utf-8", "backslashreplace")
    kept = text[:limit]
    if not kept.isprintable():
        kept = "".join(c if c.isprintable() else _escaped(c) for c in kept)
    return kept if len(text) <= limit else f"{kept}…"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def last_lines(title: str, lines: Sequence[str | bytes]) -> str:
    """Return the last of `lines` under a title, each fit to be shown; nothing for no lines."""
    if not lines:
        return ""
    last = lines[-_DETAIL_LINES:]
    return "\n".join([f"{title}:", *(f"  {shown(line, _LINE_LIMIT)}" for line in last)])


def paragraphs(*parts: str) -> str:
    """Return the parts that are not empty, one below the other."""
    return "\n".join(part for part in parts if part)
