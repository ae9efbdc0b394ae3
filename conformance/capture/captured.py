"""A request found in a capture, and the choice between several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from conformance.errors import CaptureError
from conformance.wire.message import HeaderFields, SignedRequest
from conformance.wire.parameters import split_scheme


class Format(StrEnum):
    """The ways in which a captured request is written down."""

    RAW = "raw"
    """An HTTP/1.1 message, or a log of one such as `curl -v` prints it."""
    HAR = "har"
    """An HTTP Archive, or one entry or request of it."""
    CURL = "curl"
    """A `curl` command line, quoted for bash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One request of a capture.

    `origin` is scheme and authority, such as `https://api.example`, or empty; `notes` say what
    had to be assumed. `exact` is False where the tool that wrote the capture may have changed the
    body; `trouble` says why the body cannot be told from the capture at all.
    """

    request: SignedRequest
    format: Format
    origin: str = ""
    notes: tuple[str, ...] = ()
    exact: bool = True
    trouble: CaptureError | None = None

    @property
    def is_signed(self) -> bool:
        """Whether it carries, or tries to carry, an HTTP signature."""
        headers = self.request.headers
        return bool(headers.all("signature")) or any(
            split_scheme(value)[0].lower() == "signature" or "keyid=" in value.lower()
            for value in headers.all("authorization")
        )


def choose(found: Sequence[Captured | CaptureError], entry: int | None) -> Captured:
    """Return request number `entry`, counted from 1; without a number the last signed one.

    `found` holds an error in the place of a request that cannot be read; nobody may ask for it.

    Raises:
        CaptureError: there is no such entry, it cannot be read, or there are several requests and
            none of them is signed.
    """
    if entry is None and len(found) > 1:
        return _last_signed(found)
    number = 1 if entry is None else entry
    if not 1 <= number <= len(found):
        raise CaptureError(
            f"the capture holds {_count(found)}; there is no entry {number}", hint=_choice(found)
        )
    chosen = found[number - 1]
    if isinstance(chosen, CaptureError):
        raise chosen
    return chosen


def _last_signed(found: Sequence[Captured | CaptureError]) -> Captured:
    signed = [
        (number, item)
        for number, item in enumerate(found, start=1)
        if isinstance(item, Captured) and item.is_signed
    ]
    if not signed:
        raise CaptureError(
            f"the capture holds {_count(found)}, and none of them carries a signature",
            hint=_choice(found),
        )
    number, chosen = signed[-1]
    which = "the only signed one" if len(signed) == 1 else f"the last of {len(signed)} signed ones"
    note = f"entry {number} of {len(found)}, {which}; choose another with --entry"
    return replace(chosen, notes=(note, *chosen.notes))


def with_body(captured: Captured, body: bytes | None) -> Captured:
    """Return `captured` with the body that came in a file of its own, where there is one.

    Raises:
        CaptureError: the body cannot be told from the capture and none is given; or the capture
            holds another one; or `Content-Length` speaks of another size.
    """
    if body is None:
        if captured.trouble is not None:
            raise captured.trouble
        return captured
    held = captured.request.body
    if captured.trouble is None and captured.exact and held and held != body:
        raise CaptureError(
            f"there are two bodies: the capture holds {len(held)} octets, and --body gives "
            f"{len(body)} other ones",
            hint="Leave --body away, or take the body out of the capture.",
        )
    length = content_length(captured.request.headers)
    if length is not None and length != len(body):
        raise CaptureError(
            f"Content-Length says {length} octets, but the file of --body has {len(body)}",
            hint="Give the body exactly as it was sent; editors like to add a line end.",
        )
    request = replace(captured.request, body=body)
    return replace(captured, request=request, exact=True, trouble=None)


def content_length(headers: HeaderFields) -> int | None:
    """Return what `Content-Length` says; None when it is absent (RFC 9112, section 6.3).

    Raises:
        CaptureError: it is no number, or said twice with different numbers.
    """
    values = {
        part.strip(" \t") for value in headers.all("content-length") for part in value.split(",")
    }
    if not values:
        return None
    text = min(values)
    if len(values) > 1:
        raise CaptureError(
            "Content-Length is there twice with different numbers, so the body's end is unknown",
            hint="A server refuses such a request; capture it once more.",
        )
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise CaptureError(
            "Content-Length is not a number, so the body's end is unknown",
            hint="Capture the request once more, or correct the header.",
        )
    return int(text)


def _count(found: Sequence[object]) -> str:
    return "one request" if len(found) == 1 else f"{len(found)} requests"


def _choice(found: Sequence[object]) -> str:
    only = "Leave --entry away." if len(found) == 1 else ""
    return only or f"Choose one from 1 to {len(found)} with --entry."
