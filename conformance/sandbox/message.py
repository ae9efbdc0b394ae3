"""What comes in and what goes out: a request as it arrived, and the answer to it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from conformance.wire.message import Field, SignedRequest

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"


class Delivery(StrEnum):
    """What becomes of an answer on its way."""

    WHOLE = "whole"
    """It is sent."""
    TRUNCATED = "truncated"
    """Half of the body is sent, then the connection closes."""
    NOTHING = "nothing"
    """The connection closes before a single octet of it."""
    RESET = "reset"
    """The connection is reset."""
    STALLED = "stalled"
    """Nothing comes for a while, then the connection closes."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A request as it came over the wire.

    `target` is the request target as sent, `request.target` the same in origin form. `certificate`
    is the client certificate in DER, None when the client presented none.
    """

    request: SignedRequest
    target: str
    address: str
    certificate: bytes | None
    at: datetime

    @cached_property
    def path(self) -> str:
        """The path of the target, with neither query nor anything decoded."""
        return self.request.target.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response. `stream` follows the body, piece by piece, for as long as it yields."""

    status: int
    headers: tuple[Field, ...] = ()
    body: bytes = b""
    stream: Iterable[bytes] | None = None
    delivery: Delivery = Delivery.WHOLE
    stall: timedelta = field(default=timedelta())

    def header(self, name: str) -> str | None:
        """Return the value of the first header field called `name`, in any letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


def json_answer(
    status: int, content: object, *, kind: str = JSON, headers: Iterable[Field] = ()
) -> Answer:
    """Return an answer whose body is `content` as JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status=status, headers=(("Content-Type", kind), *headers), body=body)


def origin_form(target: str) -> str:
    """Return a request target as path and query; an absolute one loses scheme and authority.

    RFC 7230, section 5.3: a server accepts the absolute form. Others are returned as they are.
    """
    if target.startswith("/") or "://" not in target:
        return target
    try:
        authority = urlsplit(target).netloc
    except ValueError:
        return target
    rest = target.partition("://")[2][len(authority) :]
    return rest if rest.startswith("/") else "/" + rest
