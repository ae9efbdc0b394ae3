"""DIG-001 to DIG-004: what breaks each, and what is near it and does not."""

from __future__ import annotations

import base64
import hashlib

import pytest

from conformance.wire.digest import EMPTY_DIGEST
from tests.rules.specimen import BODY, causes, digest, expected, judged, reasons, sent, with_field

RIGHT = digest(BODY)
BARE = RIGHT.removeprefix("SHA-256=")
EMPTY = EMPTY_DIGEST.removeprefix("SHA-256=")


def test_no_digest_header_breaks_only_the_rule_of_presence() -> None:
    judgement = judged(with_field(sent(), "Digest"))
    (finding,) = judgement.broken("DIG-001")
    assert (finding.reason, finding.observed) == ("digest-missing", "no Digest header")
    assert RIGHT in finding.expected
    assert not judgement.broken("DIG-002")
    assert judgement.undetermined["DIG-002"]
    assert judgement.undetermined["DIG-004"]


def test_two_digest_headers_are_one_too_many_even_when_they_agree() -> None:
    request = with_field(sent(digested=f"{RIGHT}, {RIGHT}"), "Digest", RIGHT, RIGHT)
    judgement = judged(request)
    assert reasons(judgement) == [("DIG-001", "digest-repeated")]
    assert judgement.findings[0].observed == "2 Digest headers"


@pytest.mark.parametrize("name", ["DIGEST", "digest", "dIgEsT"])
def test_the_letter_case_of_the_headers_name_does_not_matter(name: str) -> None:
    assert not judged(with_field(sent(), name, RIGHT)).findings


@pytest.mark.parametrize("value", [f" {RIGHT}", f"{RIGHT} ", f"\t{RIGHT}\t"])
def test_white_space_around_the_value_belongs_to_http(value: str) -> None:
    assert not judged(with_field(sent(), "Digest", value)).findings


def test_the_digest_of_another_body_is_a_mismatch_with_both_values() -> None:
    judgement = judged(sent(digested=digest(b"another body")))
    (finding,) = judgement.broken("DIG-002")
    assert (finding.reason, finding.expected, finding.observed) == (
        "digest-mismatch", RIGHT, digest(b"another body"),
    )  # fmt: skip
    assert "octets that are sent" in finding.hint
    assert {requirement for requirement, _ in reasons(judgement)} == {"DIG-002"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (f"SHA-256={BARE.rstrip('=')}", "base64-padding"),
        (f"SHA-256={BARE[:20]} {BARE[20:]}", "base64-white-space"),
        ("SHA-256=" + hashlib.sha256(BODY).hexdigest(), "base64-hex"),
        (f"SHA-256=AAAA{BARE}", "digest-length"),
        (f"SHA-256=x{BARE}", "base64-padding"),
        ("SHA-256=", "base64-empty"),
        (f"SHA-256={BARE};q=1", "base64-alphabet"),
        ("SHA-256=" + base64.b64encode(bytes(32)).decode(), "digest-mismatch"),
    ],
)
def test_a_digest_written_otherwise_says_what_is_wrong_with_its_text(
    value: str, reason: str
) -> None:
    assert ("DIG-002", reason) in reasons(judged(sent(digested=value)))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (f"sha-256={BARE}", "digest-algorithm-case"),
        (f"SHA256={BARE}", "digest-algorithm"),
        (f"MD5={BARE}", "digest-algorithm"),
        (BARE, "digest-algorithm-missing"),
        (f"{RIGHT},SHA-512=abcd", "digest-several"),
        (f"SHA-512=abcd, {RIGHT}", "digest-several"),
    ],
)
def test_the_right_hash_under_another_name_breaks_the_name_alone(value: str, reason: str) -> None:
    assert reasons(judged(sent(digested=value))) == [("DIG-004", reason)]


def test_another_hash_under_its_own_name_breaks_both() -> None:
    value = "SHA-512=" + base64.b64encode(hashlib.sha512(BODY).digest()).decode()
    judgement = judged(sent(digested=value))
    assert {"DIG-002", "DIG-004"} == {requirement for requirement, _ in reasons(judgement)}
    assert causes(judgement)[0] == "digest-sha512-named"


def test_an_empty_body_has_the_digest_of_the_documents() -> None:
    judgement = judged(sent(body=b"", digested=EMPTY_DIGEST))
    assert not judgement.findings
    assert judgement.holds("DIG-003")


def test_a_wrong_digest_of_an_empty_body_breaks_the_general_and_the_special_rule() -> None:
    judgement = judged(sent(body=b"", digested=digest(b"\n")))
    assert {"DIG-002", "DIG-003"} == {requirement for requirement, _ in reasons(judgement)}
    assert judgement.broken("DIG-003")[0].expected == EMPTY_DIGEST
    assert causes(judgement) == ["digest-of-line-feed"]


def test_a_body_says_nothing_about_empty_ones() -> None:
    judgement = judged(sent())
    assert "DIG-003" in judgement.silent
    assert not judgement.holds("DIG-003")


def test_the_digest_is_judged_without_a_key_too() -> None:
    judgement = judged(sent(digested=digest(b"x")), expected(key=None, tls_key=None))
    assert [requirement for requirement, _ in reasons(judgement)] == ["DIG-002"]


def test_a_body_of_a_mebibyte_is_hashed_whole() -> None:
    body = bytes(range(256)) * 4096
    assert not judged(sent(body=body)).findings
    assert judged(sent(body=body, digested=digest(body[:-1]))).broken("DIG-002")
