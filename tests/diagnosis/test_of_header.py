"""Why the header of the signature is what it is, and what it leaves unsigned."""

from __future__ import annotations

import pytest

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.of_header import explain_coverage, explain_header
from conformance.diagnosis.registry import MISTAKES, breed, of_stage
from conformance.diagnosis.slot import unsigned
from conformance.wire.message import Place, SignedRequest, UnsignedRequest
from conformance.wire.procedure import Stage
from conformance.wire.reading import Reading
from tests.rules.hostile import KEYS
from tests.rules.specimen import MOMENT, RIGHT_FIELDS, expected, parameters, sent, with_field

RIGHT = dict(RIGHT_FIELDS)["Signature"]


def header(
    request: SignedRequest, place: Place = Place.SIGNATURE, most: int = 2, key_id: str = "client-1"
) -> list[Cause]:
    reading = Reading(request=request, expected=expected(place, key_id=key_id))
    return list(explain_header(reading, unsigned(reading), most))


def ids(causes: list[Cause]) -> list[str]:
    return [cause.mistake for cause in causes]


@pytest.mark.parametrize("mistake", of_stage(Stage.HEADER), ids=lambda item: item.id)
def test_every_mistake_of_the_header_is_found_by_making_it(mistake: object) -> None:
    item = MISTAKES[getattr(mistake, "id", "")]
    tried = 0
    for place in Place:
        request = UnsignedRequest(
            method="POST", target="/a", date=MOMENT, key_id="Client-1", place=place
        )
        signed = breed([item]).sign(request, KEYS).signed
        if signed == breed([]).sign(request, KEYS).signed:
            continue
        tried += 1
        found = header(signed, place, key_id="Client-1")
        named = {name for cause in found for name in (cause.mistake, *cause.same_as)}
        if item.breaks != "STR-002":  # those show only beside the string
            assert item.id in named
            assert all(cause.proved for cause in found)
    assert tried


@pytest.mark.parametrize(
    "value",
    [RIGHT, f" {RIGHT}\t", RIGHT.replace('",', '" , '), ",".join(reversed(RIGHT.split(",", 3)))],
)
def test_allowed_variety_needs_no_explanation(value: str) -> None:
    assert header(with_field(sent(), "Signature", value)) == []


def test_two_mistakes_at_once_are_found_unless_patience_is_at_an_end() -> None:
    request = with_field(sent(), "Signature", "Signature " + RIGHT.replace("keyId", "keyid"))
    assert set(ids(header(request))) == {
        "header-scheme-in-signature", "header-keyid-spelt-keyid",
    }  # fmt: skip
    assert header(request, most=1) == []


@pytest.mark.parametrize("algorithm", ["odd", "very odd"])
def test_a_key_id_and_algorithm_that_nothing_accounts_for_are_left_aside(algorithm: str) -> None:
    text = RIGHT.replace("client-1", "who knows").replace("rsa-sha256", algorithm)
    assert header(with_field(sent(), "Signature", text)) == []
    assert ids(header(with_field(sent(), "Signature", f"Signature {text}"))) == [
        "header-scheme-in-signature"
    ]


def test_a_header_beyond_all_known_mistakes_is_left_unexplained() -> None:
    for value in ("", "nonsense", RIGHT.replace("=", "~"), "\xff" * 20):
        request = with_field(sent(), "Signature", value)
        assert all(
            cause.mistake in {"header-not-sent", "header-signature-missing"}
            for cause in header(request)
        )


def test_the_fields_as_sent_and_as_they_should_be_are_shown() -> None:
    request = with_field(with_field(sent(), "Signature"), "X-Signature", RIGHT)
    (cause,) = header(request)
    assert cause.mistake == "header-x-signature"
    assert cause.expected == f"Signature: {RIGHT}".encode()
    assert cause.observed == f"X-Signature: {RIGHT}".encode()
    assert cause.difference is not None
    assert cause.difference.offset == 0


def coverage(names: str | None, *absent: str) -> list[Cause]:
    request = sent(names=names or "")
    if names is None:
        request = with_field(request, "Signature", 'keyId="client-1",signature="AA=="')
    for name in absent:
        request = with_field(request, name)
    return list(explain_coverage(Reading(request=request, expected=expected())))


@pytest.mark.parametrize(
    ("names", "mistakes"),
    [
        ("(request-target) date digest", []),
        ("(request-target) date digest x", []),
        ("(request-target) date", ["string-digest-not-signed"]),
        ("(request-target) digest", ["string-date-not-signed"]),
        ("date digest", ["string-target-not-signed"]),
        ("date", ["string-only-date-signed"]),
        ("digest", ["string-target-not-signed", "string-date-not-signed"]),
    ],
)
def test_what_headers_leaves_out_is_named(names: str, mistakes: list[str]) -> None:
    causes = coverage(names)
    assert ids(causes) == mistakes
    for cause in causes:
        assert cause.requirement == "STR-001"
        assert (cause.expected, cause.observed) == (
            b"(request-target) date digest", names.encode(),
        )  # fmt: skip


def test_what_is_not_sent_is_not_said_to_be_sent_but_unsigned() -> None:
    assert ids(coverage("(request-target) date", "Digest")) == []
    assert ids(coverage("(request-target) digest", "Date")) == []
    assert ids(coverage("date", "Digest")) == ["string-target-not-signed"]


def test_without_a_headers_parameter_nothing_is_said_of_coverage() -> None:
    assert coverage(None) == []
    bare = with_field(sent(), "Signature")
    assert list(explain_coverage(Reading(request=bare, expected=expected()))) == []
    odd = with_field(sent(), "Signature", parameters("AA==", names="a b"))
    causes = explain_coverage(Reading(request=odd, expected=expected()))
    assert len(list(causes)) == 3
