"""The record of a run as values: checks, causes, requirements, report.

A check is what one test saw of one requirement. `plain.to_plain` turns any of these values into
the dictionary form of `schemas/report.schema.json`; octets never travel past this module, and all
text from outside is printable, bounded and free of secrets when it gets here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from conformance.catalogue import Level
from conformance.redaction import Redaction

SCHEMA_VERSION: Final = "1.0"
"""Version of the report's form; the first number changes when readers must."""


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


class Trouble(StrEnum):
    """In which way cases went wrong together."""

    MISTAKE = "mistake"
    """A mistake of the signer reproduces what was sent."""
    FINDING = "finding"
    """A requirement was seen broken; no mistake is known for it."""
    REFUSED = "refused"
    """The implementation declined what it must sign."""
    ERROR = "error"
    """The adapter broke."""


class StopKind(StrEnum):
    """What ended a run early."""

    INVALID = "invalid"
    """It could not start as it was asked for."""
    ERROR = "error"
    """The adapter or the suite broke beyond going on."""
    INTERRUPTED = "interrupted"
    """It was told to stop."""


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
class Point:
    """One measurement; `kind` tells it from others, `label` says more of it."""

    x: float
    y: float
    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What was measured of the API, to be drawn: `skew-boundary` or `rate-limit`."""

    id: str
    requirement: str
    title: str
    says: str
    x_label: str
    y_label: str
    points: tuple[Point, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request that went wrong, short enough to be read."""

    case: str
    method: str
    target: str
    body: str
    """The body in words: its size and how it begins."""
    size: int
    """Octets of method, target and body together: the smallest example is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One requirement seen broken in a failure, as the rule told it."""

    requirement: str
    reason: str
    expected: str = ""
    observed: str = ""
    hint: str = ""
    difference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One case that went wrong: what `causes.group` makes common causes of."""

    kind: Trouble
    example: Example
    broken: tuple[Broken, ...]
    diagnosis: tuple[Diagnosis, ...] = ()
    ruled_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCause:
    """What one or many cases went wrong by, told once, by its smallest example.

    `mistake` is the id of a mistake, or the reason code where none is known. `level` is MUST when
    it breaks any such requirement.
    """

    kind: Trouble
    mistake: str
    says: str
    level: Level
    requirements: tuple[str, ...]
    cases: int
    example: Example
    stage: str = ""
    proved: bool = False
    mend: str = ""
    expected: str = ""
    observed: str = ""
    difference: str = ""
    same_as: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementResult:
    """A requirement with its outcome; `demanded` when the plan asks for it to be shown."""

    id: str
    level: Level
    title: str
    topic: str
    outcome: Outcome
    demanded: bool
    reason: str = ""
    """Why it has that outcome, where no check says it: nothing checks it, and why."""
    waived: bool = False
    """Whether every failure of it is waived."""
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedWaiver:
    """A failure that somebody answers for until `expires`, found by its exact ids."""

    requirement: str
    check: str
    reason_code: str
    reason: str
    owner: str
    ticket: str
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """What stands between a run and READY: a requirement, or the run itself."""

    requirement: str
    """Empty when it is the run itself."""
    outcome: Outcome
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why a run ended early: one sentence, what to do about it, and detail for mending."""

    kind: StopKind
    reason: str
    hint: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What judged."""

    version: str
    catalogue_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate of the partner; `use` is `signature` or `tls`.

    `subject` is its name as RFC 4514 writes it, `key` its kind and size, such as `RSA 3072`.
    """

    use: str
    sha256: str
    valid_from: datetime
    expires: datetime
    subject: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who was judged."""

    partner: str = ""
    client_id: str = ""
    certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterIdentity:
    """How the implementation was reached, and what it said of itself."""

    name: str = ""
    version: str = ""
    language: str = ""
    address: str = ""
    can: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where the suite ran."""

    python: str
    platform: str
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuirkInPlay:
    """A place where the documents disagree, that bore on this run, and what was chosen."""

    id: str
    title: str
    chosen: str
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCounts:
    """How many requests were asked of a signer, stories of a client, and requests to the API."""

    vectors: int = 0
    generated: int = 0
    stories: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long it took, in seconds: the run, and of that the implementation's own time."""

    total_s: float = 0.0
    adapter_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Politeness:
    """How the API was treated: requests sent, most within a second, and seconds waited."""

    requests: int = 0
    top_rate: int = 0
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A file of evidence beside the report: signed requests, stories, or exchanges."""

    file: str
    exchanges: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The record of one run; field by field what `docs/report.md` explains."""

    schema_version: str = SCHEMA_VERSION
    id: str
    created: datetime
    expires: datetime
    verdict: Verdict
    exit_code: int
    plan: str
    parts: tuple[str, ...]
    target: str
    """The API that was called: its address, `sandbox` for one of the run's own, or empty."""
    blocking: tuple[Blocker, ...]
    causes: tuple[CommonCause, ...]
    aborted: Stop | None
    suite: Suite
    subject: Subject
    adapter: AdapterIdentity
    profile: str
    seed: str
    challenge: str
    """The id of the challenge that the run answers; empty where there is none."""
    quirks: tuple[QuirkInPlay, ...]
    cases: CaseCounts
    timing: Timing
    environment: Environment
    notes: tuple[str, ...]
    preflight: tuple[Step, ...]
    charts: tuple[Chart, ...]
    politeness: Politeness
    waivers: tuple[AppliedWaiver, ...]
    redactions: tuple[Redaction, ...]
    evidence: tuple[EvidenceFile, ...]
    requirements: tuple[RequirementResult, ...]
