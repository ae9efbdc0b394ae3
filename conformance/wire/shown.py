"""Text from elsewhere, made fit to be shown: names of files and people, words of an adapter."""

from __future__ import annotations

from typing import Final

LIMIT: Final = 2000
"""Characters of one text that are kept unless told otherwise."""


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
