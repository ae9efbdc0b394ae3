"""The search for the string that was signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final, TypeVar

from conformance.clock import Clock
from conformance.diagnosis.edits import near_edits, quick_edits, slow_edits
from conformance.diagnosis.recovery import Recovered
from conformance.diagnosis.slips import Slips
from conformance.diagnosis.slot import MOST, Ids
from conformance.diagnosis.space import Hypothesis, Space
from conformance.wire.reading import Reading

Item = TypeVar("Item")

_ASK_THE_CLOCK: Final = 100_000
"""About how many octets are hashed between two looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The string that was signed: by `mistakes`, all of which are needed to arrive at it.

    `scheme` is the mistake of the signature stage, None where that was done right. `listed` is
    false when the string is one slip away from the expected one by no mistake that is known.
    """

    string: bytes
    mistakes: Ids = ()
    scheme: str | None = None
    listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search brought: the string, or how far it went without finding it."""

    found: Found | None
    tried: int
    exhausted: bool


class Searcher:
    """Looks for the signed string of one request, within a budget of time."""

    def __init__(
        self,
        reading: Reading,
        recovered: Recovered,
        clock: Clock,
        budget: timedelta,
        slips: Slips | None = None,
    ) -> None:
        self._reading = reading
        self._recovered = recovered
        self._clock = clock
        self._deadline = clock.monotonic() + budget.total_seconds()
        self._slips = slips or Slips()
        self._tried = 0
        self._late = False
        self._space = Space(reading)
        self._expected = reading.expected_string or self._space.right()
        self._stride = 1 + _ASK_THE_CLOCK // (len(self._expected) + len(reading.request.body) + 1)

    def search(self, remembered: Iterable[frozenset[str]], *, far: bool = True) -> Search:
        """Return the string signed: first by causes remembered, then by ever more mistakes.

        Unless `far`, the search ends with single mistakes.
        """
        found = (
            self._said()
            or self._first(chain.from_iterable(self._recalled(ids) for ids in remembered))
            or self._slip(self._slips.made_in)
            or self._first(chain(self._space.at_cost(0), self._space.at_cost(1)), schemes=True)
            or (self._farther() if far else None)
        )
        return Search(found=found, tried=self._tried, exhausted=not self._late)

    def _farther(self) -> Found | None:
        return (
            self._slip(near_edits)
            or self._first(chain(self._space.far(), self._space.at_cost(2)))
            or self._slip(quick_edits)
            or self._slip(slow_edits)
            or self._first(self._space.at_cost(MOST))
        )

    def _recalled(self, ids: frozenset[str]) -> Iterator[Hypothesis]:
        """Yield what all or some of `ids` lead to, the fewest first: not all may show again."""
        space = Space(self._reading, only=ids)
        fewer = chain.from_iterable(space.at_cost(n) for n in range(len(ids) + 1))
        return chain(fewer, space.far())

    def _said(self) -> Found | None:
        """Take the implementation at its word, where the signature bears it out."""
        said = self._reading.expected.said
        if said is None:
            return None
        proved, scheme = self._recovered.proves(said)
        if not proved:
            return None
        hypotheses = chain.from_iterable(self._space.at_cost(n) for n in range(MOST))
        for hypothesis in self._in_time(hypotheses):
            if hypothesis.string == said:
                return Found(string=said, mistakes=hypothesis.mistakes, scheme=scheme)
        return Found(string=said, scheme=scheme, listed=False)

    def _first(self, hypotheses: Iterable[Hypothesis], *, schemes: bool = False) -> Found | None:
        """Return the first hypothesis that the signature proves."""
        prints = self._recovered.fingerprints if schemes else self._recovered.fingerprints[:1]
        value = self._recovered.value
        for hypothesis in self._in_time(hypotheses):
            for scheme, fingerprint in prints:
                if fingerprint(hypothesis.string) == value:
                    return Found(
                        string=hypothesis.string, mistakes=hypothesis.mistakes, scheme=scheme
                    )
        return None

    def _slip(self, edits: Callable[[bytes], Iterator[bytes]]) -> Found | None:
        scheme, fingerprint = self._recovered.fingerprints[0]
        value = self._recovered.value
        for string in self._in_time(edits(self._expected)):
            if fingerprint(string) == value:
                return Found(string=string, scheme=scheme, listed=False)
        return None

    def _in_time(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield `items` until the budget is used up."""
        for number, item in enumerate(items):
            if number % self._stride == 0 and self._clock.monotonic() > self._deadline:
                self._late = True
                return
            self._tried += 1
            yield item
