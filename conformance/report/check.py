"""What a run saw: checks with their outcome, the causes that were found, and stories in steps.

A check is what one test saw of one requirement. Octets never get here; all text from outside is
printable, bounded and free of secrets when it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What is known of a requirement, or of one check of it."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"
    NOT_RUN = "not_run"


class Reason(StrEnum):
    """Reason codes that do not come from a rule."""

    REFUSED = "refused"
    """fail: the implementation declined a case that it must sign."""
    ADAPTER_ERROR = "adapter-error"
    """error: the adapter broke."""
    ADAPTER_GONE = "adapter-gone"
    """not_run: the adapter had broken too often before."""
    UNSUPPORTED = "unsupported"
    """not_run: the adapter says that it has no such feature."""
    UNDETERMINED = "undetermined"
    """not_run: the request could neither show nor refute the requirement."""
    DESELECTED = "deselected"
    """not_run: the run was asked to leave it out."""
    ABORTED = "aborted"
    """not_run: the run ended before it came to this."""
    DECLARED = "declared"
    """not_applicable: the adapter's `hello` or the profile says so before the run."""
    DECLINED = "declined"
    """not_applicable: the implementation declined a case that it may decline."""
    NOT_GIVEN = "not-given"
    """not_run: what would have to be judged was not given."""
    NOT_GRANTED = "not-granted"
    """not_run: it strains the API or creates data, and is done only when asked for."""
    NOT_ASKED = "not-asked"
    """not_applicable: none of the requests was about the requirement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One cause, told to people: `difference` in words, strings in printable ASCII."""

    mistake: str
    stage: str
    proved: bool
    says: str
    mend: str
    requirement: str = ""
    expected: str = ""
    observed: str = ""
    difference: str = ""
    same_as: tuple[str, ...] = ()


class Actor(StrEnum):
    """Who acts in a step."""

    SUITE = "suite"
    SANDBOX = "sandbox"
    CLIENT = "client"
    API = "api"


class StepOutcome(StrEnum):
    """How a step was, where it is judged at all."""

    NEUTRAL = ""
    RIGHT = "right"
    WRONG = "wrong"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened; `at_s` is in seconds since the beginning."""

    at_s: float
    actor: Actor
    says: str
    outcome: StepOutcome = StepOutcome.NEUTRAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened in one case of a client: what the sandbox did, and what the client made of it.

    `armed` says what the sandbox was told to do, `should` what a client should have done.
    """

    armed: str
    should: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one test saw of one requirement.

    `id` is `<test>:<case or requirement>`, stable between runs, such as
    `vector:digest/empty-body`, `generated:DIG-002`, `probe:ping`, `certificate:tls` or
    `story:ping`. `cases` says how many requests could tell of the requirement, `broken` in how
    many of them it was broken; `duration_s` is that of the test. `evidence` names exchanges of a
    file of evidence.
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
    ruled_out: tuple[str, ...] = ()
    """Where no diagnosis was found: what the fault is not."""
    story: Story | None = None
    """What happened, where the check is of a client on the wire."""
