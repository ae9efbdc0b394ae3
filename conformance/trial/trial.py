"""A trial: one case asked of one implementation, and judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.adapters.interface import Answer
from conformance.cases.case import Case
from conformance.rules.finding import Judgement
from conformance.wire.reading import Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One case with the implementation's answer.

    `judgement` is there when that was `ok`; `expected` is what the answer was judged against.
    """

    case: Case
    answer: Answer
    judgement: Judgement | None = None
    expected: Expectation = field(default_factory=Expectation)
