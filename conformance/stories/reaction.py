"""A reaction: a function that states a requirement of client behaviour and yields what breaks it.

What rules are for one signed request, reactions are for a story. Each is asked of every story that
it concerns, whatever the case was meant for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.rules.finding import Finding
from conformance.stories.story import Call, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One thing seen broken in a story, and the request that shows it, where one does."""

    finding: Finding
    call: Call | None = None


Judge = Callable[[Story], Iterator[Sight]]
Concern = Callable[[Story], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """The judge of one requirement, and which stories can tell of it."""

    requirement: str
    judge: Judge
    concerns: Concern

    @property
    def says(self) -> str:
        """The reaction as the function's docstring states it."""
        return " ".join((self.judge.__doc__ or "").split())


class ReactionBook:
    """The reactions of one topic, in the order in which they are written down."""

    def __init__(self) -> None:
        self._reactions: list[Reaction] = []

    def __iter__(self) -> Iterator[Reaction]:
        """Yield the reactions in the order written."""
        return iter(self._reactions)

    def __call__(self, requirement: str, *, concerns: Concern) -> Callable[[Judge], Judge]:
        """Enter the decorated function as a judge of `requirement`."""

        def enter(judge: Judge) -> Judge:
            reaction = Reaction(requirement=requirement, judge=judge, concerns=concerns)
            self._reactions.append(reaction)
            return judge

        return enter


def sight(
    requirement: str, reason: str, expected: str, observed: str, call: Call | None = None
) -> Sight:
    """Return what was seen broken; the texts are printable, on one line each."""
    finding = Finding(requirement=requirement, reason=reason, expected=expected, observed=observed)
    return Sight(finding=finding, call=call)
