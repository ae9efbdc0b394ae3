"""The header fields that `curl` sends, in its order: its own ones, and those of `-H`."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from conformance.capture.address import Address
from conformance.capture.curl_body import CurlBody
from conformance.capture.curl_options import Option
from conformance.capture.source import read_octets
from conformance.wire.message import HeaderFields

_PORTS: Final = {"http": ":80", "https": ":443"}

_Asked = tuple[str, str | None]
"""A header field's name, and its value; None takes away the field that curl itself would send."""


def read_headers(
    options: Sequence[Option], address: Address, body: CurlBody | None
) -> HeaderFields:
    """Return the header fields; `body` is None when none is sent.

    Raises:
        CaptureError: a file of header fields (`-H @FILE`) cannot be read.
    """
    asked = list(_asked(options))
    named = {name.lower() for name, _ in asked}
    host = ("Host", address.authority.removesuffix(_PORTS[address.scheme]))
    fields: list[_Asked] = [item for item in asked if item[0].lower() == "host"] or [host]
    fields += [item for item in _before(options, address) if item[0].lower() not in named]
    fields += [item for item in asked if item[0].lower() != "host"]
    fields += [item for item in _after(body, named) if item[0].lower() not in named]
    return HeaderFields(tuple((name, value) for name, value in fields if value is not None))


def _asked(options: Sequence[Option]) -> Iterator[_Asked]:
    """Yield what `-H` and `--json` ask for, in curl's order."""
    names = set()
    for option in options:
        if option.name != "header":
            continue
        lines = [option.value]
        if option.value.startswith("@"):
            name = option.value[1:].encode("latin-1").decode("utf-8", "surrogateescape")
            lines = read_octets(name, "file of header fields").decode("latin-1").splitlines()
        for item in filter(None, map(_header, lines)):
            names.add(item[0].lower())
            yield item
    if any(option.name == "json" for option in options):
        for name in ("Content-Type", "Accept"):
            if name.lower() not in names:
                yield name, "application/json"


def _header(line: str) -> _Asked | None:
    """Read `Name: value`, `Name:` (take it away) or `Name;` (send it empty); None is nothing."""
    name, colon, value = line.partition(":")
    if colon:
        return name, value.removeprefix(" ") if value.strip() else None
    return (line[:-1], "") if line.endswith(";") else None


def _before(options: Sequence[Option], address: Address) -> Iterator[_Asked]:
    """Yield the fields that stand before those of `-H`."""
    given = {option.name: option.value for option in options}
    user = given.get("user", "").encode("latin-1") or unquote_to_bytes(
        address.user.encode("latin-1")
    )
    if b":" in user:
        yield "Authorization", f"Basic {base64.b64encode(user).decode('ascii')}"
    elif "oauth2-bearer" in given:
        yield "Authorization", f"Bearer {given['oauth2-bearer']}"
    if "range" in given:
        yield "Range", f"bytes={given['range']}"
    if given.get("user-agent"):
        yield "User-Agent", given["user-agent"]
    yield "Accept", "*/*"
    if referer := given.get("referer", "").removesuffix(";auto"):
        yield "Referer", referer
    cookies = [option.value for option in options if option.name == "cookie"]
    if sent := ";".join(cookie for cookie in cookies if "=" in cookie):
        yield "Cookie", sent


def _after(body: CurlBody | None, named: set[str]) -> Iterator[_Asked]:
    """Yield the fields of the body, which stand after those of `-H`."""
    if body is None:
        return
    if body.trouble is None and "transfer-encoding" not in named:
        yield "Content-Length", str(len(body.octets))
    yield "Content-Type", "application/x-www-form-urlencoded"
