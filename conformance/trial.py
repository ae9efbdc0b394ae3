"""A trial: one case asked of one implementation, and judged."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.adapters.interface import Answer
from conformance.cases.case import Case
from conformance.rules.finding import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One case with the implementation's answer; `judgement` is there when that was `ok`."""

    case: Case
    answer: Answer
    judgement: Judgement | None = None
