"""The requests on which the faulty signers are tried: each corner that a mistake may need."""

from __future__ import annotations

from datetime import UTC, datetime

from conformance.wire.message import Field, Place, SignedPath, UnsignedRequest

BASE_PATH = "/partner-api"
HOST = "https://api.example"


def asked(
    target: str = "/ping",
    body: bytes = b"",
    *,
    method: str = "GET",
    date: datetime = datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC),
    place: Place = Place.SIGNATURE,
    signed_path: SignedPath = SignedPath.RELATIVE,
    further: tuple[Field, ...] = (),
) -> UnsignedRequest:
    """Return a request to be signed; `target` begins after the gateway prefix."""
    return UnsignedRequest(
        method=method,
        target=BASE_PATH + target,
        date=date,
        key_id="Client-1a",
        body=body,
        place=place,
        base_path=BASE_PATH,
        signed_path=signed_path,
        further=further,
    )


def _at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


REQUESTS: tuple[UnsignedRequest, ...] = (
    asked("/orders", b'{"a": 1}', method="POST", date=_at(2022, 4, 26, 9, 5, 33)),
    asked(),
    asked(
        "/applications", '{"b": "ä/é", "a": [1, 2]}\r\n'.encode(), method="POST",
        date=_at(2024, 12, 30, 15, 4, 5),
    ),
    asked(
        "/Applications/x?b=1+2&a=%20&a=&c=%c3%A4%7e", method="OPTIONS",
        date=_at(2021, 1, 3, 0, 0, 1),
    ),
    asked("/?", date=_at(2023, 5, 9, 12, 0, 0)),
    asked("/a??b=1"),
    asked("/a/../b//c/;p=1!$'()*,@:/"),
    asked("/a/b/%2E%2e/c/./d"),
    asked("/a%20b/c%2Fd@e"),
    asked("/nul", b"\0 nul \0\n", method="PUT"),
    asked("/x/", b"\xef\xbb\xbf\x00\xff\xfe bin \r\n\x80" * 3, method="PUT"),
    asked("/x/", b"a" * 70_000, method="PUT"),
    asked(
        "/oauth2/token", b"client_id=a&client_secret=b%20c", method="POST",
        place=Place.AUTHORIZATION,
    ),
    asked("/applications", b'{"a":"1/2","b":2}', method="POST"),
    asked("/applications", '  {"ä":"1/2","b": 2}  \n'.encode(), method="POST"),
    asked("/\xc3\xbc/\xc3\x9f?x=1", method="DELETE"),
    asked("/%2Fa%25b?q=a/b", b"x=1&y=2\nz"),
    asked("/text", "e\u0301".encode(), method="PUT"),
    asked("/full", signed_path=SignedPath.FULL),
    asked(
        "/more",
        further=(("X-One", "a  b"), ("X-Two", "1"), ("X-Empty", ""), ("X-Two", "2")),
    ),
)  # fmt: skip
