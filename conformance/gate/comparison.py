"""Two reports compared, requirement by requirement: what got worse, was mended, is new, vanished.

A requirement is compared by the checks that both runs know. A check that only the newer run has is
new, whatever it says; a check that passed and is not there any more has vanished.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from conformance.catalogue import Catalogue, Level
from conformance.gate.waivers import Key
from conformance.report.check import Check, Outcome
from conformance.report.verdict import requirement_outcome, worse


class Turn(StrEnum):
    """Which way something went."""

    WORSE = "worse"
    MENDED = "mended"
    NEW = "new"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a requirement; `checks` are the ids of those that tell.

    `before` and `after` are outcomes, empty where one of the runs knows nothing of it.
    """

    turn: Turn
    requirement: str
    before: str
    after: str
    checks: tuple[str, ...]
    says: str = ""


REGRESSIONS: Final = (Turn.WORSE, Turn.VANISHED)
"""The turns that no newer suite and no waiver excuses."""

_GOOD: Final = (Outcome.PASS, Outcome.NOT_APPLICABLE)


def compare(
    before: Iterable[Check],
    after: Iterable[Check],
    catalogue: Catalogue,
    waived: Collection[Key] = (),
) -> tuple[Change, ...]:
    """Return what changed between the checks of two reports, in the order of the catalogue.

    Failures that are `waived` do not count as worse.
    """
    old, new = _by_requirement(before), _by_requirement(after)
    tests = {check.id for checks in old.values() for check in checks}
    order = [*catalogue.requirements, *(name for name in new if name not in catalogue.requirements)]
    order += [name for name in old if name not in order]
    changes: list[Change] = []
    for requirement in order:
        known = catalogue.requirements.get(requirement)
        level = known.level if known else Level.MUST
        now = [
            check
            for check in new.get(requirement, [])
            if (requirement, check.id, check.reason) not in waived
        ]
        every = new.get(requirement, [])
        pair = _Pair(
            requirement=requirement, level=level, before=old.get(requirement, []),
            after=[item for item in now if item.id in tests],
            fresh=[item for item in now if item.id not in tests],
        )  # fmt: skip
        changes += _changes(pair, {check.id for check in every})
    return tuple(changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A requirement in both runs; `fresh` are checks of tests that only the newer run has."""

    requirement: str
    level: Level
    before: Sequence[Check]
    after: Sequence[Check]
    fresh: Sequence[Check]


def _changes(pair: _Pair, still: Collection[str]) -> Iterator[Change]:
    """Yield what changed; `still` are the ids of all checks that the newer run has."""
    yield from _turned(pair)
    vanished = [
        check.id for check in pair.before if check.id not in still and check.outcome is Outcome.PASS
    ]
    if vanished:
        yield Change(
            turn=Turn.VANISHED, requirement=pair.requirement, checks=tuple(vanished),
            before=requirement_outcome(pair.level, pair.before), after="",
            says="passed before, and is not checked any more",
        )  # fmt: skip
    if pair.fresh:
        yield Change(
            turn=Turn.NEW, requirement=pair.requirement,
            checks=tuple(check.id for check in pair.fresh),
            before="", after=requirement_outcome(pair.level, pair.fresh),
            says="was not checked before",
        )  # fmt: skip


def _turned(pair: _Pair) -> Iterator[Change]:
    """Yield whether a requirement got worse or was mended, by the checks that both runs know.

    A test that found nothing against the requirement before had no check of it, or a good one.
    """
    if not pair.after:
        return
    shared = {check.id for check in pair.after}
    left = [check for check in pair.before if check.id in shared]
    was = requirement_outcome(pair.level, left) if left else Outcome.PASS
    found = requirement_outcome(pair.level, pair.after)
    known = {check.id: check for check in left}
    if found not in _GOOD and worse(found, was):
        told = [
            check
            for check in pair.after
            if check.outcome not in _GOOD
            and (check.id not in known or worse(check.outcome, known[check.id].outcome))
        ]
        yield _change(Turn.WORSE, pair, was, found, told)
    once = requirement_outcome(pair.level, pair.before) if pair.before else Outcome.PASS
    if found in _GOOD and once not in _GOOD:
        told = [check for check in pair.before if check.outcome not in _GOOD]
        yield _change(Turn.MENDED, pair, once, found, told)


def _change(turn: Turn, pair: _Pair, was: Outcome, found: Outcome, told: Sequence[Check]) -> Change:
    return Change(
        turn=turn, requirement=pair.requirement, before=was, after=found,
        checks=tuple(check.id for check in told), says=_why(told),
    )  # fmt: skip


def _why(checks: Sequence[Check]) -> str:
    return next((check.reason for check in checks if check.reason), "")


def _by_requirement(checks: Iterable[Check]) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.requirement, []).append(check)
    return found
