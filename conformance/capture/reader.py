"""Reads a captured request, in whatever form it was written down."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from conformance.capture.captured import Captured, Format, choose, with_body
from conformance.capture.curl import read_curl
from conformance.capture.har import read_har
from conformance.capture.head import is_request_line, is_status_line
from conformance.capture.message import first_line, read_messages
from conformance.capture.transcript import has_transcript
from conformance.errors import CaptureError
from conformance.files import UTF_16, as_utf8

_CURL: Final = re.compile(rb"^[ \t]*(?:[$%+] )?(?:[^\s'\"]*/)?curl(?:\.exe)?[ \t]", re.MULTILINE)


def read_capture(
    octets: bytes,
    *,
    form: Format | None = None,
    entry: int | None = None,
    body: bytes | None = None,
) -> Captured:
    """Return the request that the capture in `octets` holds.

    Without `form` it is told from the capture itself. Where there are several requests, `entry`
    chooses one, counted from 1; else the last signed one is taken. `body` is that of a capture
    which does not show it.

    Raises:
        CaptureError: the capture cannot be read as one request; nothing else is ever raised.
    """
    text, note = _as_octets(octets)
    if not text.strip():
        raise CaptureError(
            "the capture is empty", hint="Give a raw request, a HAR file or a curl command line."
        )
    match form or detect(text):
        case Format.HAR:
            captured = choose(read_har(text), entry)
        case Format.CURL:
            captured = choose([read_curl(text)], entry)
        case Format.RAW:
            captured = choose(read_messages(text), entry)
    if note:
        captured = replace(captured, notes=(*captured.notes, note))
    return with_body(captured, body)


def detect(octets: bytes) -> Format:
    """Return the form that the capture in `octets` is written in.

    A log of what went on the wire counts more than the command line that may stand above it.

    Raises:
        CaptureError: it looks like none of them.
    """
    line = first_line(octets)
    if is_request_line(line) or is_status_line(line):
        return Format.RAW
    if octets.lstrip()[:1] in (b"{", b"["):
        return Format.HAR
    if has_transcript(octets):
        return Format.RAW
    if _CURL.search(octets):
        return Format.CURL
    raise CaptureError(
        "the capture is neither an HTTP request, nor a HAR file, nor a curl command line",
        hint="A raw request begins like this: GET /partner-api/ping HTTP/1.1",
    )


def _as_octets(octets: bytes) -> tuple[bytes, str]:
    """Return `octets` without a byte order mark, UTF-16 brought to UTF-8, and a note on that."""
    try:
        text = as_utf8(octets)
    except UnicodeDecodeError as error:
        raise CaptureError(
            "the capture begins like UTF-16 text, but is not", hint="Save it as UTF-8."
        ) from error
    was_utf16 = octets.startswith(UTF_16)
    return text, "the capture was UTF-16 text; taken as UTF-8" if was_utf16 else ""
