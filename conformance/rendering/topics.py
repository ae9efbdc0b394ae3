"""The requirements of a report by topic, each with its text, clause, checks and evidence."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from conformance.catalogue import Catalogue, Requirement
from conformance.rendering.blocking import CauseView, blocks, repeat_of
from conformance.rendering.comparison import around
from conformance.rendering.story import Told
from conformance.rendering.text import Piece
from conformance.report.check import Check, Diagnosis, Outcome
from conformance.report.model import Report, RequirementResult
from conformance.report.verdict import SILENT, why

MOST_TOLD: Final = 40
"""Checks of one requirement that are told at length where they did not pass."""

EXCERPT: Final = 160
"""Characters of a string that a check shows; the cause shows it whole."""

_AMISS: Final = (Outcome.FAIL, Outcome.ERROR, Outcome.WARN, Outcome.INCONCLUSIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisView:
    """A diagnosis of one check: where both strings part, and the cause that tells more."""

    diagnosis: Diagnosis
    cause: str
    """The id of the cause on this page; empty where there is none."""
    expected: tuple[Piece, ...]
    observed: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One check; a check that passed is but named."""

    check: Check
    told: bool
    diagnoses: tuple[DiagnosisView, ...]
    repeat: str
    story: str
    """The id of its story on this page; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementView:
    """One requirement, with what the catalogue says of it where that knows it."""

    result: RequirementResult
    requirement: Requirement | None
    blocks: bool
    reason: str
    checks: tuple[CheckView, ...]
    quirks: tuple[str, ...]
    causes: tuple[CauseView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicView:
    """The requirements of one topic."""

    id: str
    title: str
    requirements: tuple[RequirementView, ...]

    @property
    def passed(self) -> int:
        """How many of them were shown to hold."""
        return sum(item.result.outcome is Outcome.PASS for item in self.requirements)


def topics(
    report: Report, catalogue: Catalogue, causes: tuple[CauseView, ...], stories: tuple[Told, ...]
) -> tuple[TopicView, ...]:
    """Return the requirements of `report`, as its page lists them."""
    page = _Page(report, catalogue, causes, stories)
    views: list[TopicView] = []
    for topic, members in groupby(report.requirements, key=lambda item: item.topic):
        known = catalogue.topics.get(topic)
        views.append(
            TopicView(
                id=f"topic-{len(views) + 1}",
                title=known.title if known else "Other",
                requirements=tuple(page.requirement(item) for item in members),
            )
        )
    return tuple(views)


class _Page:
    """What else is on the page, for what points there."""

    def __init__(
        self,
        report: Report,
        catalogue: Catalogue,
        causes: tuple[CauseView, ...],
        stories: tuple[Told, ...],
    ) -> None:
        self._report = report
        self._catalogue = catalogue
        self._causes = causes
        self._cause_ids = {item.cause.mistake: item.id for item in causes}
        self._stories = {id(check): told.id for told in stories for check in told.checks}

    def requirement(self, result: RequirementResult) -> RequirementView:
        amiss = [item for item in result.checks if item.outcome in _AMISS]
        told = {id(item) for item in amiss[:MOST_TOLD]}
        ordered = sorted(result.checks, key=lambda item: item.outcome not in _AMISS)
        return RequirementView(
            result=result,
            requirement=self._catalogue.requirements.get(result.id),
            blocks=blocks(result),
            reason="" if result.outcome is Outcome.PASS else why(result),
            checks=tuple(self._check(item, told=id(item) in told) for item in ordered),
            quirks=tuple(item.id for item in self._report.quirks if result.id in item.requirements),
            causes=tuple(item for item in self._causes if result.id in item.cause.requirements),
        )

    def _check(self, check: Check, *, told: bool) -> CheckView:
        says = told or (check.outcome is Outcome.NOT_RUN and check.reason not in SILENT)
        return CheckView(
            check=check,
            told=says or bool(check.observed),
            diagnoses=tuple(self._diagnosis(item) for item in check.diagnosis) if told else (),
            repeat=repeat_of(check, self._report) if told else "",
            story=self._stories.get(id(check), ""),
        )

    def _diagnosis(self, diagnosis: Diagnosis) -> DiagnosisView:
        differs = bool(diagnosis.difference)
        return DiagnosisView(
            diagnosis=diagnosis,
            cause=self._cause_ids.get(diagnosis.mistake, ""),
            expected=around(diagnosis.expected, diagnosis.observed, EXCERPT) if differs else (),
            observed=around(diagnosis.observed, diagnosis.expected, EXCERPT) if differs else (),
        )
