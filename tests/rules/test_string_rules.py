"""STR-001 to STR-008: the signing string, as the signature and `headers` give it away."""

from __future__ import annotations

import pytest

from conformance.wire.procedure import Stage
from tests.rules.specimen import (
    BODY,
    DATE,
    causes,
    digest,
    expected,
    judged,
    parameters,
    reasons,
    sent,
    signature,
    with_field,
)

TARGET = "(request-target): post /Applications?status=open"
DATED = f"date: {DATE}"
DIGEST = f"digest: {digest(BODY)}"
RIGHT = f"{TARGET}\n{DATED}\n{DIGEST}"


@pytest.mark.parametrize(
    ("requirement", "string", "cause"),
    [
        ("STR-002", f"{TARGET}\n{DIGEST}\n{DATED}", "string-order-target-digest-date"),
        ("STR-002", f"{TARGET}\n{DATED}", "string-digest-line-missing"),
        ("STR-002", f"{RIGHT}\nhost: api.example", "string-host-signed"),
        ("STR-004", RIGHT.replace("\nd", "\nD"), "string-names-capitalised"),
        ("STR-004", RIGHT.replace(": ", ":"), "string-no-space-after-colon"),
        ("STR-004", RIGHT.removeprefix("(request-target): "), "string-target-label-missing"),
        ("STR-005", RIGHT.replace("\n", "\r\n"), "string-crlf"),
        ("STR-005", RIGHT.replace("\n", ""), "string-no-line-ends"),
        ("STR-006", f"{RIGHT}\n", "string-final-lf"),
        ("STR-001", "", "string-empty"),
        ("STR-001", BODY.decode(), "string-body-instead"),
    ],
)  # fmt: skip
def test_a_string_put_together_wrongly_breaks_its_requirement_and_is_proved(
    requirement: str, string: str, cause: str
) -> None:
    judgement = judged(sent(string=string))
    assert requirement in {item for item, _ in reasons(judgement)}
    first = judgement.causes[0]
    assert cause in (first.mistake, *first.same_as)
    assert first.proved
    assert (first.expected, first.observed) == (RIGHT.encode(), string.encode())
    if string:
        assert first.difference is not None
        offset = first.difference.offset
        assert RIGHT[:offset] == string[:offset]
        assert RIGHT[offset : offset + 1] != string[offset : offset + 1]


def test_the_finding_of_a_wrong_string_shows_both_strings_and_where_they_part() -> None:
    (finding,) = judged(sent(string=RIGHT.replace("\n", "\r\n"))).findings
    assert finding.expected == RIGHT.replace("\n", "\\n")
    assert finding.observed == RIGHT.replace("\n", "\\r\\n")
    assert finding.difference is not None
    assert (finding.difference.line, finding.difference.observed) == (1, "\\r")
    assert "\\n" in finding.hint


@pytest.mark.parametrize(
    ("names", "missing"),
    [("(request-target) date", "digest"), ("date digest", "(request-target)"), ("date", "digest")],
)
def test_what_headers_leaves_out_is_not_covered(names: str, missing: str) -> None:
    lines = {"(request-target)": TARGET, "date": DATED, "digest": DIGEST}
    judgement = judged(sent(names=names, string="\n".join(lines[name] for name in names.split())))
    (finding,) = judgement.broken("STR-001")
    assert (finding.reason, finding.expected, finding.observed) == (
        "not-covered", "(request-target) date digest", names,
    )  # fmt: skip
    assert missing in finding.hint
    assert {item for item, _ in reasons(judgement)} == {"STR-001"}


def test_another_order_that_headers_declares_only_warns() -> None:
    names = "(request-target) digest date"
    judgement = judged(sent(names=names, string=f"{TARGET}\n{DIGEST}\n{DATED}"))
    assert reasons(judgement) == [("STR-003", "other-order")]
    assert judgement.holds("STR-002")


def test_a_name_that_stands_twice_is_not_the_order_of_the_example() -> None:
    string = f"{TARGET}\n{TARGET}\n{DATED}\n{DIGEST}"
    names = "(request-target) (request-target) date digest"
    judgement = judged(sent(string=string, names=names))
    assert reasons(judgement) == [("STR-003", "other-order")]


def test_further_names_in_between_do_not_change_the_order_of_the_documented_ones() -> None:
    names = "(request-target) x-one date digest"
    string = f"{TARGET}\nx-one: 1\n{DATED}\n{DIGEST}"
    judgement = judged(sent(names=names, string=string, more=(("X-One", "1"),)))
    assert not judgement.findings


def further(string: str, *values: str, name: str = "x-two") -> list[tuple[str, str]]:
    """Judge a request with one further field signed as `string` says."""
    request = sent(
        names=f"(request-target) date digest {name}", string=f"{RIGHT}\n{string}",
        more=tuple((name.title(), value) for value in values),
    )  # fmt: skip
    return reasons(judged(request))


def test_further_fields_signed_as_the_draft_says_are_right() -> None:
    assert not further("x-two: 1, 2", "1", "2")
    assert not further("x-two: 1, 2", " 1 ", "2\t")
    assert not further("x-two: ", "")
    assert not further("x-two: a  b", "a  b")


@pytest.mark.parametrize(
    ("string", "cause"),
    [
        ("x-two: 1,2", "string-repeats-without-space"),
        ("x-two: 2", "string-repeats-last-only"),
        ("x-two: 1", "string-repeats-first-only"),
    ],
)
def test_repeats_joined_otherwise_break_the_last_requirement(string: str, cause: str) -> None:
    assert further(string, "1", "2") == [("STR-008", cause)]


def test_an_empty_value_left_out_breaks_the_last_requirement() -> None:
    assert further("x-two:", "") == [("STR-008", "string-empty-value-space")]


def test_white_space_within_a_value_is_kept() -> None:
    assert [item for item, _ in further("x-two: a b", "a  b")] == ["STR-007"]


def test_a_name_in_headers_without_its_header_is_found() -> None:
    names = "(request-target) date digest x-absent"
    judgement = judged(sent(names=names))
    assert causes(judgement)[0] == "header-headers-names-unsigned"
    assert "STR-002" in {item for item, _ in reasons(judgement)}


def test_without_a_key_nothing_is_claimed_about_the_string() -> None:
    judgement = judged(sent(string=RIGHT.replace("\n", "\r\n")), expected(key=None, tls_key=None))
    assert not judgement.findings
    assert {"STR-002", "STR-004", "STR-005", "STR-006", "TGT-001", "DATE-004"} <= set(
        judgement.undetermined
    )
    assert not judgement.holds("STR-005")


def test_a_signature_of_nobody_knows_what_is_found_and_leaves_the_string_undetermined() -> None:
    judgement = judged(sent(string="something that nothing leads to"))
    (finding,) = judgement.findings
    assert (finding.requirement, finding.reason) == ("SIG-001", "unlisted-signing-string")
    (cause,) = judgement.causes
    assert (cause.stage, cause.proved) == (Stage.SIGNING_STRING, False)
    assert "STR-005" in judgement.undetermined
    assert any("right key" in text for text in judgement.ruled_out)


def test_the_expected_string_is_told_also_where_all_is_right() -> None:
    assert judged(sent()).signing_string == RIGHT.encode()


def test_without_a_headers_parameter_the_draft_lets_the_date_alone_be_signed() -> None:
    value = f'keyId="client-1",algorithm="rsa-sha256",signature="{signature(DATED)}"'
    judgement = judged(with_field(sent(), "Signature", value))
    assert "STR-001" in {item for item, _ in reasons(judgement)}
    assert judgement.broken("STR-001")[0].observed == "no headers parameter: date"


def test_names_in_capitals_are_read_as_the_same_names() -> None:
    value = parameters(signature(RIGHT), names="(Request-Target) Date Digest")
    judgement = judged(with_field(sent(), "Signature", value))
    assert {item for item, _ in reasons(judgement)} == {"HDR-005"}
