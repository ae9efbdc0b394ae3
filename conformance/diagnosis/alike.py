"""Mistakes that no one can tell apart in one request, since they leave the same octets."""

from __future__ import annotations

from typing import Any

from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.diagnosis.search import Found
from conformance.diagnosis.space import Space
from conformance.wire.procedure import DOCUMENTED, Stage
from conformance.wire.reading import Reading


def same_as(reading: Reading, found: Found, identity: str) -> tuple[str, ...]:
    """Return the mistakes that, in place of `identity`, would have led to the same string.

    Only mistakes of its own stage, and those that it names as alike, are looked at.
    """
    mistake = MISTAKES[identity]
    rest = frozenset(found.mistakes) - {identity}
    space = Space(reading, only=frozenset())
    right = _right(space, mistake.stage)
    if right is None:
        return ()
    company = frozenset(item for item in rest if MISTAKES[item].stage is mistake.stage)

    def made(other: str) -> object:
        value = right
        for item in of_stage(mistake.stage):
            if item.id == other or item.id in company:
                value = item.change(value, space.given)
        return _text(value)

    wrong = made(identity)
    others = (item.id for item in of_stage(mistake.stage) if item.id not in found.mistakes)
    same = [other for other in others if made(other) == wrong]
    same += [other for other in mistake.alike if _leads_to(reading, found, rest | {other})]
    return tuple(dict.fromkeys(same))


def _leads_to(reading: Reading, found: Found, mistakes: frozenset[str]) -> bool:
    hypotheses = Space(reading, only=mistakes).at_cost(len(mistakes))
    return any(hypothesis.string == found.string for hypothesis in hypotheses)


def _right(space: Space, stage: Stage) -> Any:
    """Return what the stage should have made; None for stages whose result is not in the string."""
    request = space.given.request
    match stage:
        case Stage.REQUEST_TARGET:
            return DOCUMENTED.target(request)
        case Stage.DATE:
            return DOCUMENTED.date(request)
        case Stage.DIGEST:
            return DOCUMENTED.digest(request)
        case Stage.SIGNING_STRING:
            return space.right_string()
        case _:
            return None


def _text(made: Any) -> object:
    """Return what stands in the string of a stage's result."""
    for name in ("value", "data", "signed"):
        if hasattr(made, name):
            return getattr(made, name)
    return made
