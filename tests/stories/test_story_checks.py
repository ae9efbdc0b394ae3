"""Checks of stories: whose fault it is that a client did not come back."""

from __future__ import annotations

from dataclasses import replace

from conformance.adapters.interface import AnswerKind
from conformance.catalogue import load_catalogue
from conformance.report.check import Check, Outcome
from conformance.report.storied import StoryTeller
from conformance.stories.cases import load_cases
from conformance.stories.judging import judge_story
from conformance.stories.story import Story
from tests.stories.conftest import Tell


def broken_off(story: Story, *, late: bool) -> Story:
    """Return `story` told by an adapter that does not answer, or answers `error`."""
    asked = tuple(
        replace(item, kind=AnswerKind.ERROR, outcome=None, late=late, message="gone quiet")
        for item in story.asked
    )
    return replace(story, asked=asked)


def checks_of(story: Story) -> dict[str, Check]:
    teller = StoryTeller(catalogue=load_catalogue())
    made = teller.checks(load_cases()[story.case], story, judge_story(story))
    return {check.requirement: check for check in made}


def test_a_client_that_hangs_by_what_it_is_answered_is_at_fault_and_no_adapter(tell: Tell) -> None:
    found = checks_of(broken_off(tell("wait/rate-limit-again"), late=True))
    assert (found["ERR-001"].outcome, found["ERR-001"].reason) == (Outcome.FAIL, "hangs")
    assert {check.outcome for check in found.values()} == {Outcome.FAIL, Outcome.NOT_RUN}


def test_one_that_breaks_by_it_is_at_fault_too(tell: Tell) -> None:
    found = checks_of(broken_off(tell("error/html"), late=False))
    assert (found["ERR-001"].outcome, found["ERR-001"].reason) == (Outcome.FAIL, "breaks")


def test_an_adapter_that_breaks_where_all_is_well_is_in_error(tell: Tell) -> None:
    found = checks_of(broken_off(tell("call/ping"), late=False))
    assert {check.outcome for check in found.values()} == {Outcome.ERROR}
