"""The body that `curl` makes of its `--data` options, or the query that it makes with `-G`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

from conformance.capture.curl_options import Option
from conformance.capture.source import STANDARD_INPUT, read_octets
from conformance.errors import CaptureError


@dataclass(frozen=True, slots=True, kw_only=True)
class CurlBody:
    """The body of a command; `given` tells an empty one from none. For `trouble` see `Captured`."""

    octets: bytes = b""
    given: bool = False
    trouble: CaptureError | None = None


def read_body(options: Sequence[Option]) -> CurlBody:
    """Return the body that the data options make together; never raises."""
    body: bytes | None = None
    for name, value in options:
        piece_of = _PIECES.get(name)
        if piece_of is None:
            continue
        try:
            piece = piece_of(value.encode("latin-1"))
        except CaptureError as error:
            trouble = CaptureError(
                f"the body of the curl command is missing: {error.message}",
                hint="Give the body as it was sent with --body FILE.",
            )
            return CurlBody(given=True, trouble=trouble)
        joint = b"" if name == "json" else b"&"
        body = piece if body is None else body + joint + piece
    return CurlBody(octets=body or b"", given=body is not None)


def query_of(options: Sequence[Option], target: str) -> str:
    """Return `target` with what `--url-query` and, under `-G`, the data options add to it.

    Raises:
        CaptureError: a file that goes into the query cannot be read.
    """
    for name, value in options:
        if name == "url-query":
            raw = value.startswith("+")
            piece = value[1:] if raw else _url_encoded(value.encode("latin-1")).decode("latin-1")
            target = _with_query(target, piece)
    if any(name == "get" for name, _ in options):
        data = read_body(options)
        if data.trouble is not None:
            raise data.trouble
        if data.octets:
            target = _with_query(target, data.octets.decode("latin-1"))
    return target


def _with_query(target: str, piece: str) -> str:
    _, mark, query = target.partition("?")
    joint = "&" if query else "" if mark else "?"
    return f"{target}{joint}{piece}"


def _text(value: bytes) -> bytes:
    if not value.startswith(b"@"):
        return value
    return _file(value[1:]).translate(None, delete=b"\r\n\0")


def _binary(value: bytes) -> bytes:
    return _file(value[1:]) if value.startswith(b"@") else value


def _raw(value: bytes) -> bytes:
    return value


def _url_encoded(value: bytes) -> bytes:
    """Encode `content`, `=content`, `name=content`, `@file` or `name@file`."""
    mark = b"=" if b"=" in value else b"@"
    name, found, content = value.partition(mark)
    if not found:
        name, content = b"", value
    elif mark == b"@":
        content = _file(content)
    encoded = quote_plus(content).encode("ascii")
    return name + b"=" + encoded if name else encoded


def _file(name: bytes) -> bytes:
    text = name.decode("utf-8", "surrogateescape")
    if text == STANDARD_INPUT:
        raise CaptureError("it came from standard input")
    return read_octets(text, "body")


_PIECES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "data": _text,
    "data-ascii": _text,
    "data-binary": _binary,
    "data-raw": _raw,
    "data-urlencode": _url_encoded,
    "json": _binary,
}
