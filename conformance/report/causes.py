"""Failures with one cause told once: which causes a run has, and how many cases each.

A request often fits several mistakes that leave the same octets (`same_as`). Over a whole run the
fewest mistakes that explain every request are the likeliest, so those are told.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from conformance.adapters.trace import TRACED
from conformance.catalogue import Catalogue, Level
from conformance.diagnosis.registry import MISTAKES
from conformance.report.check import Diagnosis
from conformance.report.excerpt import plainness
from conformance.report.failure import Broken, CommonCause, Failure, Trouble

_Hit = tuple[int, int]
"""A failure and one of its diagnoses, by their numbers."""

_Key = tuple[Trouble, str, str]
"""What failures without a diagnosis are grouped by: kind, reason, requirement or words."""

_CONSTANT: Final = re.compile(r"[^:]*(?::[^\W\d_]*(?: [^\W\d_]+)*)?")
"""The beginning of a message that is the same whatever it speaks of: words, and no data."""

_FIRST: Final = (Trouble.ERROR, Trouble.MISTAKE, Trouble.FINDING, Trouble.REFUSED)


def group(failures: Iterable[Failure], catalogue: Catalogue) -> tuple[CommonCause, ...]:
    """Return the causes of `failures`: what blocks first, then by how many cases each explains."""
    known = sorted(failures, key=lambda item: plainness(item.example.size, item.example.case))
    diagnosed = [item for item in known if item.diagnosis]
    told = [
        *_mistakes(diagnosed, catalogue),
        *_others((item for item in known if not item.diagnosis), catalogue),
    ]
    told.sort(
        key=lambda cause: (
            cause.level is not Level.MUST, _FIRST.index(cause.kind), -cause.cases, cause.mistake,
        )
    )  # fmt: skip
    return tuple(told)


def _mistakes(failures: Sequence[Failure], catalogue: Catalogue) -> Iterable[CommonCause]:
    """Yield a cause for each of the fewest mistakes that explain `failures`, smallest first.

    A mistake that was only ever named beside another one is told where it spares another cause.
    Its example is the smallest that no other mistake explains as well, where there is one.
    """
    hits: dict[str, set[_Hit]] = defaultdict(set)
    named: dict[str, list[_Hit]] = defaultdict(list)
    for number, failure in enumerate(failures):
        for place, diagnosis in enumerate(failure.diagnosis):
            named[diagnosis.mistake].append((number, place))
            for mistake in (diagnosis.mistake, *diagnosis.same_as):
                hits[mistake].add((number, place))
    candidates = {item: hits[item] for item in hits if item in named or item in MISTAKES}
    weights = {mistake: len(named[mistake]) for mistake in candidates}
    chosen = fewest(candidates, weights)
    for mistake, explained in chosen.items():
        number, place = min(
            named[mistake] or explained,
            key=lambda hit: (bool(failures[hit[0]].diagnosis[hit[1]].same_as), *hit),
        )
        blamed = (_blamed(failures[item], failures[item].diagnosis[at]) for item, at in explained)
        yield _mistake(
            _told_as(mistake, failures[number].diagnosis[place]),
            failures[number],
            cases=len({item for item, _ in explained}),
            requirements=_ordered(set[str]().union(*blamed), catalogue),
            catalogue=catalogue,
        )


def fewest(candidates: Mapping[str, set[_Hit]], weights: Mapping[str, int]) -> dict[str, set[_Hit]]:
    """Return few of `candidates` that cover together what all cover, each with what it covers.

    Greedy, which is near the fewest; of two that cover as much, the one with more weight. What the
    others make needless is dropped again.
    """
    left = set[_Hit]().union(*candidates.values())
    chosen: list[str] = []
    while left:
        best = max(candidates, key=lambda item: (len(candidates[item] & left), weights[item], item))
        chosen.append(best)
        left -= candidates[best]
    for item in reversed(chosen[:]):
        rest = set[_Hit]().union(*(candidates[other] for other in chosen if other != item))
        if candidates[item] <= rest:
            chosen.remove(item)
    return {item: candidates[item] for item in chosen}


def _told_as(mistake: str, diagnosis: Diagnosis) -> Diagnosis:
    """Return `diagnosis` in the words of `mistake`, which leaves the same octets."""
    if mistake == diagnosis.mistake:
        return diagnosis
    own, other = MISTAKES.get(diagnosis.mistake), MISTAKES[mistake]
    within = own is not None and own.says in diagnosis.says
    alike = (diagnosis.mistake, *diagnosis.same_as)
    return replace(
        diagnosis,
        mistake=mistake,
        stage=other.stage,
        says=diagnosis.says.replace(own.says, other.says) if own and within else other.says,
        mend=other.mend,
        same_as=tuple(item for item in alike if item != mistake),
    )


def _mistake(
    diagnosis: Diagnosis,
    example: Failure,
    *,
    cases: int,
    requirements: tuple[str, ...],
    catalogue: Catalogue,
) -> CommonCause:
    """Return the cause that `diagnosis` names; `example` is its example."""
    return CommonCause(
        kind=Trouble.MISTAKE,
        mistake=diagnosis.mistake,
        stage=diagnosis.stage,
        says=diagnosis.says,
        mend=diagnosis.mend,
        proved=diagnosis.proved,
        level=_level(requirements, catalogue),
        requirements=requirements,
        cases=cases,
        example=example.example,
        expected=diagnosis.expected,
        observed=diagnosis.observed,
        difference=diagnosis.difference,
        same_as=diagnosis.same_as,
        ruled_out=example.ruled_out,
    )


def _blamed(failure: Failure, diagnosis: Diagnosis) -> set[str]:
    """Return the requirements broken in `failure` that `diagnosis` answers for.

    A requirement that no diagnosis names as its own is a consequence: of those diagnoses whose own
    requirement is of its family, such as DIG, or else of all.
    """
    owned = {item.requirement for item in failure.diagnosis}
    families = {_family(item) for item in owned}
    own = _family(diagnosis.requirement)
    broken = {item.requirement for item in failure.broken}
    consequences = {
        item for item in broken - owned if _family(item) == own or _family(item) not in families
    }
    return consequences | (broken & {diagnosis.requirement})


def _family(requirement: str) -> str:
    return requirement.rpartition("-")[0]


def _others(failures: Iterable[Failure], catalogue: Catalogue) -> Iterable[CommonCause]:
    """Yield a cause for each way in which `failures`, smallest first, went wrong undiagnosed."""
    groups: dict[_Key, list[tuple[Failure, Broken]]] = defaultdict(list)
    for failure in failures:
        for broken in failure.broken:
            groups[failure.kind, broken.reason, _about(failure, broken)].append((failure, broken))
    for (kind, reason, _), members in groups.items():
        example, broken = members[0]
        requirements = _ordered({item.requirement for _, item in members}, catalogue)
        yield CommonCause(
            kind=kind,
            mistake=reason,
            says=_says(kind, broken, catalogue),
            mend=broken.hint,
            level=_level(requirements, catalogue),
            requirements=requirements,
            cases=len({failure.example.case for failure, _ in members}),
            example=example.example,
            expected=broken.expected,
            observed=broken.observed,
            difference=broken.difference,
            ruled_out=example.ruled_out,
        )


def _about(failure: Failure, broken: Broken) -> str:
    """Return what is the same in `broken` wherever it has one cause.

    Errors that came from one place begin alike, and then tell of the case.
    """
    if failure.kind is Trouble.FINDING:
        return broken.requirement
    if failure.kind is Trouble.ERROR and broken.hint.startswith(TRACED):
        constant = _CONSTANT.match(broken.observed)
        return f"{constant[0] if constant else ''}\n{broken.hint}"
    return broken.observed


def _says(kind: Trouble, broken: Broken, catalogue: Catalogue) -> str:
    """Return what went wrong in words: the requirement's own where a rule found it broken."""
    requirement = catalogue.requirements.get(broken.requirement)
    if kind is Trouble.FINDING and requirement is not None:
        return f"broken: {requirement.title}"
    return broken.observed


def _ordered(found: set[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Return `found` in the order of the catalogue, what it does not know last."""
    unknown = sorted(item for item in found if item and item not in catalogue.requirements)
    return (*(item for item in catalogue.requirements if item in found), *unknown)


def _level(requirements: Sequence[str], catalogue: Catalogue) -> Level:
    """Return SHOULD when all of `requirements` are, else MUST; MUST when it is about all."""
    levels = {
        catalogue.requirements[item].level if item in catalogue.requirements else Level.MUST
        for item in requirements
    }
    return Level.SHOULD if levels == {Level.SHOULD} else Level.MUST
