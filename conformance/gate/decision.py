"""From checks to a decision: the verdict computed again, with policy, waivers and baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from conformance.catalogue import Catalogue, Level
from conformance.gate.comparison import REGRESSIONS, Change, compare
from conformance.gate.policy import Policy
from conformance.gate.refusal import RefusalError
from conformance.gate.waivers import Waived, Waiver, apply
from conformance.report.check import Check, Outcome
from conformance.report.model import AppliedWaiver, Blocker, Certificate, Report, RequirementResult
from conformance.report.verdict import (
    STRICT_WAIVERS_EXIT,
    blockers,
    plan_of,
    requirement_results,
    verdict_of,
    why,
)
from conformance.report.wording import of_nobody
from conformance.wire.shown import shown
from conformance.wire.visible import visible


class Ruling(StrEnum):
    """What a gate says: the verdicts of a run, and that something got worse."""

    INVALID = "INVALID"
    ERROR = "ERROR"
    REGRESSION = "REGRESSION"
    NOT_READY = "NOT_READY"
    INCOMPLETE = "INCOMPLETE"
    READY_WITH_WAIVERS = "READY_WITH_WAIVERS"
    READY = "READY"


WORST_FIRST: Final = tuple(Ruling)
"""The rulings; the first that fits is the one, and of many reports the first counts."""

EXIT_CODES: Final = MappingProxyType(
    {
        Ruling.INVALID: 2,
        Ruling.ERROR: 3,
        Ruling.REGRESSION: 6,
        Ruling.NOT_READY: 1,
        Ruling.INCOMPLETE: 4,
        Ruling.READY_WITH_WAIVERS: 0,
        Ruling.READY: 0,
    }
)

ACCEPTED: Final = (Ruling.READY, Ruling.READY_WITH_WAIVERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was looked at, and what was seen."""

    name: str
    says: str
    held: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A report as it was handed in, and the checks that count."""

    report: Report
    checks: tuple[Check, ...]
    steps: tuple[Step, ...] = ()
    bundle: str = ""
    """The SHA-256 of the manifest, where it came in a bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a decision is made by."""

    catalogue: Catalogue
    now: datetime
    policy: Policy = Policy()  # noqa: RUF009 - frozen
    waivers: tuple[Waiver, ...] = ()
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the gate says of one report or bundle, and why; all text is printable.

    `refused` is the reason code where what was handed in is not believed; then nothing else of it
    counts. `changes` are those since the baseline.
    """

    source: str
    ruling: Ruling
    exit_code: int
    says: str
    refused: str = ""
    hint: str = ""
    partner: str = ""
    client_id: str = ""
    report: str = ""
    created: datetime | None = None
    plan: str = ""
    suite: str = ""
    challenge: str = ""
    bundle: str = ""
    blocking: tuple[Blocker, ...] = ()
    changes: tuple[Change, ...] = ()
    compared: bool = False
    """Whether there was a baseline."""
    waivers: tuple[AppliedWaiver, ...] = ()
    used: tuple[Waiver, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    steps: tuple[Step, ...] = ()


def decide(
    handed: Handed, terms: Terms, *, source: str, baseline: Sequence[Check] | None = None
) -> Decision:
    """Return the decision on `handed`; `baseline` are the checks to compare with.

    Raises:
        RefusalError: the policy does not take such a report.
    """
    report, policy = handed.report, terms.policy
    policy.refuse(report, terms.now)
    softened = Level.SHOULD in policy.levels
    waived = apply(
        terms.waivers, handed.checks, client_id=report.subject.client_id, softened=softened
    )
    results = _results(handed, terms, waived)
    blocking = blockers(results, report.aborted)
    ruling = Ruling(verdict_of(results, report.aborted))
    if softened:
        more = _softer(results, waived)
        blocking += more
        ruling = min(ruling, _of_softer(more, ruling), key=WORST_FIRST.index)
    changes: tuple[Change, ...] = ()
    if baseline is not None:
        changes = compare(baseline, handed.checks, terms.catalogue, waived.keys)
        if any(change.turn in REGRESSIONS for change in changes):
            ruling = min(ruling, Ruling.REGRESSION, key=WORST_FIRST.index)
    return Decision(
        source=source,
        ruling=ruling,
        exit_code=exit_code(ruling, strict=terms.strict),
        says=_says(ruling, results, blocking, changes, waived)
        + (of_nobody(report) if ruling in ACCEPTED else ""),
        partner=shown(report.subject.partner, 200),
        client_id=visible(report.subject.client_id, limit=200),
        report=visible(report.id, limit=100),
        created=report.created,
        plan=policy.plan or report.plan,
        suite=visible(report.suite.version, limit=40),
        challenge=visible(report.challenge, limit=40),
        bundle=handed.bundle,
        blocking=blocking,
        changes=changes,
        compared=baseline is not None,
        waivers=waived.applied,
        used=tuple(waiver for waiver in terms.waivers if waiver in waived.used),
        certificates=report.subject.certificates,
        steps=handed.steps,
    )


def refused(source: str, error: RefusalError, steps: Sequence[Step] = ()) -> Decision:
    """Return the decision that what came from `source` is not believed."""
    return Decision(
        source=source, ruling=Ruling.INVALID, exit_code=EXIT_CODES[Ruling.INVALID],
        says=error.message, refused=error.reason, hint=error.hint, steps=tuple(steps),
    )  # fmt: skip


def exit_code(ruling: Ruling, *, strict: bool = False) -> int:
    """Return the exit code of the command for `ruling`."""
    if strict and ruling is Ruling.READY_WITH_WAIVERS:
        return STRICT_WAIVERS_EXIT
    return EXIT_CODES[ruling]


def worst(decisions: Iterable[Decision]) -> Decision | None:
    """Return the decision that counts of many; None when there is none."""
    return min(decisions, key=lambda item: WORST_FIRST.index(item.ruling), default=None)


def _results(handed: Handed, terms: Terms, waived: Waived) -> tuple[RequirementResult, ...]:
    report = handed.report
    try:
        plan = plan_of(terms.catalogue, terms.policy.plan or report.plan, report.parts)
    except ValueError as error:
        raise RefusalError(
            "report-broken", f"the report cannot be judged: {visible(str(error), limit=100)}",
            hint="Take the file `readiness.json` as `check` wrote it.",
        ) from None  # fmt: skip
    return requirement_results(terms.catalogue, plan, handed.checks, waived.keys)


def _softer(results: Iterable[RequirementResult], waived: Waived) -> tuple[Blocker, ...]:
    """Return what blocks where a SHOULD counts as a MUST."""
    found = []
    for result in results:
        if result.level is not Level.SHOULD or not result.demanded:
            continue
        left = [
            check
            for check in result.checks
            if check.outcome in (Outcome.FAIL, Outcome.WARN)
            and (check.requirement, check.id, check.reason) not in waived.keys
        ]
        unknown = result.outcome in (Outcome.NOT_RUN, Outcome.INCONCLUSIVE)
        if unknown or (left and result.outcome is Outcome.WARN):
            found.append(Blocker(requirement=result.id, outcome=result.outcome, says=why(result)))
    return tuple(found)


def _of_softer(blocking: Sequence[Blocker], ruling: Ruling) -> Ruling:
    if any(item.outcome is Outcome.WARN for item in blocking):
        return Ruling.NOT_READY
    return Ruling.INCOMPLETE if blocking else ruling


def _says(
    ruling: Ruling,
    results: Sequence[RequirementResult],
    blocking: Sequence[Blocker],
    changes: Sequence[Change],
    waived: Waived,
) -> str:
    """Return the decision in one line."""
    if ruling is Ruling.REGRESSION:
        worse = [change for change in changes if change.turn in REGRESSIONS]
        told = (f"{item.requirement} {item.turn}: {_was(item)}" for item in worse[:4])
        return "; ".join(told) + _more(len(worse) - 4)
    if ruling not in ACCEPTED:
        if not blocking:
            return "the run did not end"
        first = blocking[0]
        about = f"{first.requirement or 'the run'} {first.outcome}: {first.says}"
        return visible(about, limit=240) + _more(len(blocking) - 1)
    held = sum(result.outcome is Outcome.PASS for result in results)
    tail = f", {len(waived.applied)} waived" if waived.applied else ""
    return f"{held} requirements hold{tail}"


def _was(change: Change) -> str:
    return f"{change.before} before, {change.after or 'not checked'} now"


def _more(left: int) -> str:
    return f"; and {left} more" if left > 0 else ""


def with_challenge_refused(decision: Decision, error: RefusalError) -> Decision:
    """Return `decision` as that of a bundle whose challenge was answered by another one."""
    return replace(
        decision, ruling=Ruling.INVALID, exit_code=EXIT_CODES[Ruling.INVALID], says=error.message,
        refused=error.reason, hint=error.hint,
    )  # fmt: skip
