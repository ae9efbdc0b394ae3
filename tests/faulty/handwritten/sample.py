"""Requests that the hand-written signers are asked to sign: each corner that one is wrong on."""

from __future__ import annotations

from tests.faulty.handwritten.right import Order


def order(
    target: str = "/ping",
    body: bytes = b"",
    date: str = "Wed, 03 Jul 2019 08:28:28 GMT",
    *,
    method: str = "GET",
    key_id: str = "partner-4711",
    place: str = "signature",
    base_url: str = "https://api.example/partner-api",
) -> Order:
    """Return an order without a key file."""
    return Order(
        method=method,
        url=base_url + target,
        base_url=base_url,
        target=target,
        date=date,
        body=body,
        key_id=key_id,
        key_file="",
        place=place,
    )


SAMPLE = [
    order(),
    order("/Applications?b=2&a=1&a=%c3%a4", b'{"b": 1,\r\n "a": "\xc3\xa4"}', method="POST"),
    order(
        "/oauth2/token",
        b"client_id=partner&client_secret=x",
        "Mon, 15 Jul 2019 16:07:00 GMT",
        method="POST",
        place="authorization",
    ),
    order("/ping", b"", "Mon, 31 Dec 2018 23:59:59 GMT"),
    order("/ping", b"again", "Mon, 31 Dec 2018 23:59:59 GMT", method="PUT"),
    order("/files/a%20b/", b"\x00\x01\xff\xfe", "Sat, 29 Feb 2020 00:02:28 GMT", method="PUT"),
    order("/", b"one line\n", "Tue, 12 May 2020 12:05:00 GMT", method="PATCH"),
    order("/ping?", b" \n", key_id='a"b\\c'),
    order("/a/../b//c?q=1+1&q=%2F", b'{"a":1}', method="DELETE"),
    order("/search?x=%7E&y", "e\u0301".encode(), key_id="4711", base_url="https://api.example"),
    order("/large", b"x" * 70_000, "Fri, 25 Oct 2019 13:10:59 GMT", method="OPTIONS"),
    order("/%c3%a4?a=1", b'["a","b"]', method="query"),
    order("/ping", b"", "Wed, 03 Jul 2019 08:28:28 GMT"),
    order("/numbers", b'{"b":2,"a":1.0,"c":[0.5,1e3]}', method="POST"),
]

SHORT_SAMPLE = [SAMPLE[i] for i in (0, 1, 2, 5, 6, 7)]
"""Processes take longer."""
