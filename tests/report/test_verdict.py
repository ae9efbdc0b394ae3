"""The verdict is a pure function of checks, and never better than they are."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.catalogue import Level
from conformance.report.check import Check, Outcome, Reason
from conformance.report.model import RequirementResult, Stop, StopKind, Verdict
from conformance.report.verdict import (
    EXIT_CODES,
    SILENT,
    WORST_FIRST,
    blockers,
    exit_code,
    requirement_outcome,
    requirement_results,
    stop_of_pytest,
    verdict_of,
    why,
    worse,
)
from tests.report.factory import CATALOGUE, PLAN, passing_checks

VERDICTS_WORST_FIRST = (
    Verdict.INVALID,
    Verdict.ERROR,
    Verdict.NOT_READY,
    Verdict.INCOMPLETE,
    Verdict.READY_WITH_WAIVERS,
    Verdict.READY,
)
OUTCOMES = st.sampled_from(list(Outcome))
IDS = [*PLAN.covers, "API-PING-001", "NEW-001"]


def check(
    requirement: str, outcome: Outcome, reason: str = "", observed: str = "", number: int = 0
) -> Check:
    return Check(
        id=f"vector:made/{number}", requirement=requirement, outcome=outcome, reason=reason,
        observed=observed,
    )  # fmt: skip


CHECKS = st.lists(
    st.builds(check, st.sampled_from(IDS), OUTCOMES, st.sampled_from(["", *SILENT])), max_size=30
)


def verdict(checks: list[Check], stop: Stop | None = None) -> Verdict:
    return verdict_of(requirement_results(CATALOGUE, PLAN, checks), stop)


def rank(of: Verdict) -> int:
    return VERDICTS_WORST_FIRST.index(of)


def result(
    outcome: Outcome, level: Level = Level.MUST, *, demanded: bool = True
) -> RequirementResult:
    return RequirementResult(
        id="DIG-001", level=level, title="", topic="digest", outcome=outcome, demanded=demanded
    )


@pytest.mark.parametrize(("left", "right"), list(itertools.combinations(WORST_FIRST, 2)))
def test_the_worst_of_two_outcomes_counts(left: Outcome, right: Outcome) -> None:
    for pair in ((left, right), (right, left)):
        checks = [check("DIG-001", outcome) for outcome in pair]
        assert requirement_outcome(Level.MUST, checks) is left
    assert worse(left, right)
    assert not worse(right, left)


def test_every_outcome_has_a_rank() -> None:
    assert set(WORST_FIRST) == set(Outcome)


def test_a_requirement_without_any_check_is_not_run() -> None:
    assert requirement_outcome(Level.MUST, []) is Outcome.NOT_RUN


def test_a_should_that_fails_warns() -> None:
    assert requirement_outcome(Level.SHOULD, [check("STR-003", Outcome.FAIL)]) is Outcome.WARN


@pytest.mark.parametrize("reason", sorted(SILENT))
def test_a_check_that_learnt_nothing_neither_shows_nor_hides(reason: str) -> None:
    silent = check("DIG-001", Outcome.NOT_APPLICABLE, reason)
    assert requirement_outcome(Level.MUST, [silent]) is Outcome.NOT_RUN
    shown = check("DIG-001", Outcome.PASS)
    assert requirement_outcome(Level.MUST, [silent, shown]) is Outcome.PASS


def test_what_hello_declares_is_not_applicable() -> None:
    declared = check("DATE-003", Outcome.NOT_APPLICABLE, Reason.DECLARED)
    assert requirement_outcome(Level.MUST, [declared]) is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("outcome", "level", "demanded", "expected"),
    [
        (Outcome.PASS, Level.MUST, True, Verdict.READY),
        (Outcome.NOT_APPLICABLE, Level.MUST, True, Verdict.READY),
        (Outcome.WARN, Level.SHOULD, True, Verdict.READY),
        (Outcome.WARN, Level.MUST, True, Verdict.READY),
        (Outcome.FAIL, Level.MUST, True, Verdict.NOT_READY),
        (Outcome.FAIL, Level.MUST, False, Verdict.NOT_READY),
        (Outcome.NOT_RUN, Level.MUST, True, Verdict.INCOMPLETE),
        (Outcome.NOT_RUN, Level.MUST, False, Verdict.READY),
        (Outcome.NOT_RUN, Level.SHOULD, True, Verdict.READY),
        (Outcome.INCONCLUSIVE, Level.MUST, True, Verdict.INCOMPLETE),
        (Outcome.ERROR, Level.MUST, True, Verdict.ERROR),
        (Outcome.ERROR, Level.SHOULD, False, Verdict.ERROR),
    ],
)
def test_the_verdict_of_one_requirement(
    outcome: Outcome, level: Level, *, demanded: bool, expected: Verdict
) -> None:
    results = [result(outcome, level, demanded=demanded)]
    assert verdict_of(results) is expected
    assert bool(blockers(results)) == (expected is not Verdict.READY)


def test_all_that_the_plan_covers_is_ready_when_it_passes() -> None:
    assert verdict(passing_checks()) is Verdict.READY


@pytest.mark.parametrize("missing", sorted(PLAN.demands))
def test_each_must_that_is_left_out_makes_the_run_incomplete(missing: str) -> None:
    left = [item for item in passing_checks() if item.requirement != missing]
    must = CATALOGUE.requirements[missing].level is Level.MUST
    assert verdict(left) is (Verdict.INCOMPLETE if must else Verdict.READY)


@given(checks=CHECKS, data=st.data())
def test_making_a_check_worse_never_improves_the_verdict(
    checks: list[Check], data: st.DataObject
) -> None:
    learnt = [
        place
        for place, item in enumerate(checks)
        if not (item.outcome is Outcome.NOT_APPLICABLE and item.reason in SILENT)
    ]
    if not learnt:
        return
    place = data.draw(st.sampled_from(learnt))
    at = WORST_FIRST.index(checks[place].outcome)
    outcome = data.draw(st.sampled_from(WORST_FIRST[: at + 1]))
    changed = [*checks]
    changed[place] = replace(checks[place], outcome=outcome, reason="")
    assert rank(verdict(changed)) <= rank(verdict(checks))


@given(keep=st.lists(st.booleans(), min_size=len(PLAN.covers), max_size=len(PLAN.covers)))
def test_a_subset_never_looks_like_the_whole(keep: list[bool]) -> None:
    """What is deselected is recorded as not run, and the plan asks for it."""
    subset = [
        item if kept else replace(item, outcome=Outcome.NOT_RUN, reason=Reason.DESELECTED)
        for item, kept in zip(passing_checks(), keep, strict=True)
    ]
    left_out = {item.requirement for item in subset if item.outcome is Outcome.NOT_RUN}
    musts = {item for item in PLAN.demands if CATALOGUE.requirements[item].level is Level.MUST}
    expected = Verdict.INCOMPLETE if left_out & musts else Verdict.READY
    assert verdict(subset) is expected


@given(checks=CHECKS)
def test_deselecting_a_check_of_the_plan_never_makes_it_ready(checks: list[Check]) -> None:
    for item in checks:
        rest = [other for other in checks if other is not item]
        deselected = replace(item, outcome=Outcome.NOT_RUN, reason=Reason.DESELECTED)
        requirement = CATALOGUE.requirements.get(item.requirement)
        if item.requirement in PLAN.demands and requirement and requirement.level is Level.MUST:
            assert verdict([*rest, deselected]) is not Verdict.READY


@given(checks=CHECKS)
def test_blockers_are_there_exactly_when_the_run_is_not_ready(checks: list[Check]) -> None:
    results = requirement_results(CATALOGUE, PLAN, checks)
    found = blockers(results)
    assert bool(found) == (verdict_of(results) is not Verdict.READY)
    ranks = [WORST_FIRST.index(item.outcome) for item in found]
    assert ranks == sorted(ranks)


@given(checks=CHECKS)
def test_the_order_of_checks_does_not_matter(checks: list[Check]) -> None:
    assert verdict(checks) is verdict(checks[::-1])


def test_a_check_of_an_unknown_requirement_counts_as_a_must() -> None:
    checks = [*passing_checks(), check("NEW-001", Outcome.FAIL)]
    results = requirement_results(CATALOGUE, PLAN, checks)
    assert results[-1].id == "NEW-001"
    assert verdict_of(results) is Verdict.NOT_READY


def test_what_nothing_checks_is_shown_with_its_reason_and_not_demanded() -> None:
    unchecked = [item for item in PLAN.covers if item not in PLAN.demands]
    for state in requirement_results(CATALOGUE, PLAN, passing_checks()):
        assert state.demanded == (state.id not in unchecked)
    without = [item for item in passing_checks() if item.requirement not in unchecked]
    for state in requirement_results(CATALOGUE, PLAN, without):
        if state.id in unchecked:
            assert state.reason == CATALOGUE.requirements[state.id].unchecked


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (StopKind.INVALID, Verdict.INVALID),
        (StopKind.ERROR, Verdict.ERROR),
        (StopKind.INTERRUPTED, Verdict.INCOMPLETE),
    ],
)
def test_an_early_end_is_never_ready(kind: StopKind, expected: Verdict) -> None:
    stop = Stop(kind=kind, reason="so it was")
    assert verdict(passing_checks(), stop) is expected
    results = requirement_results(CATALOGUE, PLAN, passing_checks())
    assert blockers(results, stop)[0].says == "so it was"


def test_an_interrupted_run_keeps_the_failures_it_saw() -> None:
    checks = [*passing_checks(), check("DIG-001", Outcome.FAIL)]
    assert verdict(checks, Stop(kind=StopKind.INTERRUPTED, reason="^C")) is Verdict.NOT_READY


def test_exit_codes_are_those_of_the_documents() -> None:
    assert {item: exit_code(item) for item in Verdict} == {
        Verdict.READY: 0,
        Verdict.READY_WITH_WAIVERS: 0,
        Verdict.NOT_READY: 1,
        Verdict.INVALID: 2,
        Verdict.ERROR: 3,
        Verdict.INCOMPLETE: 4,
    }
    assert set(EXIT_CODES) == set(Verdict)
    assert exit_code(Verdict.READY_WITH_WAIVERS, strict=True) == 5
    assert exit_code(Verdict.READY, strict=True) == 0


@pytest.mark.parametrize("code", list(pytest.ExitCode))
def test_each_exit_code_of_pytest_is_mapped(code: pytest.ExitCode) -> None:
    expected = {
        pytest.ExitCode.OK: Verdict.READY,
        pytest.ExitCode.TESTS_FAILED: Verdict.READY,
        pytest.ExitCode.INTERRUPTED: Verdict.INCOMPLETE,
        pytest.ExitCode.USAGE_ERROR: Verdict.INVALID,
        pytest.ExitCode.NO_TESTS_COLLECTED: Verdict.INVALID,
    }.get(code, Verdict.ERROR)
    assert verdict(passing_checks(), stop_of_pytest(int(code))) is expected


def test_a_code_that_pytest_does_not_have_is_an_error() -> None:
    assert verdict(passing_checks(), stop_of_pytest(137)) is Verdict.ERROR


def test_why_is_told_by_the_check_that_gave_the_outcome() -> None:
    checks = [
        check("DIG-001", Outcome.PASS),
        check("DIG-001", Outcome.FAIL, "digest-absent", "no Digest header"),
    ]
    state = next(
        item for item in requirement_results(CATALOGUE, PLAN, checks) if item.id == "DIG-001"
    )
    assert why(state) == "digest-absent: no Digest header"
