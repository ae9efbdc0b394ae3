"""Trials told as checks: what was seen, and never more than that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.adapters.interface import AnswerKind
from conformance.cases.case import Case, Refusal
from conformance.errors import AdapterCrashError, AdapterGoneError
from conformance.redaction import Redactor
from conformance.report.check import Check, Outcome, Reason
from conformance.report.failure import Trouble
from conformance.report.model import Verdict
from conformance.report.telling import not_run_checks
from conformance.report.verdict import requirement_results, verdict_of
from conformance.rules.finding import Finding
from conformance.trial import Trial
from conformance.wire.message import Place
from conformance.wire.procedure import DOCUMENTED, Procedure, SigningString
from tests.report.factory import (
    CATALOGUE,
    HELLO,
    PLAN,
    case,
    failures,
    passing_checks,
    teller,
    trial,
    trials,
    unanswered,
    wrong,
)

EMPTY_BODY = case(identity="vectors/digest/empty-body", requirements=("DIG-001", "DIG-003"))


def only(checks: list[Check], requirement: str) -> Check:
    (found,) = [item for item in checks if item.requirement == requirement]
    return found


def found_in(trial_: Trial, *findings: Finding, undetermined: str = "") -> Trial:
    """Return `trial_` as if the rules had seen `findings`."""
    assert trial_.judgement is not None
    unclear = {undetermined: "what was signed is not known"} if undetermined else {}
    return replace(
        trial_, judgement=replace(trial_.judgement, findings=findings, undetermined=unclear)
    )


def test_a_vector_that_holds_passes_for_each_requirement_it_names() -> None:
    checks = teller().vector_checks(trial(EMPTY_BODY), duration_s=0.5)
    assert [(item.requirement, item.outcome) for item in checks] == [
        ("DIG-001", Outcome.PASS),
        ("DIG-003", Outcome.PASS),
    ]
    assert {item.id for item in checks} == {"vector:digest/empty-body"}
    assert checks[0].evidence == ("vectors/digest/empty-body",)
    assert (checks[0].cases, checks[0].broken, checks[0].duration_s) == (1, 0, 0.5)


def test_a_requirement_that_the_vector_does_not_name_is_told_when_it_is_broken() -> None:
    checks = teller().vector_checks(trial(EMPTY_BODY, wrong("string-crlf")))
    assert only(checks, "DIG-001").outcome is Outcome.PASS
    broken = only(checks, "STR-005")
    assert broken.outcome is Outcome.FAIL
    assert [item.mistake for item in broken.diagnosis] == ["string-crlf"]
    assert broken.diagnosis[0].proved
    assert broken.diagnosis[0].expected.count("\\n") == 2
    assert broken.diagnosis[0].observed.count("\\r\\n") == 2
    assert broken.broken == 1


def test_a_should_that_is_broken_warns() -> None:
    def reversed_order(*operands: Any) -> SigningString:
        right = DOCUMENTED.string(*operands)
        return replace(right, names=right.names[::-1], lines=right.lines[::-1])

    checks = teller().vector_checks(trial(EMPTY_BODY, Procedure(string=reversed_order)))
    assert only(checks, "STR-003").outcome is Outcome.WARN
    assert only(checks, "DIG-001").outcome is Outcome.PASS


def test_what_could_not_be_told_is_not_run() -> None:
    vector = replace(EMPTY_BODY, requirements=("STR-005",))
    seen = found_in(trial(vector), undetermined="STR-005")
    check = only(teller().vector_checks(seen), "STR-005")
    assert (check.outcome, check.reason) == (Outcome.NOT_RUN, Reason.UNDETERMINED)
    assert check.observed == "what was signed is not known"


def test_a_requirement_that_the_request_does_not_concern_does_not_pass() -> None:
    vector = replace(EMPTY_BODY, requirements=("AUTH-001",))
    check = only(teller().vector_checks(trial(vector)), "AUTH-001")
    assert (check.outcome, check.reason) == (Outcome.NOT_APPLICABLE, Reason.NOT_ASKED)


def test_the_clock_of_a_signer_that_takes_the_date_is_not_judged() -> None:
    vector = replace(EMPTY_BODY, requirements=("DATE-003",))
    check = only(teller().vector_checks(trial(vector)), "DATE-003")
    assert (check.outcome, check.reason) == (Outcome.NOT_APPLICABLE, Reason.DECLARED)
    own_clock = replace(HELLO, can=frozenset({"sign"}))
    check = only(teller(own_clock).vector_checks(trial(vector)), "DATE-003")
    assert check.reason != Reason.DECLARED


def test_a_finding_stands_even_against_what_hello_declared() -> None:
    vector = replace(EMPTY_BODY, requirements=("DATE-003",))
    finding = Finding(requirement="DATE-003", reason="date-far-off", expected="a", observed="b")
    check = only(teller().vector_checks(found_in(trial(vector), finding)), "DATE-003")
    assert check.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("kind", "refusal", "outcome", "reason"),
    [
        (AnswerKind.REFUSED, Refusal.WRONG, Outcome.FAIL, Reason.REFUSED),
        (AnswerKind.REFUSED, Refusal.ALLOWED, Outcome.NOT_APPLICABLE, Reason.DECLINED),
        (AnswerKind.UNSUPPORTED, Refusal.WRONG, Outcome.NOT_RUN, Reason.UNSUPPORTED),
        (AnswerKind.UNSUPPORTED, Refusal.ALLOWED, Outcome.NOT_APPLICABLE, Reason.DECLINED),
        (AnswerKind.ERROR, Refusal.WRONG, Outcome.ERROR, Reason.ADAPTER_ERROR),
        (AnswerKind.ERROR, Refusal.ALLOWED, Outcome.ERROR, Reason.ADAPTER_ERROR),
    ],
)
def test_an_answer_without_a_signed_request_never_passes(
    kind: AnswerKind, refusal: Refusal, outcome: Outcome, reason: Reason
) -> None:
    asked = replace(EMPTY_BODY, refusal=refusal)
    for check in teller().vector_checks(unanswered(asked, kind, "not today")):
        assert (check.outcome, check.reason) == (outcome, reason)
        assert "not today" in check.observed
        assert check.broken == (outcome is Outcome.FAIL)
    for check in teller().generated_checks([unanswered(asked, kind)], ["DIG-001", "DIG-003"]):
        assert check.outcome is not Outcome.PASS


def test_a_refused_should_warns() -> None:
    asked = case(requirements=("STR-003",))
    (check,) = teller().vector_checks(unanswered(asked, AnswerKind.REFUSED))
    assert check.outcome is Outcome.WARN


def test_an_adapter_that_broke_too_often_leaves_the_rest_not_run() -> None:
    gone = AdapterGoneError("it broke six times", hint="look at its log")
    broke = AdapterCrashError("it ended with code 7", hint="look at its log")
    for error, outcome in ((gone, Outcome.NOT_RUN), (broke, Outcome.ERROR)):
        (check, _) = teller().vector_checks(unanswered(EMPTY_BODY, AnswerKind.ERROR, error=error))
        assert check.outcome is outcome
        assert (check.observed, check.hint) == (error.message, "look at its log")


def test_a_signer_for_get_and_post_only_can_be_ready() -> None:
    """Its vectors for other methods are declined, and everything is shown by the rest."""
    declined = case(
        identity="vectors/method/delete", requirements=("TGT-001",), refusal=Refusal.ALLOWED
    )
    checks = [
        *passing_checks(),
        *teller().vector_checks(unanswered(declined, AnswerKind.UNSUPPORTED)),
    ]
    assert verdict_of(requirement_results(CATALOGUE, PLAN, checks)) is Verdict.READY


def test_a_signer_that_declines_everything_is_not_ready() -> None:
    asked = [case(number, refusal=Refusal.ALLOWED) for number in range(5)]
    seen = [unanswered(each, AnswerKind.REFUSED) for each in asked]
    checks = teller().generated_checks(seen, PLAN.covers)
    assert verdict_of(requirement_results(CATALOGUE, PLAN, checks)) is Verdict.INCOMPLETE


def test_generated_cases_give_one_check_a_requirement() -> None:
    checks = teller().generated_checks(trials(9), PLAN.covers, duration_s=0.1)
    assert [item.requirement for item in checks] == list(PLAN.covers)
    assert [item.id for item in checks] == [f"generated:{item}" for item in PLAN.covers]
    assert only(checks, "DIG-001").cases == 9
    assert only(checks, "DIG-003").cases == 6, "three of the nine have a body"
    assert only(checks, "AUTH-001").reason == Reason.NOT_ASKED
    assert {item.outcome for item in checks} == {Outcome.PASS, Outcome.NOT_APPLICABLE}


def test_the_smallest_request_that_breaks_it_is_the_example() -> None:
    signer = wrong("string-crlf")
    seen = [
        trial(case(1, target="/a-long-target?with=query"), signer),
        trial(case(2, target="/ab"), signer),
        trial(case(3, target="/ab", body=b"x"), signer),
        trial(case(4)),
    ]
    check = only(teller().generated_checks(seen, PLAN.covers), "STR-005")
    assert (check.outcome, check.cases, check.broken) == (Outcome.FAIL, 4, 3)
    assert check.evidence == ("generated/2",)
    assert "get /ab\\r\\n" in check.diagnosis[0].observed


def test_a_requirement_shown_by_some_requests_passes_though_others_could_not_tell() -> None:
    finding = Finding(requirement="SIG-001", reason="other", expected="a", observed="b")
    unclear = found_in(trial(case(1)), finding, undetermined="STR-005")
    check = only(teller().generated_checks([unclear, trial(case(2))], PLAN.covers), "STR-005")
    assert (check.outcome, check.cases) == (Outcome.PASS, 1)
    check = only(teller().generated_checks([unclear], PLAN.covers), "STR-005")
    assert (check.outcome, check.reason) == (Outcome.NOT_RUN, Reason.UNDETERMINED)


def test_a_broken_adapter_outweighs_a_broken_requirement_and_hides_nothing() -> None:
    seen = [trial(case(1), wrong("string-crlf")), unanswered(case(2), AnswerKind.ERROR, "oh")]
    check = only(teller().generated_checks(seen, PLAN.covers), "STR-005")
    assert (check.outcome, check.observed) == (Outcome.ERROR, "oh")
    assert check.broken == 1
    assert check.evidence == ("generated/1", "generated/2")
    assert [item.mistake for item in check.diagnosis] == ["string-crlf"]


def test_a_refused_case_counts_for_what_it_was_made_for() -> None:
    asked = case(2, requirements=("TGT-001",))
    seen = [trial(case(1)), unanswered(asked, AnswerKind.REFUSED)]
    checks = teller().generated_checks(seen, PLAN.covers)
    refused = only(checks, "TGT-001")
    assert (refused.outcome, refused.cases, refused.broken) == (Outcome.FAIL, 2, 1)
    assert only(checks, "DIG-001").outcome is Outcome.PASS


def test_without_any_trial_nothing_was_shown() -> None:
    for check in teller().generated_checks([], PLAN.covers):
        assert check.outcome in (Outcome.NOT_RUN, Outcome.NOT_APPLICABLE)
    assert only(teller().generated_checks([], ["DIG-001"]), "DIG-001").reason == Reason.ABORTED


def test_a_failure_says_what_went_wrong_and_by_what() -> None:
    (failure,) = failures([trial(case(1)), trial(case(2), wrong("string-crlf"))])
    assert failure.kind is Trouble.MISTAKE
    assert failure.example.case == "generated/2"
    assert [item.requirement for item in failure.broken] == ["STR-005"]


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        (AnswerKind.REFUSED, Trouble.REFUSED),
        (AnswerKind.ERROR, Trouble.ERROR),
        (AnswerKind.UNSUPPORTED, None),
    ],
)
def test_an_unanswered_case_is_a_failure_when_it_counts_as_one(
    kind: AnswerKind, trouble: Trouble | None
) -> None:
    assert [item.kind for item in failures([unanswered(case(1), kind)])] == (
        [trouble] if trouble else []
    )


def test_hostile_text_is_shown_bounded_and_without_secrets() -> None:
    message = "\x1b[31m[bold]Bearer abcdefgh1234 \u202e" + "x" * 10_000
    redactor = Redactor(["hunter22"])
    told = teller(redactor=redactor)
    (check, _) = told.vector_checks(
        unanswered(EMPTY_BODY, AnswerKind.REFUSED, message + "hunter22")
    )
    assert check.observed.isprintable()
    assert len(check.observed) < 3000
    assert "abcdefgh1234" not in check.observed
    assert (
        "hunter22"
        not in told.vector_checks(unanswered(EMPTY_BODY, AnswerKind.REFUSED, "hunter22"))[
            0
        ].observed
    )


def test_a_token_request_is_judged_by_its_own_requirement() -> None:
    asked = Case(
        id="vectors/token/form", method="POST", target="/oauth2/token", date=case().date,
        body=b"client_id=client-1&client_secret=made-up", key_id="client-1",
        place=Place.AUTHORIZATION, requirements=("AUTH-001",),
    )  # fmt: skip
    assert teller().vector_checks(trial(asked))[0].outcome is Outcome.PASS
    (check, *_) = teller().vector_checks(trial(asked, wrong("header-token-scheme-missing")))
    assert (check.requirement, check.outcome) == ("AUTH-001", Outcome.FAIL)


def test_tests_left_out_are_recorded_as_not_run() -> None:
    checks = not_run_checks("vector:a/b", ["DIG-001", "DIG-002"], Reason.DESELECTED, "by -k")
    assert [(item.id, item.requirement) for item in checks] == [
        ("vector:a/b", "DIG-001"),
        ("vector:a/b", "DIG-002"),
    ]
    assert {item.outcome for item in checks} == {Outcome.NOT_RUN}
    assert {(item.reason, item.observed) for item in checks} == {(Reason.DESELECTED, "by -k")}
