"""The report of a run put together, and its dictionary form."""

from __future__ import annotations

import functools
import platform
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import metadata
from typing import Any, Final

from conformance import __version__
from conformance.adapters.interface import Hello
from conformance.catalogue import Catalogue
from conformance.redaction import Redactor
from conformance.report.causes import group
from conformance.report.check import Check, Step
from conformance.report.failure import Failure
from conformance.report.model import (
    VALID_FOR,
    AdapterIdentity,
    AppliedWaiver,
    CaseCounts,
    Chart,
    Environment,
    EvidenceFile,
    Politeness,
    QuirkInPlay,
    Report,
    Stop,
    Subject,
    Suite,
    Timing,
)
from conformance.report.plain import to_plain, with_text
from conformance.report.verdict import (
    Plan,
    blockers,
    exit_code,
    requirement_results,
    verdict_of,
)
from conformance.wire.shown import shown

LIBRARIES: Final = ("cryptography", "hypothesis", "jsonschema", "pytest", "requests", "rich")
"""The libraries whose versions a report names."""

_NAME_LIMIT: Final = 200
_SENTENCE_LIMIT: Final = 2000
_DETAIL_LIMIT: Final = 8000
_LINE_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run was and what it saw: all that a report is made of.

    `quirks` says, by the quirk's id, what a setting chose otherwise than the default.
    """

    catalogue: Catalogue
    plan: Plan
    checks: Sequence[Check]
    failures: Sequence[Failure] = ()
    stop: Stop | None = None
    subject: Subject = field(default_factory=Subject)
    adapter: AdapterIdentity = field(default_factory=AdapterIdentity)
    profile: str = ""
    seed: str = ""
    challenge: str = ""
    quirks: Mapping[str, str] = field(default_factory=dict)
    cases: CaseCounts = field(default_factory=CaseCounts)
    timing: Timing = field(default_factory=Timing)
    notes: Sequence[str] = ()
    parts: Sequence[str] = ()
    target: str = ""
    preflight: Sequence[Step] = ()
    charts: Sequence[Chart] = ()
    politeness: Politeness = field(default_factory=Politeness)
    waivers: Sequence[AppliedWaiver] = ()
    evidence: Sequence[EvidenceFile] = ()


def report_of(
    run: Run, *, created: datetime, redactor: Redactor, identity: str = "", strict: bool = False
) -> Report:
    """Return the report of `run`, made at `created`.

    `identity` is the report's id, a fresh one by default. No configured secret of `redactor` is
    left in it.
    """
    stop = _told(run.stop, redactor) if run.stop else None
    waived = {(item.requirement, item.check, item.reason_code) for item in run.waivers}
    results = requirement_results(run.catalogue, run.plan, run.checks, waived)
    verdict = verdict_of(results, stop)
    report = Report(
        id=identity or str(uuid.uuid4()),
        created=created,
        expires=created + VALID_FOR,
        verdict=verdict,
        exit_code=exit_code(verdict, strict=strict),
        plan=run.plan.name,
        parts=tuple(run.parts),
        target=run.target,
        blocking=blockers(results, stop),
        causes=group(run.failures, run.catalogue),
        aborted=stop,
        suite=Suite(version=__version__, catalogue_sha256=run.catalogue.digest),
        subject=run.subject,
        adapter=run.adapter,
        profile=run.profile,
        seed=run.seed,
        challenge=run.challenge,
        quirks=_quirks(run),
        cases=run.cases,
        timing=run.timing,
        environment=environment(),
        notes=tuple(redactor.text(shown(note, _SENTENCE_LIMIT)) for note in run.notes),
        preflight=tuple(run.preflight),
        charts=tuple(run.charts),
        politeness=run.politeness,
        waivers=tuple(run.waivers),
        redactions=(),
        evidence=tuple(run.evidence),
        requirements=results,
    )
    report = with_text(report, redactor.configured)
    return replace(report, redactions=redactor.redactions)


def document(report: Report) -> dict[str, Any]:
    """Return `report` as the dictionary that `schemas/report.schema.json` describes.

    Keys stand in one order always, so the same report gives the same text.
    """
    plain: dict[str, Any] = to_plain(report)
    return plain


def adapter_identity(hello: Hello | None, address: str, redactor: Redactor) -> AdapterIdentity:
    """Return what the report says of an adapter; of one that never said hello, its address."""
    place = redactor.text(shown(address, _NAME_LIMIT))
    if hello is None:
        return AdapterIdentity(address=place)
    return AdapterIdentity(
        name=redactor.text(shown(hello.name, _NAME_LIMIT)),
        version=redactor.text(shown(hello.version, _NAME_LIMIT)),
        language=redactor.text(shown(hello.language, _NAME_LIMIT)),
        address=place,
        can=tuple(sorted(shown(item, 40) for item in hello.can)[:20]),
    )


@functools.cache
def environment() -> Environment:
    """Return where the suite runs: the interpreter, the platform, the libraries."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return Environment(
        python=platform.python_version(), platform=platform.platform(), libraries=versions
    )


def _told(stop: Stop, redactor: Redactor) -> Stop:
    lines = stop.detail[:_DETAIL_LIMIT].splitlines()
    return replace(
        stop,
        reason=redactor.text(shown(stop.reason, _SENTENCE_LIMIT)),
        hint=redactor.text(shown(stop.hint, _SENTENCE_LIMIT)),
        detail="\n".join(redactor.text(shown(line, _LINE_LIMIT)) for line in lines),
    )


def _quirks(run: Run) -> tuple[QuirkInPlay, ...]:
    """Return the quirks that bear on what the plan covers, each with what was chosen."""
    covered = set(run.plan.covers)
    return tuple(
        QuirkInPlay(
            id=quirk.id,
            title=quirk.title,
            chosen=run.quirks.get(quirk.id, quirk.default),
            requirements=tuple(item for item in quirk.requirements if item in covered),
        )
        for quirk in run.catalogue.quirks.values()
        if covered.intersection(quirk.requirements)
    )
