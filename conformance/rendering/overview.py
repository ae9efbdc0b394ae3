"""The head of a page: the verdict in words, how the requirements stand, and when to doubt it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from conformance.catalogue import Catalogue
from conformance.report.check import Outcome
from conformance.report.model import Report, Verdict
from conformance.report.verdict import requirement_outcome, verdict_of
from conformance.report.wording import headline

TONES: Final = {
    Verdict.READY: "good",
    Verdict.READY_WITH_WAIVERS: "good",
    Verdict.INCOMPLETE: "warn",
    Verdict.NOT_READY: "bad",
    Verdict.ERROR: "odd",
    Verdict.INVALID: "odd",
}
"""How a verdict looks; its words say the same."""

OUTCOMES: Final = (
    Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE,
    Outcome.NOT_RUN, Outcome.NOT_APPLICABLE,
)  # fmt: skip
"""The outcomes as a bar shows them, from the left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many requirements have an outcome; `at` and `width` are per cent of the bar."""

    outcome: Outcome
    count: int
    at: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The head of a page."""

    verdict: str
    tone: str
    behind: str
    """What stands behind the verdict, as a sentence."""
    shares: tuple[Share, ...]
    doubts: tuple[str, ...]
    """Reasons not to take the report as it stands."""


def overview(report: Report, catalogue: Catalogue, now: datetime) -> Overview:
    """Return the head of the page of `report` as of `now`."""
    behind = headline(report).partition(" — ")[2]
    return Overview(
        verdict=report.verdict.replace("_", " "),
        tone=TONES[report.verdict],
        behind=f"{behind[:1].upper()}{behind[1:].rstrip('.')}." if behind else "",
        shares=_shares(report),
        doubts=tuple(_doubts(report, catalogue, now)),
    )


def _shares(report: Report) -> tuple[Share, ...]:
    total = len(report.requirements)
    shares: list[Share] = []
    at = 0.0
    for outcome in OUTCOMES:
        count = sum(item.outcome is outcome for item in report.requirements)
        if count:
            width = 100 * count / total
            shares.append(
                Share(outcome=outcome, count=count, at=round(at, 3), width=round(width, 3))
            )
            at += width
    return tuple(shares)


def _doubts(report: Report, catalogue: Catalogue, now: datetime) -> list[str]:
    doubts = []
    if report.expires <= now:
        doubts.append(f"This report spoke for its subject until {report.expires:%d %B %Y} only.")
    if not agrees(report):
        doubts.append(
            "Verdict and checks of this report do not fit each other: it was changed after the"
            " run, or written by another version. Do not rely on it."
        )
    if report.suite.catalogue_sha256 != catalogue.digest:
        doubts.append(
            f"The run was made by version {report.suite.version} with another catalogue of"
            " requirements; their texts below are those of the version that made this page."
        )
    return doubts


def agrees(report: Report) -> bool:
    """Tell whether the verdict is the one that outcomes give, and those are what checks give."""
    outcomes = all(
        requirement_outcome(item.level, item.checks) is item.outcome for item in report.requirements
    )
    return outcomes and verdict_of(report.requirements, report.aborted) is report.verdict
