"""The record of a run as values: the report, its requirements, and what else it tells.

`plain.to_plain` turns any of these values into the dictionary form of
`schemas/report.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from conformance.catalogue import Level
from conformance.redaction import Redaction
from conformance.report.check import Check, Outcome, Step
from conformance.report.failure import CommonCause

SCHEMA_VERSION: Final = "1.0"
"""Version of the report's form; the first number changes when readers must."""

VALID_FOR: Final = timedelta(days=90)
"""How long a report speaks for its subject."""


class Verdict(StrEnum):
    """The verdict of a run, the first that fits."""

    INVALID = "INVALID"
    ERROR = "ERROR"
    NOT_READY = "NOT_READY"
    INCOMPLETE = "INCOMPLETE"
    READY_WITH_WAIVERS = "READY_WITH_WAIVERS"
    READY = "READY"


class StopKind(StrEnum):
    """What ended a run early."""

    INVALID = "invalid"
    """It could not start as it was asked for."""
    ERROR = "error"
    """The adapter or the suite broke beyond going on."""
    INTERRUPTED = "interrupted"
    """It was told to stop."""


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
    """A file of evidence beside the report: signed requests, stories, exchanges, a certificate.

    `exchanges` is how many it holds, of whichever it is.
    """

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
