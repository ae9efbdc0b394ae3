"""Reads a raw HTTP message, several in a row, or the log of one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from conformance.capture.captured import Captured, Format, content_length
from conformance.capture.framing import chunked_body, is_chunked, response_end, sized_body
from conformance.capture.head import Head, is_request_line, is_status_line, read_fields, read_head
from conformance.capture.transcript import has_transcript, transcribed_heads
from conformance.errors import CaptureError
from conformance.wire.message import SignedRequest

_LINE_ENDS: Final = re.compile(rb"[\r\n]*")
_RESPONSE: Final = re.compile(rb"^HTTP/[0-9](?:\.[0-9])? [0-9]{3}[ \r\n]", re.MULTILINE)


def first_line(octets: bytes) -> bytes:
    """Return the first line of `octets` that is not empty, without its line end."""
    start = _after_line_ends(octets, 0)
    return octets[start:].partition(b"\n")[0].rstrip(b"\r")


def read_messages(octets: bytes) -> tuple[Captured, ...]:
    """Return every request in `octets`, in their order; responses between them are passed over.

    Raises:
        CaptureError: there is no request, or one is cut off or is followed by something that is
            neither its body nor another message.
    """
    if not is_request_line(first_line(octets)) and has_transcript(octets):
        return _read_transcript(octets)
    found: list[Captured] = []
    position = _after_line_ends(octets, 0)
    while position < len(octets):
        lines, after = _head_lines(octets, position)
        if is_status_line(lines[0]):
            headers, _ = read_fields(lines[1:])
            status = int(lines[0].split(b" ", 2)[1])
            position = response_end(octets, after, status, headers)
        else:
            captured, position = _read_body(octets, after, read_head(lines))
            found.append(captured)
        position = _after_line_ends(octets, position)
    if not found:
        raise CaptureError(
            "the capture holds no request",
            hint="It should begin like this: GET /partner-api/ping HTTP/1.1",
        )
    return tuple(found)


def _head_lines(octets: bytes, start: int) -> tuple[list[bytes], int]:
    """Return the head's lines from `start` on, without their LF, and where its body begins."""
    if not _begins_message(octets, start):
        raise CaptureError(
            "the capture does not begin with a request line",
            hint="It should begin like this: GET /partner-api/ping HTTP/1.1",
        )
    lines: list[bytes] = []
    position = start
    while (end := octets.find(b"\n", position)) >= 0:
        line = octets[position:end]
        position = end + 1
        if not line.rstrip(b"\r"):
            return lines, position
        lines.append(line)
    raise CaptureError(
        "the capture is half a message: the empty line that ends the head is missing",
        hint="Capture the rest of it; where nothing is missing, end it with an empty line.",
    )


def _read_body(octets: bytes, start: int, head: Head) -> tuple[Captured, int]:
    """Return the request whose body begins at `start`, and where it ends."""
    if is_chunked(head.headers):
        try:
            body, end = chunked_body(octets, start)
        except CaptureError as trouble:
            return _captured(head, b"", trouble=trouble), len(octets)
        _refuse_remainder(octets, end, "its last chunk")
        return _captured(head, body, "the body came in chunks and was put together"), end
    length = content_length(head.headers)
    if length is None:
        return _read_unsized(octets, start, head)
    try:
        body = sized_body(octets, start, length)
    except CaptureError as trouble:
        return _captured(head, b"", trouble=trouble), len(octets)
    end = start + length
    _refuse_remainder(octets, end, f"the {length} octets of its Content-Length")
    return _captured(head, body), end


def _read_unsized(octets: bytes, start: int, head: Head) -> tuple[Captured, int]:
    """Return a request that does not say how long its body is, and where it ends."""
    after = _after_line_ends(octets, start)
    if after == len(octets) or _begins_message(octets, after):
        return _captured(head, b""), after
    body = octets[start:]
    if _RESPONSE.search(body):
        raise CaptureError(
            "a response follows the request, which has no Content-Length to say where its body "
            "ends",
            hint="Cut the response off, or give the body with --body FILE.",
        )
    note = "there is no Content-Length: all that follows the empty line was taken as the body"
    if body.endswith(b"\n"):
        note += ", the line end at its end too, which an editor may have added"
    return replace(_captured(head, body, note), exact=False), len(octets)


def _refuse_remainder(octets: bytes, end: int, what: str) -> None:
    """Raise where a body is followed by something that is no message."""
    after = _after_line_ends(octets, end)
    if after < len(octets) and not _begins_message(octets, after):
        raise CaptureError(
            f"there are two bodies: {len(octets) - end} more octets follow the request and {what}",
            hint="Leave only the one that was sent; a changed line end shifts the body's end too.",
        )


def _begins_message(octets: bytes, start: int) -> bool:
    line = octets[start : start + 64 * 1024].partition(b"\n")[0].rstrip(b"\r")
    return is_request_line(line) or is_status_line(line)


def _captured(
    head: Head, body: bytes, *notes: str, trouble: CaptureError | None = None
) -> Captured:
    return Captured(
        request=SignedRequest(
            method=head.method, target=head.target, headers=head.headers, body=body
        ),
        format=Format.RAW,
        origin=head.origin,
        notes=(*head.notes, *notes),
        trouble=trouble,
    )


def _read_transcript(octets: bytes) -> tuple[Captured, ...]:
    """Return the requests of a log, which shows no bodies."""
    found: list[Captured] = []
    for lines in transcribed_heads(octets):
        if lines is None:
            raise CaptureError(
                "the log breaks off in the middle of the request's head",
                hint="Copy it up to the empty line that ends the head.",
            )
        head = read_head(lines)
        trouble = None
        if is_chunked(head.headers) or content_length(head.headers):
            trouble = CaptureError(
                "the request has a body, which such a log does not show",
                hint="Give the body as it was sent with --body FILE.",
            )
        found.append(_captured(head, b"", trouble=trouble))
    return tuple(found)


def _after_line_ends(octets: bytes, start: int) -> int:
    match = _LINE_ENDS.match(octets, start)
    return match.end() if match else start
