"""The head of an HTTP message: start line and header fields, read without tidying them up.

Lines may end in CR LF or in LF alone. A field's value keeps its white space but for the one space
after the colon, so that a signer which signs white space can be told from one which does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from conformance.capture.address import split_address
from conformance.errors import CaptureError
from conformance.wire.message import Field, HeaderFields

_REQUEST_LINE: Final = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) ([^ \t].*?) HTTP/[0-9](?:\.[0-9])?[ \t]*\Z"
)
_STATUS_LINE: Final = re.compile(rb"HTTP/[0-9](?:\.[0-9])? [0-9]{3}(?: |\Z)")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):( ?)(.*)\Z", re.DOTALL)
_LONGEST_LINE: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a request; `origin` is empty when neither target nor `Host` tells it."""

    method: str
    target: str
    headers: HeaderFields
    origin: str
    notes: tuple[str, ...] = ()


def is_request_line(line: bytes) -> bool:
    """Tell whether `line`, without its line end, begins a request."""
    return len(line) <= _LONGEST_LINE and _REQUEST_LINE.match(line) is not None


def is_status_line(line: bytes) -> bool:
    """Tell whether `line`, without its line end, begins a response."""
    return _STATUS_LINE.match(line[:64]) is not None


def read_head(lines: Sequence[bytes]) -> Head:
    """Return the head in `lines`, without their LF; the first is a request line.

    Raises:
        CaptureError: a line is no header field, or no request line.
    """
    match = _REQUEST_LINE.match(lines[0].rstrip(b"\r"))
    if match is None:
        raise CaptureError(
            "the capture does not begin with a request line",
            hint="It should begin like this: GET /partner-api/ping HTTP/1.1",
        )
    target = match[2].decode("latin-1")
    headers, notes = read_fields(lines[1:])
    address = split_address(target)
    if address is not None:
        target = address.target
        notes = (*notes, "the request line held a whole address; its path and query count")
    host = (headers.first("host") or "").strip(" \t")
    origin = f"https://{host}" if host else ""
    return Head(
        method=match[1].decode("ascii"),
        target=target,
        headers=headers,
        origin=address.origin if address else origin,
        notes=notes,
    )


def read_fields(lines: Sequence[bytes]) -> tuple[HeaderFields, tuple[str, ...]]:
    """Return the header fields in `lines`, and notes on those that took several lines.

    A folded field is put on one line (RFC 9112, section 5.2). A line end within quotes, as wrapped
    Base64 brings it into a `Signature`, stays: it is what was sent.

    Raises:
        CaptureError: a line is no header field; it is named by number, never quoted.
    """
    fields: list[Field] = []
    notes: set[str] = set()
    end = ""
    for number, raw in enumerate(lines, start=2):
        line = raw.rstrip(b"\r")
        match = _FIELD.match(line)
        if match is not None:
            fields.append((match[1].decode("ascii"), match[3].decode("latin-1")))
        else:
            name, value = fields.pop() if fields else ("", "")
            if not name or len(value) > _LONGEST_LINE:
                raise _no_field(number)
            if line[:1] in (b" ", b"\t"):
                value = f"{value.rstrip()} {line.strip().decode('latin-1')}".strip(" ")
                notes.add("a folded header field was put on one line")
            elif value.count('"') % 2:
                value += end + line.decode("latin-1")
                notes.add("a header field has a line end within quotes")
            else:
                raise _no_field(number)
            fields.append((name, value))
        end = "\r\n" if raw.endswith(b"\r") else "\n"
    return HeaderFields(tuple(fields)), tuple(sorted(notes))


def _no_field(number: int) -> CaptureError:
    return CaptureError(
        f"line {number} of the request's head is no header field (Name: value)",
        hint="An empty line ends the head; a header field stands on one line.",
    )
