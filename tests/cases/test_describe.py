"""A case as people read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given

from conformance.cases.case import Case
from conformance.cases.describe import describe
from conformance.cases.generated import cases
from conformance.wire.message import Place

CASE = Case(
    id="generated/1",
    method="POST",
    target="/a?b=%2f",
    date=datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC),
    body="ä\r\n".encode(),
    key_id="client-1",
)


def test_a_case_reads_like_a_request() -> None:
    assert describe(CASE) == (
        "POST /a?b=%2f\n"
        "Date: Wed, 03 Jul 2019 08:28:28 GMT\n"
        'Signature: keyId="client-1"\n'
        "\n"
        "\\xc3\\xa4\\r\\n\n"
        "[a body of 4 octets]"
    )


def test_an_empty_body_and_a_token_request_are_said() -> None:
    text = describe(replace(CASE, body=b"", place=Place.AUTHORIZATION))
    assert 'Authorization: keyId="client-1"\n[no body]' in text
    assert "[a body of 1 octet]" in describe(replace(CASE, body=b"x"))


@given(cases())
def test_every_case_is_a_few_short_lines_of_printable_ascii(case: Case) -> None:
    lines = describe(case).split("\n")
    assert len(lines) <= 6
    assert all((line.isprintable() and line.isascii()) for line in lines)
    assert all(len(line) < 900 for line in lines)
