"""The corners that requests are made of, and how a tape of octets picks among them.

A tape is up to `TAPE` octets; each octet chooses one thing from one table, whose first entry is the
plainest, and octets that are missing count as zero. So the empty tape is the plainest request of
all, a shorter or smaller tape is a plainer request, and a case costs microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar
from urllib.parse import quote_plus

from conformance.cases.case import Refusal
from conformance.wire.message import Place

Item = TypeVar("Item")

METHODS: Final = (
    *("GET",) * 6, *("POST",) * 6, *("PUT",) * 4, *("DELETE",) * 3, *("PATCH",) * 3,
    "HEAD", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "M-SEARCH",
)  # fmt: skip
BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"})
"""Methods whose requests are asked for without a body, since clients rightly differ there."""
UNUSUAL: Final = frozenset({"TRACE", "PROPFIND", "REPORT", "M-SEARCH"})
"""Methods that an implementation may decline."""

SEGMENTS: Final = (
    "ping", "applications", "Applications", "PING", "a%20b", "a+b", "%2F", "%2f", "%25", "%2520",
    "%c3%a4", "%C3%A4", "a%CC%88", "%e2%82%ac", "%F0%9F%98%80", "%7E", "~", "%61", "%2E",
    "%2e%2e", "%5C", "%3B", "%3F", "%23", "%00", "%0D%0A", "%FF", ".", "..", "...", "", ";v=1",
    "a;b=c", "a:b", "@", "=", "&", "!$'()*,", "-._", "0", "00", "index.HTML", "x" * 100, "x" * 2000,
    "6f1b5c1e-2b1f-4b83-9d0c-3f6f0f0c9a77", "de.ing.business.application.1",
)  # fmt: skip
QUERY_PARTS: Final = (
    "a=1", "a=2", "a", "a=", "=", "=1", "", "b=2", "B=2", "A=1", "z=%20", "z=+", "z=a+b", "z=a%20b",
    "z=%2B", "z=%26", "z=%3D", "z=%25", "z=%2525", "z=%c3%a4", "z=%C3%A4", "z=a%CC%88", "z=%61",
    "%61=1", "z=?", "z=/", "z=//", "z=..", "z=~", "z=%7E", "z=:@", "z=;", "z=,", "z='", "z=!$()*",
    "z=a=b=c", "z=https://example.org/?x=1", "z%5B0%5D=1", "z=%0A", "z=%00", "z=%E4",
    "z=" + "x" * 500,
)  # fmt: skip
QUERIES: Final = ((None,) * 6) + (("?",) * 8) + ("??", "?&")
"""What stands before the query's parts; None when there is no query."""

BODY_PIECES: Final = (
    b"a", b"\n", b"\r\n", b"\r", b" ", b"\t", b"\0", "ä".encode(), "a\u0308".encode(), b"\xe4",
    b"\xef\xbb\xbf", "€".encode(), b"\x80", "\U0001f600".encode(), "\u2028".encode(),
    "\ufffd".encode(), b"{}", b'{"a":1}', b'{"a": 1, "b": 2}', b'{"b":2,"a":1.0}',
    b'{"a":"\\u00e4"}', b"[]", b"null", b"a=1&b=%20", b"%0A", b"\\n", b'"', b"<a/>",
    b"\x00\x01\x02\xfd\xfe\xff", b"\x1a", b"\x7f", b"=" * 76, b"x" * 64, b"0" * 4096,
)  # fmt: skip
LONG_BODY: Final = b"block of sixteen" * 4097
"""Longer than 64 KiB; one case in 256 has it."""

KEY_IDS: Final = (
    "client-1", "6f1b5c1e-2b1f-4b83-9d0c-3f6f0f0c9a77", "CLIENT_1", "a", "0", "client 1",
    "client,1", "client=1", "client/1+2", "client:1@example.org", "Signature", "x" * 200,
)  # fmt: skip
"""Client ids; quotes and backslashes are left out, since Security.md says nothing of them."""

SECRETS: Final = ("s3cret", "a b", "a+b", "a%b", "a&b=c", "ä€", "~!$'()*,;:@/?", "x" * 100)

PLAINEST_DATE: Final = datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC)
"""The example of Security.md."""


def _moments(*texts: str) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(text + "+00:00") for text in texts)


DATES: Final = (
    PLAINEST_DATE,
    *(datetime(2021, month, 9, 9, 9, 9, tzinfo=UTC) for month in range(1, 13)),
    *(datetime(2023, 5, day, 21, 5, 7, tzinfo=UTC) for day in range(8, 15)),
    *_moments(
        "2020-02-29T12:00:00", "2000-02-29T00:00:00", "2024-02-29T23:59:59", "2100-02-28T23:59:59",
        "2018-12-31T10:00:00", "2021-01-01T10:00:00", "2024-12-30T10:00:00", "2023-01-01T10:00:00",
        "2026-12-31T23:59:59", "2027-01-01T00:00:00", "2019-07-03T00:00:00", "2019-07-03T00:30:00",
        "2019-07-03T12:00:00", "2019-07-03T12:30:00", "2019-07-03T13:00:00", "2019-07-03T23:59:59",
        "2019-03-31T01:30:00", "2019-10-27T01:30:00", "1970-01-01T00:00:00", "2000-01-01T00:00:00",
        "2038-01-19T03:14:08", "2001-09-09T01:46:40", "2099-12-31T23:59:59",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Corners:
    """A request made of corners; a `Case` but for its id."""

    method: str
    target: str
    date: datetime
    body: bytes
    key_id: str
    place: Place


TARGET_TAPE: Final = 14
BODY_TAPE: Final = 6
DATE_TAPE: Final = 5
TAPE: Final = TARGET_TAPE + BODY_TAPE + DATE_TAPE + 3


def refusal_of(method: str) -> Refusal:
    """Return whether an implementation may decline a request with `method`."""
    return Refusal.ALLOWED if method in UNUSUAL else Refusal.WRONG


def request_of(tape: bytes) -> Corners:
    """Return the request that `tape` stands for; octets past `TAPE` say nothing."""
    tape = tape[:TAPE].ljust(TAPE, b"\0")
    method = _pick(METHODS, tape[0])
    key_id = _pick(KEY_IDS, tape[1] // 2) if tape[1] % 2 else KEY_IDS[0]
    dated, targeted = tape[3:], tape[3 + DATE_TAPE :]
    date = date_of(dated[:DATE_TAPE])
    embodied = targeted[TARGET_TAPE:]
    if tape[2] % 16 == 1:
        body = f"client_id={quote_plus(key_id)}&client_secret={secret_of(embodied[:1])}".encode()
        return Corners(
            method="POST", target="/oauth2/token", date=date, body=body, key_id=key_id,
            place=Place.AUTHORIZATION,
        )  # fmt: skip
    return Corners(
        method=method,
        target=target_of(targeted[:TARGET_TAPE]),
        date=date,
        body=b"" if method in BODILESS else body_of(embodied),
        key_id=key_id,
        place=Place.SIGNATURE,
    )


def target_of(tape: bytes) -> str:
    """Return path and query, `/` for an empty tape, as they stand after the gateway prefix."""
    tape = tape[:TARGET_TAPE].ljust(TARGET_TAPE, b"\0")
    path = "/" + "/".join(_pieces(SEGMENTS, tape[2:7]))
    if tape[1] % 8 == 1 and path != "/":
        path += "/"
    query = _pick(QUERIES, tape[0])
    return path if query is None else path + query + "&".join(_pieces(QUERY_PARTS, tape[7:]))


def body_of(tape: bytes) -> bytes:
    """Return a body, empty for an empty tape."""
    tape = tape[:BODY_TAPE].ljust(BODY_TAPE, b"\0")
    pieces = b"".join(_pieces(BODY_PIECES, tape[1:]))
    return LONG_BODY + pieces if tape[0] == 1 else pieces


def date_of(tape: bytes) -> datetime:
    """Return a date: Security.md's for an empty tape, three in four times a known corner."""
    tape = tape[:DATE_TAPE].ljust(DATE_TAPE, b"\0")
    if tape[0] % 4 != 1:
        return _pick(DATES, tape[1])
    return datetime.fromtimestamp(int.from_bytes(tape[1:], "big"), UTC)


def secret_of(tape: bytes) -> str:
    """Return a client secret as it stands in a form body."""
    return quote_plus(_pick(SECRETS, tape[0] if tape else 0))


def _pick(table: Sequence[Item], octet: int) -> Item:
    return table[octet % len(table)]


def _pieces(table: Sequence[Item], tape: bytes) -> list[Item]:
    """Return the pieces that `tape` chooses; most octets choose none."""
    return [table[octet // 4 % len(table)] for octet in tape if octet % 4 == 1]
