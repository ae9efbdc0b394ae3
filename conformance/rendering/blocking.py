"""What stands between a run and READY, each cause once: what a reader is to act upon first."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.catalogue import Level
from conformance.rendering.comparison import Comparison, compared
from conformance.rendering.story import Told
from conformance.report.check import Check, Outcome
from conformance.report.failure import CommonCause, Example, Trouble
from conformance.report.model import Report, RequirementResult
from conformance.report.verdict import soften, why
from conformance.report.wording import repeat_command

MOST: Final = 60
"""Causes that are told; a run has a handful."""

_OPEN: Final = (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)
_AMISS: Final = (Outcome.FAIL, Outcome.ERROR, Outcome.WARN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """A cause with its strings compared, and the command that shows it again."""

    id: str
    cause: CommonCause
    comparison: Comparison | None
    observed_label: str
    repeat: str
    story: Told | None
    """What happened in its example, where that is a story of a client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A requirement broken or warned of without a cause, by the first check that shows it."""

    result: RequirementResult
    reason: str
    check: Check | None
    repeat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotShown:
    """Requirements that nobody saw hold, for one reason."""

    reason: str
    results: tuple[RequirementResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """All that keeps a run from READY, and what merely warns."""

    causes: tuple[CauseView, ...]
    warnings: tuple[CauseView, ...]
    waived: tuple[CauseView, ...]
    """Causes of which all that they break is waived."""
    others: tuple[Other, ...]
    warned: tuple[Other, ...]
    not_shown: tuple[NotShown, ...]
    left_out: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing blocks."""
        return not (self.causes or self.others or self.not_shown)


def blocking(report: Report, stories: Sequence[Told] = ()) -> Blocking:
    """Return what blocks `report`, the worst first, as its causes and requirements tell it."""
    by_case = {f"story:{told.name}": told for told in stories}
    views = [
        _cause_view(number, cause, report, by_case.get(cause.example.case))
        for number, cause in enumerate(report.causes[:MOST], start=1)
    ]
    waived = {item.id for item in report.requirements if item.waived}
    musts = [item for item in views if item.cause.level is Level.MUST]
    excused = tuple(
        item for item in musts if item.cause.requirements and waived >= set(item.cause.requirements)
    )
    others = _unexplained(report)
    return Blocking(
        causes=tuple(item for item in musts if item not in excused),
        warnings=tuple(item for item in views if item.cause.level is not Level.MUST),
        waived=excused,
        others=tuple(item for item in others if item.result.outcome is not Outcome.WARN),
        warned=tuple(item for item in others if item.result.outcome is Outcome.WARN),
        not_shown=tuple(_not_shown(report.requirements)),
        left_out=max(len(report.causes) - MOST, 0),
    )


def _unexplained(report: Report) -> list[Other]:
    """Return what is broken or warned of without a cause that speaks of it."""
    explained = {identity for cause in report.causes for identity in cause.requirements}
    about_all = any(not cause.requirements for cause in report.causes)
    return [
        _other(item, report)
        for item in report.requirements
        if item.outcome in _AMISS and not item.waived and item.id not in explained
        and not (about_all and item.outcome is not Outcome.WARN)
    ]  # fmt: skip


def blocks(result: RequirementResult) -> bool:
    """Tell whether a requirement keeps its run from READY."""
    if result.outcome is Outcome.ERROR:
        return True
    if result.level is not Level.MUST or result.waived:
        return False
    return result.outcome is Outcome.FAIL or (result.demanded and result.outcome in _OPEN)


def _cause_view(number: int, cause: CommonCause, report: Report, story: Told | None) -> CauseView:
    is_signed = cause.kind is Trouble.MISTAKE and "string" in cause.stage
    return CauseView(
        id=f"cause-{number}",
        cause=cause,
        comparison=compared(cause.expected, cause.observed) if cause.difference else None,
        observed_label="Signed" if is_signed else "Observed",
        repeat=quoted(repeat_command(cause.example, report)),
        story=story,
    )


def _other(result: RequirementResult, report: Report) -> Other:
    check = next(
        (item for item in result.checks if soften(item.outcome, result.level) is result.outcome),
        None,
    )
    return Other(
        result=result,
        reason=why(result),
        check=check,
        repeat=repeat_of(check, report) if check else "",
    )


def _not_shown(results: Iterable[RequirementResult]) -> list[NotShown]:
    by_reason: dict[str, list[RequirementResult]] = {}
    for item in results:
        if item.demanded and item.level is Level.MUST and item.outcome in _OPEN:
            by_reason.setdefault(why(item), []).append(item)
    return [
        NotShown(reason=reason, results=tuple(members)) for reason, members in by_reason.items()
    ]


def repeat_of(check: Check, report: Report) -> str:
    """Return the command that makes a check again; nothing where one command cannot.

    A check of the API, a client or a certificate is named by its own id, any other by the case
    that is its evidence.
    """
    kind = check.id.partition(":")[0]
    if kind in ("vector", "generated"):
        case = check.evidence[-1] if check.evidence else ""
    else:
        case = check.id
    if not case:
        return ""
    example = Example(case=case, method="", target="", body="", size=0)
    return quoted(repeat_command(example, report))


def quoted(command: str) -> str:
    """Return `command` with every word of it quoted that a shell would read more into.

    The address of an adapter is part of it, and a stranger's report may name any. Nothing is
    returned where the words cannot be told apart.
    """
    try:
        return shlex.join(shlex.split(command))
    except ValueError:
        return ""


def shortened(text: str, width: int = 160) -> str:
    """Return `text` on one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
