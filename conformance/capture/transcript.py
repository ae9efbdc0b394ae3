"""Logs of a request that put something before its lines, such as `curl -v` and Wireshark do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.capture.head import is_request_line

_LONGEST_LEAD: Final = 200
_MARKER: Final = b"> "
_SPELT_LINE_END: Final = b"\\r\\n"


def has_transcript(octets: bytes) -> bool:
    """Tell whether a request is told somewhere in `octets` in one of these ways."""
    return any(True for _ in transcribed_heads(octets))


def transcribed_heads(octets: bytes) -> Iterator[list[bytes] | None]:
    r"""Yield the lines of each request's head, without what stands around them; None when cut off.

    Known are `> ` before each line (`curl -v`, also behind a time stamp or as `>> `), and lines
    that end in the four characters `\r\n` (Wireshark's packet details). Bodies are not in such
    logs.
    """
    if b" HTTP/" not in octets:
        return
    head: list[bytes] = []
    for raw in octets.split(b"\n"):
        line = raw.rstrip(b"\r")
        bare = _after_marker(line)
        if bare is None:
            bare = _spelt(line)
        if bare is None:
            continue
        if head and not bare:
            yield head
            head = []
        elif head or is_request_line(bare):
            head.append(bare)
    if head:
        yield None


def _after_marker(line: bytes) -> bytes | None:
    """Return what follows `> `, or None where there is no such mark near the line's beginning."""
    position = line.find(_MARKER, 0, _LONGEST_LEAD)
    if position >= 0:
        return line[position + len(_MARKER) :]
    return b"" if line in (b">", b">>") or line[-2:] == b" >" else None


def _spelt(line: bytes) -> bytes | None:
    """Return what stands before a spelt-out line end, or None where there is none."""
    if not line.endswith(_SPELT_LINE_END):
        return None
    return line[: -len(_SPELT_LINE_END)].strip(b" \t")
