"""The report on a screen or in a pipe: the verdict and what blocks first, then the table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from rich.console import Console

from conformance.catalogue import Catalogue, Level
from conformance.report.check import Outcome, Story
from conformance.report.failure import CommonCause, Trouble
from conformance.report.model import Report, RequirementResult, Verdict
from conformance.report.page import Page
from conformance.report.verdict import why
from conformance.report.waiving import entry_of, waivable_failures
from conformance.report.wording import (
    asked_says,
    cause_title,
    counted,
    example_says,
    headline,
    is_in_part,
    is_left_out,
    is_part,
    repeat_command,
    result_word,
    step_says,
    without_markdown,
)
from conformance.report.writing import Written

MOST_CAUSES: Final = 10
"""Causes that are told at length; the rest is in the report."""

MOST_ENTRIES: Final = 2
"""Entries for waivers that are printed; more failures than that are hardly waived."""

MOST_NAMED: Final = 8
"""Requirements that are named for one reason; the table has them all."""

_STYLES: Final = {
    Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.WARN: "yellow",
    Outcome.ERROR: "bold magenta", Outcome.INCONCLUSIVE: "yellow", Outcome.NOT_RUN: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
}  # fmt: skip
_QUIET: Final = (Outcome.PASS, Outcome.FAIL)
_OPEN: Final = (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)


def print_summary(
    console: Console, report: Report, catalogue: Catalogue, *, written: Written | None = None
) -> None:
    """Print `report`; `written` says where its files are."""
    page = Page(console)
    good = report.verdict in (Verdict.READY, Verdict.READY_WITH_WAIVERS)
    page.wrapped(headline(report), style="bold green" if good else "bold red", first="", indent=2)
    if report.aborted is not None:
        page.labelled("do", report.aborted.hint)
        for line in report.aborted.detail.splitlines():
            page.line(f"  | {line}")
    _print_causes(page, report, catalogue)
    if report.verdict is not Verdict.INVALID:
        _print_open(page, report)
        print_table(page, report.requirements, catalogue)
    _print_waivable(page, report)
    _print_end(page, report, written)


def print_cause(
    page: Page, cause: CommonCause, catalogue: Catalogue, *, number: str, repeat: str = "",
    story: Story | None = None,
) -> None:  # fmt: skip
    """Print one cause: what it is, what it breaks, both strings, what happened, what to change."""
    page.line()
    page.wrapped(cause_title(cause), style="bold", indent=4, first=f"{number:<4}")
    verb = "breaks" if cause.level is Level.MUST else "warns of"
    for place, identity in enumerate(cause.requirements[:MOST_NAMED]):
        requirement = catalogue.requirements.get(identity)
        title = without_markdown(requirement.title) if requirement else ""
        page.labelled(verb if place == 0 else "", f"{identity} {title}".strip())
    left = len(cause.requirements) - MOST_NAMED
    if left > 0:
        page.labelled("", f"and {left} more")
    if not cause.requirements:
        page.labelled(verb, "every requirement: a request that is not signed meets none")
    page.labelled("example", f"{example_says(cause.example)} ({cause.example.case})")
    _print_strings(page, cause)
    for place, item in enumerate(cause.ruled_out):
        page.labelled("ruled out" if place == 0 else "", item)
    if story is not None:
        page.labelled("armed", story.armed)
        for place, step in enumerate(story.steps):
            page.labelled("story" if place == 0 else "", step_says(step).strip())
        page.labelled("should", story.should)
    page.labelled("change", cause.mend, style="bold")
    if cause.same_as:
        page.labelled("or", f"{', '.join(cause.same_as)}: would leave the same octets")
    page.copied("repeat", repeat)


def _story_of(case: str, report: Report) -> Story | None:
    """Return the story of the case that shows a cause; None where it is none of a client."""
    if not case.startswith("story:"):
        return None
    checks = (check for result in report.requirements for check in result.checks)
    return next((check.story for check in checks if check.id == case and check.story), None)


def _print_strings(page: Page, cause: CommonCause) -> None:
    """Print what was expected and what was seen: octets line by line, prose wrapped."""
    if cause.difference:
        page.compared(cause.expected, cause.observed, _observed_label(cause))
        page.labelled("", cause.difference)
    elif cause.kind is Trouble.MISTAKE:
        page.octets("expected", cause.expected)
        page.octets(_observed_label(cause), cause.observed)
    else:
        page.labelled("expected", cause.expected)
        page.labelled("observed", cause.observed if cause.observed != cause.says else "")


def print_table(page: Page, results: Sequence[RequirementResult], catalogue: Catalogue) -> None:
    """Print the requirements by topic: outcome, level, id, title, how many checks.

    What was left out as a whole has no line; one line says how much that is.
    """
    left_out = len(results)
    results = [item for item in results if not is_left_out(item)]
    left_out -= len(results)
    outcome_width = max((len(result_word(item)) for item in results), default=0) + 2
    id_width = max(len(item.id) for item in results) + 2
    lead = 2 + outcome_width + len("SHOULD  ") + id_width
    for topic, members in groupby(results, key=lambda item: item.topic):
        page.line()
        known = catalogue.topics.get(topic)
        page.line((known.title if known else "Other", "bold"))
        for result in members:
            word = result_word(result)
            page.line(
                "  ", (word, _STYLES[result.outcome]), " " * (outcome_width - len(word)),
                f"{result.level:<8}{result.id:<{id_width}}",
                _fitted(without_markdown(result.title), _check_count(result), page.width - lead),
            )  # fmt: skip
            if result.outcome not in _QUIET and not is_in_part(result):
                page.wrapped(why(result), style="dim", indent=lead)
    if left_out:
        page.line()
        page.line((f"{counted(left_out, 'requirement')} left out", "dim"))


def _print_causes(page: Page, report: Report, catalogue: Catalogue) -> None:
    for number, cause in enumerate(report.causes[:MOST_CAUSES], start=1):
        repeat = repeat_command(cause.example, report)
        story = _story_of(cause.example.case, report)
        print_cause(page, cause, catalogue, number=f"{number}.", repeat=repeat, story=story)
    left = len(report.causes) - MOST_CAUSES
    if left > 0:
        page.line()
        page.line(f"    {counted(left, 'cause')} more in the report")


def _print_open(page: Page, report: Report) -> None:
    """Print what the plan asks for and nobody saw, by the reason."""
    states = [
        item
        for item in report.requirements
        if item.demanded and item.level is Level.MUST and item.outcome in _OPEN
    ]
    if not states or is_part(report):
        return
    page.line()
    page.line(("Not shown", "bold"))
    by_reason: dict[str, list[str]] = {}
    for state in states:
        by_reason.setdefault(why(state), []).append(state.id)
    for reason, identities in by_reason.items():
        named = ", ".join(identities[:MOST_NAMED])
        left = len(identities) - MOST_NAMED
        more = f" and {left} more" if left > 0 else ""
        page.wrapped(f"{named}{more}: {reason}", indent=4, first="  ")


def _print_waivable(page: Page, report: Report) -> None:
    """Print what `waivers.toml` would have to hold, for whoever answers for the failures."""
    checks = waivable_failures(report)
    if not checks:
        return
    page.line()
    page.line(("To waive, with a reason, an owner, a ticket and 90 days at most", "bold"))
    for check in checks[:MOST_ENTRIES]:
        page.line()
        for line in entry_of(check).splitlines():
            page.line(f"  {line}")
    left = len(checks) - MOST_ENTRIES
    if left > 0:
        page.line()
        page.line(f"  and {counted(left, 'check')} more, with an entry each")


def _print_end(page: Page, report: Report, written: Written | None) -> None:
    page.line()
    for note in report.notes:
        page.labelled("note", note)
    page.labelled("verdict", f"{report.verdict}, exit code {report.exit_code}")
    page.labelled("asked", asked_says(report))
    if report.seed:
        page.labelled("seed", report.seed)
    if written is not None:
        page.copied("report", str(written.readiness))
        page.copied("junit", str(written.junit))
        page.copied("page", str(written.page) if written.page else "")


def _observed_label(cause: CommonCause) -> str:
    return "signed" if cause.kind is Trouble.MISTAKE and "string" in cause.stage else "observed"


def _check_count(result: RequirementResult) -> str:
    """Return how many checks there are, and how many of them did not pass.

    Of a requirement that was run in part it is how many passed.
    """
    total = len(result.checks)
    if is_in_part(result):
        return f"{sum(check.outcome is Outcome.PASS for check in result.checks)}/{total}"
    amiss = sum(check.outcome is result.outcome for check in result.checks)
    if not total or result.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        return str(total)
    return f"{amiss}/{total}"


def _fitted(title: str, count: str, room: int) -> str:
    """Return `title`, cut where it must be, and `count` at the right of `room` columns."""
    space = room - len(count) - 1
    shown = title if len(title) <= space else f"{title[: space - 1]}…"
    return f"{shown:<{space}} {count}"
