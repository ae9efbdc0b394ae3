"""String vectors: signing strings of any header fields, and the values that the draft publishes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from source.signing import b64, sign, string_of

Vector = dict[str, Any]


def vectors() -> Iterator[Vector]:
    """Yield every string vector."""
    yield from _strings()
    yield from _draft()


def _strings() -> Iterator[Vector]:
    date = ("Date", "Wed, 03 Jul 2019 08:28:28 GMT")
    for name, says, covered, fields, lines in (
        ("default", "nothing named: the date alone", None, [date], [("date", date[1])]),
        ("names-lower-cased", "names are lower-cased, whatever was sent", ["DATE", "hOST"],
         [date, ("HOST", "Example.COM")], [("date", date[1]), ("host", "Example.COM")]),
        ("declared-order", "lines stand in the order of headers, not of the request",
         ["host", "date"], [date, ("Host", "example.com")],
         [("host", "example.com"), ("date", date[1])]),
        ("name-twice", "a name that is listed twice has two lines", ["date", "date"], [date],
         [("date", date[1])] * 2),
        ("trimmed", "spaces and tabs around a value go", ["x-a"], [("X-A", " \t a b \t ")],
         [("x-a", "a b")]),
        ("inside-kept", "white space inside a value stays", ["x-a"], [("X-A", "a  b\t\tc")],
         [("x-a", "a  b\t\tc")]),
        ("empty-value", "an empty value keeps its colon and space", ["x-a", "date"],
         [("X-A", ""), date], [("x-a", ""), ("date", date[1])]),
        ("blank-value", "a value of spaces is an empty one", ["x-a"], [("X-A", "   ")],
         [("x-a", "")]),
        ("repeated", "repeated fields are joined by comma and space, in the order sent", ["x-a"],
         [("X-A", "1"), ("X-B", "other"), ("x-a", " 2 "), ("X-a", "3")], [("x-a", "1, 2, 3")]),
        ("repeated-empty", "empty ones among them too", ["x-a"],
         [("X-A", "1"), ("X-A", ""), ("X-A", "3")],
         [("x-a", "1, , 3")]),
        ("value-case", "letter case of values is kept", ["x-a"], [("X-A", "MiXed")],
         [("x-a", "MiXed")]),
        ("colon-in-value", "a colon in a value is text", ["x-a"], [("X-A", "a: b")],
         [("x-a", "a: b")]),
        ("target-only", "the request target alone", ["(request-target)"], [date],
         [("(request-target)", "get /ping?A=%2f")]),
        ("target-last", "the request target in any place", ["date", "(request-target)"], [date],
         [("date", date[1]), ("(request-target)", "get /ping?A=%2f")]),
    ):  # fmt: skip
        yield _string(f"signing-string/{name}", says, covered, fields, string_of(*lines))
    yield _string(
        "signing-string/absent",
        "a header that is named and not sent",
        ["date", "digest"],
        [date],
        None,
    )


def _string(
    vector_id: str, says: str, covered: list[str] | None, fields: list[tuple[str, str]],
    string: str | None, **changes: Any,
) -> Vector:  # fmt: skip
    expect: dict[str, Any]
    expect = {"accepted": False, "requirement": "STR-008", "reason": "covered-header-absent"}
    key = changes.pop("key", "rsa-2048")
    if string is not None:
        data = string.encode("ascii")
        expect = {
            "accepted": True, "signing_string": string, "signing_string_base64": b64(data),
            "signature": b64(sign(key, data)),
        }  # fmt: skip
    vector = {
        "id": vector_id, "kind": "string", "says": says,
        "requirements": ["STR-002", "STR-004", "STR-008"],
        "method": "GET", "target": "/ping?A=%2f", "key": key,
        "headers": [list(field) for field in fields], "covered": covered, "expect": expect,
    }  # fmt: skip
    return vector | changes


DRAFT_FIELDS = [
    ("Host", "example.com"),
    ("Date", "Sun, 05 Jan 2014 21:31:40 GMT"),
    ("Content-Type", "application/json"),
    ("Digest", "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
    ("Content-Length", "18"),
]


def _draft() -> Iterator[Vector]:
    """Yield the three values that the draft publishes; openssl must make the same signatures."""
    values = {name.lower(): value for name, value in DRAFT_FIELDS}
    values["(request-target)"] = "post /foo?param=value&pet=dog"
    for name, says, covered, published in (
        ("default", "C.1: no headers parameter, so the date alone", None,
         ("SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEa"
          "DV5lp7q25WqS+lavg7T8hc0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM=")),
        ("basic", "C.2: request target, host and date", ["(request-target)", "host", "date"],
         ("qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iic"
          "w3HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0=")),
        ("all-headers", "C.3: every header of the request",
         ["(request-target)", "host", "date", "content-type", "digest", "content-length"],
         ("vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q"
          "52LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE=")),
    ):  # fmt: skip
        string = string_of(*((line, values[line]) for line in covered or ["date"]))
        vector = _string(
            f"draft/{name}", says, covered, DRAFT_FIELDS, string,
            method="POST", target="/foo?param=value&pet=dog", key="draft-1024",
        )  # fmt: skip
        if vector["expect"]["signature"] != published:
            raise AssertionError(f"{name}: openssl's signature is not the published one")
        yield vector
