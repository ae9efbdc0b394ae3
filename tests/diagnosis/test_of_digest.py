"""Why a `Digest` header is what it is."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

import pytest

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.of_digest import explain_digest
from conformance.diagnosis.slot import unsigned
from conformance.wire.message import SignedRequest
from conformance.wire.reading import Reading
from tests.rules.specimen import BODY, digest, expected, sent, with_field


def explain(
    request: SignedRequest, earlier: Mapping[str, bool] | None = None, most: int = 2
) -> list[Cause]:
    reading = Reading(request=request, expected=expected())
    return list(explain_digest(reading, unsigned(reading), earlier or {}, most))


def ids(causes: list[Cause]) -> list[str]:
    return [cause.mistake for cause in causes]


def test_a_right_digest_needs_no_explanation() -> None:
    assert explain(sent()) == []
    assert explain(with_field(sent(), "DIGEST", f" {digest(BODY)} ")) == []


def test_javascript_reads_what_is_no_utf_8_before_it_writes_json_again() -> None:
    request = sent(body=b'{"a": 1.0, "b": "\xe4"}', digested=digest(b'{"a":1,"b":"\xef\xbf\xbd"}'))
    assert ids(explain(request)) == ["digest-json-javascript"]


HEX = hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (digest(BODY + b"\n"), "digest-body-lf-added"),
        (digest(b""), "digest-of-nothing"),
        (f"SHA-256={HEX}", "digest-hex"),
        ("SHA-256=" + base64.b64encode(HEX.encode()).decode(), "digest-base64-of-hex"),
        (digest(hashlib.sha256(BODY).digest()), "digest-hashed-twice"),
        (digest(b'{"amount":1}'), "digest-json-compact"),
    ],
)
def test_a_digest_is_explained_by_the_mistake_that_makes_it(value: str, cause: str) -> None:
    (found, *_) = explain(sent(digested=value))
    assert cause in (found.mistake, *found.same_as)
    assert found.proved
    assert found.observed == f"Digest: {value}".encode()
    assert found.expected == f"Digest: {digest(BODY)}".encode()


def test_two_mistakes_at_once_are_found_unless_patience_is_at_an_end() -> None:
    value = digest(b'{"amount":1}').replace("SHA-256=", "sha-256=")
    named = ids(explain(sent(digested=value)))
    assert len(named) == 2
    assert "digest-lower-case-algorithm" in named
    assert explain(sent(digested=value), most=1) == []


def test_a_large_body_is_tried_with_single_mistakes_only() -> None:
    body = b'{"a": 1}' + b" " * 20_000
    compact = digest(b'{"a":1}')
    assert explain(sent(body=body, digested=compact))
    assert explain(sent(body=body, digested=compact.replace("SHA", "sha", 1))) == []


def test_an_absent_digest_is_told_by_whether_it_is_signed() -> None:
    assert ids(explain(with_field(sent(), "Digest"))) == ["digest-not-sent"]
    uncovered = with_field(sent(names="(request-target) date"), "Digest")
    assert ids(explain(uncovered)) == ["digest-absent"]
    empty = with_field(sent(names="(request-target) date", body=b""), "Digest")
    (cause,) = explain(empty)
    assert {"digest-absent", "digest-absent-for-empty-body"} <= {cause.mistake, *cause.same_as}


def test_the_newer_field_is_recognised_in_its_place() -> None:
    text = digest(BODY).removeprefix("SHA-256=")
    request = with_field(
        with_field(sent(names="(request-target) date"), "Digest"), "Content-Digest",
        f"sha-256=:{text}:",
    )  # fmt: skip
    assert ids(explain(request)) == ["digest-content-digest"]


def test_two_digests_are_one_too_many() -> None:
    request = with_field(sent(), "Digest", digest(BODY), digest(BODY))
    assert ids(explain(request)) == ["digest-sent-twice"]


def test_the_digest_of_an_earlier_body_is_proved_only_if_it_was_sent_with_it() -> None:
    other = digest(b"earlier")
    for known in (True, False):
        (cause,) = explain(sent(digested=other), {other: known})
        assert (cause.mistake, cause.proved) == ("digest-reused", known)
    assert explain(sent(digested=other), {digest(b"x"): True}) == []


def test_a_mistake_of_this_body_goes_before_an_earlier_one() -> None:
    value = digest(b"")
    assert ids(explain(sent(digested=value), {value: True}))[0] == "digest-of-nothing"


@pytest.mark.parametrize("value", ["=", "SHA-256", "\xff", "x" * 10_000])
def test_a_text_that_is_no_digest_is_left_unexplained(value: str) -> None:
    assert explain(with_field(sent(), "Digest", value)) == []
