"""Requests as values: header fields, octets, and the part of a target that is signed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cases.generated import targets
from conformance.wire.message import (
    HeaderFields,
    SignedPath,
    UnsignedRequest,
    header_fields,
    octets,
    signed_target,
)

FIELDS = HeaderFields((("Date", "a"), ("X-A", " 1\t"), ("x-a", "2"), ("X-B", "")))


def test_names_have_no_letter_case_and_values_keep_their_order() -> None:
    assert FIELDS.all("X-a") == (" 1\t", "2")
    assert FIELDS.first("x-A") == " 1\t"
    assert FIELDS.first("absent") is None
    assert FIELDS.all("absent") == ()


def test_fields_are_kept_as_they_were_sent() -> None:
    assert list(FIELDS) == [("Date", "a"), ("X-A", " 1\t"), ("x-a", "2"), ("X-B", "")]
    assert len(FIELDS) == 4


def test_values_are_combined_as_the_draft_signs_them() -> None:
    assert FIELDS.combined("x-a") == "1, 2"
    assert FIELDS.combined("x-b") == ""
    assert FIELDS.combined("absent") is None


@given(st.text(max_size=20))
def test_text_becomes_one_character_an_octet_of_utf_8(text: str) -> None:
    assert octets(text).encode("latin-1") == text.encode("utf-8", "surrogatepass")


def test_fields_from_json_are_brought_to_octets() -> None:
    (field,) = header_fields([["X-Ä", "€"]])
    assert field == ("X-Ã\x84", "â\x82¬")


@given(targets())
def test_the_prefix_is_taken_off_and_nothing_else(target: str) -> None:
    assert signed_target("/partner-api" + target, "/partner-api", SignedPath.RELATIVE) == target
    assert signed_target("/partner-api" + target, "/partner-api", SignedPath.FULL) == (
        "/partner-api" + target
    )
    assert signed_target(target, "", SignedPath.RELATIVE) == target


@pytest.mark.parametrize(
    ("target", "signed"),
    [
        ("/partner-api", "/"),
        ("/partner-api?a=1", "/?a=1"),
        ("/partner-api/", "/"),
        ("/partner-api/partner-api/x", "/partner-api/x"),
        ("/partner-apis", "/partner-apis"),
        ("/Partner-API/ping", "/Partner-API/ping"),
        ("/ping", "/ping"),
    ],
)
def test_only_a_whole_prefix_is_a_prefix(target: str, signed: str) -> None:
    assert signed_target(target, "/partner-api", SignedPath.RELATIVE) == signed


def test_a_request_knows_its_signed_target() -> None:
    request = UnsignedRequest(
        method="GET", target="/api/ping?a", base_path="/api", key_id="c",
        date=datetime(2019, 7, 3, tzinfo=UTC),
    )  # fmt: skip
    assert request.signed_target == "/ping?a"
