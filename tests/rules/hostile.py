"""Strategies for requests of any kind: right ones, and what an attacker would send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from conformance.cases.keys import key_named
from conformance.wire.message import (
    Field,
    HeaderFields,
    Place,
    SignedPath,
    SignedRequest,
    UnsignedRequest,
)
from conformance.wire.procedure import Keys
from conformance.wire.reading import Expectation
from tests.rules.specimen import BODY, DATE, KEY, MOMENT, OTHER_KEY, RIGHT_FIELDS, digest

KEYS = Keys(signing=KEY, tls=OTHER_KEY)

texts = (
    st.text(max_size=60)
    | st.text(alphabet="abc =\",;:()\\\t\r\n'\x00\xff\ud800", max_size=40)
    | st.sampled_from([
        "", " ", "Signature", "keyId=", '"', "SHA-256=", "sha-256=AA==", "Digest",
        "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", DATE,
        DATE.replace("GMT", "+0000"), digest(b""), *(value for _, value in RIGHT_FIELDS),
    ])
)  # fmt: skip

names = texts | st.sampled_from([
    "Date", "date", "Digest", "Signature", "SIGNATURE", "Authorization", "Content-Digest",
    "X-Date", "Host", "X-A", "X-Signature",
])  # fmt: skip


@composite
def _mutated(draw: DrawFn, value: str) -> str:
    start = draw(st.integers(0, len(value)))
    end = draw(st.integers(start, min(len(value), start + 8)))
    return value[:start] + draw(texts) + value[end:]


@composite
def header_fields(draw: DrawFn) -> HeaderFields:
    """Draw the fields of a right request, some left out, put in or changed."""
    fields: list[Field] = list(RIGHT_FIELDS)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(fields) - 1)) if fields else 0
        change = draw(st.sampled_from(["out", "in", "other value", "other value"]))
        if change == "in" or not fields:
            fields.insert(at, (draw(names), draw(texts)))
        elif change == "out":
            fields.pop(at)
        else:
            fields[at] = fields[at][0], draw(_mutated(fields[at][1]))
    return HeaderFields(tuple(fields))


moments = st.none() | st.just(MOMENT) | st.datetimes(timezones=st.just(UTC))

signed_requests = st.builds(
    SignedRequest,
    method=st.sampled_from(["POST", "get", "", "İ"]) | texts,
    target=st.sampled_from(["/partner-api/Applications?status=open", "", "*", "/%", "//"]) | texts,
    headers=header_fields(),
    body=st.sampled_from([BODY, b"", b"\xff", b"[1e400]", b'"\\ud800"', b"1" * 5000, b"a=%ff&b"])
    | st.binary(max_size=50),
)  # fmt: skip

expectations = st.builds(
    Expectation,
    key=st.sampled_from([None, KEY.public_key(), key_named("rsa-3072").public_key()]),
    key_id=st.none() | st.just("client-1") | texts,
    place=st.sampled_from([None, *Place]),
    base_path=st.sampled_from(["", "/partner-api", "/"]),
    signed_path=st.sampled_from(list(SignedPath)),
    date=moments,
    now=moments,
    skew=st.sampled_from([timedelta(minutes=3), timedelta()]),
    tls_key=st.sampled_from([None, OTHER_KEY.public_key()]),
    said=st.none() | st.binary(max_size=20),
    host=st.sampled_from(["", "https://api.example", "\ud800"]),
)

_octets = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0")
_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=20)

unsigned_requests = st.builds(
    UnsignedRequest,
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "M-SEARCH", "x"]),
    target=st.builds(
        "{}/{}{}".format,
        st.sampled_from(["", "/partner-api", "/partner-apix"]),
        st.text(_octets, max_size=20),
        st.sampled_from(["", "?", "??", "?a=1&A=%2f+"]),
    ),
    date=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    key_id=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20),
    body=st.binary(max_size=40) | st.sampled_from([b"{}", b"\r\n", b'{"a": "\xc3\xa4"}']),
    place=st.sampled_from(list(Place)),
    base_path=st.sampled_from(["", "/partner-api"]),
    signed_path=st.sampled_from(list(SignedPath)),
    further=st.lists(
        st.tuples(st.sampled_from(["X-One", "x-two", "X-TWO", "Host"]), _values), max_size=3
    ).map(tuple),
)  # fmt: skip


def expectation(request: UnsignedRequest) -> Expectation:
    """Return what a right signature of `request` is judged against."""
    return Expectation(
        key=KEY.public_key(), tls_key=OTHER_KEY.public_key(), key_id=request.key_id,
        place=request.place, base_path=request.base_path, signed_path=request.signed_path,
        date=request.date,
    )  # fmt: skip
