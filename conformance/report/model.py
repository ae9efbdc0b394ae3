"""The record of a run as values: checks, requirements, report.

A check is what one test saw of one requirement. Its dictionary form is that of
`schemas/report.schema.json`; bytes never travel past it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What is known of a requirement, or of one check of it."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"
    NOT_RUN = "not_run"


class Verdict(StrEnum):
    """The verdict of a run, the first that fits."""

    INVALID = "INVALID"
    ERROR = "ERROR"
    NOT_READY = "NOT_READY"
    INCOMPLETE = "INCOMPLETE"
    READY_WITH_WAIVERS = "READY_WITH_WAIVERS"
    READY = "READY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One cause, told to people: `difference` in words, strings in printable ASCII."""

    mistake: str
    stage: str
    proved: bool
    says: str
    mend: str
    expected: str = ""
    observed: str = ""
    difference: str = ""
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one test saw of one requirement.

    `id` is `<test>:<case or requirement>`, stable between runs, such as
    `vector:digest/empty-body` or `generated:DIG-002`. `cases` says how many requests it looked at,
    `broken` in how many of them the requirement was broken. `evidence` names exchanges of the
    report's evidence file.
    """

    id: str
    requirement: str
    outcome: Outcome
    reason: str = ""
    expected: str = ""
    observed: str = ""
    hint: str = ""
    duration_s: float = 0.0
    cases: int = 1
    broken: int = 0
    evidence: tuple[str, ...] = ()
    diagnosis: tuple[Diagnosis, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A signed request kept as evidence: enough to judge it again without the signer."""

    id: str
    case: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body_b64: str
    extra: Mapping[str, Any] = field(default_factory=dict)
