"""Edges of the wire format that one octet, or one look at the wrong place, would miss."""

from __future__ import annotations

import pytest

from conformance.errors import WireError
from conformance.wire.date import moved, parse_imf_fixdate
from conformance.wire.digest import parse_digest
from conformance.wire.message import HeaderFields, Place, SignedRequest
from conformance.wire.parameters import parse_parameters
from conformance.wire.procedure import SigningString
from conformance.wire.reading import Expectation, Reading
from conformance.wire.visible import visible
from tests.rules.specimen import DATE, MOMENT, RIGHT_FIELDS, expected, sent, with_field


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        (DATE.replace("Wed", "Mit"), "date-day-name", "'Mit'"),
        (DATE.replace(", ", ",  "), "date-format", "one space"),
        (DATE.replace(", ", ","), "date-format", "one space"),
        (DATE.replace(", ", ",\t"), "date-format", "one space"),
        (DATE.replace("03", "3"), "date-day-digits", "1 digit"),
        (DATE.replace("03", "003"), "date-day-digits", "3 digit"),
        (DATE.replace("Jul", "July"), "date-month-name", "'July'"),
        (DATE.replace("2019", "19"), "date-year-digits", "2 digits"),
        (DATE.replace("2019", "02019"), "date-year-digits", "5 digits"),
        (DATE.replace("08:", "8:"), "date-time", "'8:28:28'"),
        (DATE.replace(":28 GMT", ":28.5 GMT"), "date-time", "'08:28:28.5'"),
        (DATE.replace(":28 GMT", ":28 AM GMT"), "date-time", "'08:28:28 AM'"),
        (DATE.replace("GMT", "UT"), "date-zone", "'UT'"),
        (DATE.replace(" GMT", "GMT"), "date-zone", "'GMT'"),
        (DATE.replace(" GMT", ""), "date-zone", "''"),
        (DATE.replace("03 Jul", "32 Jul"), "date-range", "no such date"),
        (DATE.replace(":28 GMT", ":61 GMT"), "date-range", "exceed 60"),
        (f" {DATE}", "date-white-space", "around"),
        ("\t", "date-empty", "empty"),
    ],
)
def test_a_date_is_refused_for_the_part_that_is_wrong(text: str, reason: str, words: str) -> None:
    with pytest.raises(WireError) as refused:
        parse_imf_fixdate(text)
    assert refused.value.reason == reason
    assert words in refused.value.message


def test_a_leap_second_is_a_time_and_the_one_after_it_is_none() -> None:
    leap = parse_imf_fixdate("Sat, 31 Dec 2016 23:59:60 GMT")
    assert (leap.minute, leap.second) == (59, 59)


def test_the_calendar_ends_where_it_ends() -> None:
    span = MOMENT - MOMENT.replace(year=2018)
    assert moved(MOMENT.replace(year=2018), span) == MOMENT
    assert moved(MOMENT.replace(year=9999), span) == MOMENT.replace(year=9999)
    assert moved(MOMENT.replace(year=1), -span) == MOMENT.replace(year=1)


@pytest.mark.parametrize(
    ("octet", "shown"),
    [(0x1F, "\\x1f"), (0x21, "!"), (0x7E, "~"), (0x7F, "\\x7f"), (0x80, "\\x80"), (0x5C, "\\\\"),
     (0x0A, "\\n"), (0x0D, "\\r"), (0x09, "\\t"), (0x20, "\\x20"), (0x00, "\\x00")],
)  # fmt: skip
def test_every_octet_that_cannot_be_seen_is_shown(octet: int, shown: str) -> None:
    assert visible(bytes([octet])) == shown


@pytest.mark.parametrize(
    ("length", "reason"), [(20, "digest-algorithm"), (21, "digest-algorithm-missing")]
)
def test_an_algorithm_longer_than_any_is_none(length: int, reason: str) -> None:
    with pytest.raises(WireError) as refused:
        parse_digest("X" * length + "=AAAA")
    assert refused.value.reason == reason


@pytest.mark.parametrize("text", ['a="1",b="2"', 'a="1" , b="2"', ',,a="1",,b="2",'])
def test_no_parameter_is_lost_between_commas(text: str) -> None:
    read = parse_parameters(text)
    assert [(item.name, item.value) for item in read.parameters] == [("a", "1"), ("b", "2")]
    assert read.malformed == ()


@pytest.mark.parametrize("name", ["a", "b", "c", "", "B"])
def test_a_parameter_is_got_by_exactly_its_name(name: str) -> None:
    known = {"a": "1", "b": "4", "c": "3"}
    assert parse_parameters('a="1",b="2",c="3",b="4"').get(name) == known.get(name)


def test_what_is_malformed_costs_only_itself() -> None:
    read = parse_parameters('a="1",what,"q,x",b="2')
    assert [item.name for item in read.parameters] == ["a"]
    assert read.malformed == ("what", '"q,x"', 'b="2')


def read(request: SignedRequest, **changes: object) -> Reading:
    return Reading(request=request, expected=expected(**changes))  # type: ignore[arg-type]


def test_the_scheme_is_taken_off_in_front_only() -> None:
    right = dict(RIGHT_FIELDS)["Signature"].replace("client-1", "a Signature b")
    for value in (right, f"Signature {right}", f"signature  SIGNATURE\t{right}"):
        assert read(with_field(sent(), "Signature", value)).parameter("keyId") == "a Signature b"


def test_a_credential_of_another_scheme_carries_no_signature() -> None:
    bearer = with_field(with_field(sent(), "Signature"), "Authorization", "Bearer e30.e30.c2ln")
    assert read(bearer).carrier is None
    scheme_only = with_field(with_field(sent(), "Signature"), "Authorization", "signature")
    assert read(scheme_only).carrier == ""


@pytest.mark.parametrize("name", ["keyId", "KEYID", "signature", "sig"])
def test_one_parameter_is_enough_for_a_header_to_carry_a_signature(name: str) -> None:
    bare = with_field(sent(), "Signature")
    odd = with_field(bare, "X-Other", f'{name}="AA=="')
    assert read(odd).carrier == f'{name}="AA=="'
    assert read(with_field(bare, "X-Other", 'other="AA=="')).carrier is None


def test_of_two_headers_that_carry_a_signature_the_right_one_is_read() -> None:
    right = dict(RIGHT_FIELDS)["Signature"]
    both = with_field(sent(), "Authorization", "Signature " + right.replace("client-1", "token"))
    assert read(both, place=Place.SIGNATURE).parameter("keyId") == "client-1"
    assert read(both, place=Place.AUTHORIZATION).parameter("keyId") == "token"


def test_a_parameter_of_nearly_the_right_name_is_read_with_its_escapes() -> None:
    odd = with_field(sent(), "Signature", r'key_id="a\"b",signature="AA=="')
    assert read(odd).parameter("keyId") == 'a"b'


@pytest.mark.parametrize(("encoding", "octets"), [("cp1252", b"\x80"), ("utf-16-le", b"\xac ")])
def test_a_string_in_another_encoding_is_encoded_by_it(encoding: str, octets: bytes) -> None:
    assert SigningString(names=(), lines=(("", "\u20ac"),), encoding=encoding).data == octets


def test_a_repeated_parameter_is_not_well_formed() -> None:
    right = dict(RIGHT_FIELDS)["Signature"]
    assert read(sent()).well_formed
    for part in right.split(","):
        assert not read(with_field(sent(), "Signature", f"{right},{part}")).well_formed
        rest = ",".join(other for other in right.split(",") if other != part)
        assert not read(with_field(sent(), "Signature", rest)).well_formed


def test_without_a_date_there_is_neither_moment_nor_weekday() -> None:
    none = read(with_field(sent(), "Date"))
    assert (none.moment, none.weekday_fits) == (None, None)
    odd = read(with_field(sent(), "Date", "tomorrow"))
    assert (odd.moment, odd.weekday_fits) == (None, None)
    right = read(with_field(sent(), "Date", f" {DATE}\t"))
    assert (right.moment, right.weekday_fits) == (MOMENT, True)
    assert read(with_field(sent(), "Date", DATE.replace("Wed", "Thu"))).weekday_fits is False


def test_without_a_key_nobody_can_tell_and_without_a_signature_everybody() -> None:
    assert read(sent(), key=None).verifies is None
    assert read(sent()).verifies is True
    assert read(with_field(sent(), "Signature")).verifies is False
    assert read(with_field(sent(names="x-absent"), "X-Other", "1")).verifies is False


def test_views_are_worked_out_once() -> None:
    reading = read(sent())
    for view in ("expected_string", "parameters", "covered", "signature", "expected_values"):
        assert getattr(reading, view) is getattr(reading, view)


def test_a_reading_without_expectations_reads_all_the_same() -> None:
    bare = Reading(request=SignedRequest(method="GET", target="/", headers=HeaderFields()))
    assert bare.expected == Expectation()
    assert (bare.carrier, bare.covered, bare.signature) == (None, ("date",), None)
    assert not bare.well_formed
