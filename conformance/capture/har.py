"""Reads an HTTP Archive (HAR 1.2), one entry of it, or one request."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.capture.address import split_address
from conformance.capture.captured import Captured, Format, content_length
from conformance.errors import CaptureError
from conformance.wire.message import HeaderFields, SignedRequest, header_fields, octets

_MEND_BODY: Final = "Give the body as it was sent with --body FILE."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """What a HAR tells of a body; see `Captured` for the fields."""

    octets: bytes = b""
    notes: tuple[str, ...] = ()
    exact: bool = True
    trouble: CaptureError | None = field(default=None)


def read_har(text: bytes) -> tuple[Captured | CaptureError, ...]:
    """Return every request in the JSON `text`, in the archive's order, or why it cannot be read.

    Raises:
        CaptureError: it is no JSON, no HAR, or has no entry.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptureError(
            "the capture looks like JSON, but it is cut off or malformed",
            hint="Save the HAR file once more, or give a raw message or a curl command line.",
        ) from error
    entries = _entries(document)
    if not entries:
        raise CaptureError("the HAR file holds no request", hint="Record it with the log open.")
    return tuple(_try_entry(entry, number) for number, entry in enumerate(entries, start=1))


def _entries(document: Any) -> Sequence[Any]:
    """Return the requests of a whole archive, a list of entries, one entry, or one request."""
    match document:
        case {"log": {"entries": list(entries)}} | list(entries):
            return entries
        case {"request": dict()} | {"method": str(), "url": str()}:
            return [document]
    raise CaptureError(
        "the capture is JSON, but no HAR: it has neither log.entries nor a request",
        hint="In the browser's network tab, choose Save all as HAR.",
    )


def _try_entry(entry: Any, number: int) -> Captured | CaptureError:
    try:
        return _read_entry(entry, number)
    except CaptureError as error:
        return error


def _read_entry(entry: Any, number: int) -> Captured:
    match entry:
        case {"request": {"method": str(method), "url": str(url), "headers": list(pairs)} as found}:
            request: Mapping[str, Any] = found
        case {"method": str(method), "url": str(url), "headers": list(pairs)}:
            request = entry
        case _:
            raise _broken(number, "has no request with method, url and headers")
    address = split_address(url)
    if address is None:
        raise _broken(number, "has no absolute http or https url")
    pseudo, headers = _headers(pairs, number)
    path = pseudo.get(":path", octets(address.target))
    notes = []
    if path != octets(address.target):
        notes.append("the :path that was sent differs from the entry's url; :path counts")
    body = _read_body(request.get("postData"), headers)
    return Captured(
        request=SignedRequest(
            method=pseudo.get(":method", octets(method)),
            target=path,
            headers=headers,
            body=body.octets,
        ),
        format=Format.HAR,
        origin=address.origin,
        notes=(*notes, *body.notes),
        exact=body.exact,
        trouble=body.trouble,
    )


def _headers(pairs: Sequence[object], number: int) -> tuple[dict[str, str], HeaderFields]:
    """Return HTTP/2's pseudo header fields, and the others."""
    fields = []
    for pair in pairs:
        match pair:
            case {"name": str(name), "value": str(value)}:
                fields.append((name, value))
            case _:
                raise _broken(number, "has a header without name or value")
    read = header_fields(fields)
    pseudo = {name: value for name, value in read if name.startswith(":")}
    ordinary = tuple(item for item in read if not item[0].startswith(":"))
    if ":authority" in pseudo and HeaderFields(ordinary).first("host") is None:
        ordinary = (("host", pseudo[":authority"]), *ordinary)
    return pseudo, HeaderFields(ordinary)


def _read_body(post_data: object, headers: HeaderFields) -> _Body:
    length = content_length(headers)
    match post_data:
        case {"text": str(text), "encoding": "base64"}:
            return _sized(_decoded(text), length)
        case {"text": str(text)} if text:
            return _read_text(text, length)
        case {"params": list(params)} if params:
            return _read_params(params, length)
    return _sized(b"", length)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CaptureError(
            "the HAR's body says it is Base64, but is not", hint=_MEND_BODY
        ) from error


def _read_text(text: str, length: int | None) -> _Body:
    """Return the body that a HAR keeps as text, in the charset that fits `Content-Length`."""
    if "\N{REPLACEMENT CHARACTER}" in text:
        sentence = "the HAR's body was decoded as text and lost octets (U+FFFD stands for them)"
        return _Body(exact=False, trouble=CaptureError(sentence, hint=_MEND_BODY))
    body = text.encode("utf-8", "surrogatepass")
    if length is None:
        note = "the HAR keeps the body as text, and no Content-Length says if it is whole"
        return _Body(octets=body, notes=(note,), exact=False)
    latin = text.encode("latin-1", "ignore")
    if length != len(body) and length == len(latin) == len(text):
        note = "the HAR keeps the body as text; taken as ISO 8859-1, as its length tells"
        return _Body(octets=latin, notes=(note,), exact=False)
    return _sized(body, length)


def _read_params(params: Sequence[Any], length: int | None) -> _Body:
    """Return a form's body put together again from the fields that the HAR keeps instead."""
    pieces = []
    for param in params:
        match param:
            case {"name": str(name), "value": str(value)} if not param.get("fileName"):
                pieces.append(f"{name}={value}")
            case _:
                pieces.clear()
                break
    body = "&".join(pieces).encode("utf-8", "surrogatepass")
    if not pieces or length not in (None, len(body)):
        return _Body(
            exact=False,
            trouble=CaptureError(
                "the HAR keeps the form's fields, but not the octets that were sent",
                hint=_MEND_BODY,
            ),
        )
    note = "the HAR keeps the form's fields; the body was put together from them"
    return _Body(octets=body, notes=(note,), exact=False)


def _sized(body: bytes, length: int | None) -> _Body:
    """Return `body`, and trouble where `Content-Length` speaks of another size."""
    if length in (None, len(body)):
        return _Body(octets=body)
    return _Body(
        exact=False,
        trouble=CaptureError(
            f"Content-Length says {length} octets, but the HAR's body has {len(body) or 'none'}",
            hint=f"The tool has left it out or decoded it. {_MEND_BODY}",
        ),
    )


def _broken(number: int, what: str) -> CaptureError:
    return CaptureError(
        f"entry {number} of the HAR {what}", hint="Save the HAR file once more, unedited."
    )
