"""TGT-001 to TGT-005: a changed request target is found in the signature, and named."""

from __future__ import annotations

import pytest

from conformance.clock import ManualClock
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.wire.message import SignedPath
from conformance.wire.procedure import Stage
from tests.rules.specimen import (
    BODY,
    DATE,
    MOMENT,
    causes,
    digest,
    expected,
    judged,
    reasons,
    sent,
)

TAIL = f"\ndate: {DATE}\ndigest: {digest(BODY)}"
FULL = "/partner-api/Applications/a%20b/?Status=open&b=%c3%a4&b="
PATH = FULL.removeprefix("/partner-api")


def signs(value: str) -> str:
    """Return a signing string whose request target is `value`."""
    return f"(request-target): {value}{TAIL}"


@pytest.mark.parametrize(
    ("requirement", "value", "cause"),
    [
        ("TGT-001", f"POST {PATH}", "target-method-case"),
        ("TGT-001", f"Post {PATH}", "target-method-capitalised"),
        ("TGT-001", f"get {PATH}", "target-method-always-get"),
        ("TGT-001", f" {PATH}", "target-no-method"),
        ("TGT-002", f"post {PATH.lower()}", "target-lower-case"),
        ("TGT-002", f"post {PATH.upper()}", "target-upper-case"),
        ("TGT-003", f"post {PATH.partition('?')[0]}", "target-query-left-out"),
        ("TGT-003", f"post {PATH.replace('?', '')}", "target-question-mark-left-out"),
        ("TGT-004", f"post {PATH.replace('%', '%25')}", "target-encoded-twice"),
        ("TGT-004", f"post {PATH.replace('%c3%a4', '%C3%A4')}", "target-escapes-upper-case"),
        ("TGT-004", f"post {PATH.replace('/?', '?')}", "target-trailing-slash-cut"),
        ("TGT-004", f"post https://api.example{FULL}", "target-whole-url"),
        ("TGT-005", f"post {FULL}", "target-prefix-signed"),
    ],
)  # fmt: skip
def test_a_changed_target_breaks_its_requirement_and_is_proved(
    requirement: str, value: str, cause: str
) -> None:
    judgement = judged(sent(target=FULL, string=signs(value)), expected(host="https://api.example"))
    assert {item for item, _ in reasons(judgement)} == {requirement}
    first = judgement.causes[0]
    assert cause in (first.mistake, *first.same_as)
    assert (first.stage, first.proved) == (Stage.REQUEST_TARGET, True)
    assert first.observed == signs(value).encode()
    assert first.expected == signs(f"post {PATH}").encode()


@pytest.mark.parametrize(
    "target",
    ["/", "/?", "/??", "/a?b=1&b=&=", "/a//b/../c;p", "/%2F%25%c3%A4", "/\xc3\xa4", "/!$'()*,"],
)
def test_a_target_signed_as_it_is_sent_is_right_however_odd(target: str) -> None:
    assert not judged(sent(target=f"/partner-api{target}")).findings


def test_the_prefix_is_signed_where_the_whole_path_is_called_for() -> None:
    request = sent(target=FULL, string=signs(f"post {FULL}"))
    assert not judged(request, expected(signed_path=SignedPath.FULL)).findings
    wrong = judged(sent(target=FULL), expected(signed_path=SignedPath.FULL))
    assert reasons(wrong) == [("TGT-005", "target-prefix-left-out")]


def test_what_a_wrong_target_leaves_right_is_seen_to_hold() -> None:
    judgement = judged(sent(target=FULL, string=signs(f"post {PATH.lower()}")))
    assert judgement.holds("TGT-001")
    assert judgement.holds("STR-005")
    assert judgement.holds("SIG-001")
    assert not judgement.holds("TGT-002")


def test_a_slip_that_nobody_has_listed_is_told_by_where_it_lies() -> None:
    wrong = PATH.replace("Applications", "Applicatons")
    judgement = judged(sent(target=FULL, string=signs(f"post {wrong}")))
    (cause,) = judgement.causes
    assert (cause.mistake, cause.requirement, cause.proved) == (
        "unlisted-request-target", "TGT-004", True,
    )  # fmt: skip
    assert cause.difference is not None
    assert (cause.difference.expected, cause.difference.observed) == ("i", "o")


def test_three_changes_at_once_are_all_named() -> None:
    wrong = PATH.partition("?")[0].lower()
    unhurried = Diagnostician(clock=ManualClock(MOMENT))
    judgement = judged(sent(target=FULL, string=signs(f"POST {wrong}")), diagnostician=unhurried)
    assert {item for item, _ in reasons(judgement)} == {"TGT-001", "TGT-002", "TGT-003"}
    assert all(cause.proved for cause in judgement.causes)
    assert len(causes(judgement)) == 3
