"""HDR-001 to HDR-005 and AUTH-001: where the parameters stand, and how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.diagnosis.explanation import NOTHING
from conformance.rules.judge import RULES
from conformance.rules.rule import Seen
from conformance.wire.message import Place, SignedRequest
from conformance.wire.reading import Reading
from tests.rules.specimen import (
    NAMES,
    causes,
    expected,
    judged,
    parameters,
    reasons,
    sent,
    with_field,
)

RIGHT = sent().headers.first("signature") or ""
TOKEN = sent(place=Place.AUTHORIZATION).headers.first("authorization") or ""
NO_KEY_ID = RIGHT.replace('keyId="client-1",', "")
SIGNATURE = RIGHT.partition('signature="')[2].removesuffix('"')


def carried(value: str) -> SignedRequest:
    return with_field(sent(), "Signature", value)


def token(*values: str) -> SignedRequest:
    return with_field(sent(place=Place.AUTHORIZATION), "Authorization", *values)


@pytest.mark.parametrize("place", list(Place))
def test_a_right_header_in_its_place_is_right(place: Place) -> None:
    judgement = judged(sent(place=place), expected(place))
    assert (judgement.findings, judgement.causes, judgement.undetermined) == ((), (), {})
    silent = {Place.SIGNATURE: "AUTH-001", Place.AUTHORIZATION: "HDR-001"}[place]
    assert silent in judgement.silent


@pytest.mark.parametrize(
    "value",
    [
        RIGHT.replace('",', '", '),
        RIGHT.replace('",', '" ,\t'),
        f" {RIGHT} ",
        ",".join(reversed(RIGHT.split(",", 3))),
        f'{RIGHT},created="1"',
        f'x="a, b",{RIGHT}',
        RIGHT.replace("client-1", "client\\-1"),
    ],
)
def test_allowed_variety_is_left_alone(value: str) -> None:
    assert not judged(carried(value)).findings


@pytest.mark.parametrize("key_id", ["client-1", "client-2"])
@pytest.mark.parametrize("signature", [SIGNATURE, SIGNATURE[:-1], "AAAB="], ids=["", "cut", "bits"])
def test_a_tab_after_the_commas_changes_nothing(key_id: str, signature: str) -> None:
    """Parameters written as the example has them are judged as any others are."""
    value = parameters(signature, key_id=key_id)
    as_example, tabbed = judged(carried(value)), judged(carried(value.replace('",', '",\t')))
    assert as_example.findings == tabbed.findings
    assert [item.mistake for item in as_example.causes] == [item.mistake for item in tabbed.causes]


@given(st.lists(st.sampled_from(
    ["(request-target)", "request-target", "date", "Date", "digest", "host", " ", "  ", ",", ";",
     "[", "\t", "'"]
), max_size=6).map("".join))  # fmt: skip
def test_covered_names_are_right_only_in_one_form(text: str) -> None:
    names = text.split(" ")
    plain = text == text.lower() and all(names) and not set(",;\t") & set(text)
    reading = Reading(request=carried(RIGHT.replace(NAMES, text)))
    found = [*RULES["HDR-005"].judge(Seen(reading=reading, explanation=NOTHING))]
    assert bool(found) is not (plain and "request-target" not in names)


@pytest.mark.parametrize("name", ["signature", "SIGNATURE", "SiGnAtUrE"])
def test_the_letter_case_of_the_headers_name_does_not_matter(name: str) -> None:
    assert not judged(with_field(with_field(sent(), "Signature"), name, RIGHT)).findings


def test_no_signature_header_is_missing_and_the_rest_is_undetermined() -> None:
    judgement = judged(with_field(sent(), "Signature"))
    assert ("HDR-001", "signature-header-missing") in reasons(judgement)
    assert judgement.broken("HDR-001")[0].observed == "no Signature header"
    assert {"HDR-002", "HDR-003", "HDR-004", "STR-001", "SIG-003"} <= set(judgement.undetermined)


def test_a_signature_under_another_name_is_found_there() -> None:
    judgement = judged(with_field(with_field(sent(), "Signature"), "X-Signature", RIGHT))
    (finding,) = judgement.broken("HDR-001")
    assert finding.observed == "no Signature header, but X-Signature"
    assert causes(judgement) == ["header-x-signature"]
    assert judgement.holds("STR-005")  # the signature itself is read, and right


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (with_field(sent(), "Signature", RIGHT, RIGHT), "signature-header-repeated"),
        (carried(f"Signature {RIGHT}"), "signature-header-scheme"),
        (carried(f"signature {RIGHT}"), "signature-header-scheme"),
        (
            with_field(with_field(sent(), "Signature"), "Authorization", f"Signature {RIGHT}"),
            "signature-in-authorization",
        ),
    ],
)
def test_an_api_request_has_one_signature_header_without_scheme(
    request_: SignedRequest, reason: str
) -> None:
    judgement = judged(request_)
    assert reasons(judgement) == [("HDR-001", reason)]
    assert judgement.causes[0].proved


def test_a_bearer_token_beside_the_signature_is_as_it_should_be() -> None:
    assert not judged(with_field(sent(), "Authorization", "Bearer abc")).findings


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (token(), "authorization-missing"),
        (token(TOKEN, TOKEN), "authorization-repeated"),
        (token(TOKEN.removeprefix("Signature ")), "authorization-no-scheme"),
        (with_field(token(TOKEN), "Signature", RIGHT), "authorization-and-signature"),
    ],
)
def test_the_token_request_is_signed_in_authorization_alone(
    request_: SignedRequest, reason: str
) -> None:
    judgement = judged(request_, expected(Place.AUTHORIZATION))
    assert ("AUTH-001", reason) in reasons(judgement)
    assert {requirement for requirement, _ in reasons(judgement)} == {"AUTH-001"}


def test_another_scheme_in_front_is_none() -> None:
    judgement = judged(
        token(TOKEN.replace("Signature", "Bearer", 1)), expected(Place.AUTHORIZATION)
    )
    assert ("AUTH-001", "authorization-no-scheme") in reasons(judgement)
    assert causes(judgement)[0] == "header-token-bearer"


@pytest.mark.parametrize("scheme", ["signature", "SIGNATURE"])
def test_the_scheme_may_be_in_any_letter_case(scheme: str) -> None:
    request = token(TOKEN.replace("Signature", scheme, 1))
    assert not judged(request, expected(Place.AUTHORIZATION)).findings


@pytest.mark.parametrize(
    ("value", "reason", "observed"),
    [
        (NO_KEY_ID, "parameter-missing", "only algorithm headers signature"),
        (f'{RIGHT},keyId="client-1"', "parameter-repeated", "2 times"),
        (RIGHT.replace("keyId", "keyid"), "parameter-misspelt", "keyid"),
        (RIGHT.replace("headers", "Headers"), "parameter-misspelt", "Headers"),
        (RIGHT.replace('"client-1"', "client-1"), "parameter-unquoted", "keyId without quotes"),
        (f"{RIGHT},what is this", "parameter-malformed", "what is this"),
    ],
)  # fmt: skip
def test_parameters_are_once_spelt_so_and_quoted(value: str, reason: str, observed: str) -> None:
    judgement = judged(carried(value))
    assert reasons(judgement) == [("HDR-002", reason)]
    assert judgement.findings[0].observed == observed


def test_of_a_repeated_parameter_the_last_one_counts() -> None:
    first = judged(carried(f'keyId="other",{RIGHT}'))
    assert {requirement for requirement, _ in reasons(first)} == {"HDR-002"}
    last = judged(carried(f'{RIGHT},keyId="other"'))
    assert {requirement for requirement, _ in reasons(last)} == {"HDR-002", "HDR-003"}


@pytest.mark.parametrize("key_id", ["Client-1", "", "client-2", "client-1 ", "\xe9"])
def test_another_key_id_is_shown_beside_the_right_one(key_id: str) -> None:
    judgement = judged(carried(parameters(SIGNATURE, key_id=key_id)))
    (finding,) = judgement.findings
    assert (finding.requirement, finding.expected) == ("HDR-003", 'keyId="client-1"')
    assert finding.observed.isascii()


def test_any_key_id_will_do_where_none_is_known() -> None:
    request = carried(parameters(SIGNATURE, key_id="whoever"))
    assert not judged(request, expected(key_id=None)).findings


@pytest.mark.parametrize("name", ["RSA-SHA256", "hs2019", "rsa-sha512", ""])
def test_another_algorithm_breaks_its_requirement_alone(name: str) -> None:
    judgement = judged(carried(RIGHT.replace("rsa-sha256", name)))
    assert [requirement for requirement, _ in reasons(judgement)] == ["HDR-004"]
    assert judgement.findings[0].observed == f'algorithm="{name}"'


def test_no_algorithm_is_told_from_a_wrong_one() -> None:
    judgement = judged(carried(RIGHT.replace('algorithm="rsa-sha256",', "")))
    assert reasons(judgement) == [("HDR-004", "algorithm-missing")]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("(request-target) Date digest", "headers-upper-case"),
        ("(request-target), date, digest", "headers-separator"),
        ("(request-target);date;digest", "headers-separator"),
        ("(request-target)  date digest", "headers-spacing"),
        (" (request-target) date digest", "headers-spacing"),
        ("(request-target) date digest ", "headers-spacing"),
        ("(request-target)\tdate\tdigest", "headers-spacing"),
        ("request-target date digest", "headers-pseudo-header"),
    ],
)
def test_names_written_otherwise_break_only_the_way_of_writing(names: str, reason: str) -> None:
    judgement = judged(carried(parameters(SIGNATURE, names=names)))
    assert reasons(judgement) == [("HDR-005", reason)]
    assert names.strip().partition(" ")[0].partition("\t")[0] in judgement.findings[0].observed


def test_where_the_place_is_not_known_the_request_tells_it() -> None:
    for place in Place:
        assert not judged(sent(place=place), expected(place=None)).findings  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", "   ", "nonsense", '"', "keyId", ",,,", "=", "\x00\xff"])
def test_a_header_with_nothing_to_read_is_found(value: str) -> None:
    judgement = judged(carried(value))
    assert judgement.broken("HDR-002")
    assert not judgement.holds("STR-001")
