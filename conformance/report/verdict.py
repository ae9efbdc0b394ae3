"""From checks to outcomes, from outcomes to the verdict, from the verdict to the exit code.

Pure functions: whoever has the checks of a report can compute its verdict again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from conformance.catalogue import Catalogue, Level, Requirement, Side
from conformance.report.check import Check, Outcome, Reason
from conformance.report.model import Blocker, RequirementResult, Stop, StopKind, Verdict

WORST_FIRST: Final = (
    Outcome.ERROR,
    Outcome.FAIL,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_RUN,
    Outcome.WARN,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)
"""The outcomes; of several, the one that stands first here counts."""

SILENT: Final = frozenset({Reason.DECLINED, Reason.NOT_ASKED})
"""Reasons of checks that ran and learnt nothing: they neither show a requirement nor hide it."""

EXIT_CODES: Final = MappingProxyType(
    {
        Verdict.READY: 0,
        Verdict.READY_WITH_WAIVERS: 0,
        Verdict.NOT_READY: 1,
        Verdict.INVALID: 2,
        Verdict.ERROR: 3,
        Verdict.INCOMPLETE: 4,
    }
)

STRICT_WAIVERS_EXIT: Final = 5
"""READY_WITH_WAIVERS where the run was asked to be strict."""

_OPEN: Final = (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)
_RANK: Final = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run must show.

    `covers` are the requirements that the plan is about; `demands` those of them that must be
    shown. The two differ by the requirements that nothing checks, for a stated reason: demanding
    them would make READY a verdict that nobody can reach.
    """

    name: str
    covers: tuple[str, ...]
    demands: frozenset[str]


SIDES: Final = MappingProxyType(
    {"offline": Side.SIGNER, "material": Side.MATERIAL, "client": Side.CLIENT, "live": Side.API}
)
"""What each part of a run is about."""

_OWED: Final = {
    "signer": ("offline",),
    "client": ("client",),
    "api": ("live",),
    "readiness": ("offline", "material"),
}
"""The parts that each plan asks for, whatever was run."""


def plan_of(catalogue: Catalogue, name: str, parts: Iterable[str]) -> Plan:
    """Return the plan `name` of a run of `parts`: `signer`, `client`, `api` or `readiness`.

    It covers the requirements of every part that it asks for or that was run. `readiness` asks for
    a client on the wire or calls of the API, whichever was run; without either it is a client.

    Raises:
        ValueError: there is no such plan.
    """
    if name not in _OWED:
        raise ValueError(f"there is no plan {name}")
    sides = {SIDES[part] for part in owed_parts(name, parts)}
    covered = [item for item in catalogue.requirements.values() if sides & set(item.sides)]
    return Plan(
        name=name,
        covers=tuple(item.id for item in covered),
        demands=frozenset(item.id for item in covered if item.unchecked is None),
    )


def owed_parts(name: str, parts: Iterable[str]) -> tuple[str, ...]:
    """Return the parts that the plan `name` asks for of a run of `parts`, and those themselves.

    A plan that nobody knows asks for nothing.
    """
    owed = dict.fromkeys((*_OWED.get(name, ()), *(part for part in parts if part in SIDES)))
    if name == "readiness" and not {"client", "live"} & owed.keys():
        owed["client"] = None
    return tuple(owed)


def of_part(catalogue: Catalogue, part: str) -> tuple[str, ...]:
    """Return the requirements that a run of `part` judges, in the order of the catalogue."""
    side = SIDES[part]
    return tuple(
        item.id
        for item in catalogue.requirements.values()
        if side in item.sides and item.unchecked is None
    )


def requirement_outcome(level: Level, checks: Iterable[Check]) -> Outcome:
    """Return the worst outcome of `checks`, in which a SHOULD that fails warns.

    Without a check that learnt something it is `not_run`.
    """
    outcomes = [
        soften(check.outcome, level)
        for check in checks
        if check.outcome is not Outcome.NOT_APPLICABLE or check.reason not in SILENT
    ]
    return min(outcomes, key=_RANK.__getitem__, default=Outcome.NOT_RUN)


def soften(outcome: Outcome, level: Level) -> Outcome:
    """Return `outcome`, but `warn` for the failure of a SHOULD."""
    return Outcome.WARN if outcome is Outcome.FAIL and level is Level.SHOULD else outcome


def worse(left: Outcome, right: Outcome) -> bool:
    """Tell whether `left` is a worse outcome than `right`."""
    return _RANK[left] < _RANK[right]


def requirement_results(
    catalogue: Catalogue,
    plan: Plan,
    checks: Iterable[Check],
    waived: Collection[tuple[str, str, str]] = (),
) -> tuple[RequirementResult, ...]:
    """Return what `plan` covers and whatever else was checked, in the order of the catalogue.

    `waived` holds requirement, check and reason code of each failure that is waived.

    A check of a requirement that the catalogue does not know counts as one of a MUST: an older
    catalogue must not hide what a newer test saw.
    """
    by_requirement: dict[str, list[Check]] = {}
    for check in checks:
        by_requirement.setdefault(check.requirement, []).append(check)
    known = [
        item for item in catalogue.requirements if item in plan.covers or item in by_requirement
    ]
    unknown = [item for item in by_requirement if item not in catalogue.requirements]
    return tuple(
        _result(item, catalogue.requirements, plan, by_requirement.get(item, []), waived)
        for item in (*known, *unknown)
    )


def _result(
    identity: str,
    requirements: Mapping[str, Requirement],
    plan: Plan,
    checks: list[Check],
    waived: Collection[tuple[str, str, str]],
) -> RequirementResult:
    requirement = requirements.get(identity)
    level = requirement.level if requirement else Level.MUST
    unchecked = requirement.unchecked if requirement else None
    failures = [check for check in checks if check.outcome is Outcome.FAIL]
    return RequirementResult(
        id=identity,
        level=level,
        title=requirement.title if requirement else "",
        topic=requirement.topic if requirement else "",
        outcome=requirement_outcome(level, checks),
        demanded=identity in plan.demands,
        reason="" if checks else unchecked or "nothing in this run checked it",
        waived=bool(failures)
        and all((identity, check.id, check.reason) in waived for check in failures),
        checks=tuple(checks),
    )


def verdict_of(results: Iterable[RequirementResult], stop: Stop | None = None) -> Verdict:
    """Return the verdict that `results` and an early end of the run give: the first that fits."""
    states = list(results)
    stopped = stop.kind if stop else None
    if stopped is StopKind.INVALID:
        return Verdict.INVALID
    if stopped is StopKind.ERROR or any(state.outcome is Outcome.ERROR for state in states):
        return Verdict.ERROR
    musts = [state for state in states if state.level is Level.MUST]
    if any(state.outcome is Outcome.FAIL and not state.waived for state in musts):
        return Verdict.NOT_READY
    if stopped or any(state.demanded and _is_open(state) for state in musts):
        return Verdict.INCOMPLETE
    waived = any(state.outcome is Outcome.FAIL for state in musts)
    return Verdict.READY_WITH_WAIVERS if waived else Verdict.READY


def _is_open(state: RequirementResult) -> bool:
    """Tell whether something of the requirement was not shown; a waived failure hides nothing."""
    if not state.waived:
        return state.outcome in _OPEN
    left = [check for check in state.checks if check.outcome is not Outcome.FAIL]
    return requirement_outcome(state.level, left) in _OPEN if left else False


def blockers(results: Iterable[RequirementResult], stop: Stop | None = None) -> tuple[Blocker, ...]:
    """Return what keeps the run from READY, the worst first; nothing when it is READY."""
    found = [
        Blocker(requirement=state.id, outcome=state.outcome, says=why(state))
        for state in results
        if state.outcome is Outcome.ERROR
        or (state.level is Level.MUST and state.outcome is Outcome.FAIL and not state.waived)
        or (state.level is Level.MUST and state.demanded and _is_open(state))
    ]
    found.sort(key=lambda item: _RANK[item.outcome])
    if stop is not None:
        outcome = Outcome.NOT_RUN if stop.kind is StopKind.INTERRUPTED else Outcome.ERROR
        found.insert(0, Blocker(requirement="", outcome=outcome, says=stop.reason))
    return tuple(found)


def why(result: RequirementResult) -> str:
    """Return why `result` has its outcome, as the check that gave it says."""
    said = [
        check for check in result.checks if soften(check.outcome, result.level) is result.outcome
    ]
    for check in said or result.checks:
        return ": ".join(part for part in (check.reason, check.observed) if part)
    return result.reason


def exit_code(verdict: Verdict, *, strict: bool = False) -> int:
    """Return the exit code of the command for `verdict`."""
    if strict and verdict is Verdict.READY_WITH_WAIVERS:
        return STRICT_WAIVERS_EXIT
    return EXIT_CODES[verdict]


def stop_of_pytest(code: int) -> Stop | None:
    """Return the early end that pytest's own exit code tells of; None when it ran to the end.

    Tests that failed (code 1) are no early end: their checks speak.
    """
    match code:
        case 0 | 1:
            return None
        case 2:
            return Stop(kind=StopKind.INTERRUPTED, reason="the run was interrupted before its end")
        case 4:
            return Stop(
                kind=StopKind.INVALID,
                reason="pytest refused its command line",
                hint="Read what pytest printed, and mend the options given to it.",
            )
        case 5:
            return Stop(
                kind=StopKind.INVALID,
                reason="no test fits the selection, so nothing was run",
                hint="Check what was given to -k or --replay.",
            )
    return Stop(
        kind=StopKind.ERROR,
        reason=f"pytest broke while it ran the suite (its exit code was {code})",
        hint="This is a defect of the suite or of another pytest plugin: please report it.",
    )
