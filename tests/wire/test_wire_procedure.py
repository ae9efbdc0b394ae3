"""The signing procedure: six stages, one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings

from conformance.cases.case import Case
from conformance.cases.generated import cases
from conformance.cases.keys import key_named
from conformance.wire.digest import digest
from conformance.wire.message import Place, UnsignedRequest
from conformance.wire.procedure import (
    DOCUMENTED,
    CoveredField,
    Keys,
    Procedure,
    RequestTarget,
    SignatureHeader,
    SigningString,
)
from conformance.wire.reading import Expectation, Reading

KEY = key_named("rsa-2048")
KEYS = Keys(signing=KEY)
REQUEST = UnsignedRequest(
    method="POST",
    target="/api/a%2Fb?c=D",
    date=datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC),
    key_id='client "1"\\',
    body=b"{}",
    base_path="/api",
)


@given(cases())
@settings(max_examples=60)
def test_whatever_is_signed_verifies_when_it_is_read(case: Case) -> None:
    request = UnsignedRequest(
        method=case.method, target=case.target, date=case.date, key_id=case.key_id,
        body=case.body, place=case.place,
    )  # fmt: skip
    signing = DOCUMENTED.sign(request, KEYS)
    reading = Reading(
        request=signing.signed,
        expected=Expectation(key=KEY.public_key(), key_id=case.key_id, place=case.place),
    )
    assert reading.verifies is True
    assert reading.well_formed
    assert reading.expected_string == signing.string.data
    assert reading.parameter("keyId") == case.key_id
    assert signing.signed.headers.all("digest") == (digest(case.body),)


def test_each_stage_hands_on_what_it_made() -> None:
    signing = DOCUMENTED.sign(REQUEST, KEYS)
    assert signing.target == RequestTarget(method="post", path="/a%2Fb?c=D")
    assert signing.string.names == ("(request-target)", "date", "digest")
    assert signing.string.data.decode() == (
        "(request-target): post /a%2Fb?c=D\n"
        "date: Wed, 03 Jul 2019 08:28:28 GMT\n"
        f"digest: {digest(b'{}')}"
    )
    assert [name for name, _ in signing.headers] == ["Date", "Digest", "Signature"]
    assert signing.signed.target == "/api/a%2Fb?c=D"


def test_quotes_and_backslashes_of_a_key_id_are_escaped_and_read_again() -> None:
    signed = DOCUMENTED.sign(REQUEST, KEYS).signed
    assert r'keyId="client \"1\"\\"' in (signed.headers.first("signature") or "")
    assert Reading(request=signed).parameter("keyId") == 'client "1"\\'


def test_the_token_request_is_signed_in_authorization() -> None:
    signing = DOCUMENTED.sign(replace(REQUEST, place=Place.AUTHORIZATION), KEYS)
    assert [name for name, _ in signing.headers] == ["Date", "Digest", "Authorization"]
    value = signing.headers.first("authorization") or ""
    assert value.startswith('Signature keyId="')
    assert '", algorithm="rsa-sha256", headers="' in value


def test_further_fields_are_sent_and_signed_after_the_three() -> None:
    further = (("Host", " a "), ("X-A", "1"), ("x-a", "2"))
    signing = DOCUMENTED.sign(replace(REQUEST, further=further), KEYS)
    assert signing.string.names[3:] == ("host", "x-a")
    assert signing.string.data.endswith(b"\nhost: a\nx-a: 1, 2")
    expected = Expectation(key=KEY.public_key(), base_path="/api")
    assert Reading(request=signing.signed, expected=expected).verifies


def test_a_replaced_stage_changes_what_follows_and_nothing_before() -> None:
    def no_digest(_: UnsignedRequest) -> CoveredField:
        return CoveredField(sent=(), signed=None)

    right = DOCUMENTED.sign(REQUEST, KEYS)
    wrong = Procedure(digest=no_digest).sign(REQUEST, KEYS)
    assert wrong.date == right.date
    assert wrong.string.names == ("(request-target)", "date")
    assert wrong.headers.first("digest") is None
    assert wrong.signature != right.signature


def test_a_signing_string_says_how_it_becomes_octets() -> None:
    string = SigningString(
        names=("a",), lines=(("A", "ä"), ("", "bare")), colon=":", separator="\r\n", end="\n"
    )
    assert string.data == b"A:\xe4\r\nbare\n"
    assert replace(string, encoding="utf-8").data == b"A:\xc3\xa4\r\nbare\n"
    assert replace(string, lines=(("A", "€"),)).data == b"A:\xe2\x82\xac\n"


def test_a_header_without_a_name_is_not_sent() -> None:
    header = SignatureHeader(name="", prefix="", parameters=(), more=(("X", "y"),))
    assert header.fields == (("X", "y"),)
