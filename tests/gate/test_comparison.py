"""Two runs compared: worse, mended, new, vanished."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.gate.comparison import REGRESSIONS, Change, Turn, compare
from conformance.report.check import Check, Outcome
from tests.gate.handed import CATALOGUE

GOOD = Check(id="vector:a", requirement="TGT-003", outcome=Outcome.PASS)
ALSO = Check(id="generated:TGT-003", requirement="TGT-003", outcome=Outcome.PASS)
BAD = replace(GOOD, outcome=Outcome.FAIL, reason="target-query-left-out")


def turns(before: list[Check], after: list[Check]) -> list[Turn]:
    return [change.turn for change in compare(before, after, CATALOGUE)]


def test_the_same_has_not_changed() -> None:
    assert not turns([GOOD, ALSO], [ALSO, GOOD])
    assert not turns([BAD], [BAD])


@pytest.mark.parametrize(
    "outcome", [Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.NOT_RUN, Outcome.WARN]
)
def test_what_passed_and_does_not_is_worse(outcome: Outcome) -> None:
    (change,) = compare([GOOD, ALSO], [replace(GOOD, outcome=outcome), ALSO], CATALOGUE)

    assert change == Change(
        turn=Turn.WORSE, requirement="TGT-003", before="pass", after=outcome.value,
        checks=("vector:a",),
    )  # fmt: skip
    assert change.turn in REGRESSIONS


def test_what_failed_and_passes_is_mended() -> None:
    (change,) = compare([BAD], [GOOD], CATALOGUE)

    assert (change.turn, change.says) == (Turn.MENDED, "target-query-left-out")


def test_another_vector_that_fails_of_the_same_requirement_is_no_news() -> None:
    """The requirement was broken and is."""
    other = replace(GOOD, id="vector:b")
    assert not turns([BAD, other], [GOOD, replace(BAD, id="vector:b")])


def test_a_check_of_a_newer_suite_is_new_also_when_it_fails() -> None:
    fresh = replace(BAD, id="vector:new")

    assert turns([GOOD], [GOOD, fresh]) == [Turn.NEW]


def test_a_known_test_that_finds_something_else_broken_is_worse() -> None:
    """A vector has a check of a requirement that it is not for only where it breaks it."""
    other = Check(id="vector:a", requirement="DIG-001", outcome=Outcome.FAIL)

    assert turns([GOOD], [GOOD, other]) == [Turn.WORSE]


def test_and_when_that_is_mended_it_has_not_vanished() -> None:
    other = Check(id="vector:a", requirement="DIG-001", outcome=Outcome.FAIL)
    held = Check(id="generated:DIG-001", requirement="DIG-001", outcome=Outcome.PASS)

    assert turns([GOOD, held, other], [GOOD, held]) == [Turn.MENDED]


def test_a_check_that_passed_and_is_gone_has_vanished() -> None:
    (change,) = compare([GOOD, ALSO], [ALSO], CATALOGUE)

    assert (change.turn, change.checks) == (Turn.VANISHED, ("vector:a",))
    assert change.turn in REGRESSIONS


def test_all_checks_of_a_requirement_are_gone() -> None:
    assert turns([GOOD, ALSO], []) == [Turn.VANISHED]


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.NOT_RUN, Outcome.NOT_APPLICABLE])
def test_what_showed_nothing_good_can_go(outcome: Outcome) -> None:
    assert Turn.VANISHED not in turns([replace(GOOD, outcome=outcome), ALSO], [ALSO])


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.NOT_APPLICABLE])
def test_what_did_not_apply_and_passes_is_not_worse(outcome: Outcome) -> None:
    """By rank alone, a pass is worse than not applicable."""
    assert not turns(
        [replace(GOOD, outcome=Outcome.NOT_APPLICABLE)], [replace(GOOD, outcome=outcome)]
    )


def test_a_should_that_fails_is_a_warning_before_and_after() -> None:
    good = Check(id="vector:a", requirement="STR-003", outcome=Outcome.PASS)
    (change,) = compare([good], [replace(good, outcome=Outcome.FAIL)], CATALOGUE)

    assert (change.turn, change.after) == (Turn.WORSE, "warn")


def test_a_waived_failure_is_not_worse() -> None:
    waived = {("TGT-003", "vector:a", "target-query-left-out")}

    assert not compare([GOOD, ALSO], [BAD, ALSO], CATALOGUE, waived)
    assert compare([GOOD], [replace(BAD, reason="other")], CATALOGUE, waived)


def test_a_requirement_that_the_catalogue_does_not_know_is_compared_as_a_must() -> None:
    strange = Check(id="vector:a", requirement="XYZ-001", outcome=Outcome.PASS)

    assert turns([strange], [replace(strange, outcome=Outcome.FAIL)]) == [Turn.WORSE]
    assert turns([strange], []) == [Turn.VANISHED]
