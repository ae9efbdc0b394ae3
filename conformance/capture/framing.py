"""Where a message's body ends: `Content-Length` and chunks (RFC 9112, sections 6 and 7)."""

from __future__ import annotations

import re
from typing import Final

from conformance.capture.captured import content_length
from conformance.errors import CaptureError
from conformance.wire.message import HeaderFields

_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LINE_END: Final = re.compile(rb"\r?\n")
_TRAILER: Final = re.compile(rb"[^\r\n]+\r?\n")


def is_chunked(headers: HeaderFields) -> bool:
    """Tell whether the body comes in chunks.

    Raises:
        CaptureError: there is a `Content-Length` too, or another transfer coding than `chunked`.
    """
    codings = headers.combined("transfer-encoding")
    if codings is None:
        return False
    if codings.strip().lower() != "chunked":
        raise CaptureError(
            "the body has a Transfer-Encoding other than chunked, which cannot be taken off here",
            hint="Give the body as it was before that, with --body FILE.",
        )
    if headers.all("content-length"):
        raise CaptureError(
            "the request has both Transfer-Encoding and Content-Length, so its body's end is "
            "unknown",
            hint="A server refuses such a request; capture it once more.",
        )
    return True


def sized_body(octets: bytes, start: int, length: int) -> bytes:
    """Return the `length` octets from `start` on.

    Raises:
        CaptureError: there are fewer.
    """
    there = len(octets) - start
    if there < length:
        raise CaptureError(
            f"Content-Length says {length} octets, but the capture holds "
            f"{there or 'no'}{' of them' if there else ' body'}",
            hint="The capture is cut off, or its line ends were changed; give the body as it was "
            "sent with --body FILE.",
        )
    return octets[start : start + length]


def chunked_body(octets: bytes, start: int) -> tuple[bytes, int]:
    """Return the body whose chunks begin at `start`, put together, and where the last one ends.

    Raises:
        CaptureError: the chunks are cut off or malformed.
    """
    parts: list[bytes] = []
    position = start
    while chunk := _CHUNK.match(octets, position):
        size = int(chunk[1], 16)
        if size == 0:
            position = chunk.end()
            while trailer := _TRAILER.match(octets, position):
                position = trailer.end()
            end = _LINE_END.match(octets, position)
            if end is None:
                break
            return b"".join(parts), end.end()
        parts.append(octets[chunk.end() : chunk.end() + size])
        end = _LINE_END.match(octets, chunk.end() + size)
        if end is None:
            break
        position = end.end()
    raise CaptureError(
        "Transfer-Encoding says chunked, but the body's chunks are cut off or not there",
        hint="The tool may have put them together already; give the body with --body FILE.",
    )


def response_end(octets: bytes, start: int, status: int, headers: HeaderFields) -> int:
    """Return where a response's body, beginning at `start`, ends; the end of all when unknown."""
    if status < 200 or status in (204, 304):
        return start
    try:
        if is_chunked(headers):
            return chunked_body(octets, start)[1]
        length = content_length(headers)
    except CaptureError:
        return len(octets)
    return len(octets) if length is None else min(start + length, len(octets))
