"""The end of a run: the report of all that was seen, written with its evidence and its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from conformance.adapters.opening import REFERENCE
from conformance.config import Part
from conformance.errors import UsageError
from conformance.gate.waivers import apply, unused
from conformance.report.certified import certificate_lines
from conformance.report.check import Check, Reason
from conformance.report.document import Run as Record
from conformance.report.document import adapter_identity, report_of
from conformance.report.model import (
    AdapterIdentity,
    CaseCounts,
    EvidenceFile,
    Politeness,
    Report,
    Stop,
    Subject,
    Timing,
)
from conformance.report.telling import not_run_checks
from conformance.report.verdict import plan_of
from conformance.report.writing import Evidence, write_evidence, write_report
from conformance.run.asked import planned
from conformance.run.certifying import judge_key_of_signer
from conformance.run.suite import SuiteRun
from conformance.wire.visible import visible

_OWN: Final = (
    "No adapter of yours was named, so the suite judged its own reference: name yours "
    "after `--`, or let `lendico-conformance init` write one to start with."
)


def finish(run: SuiteRun, stop: Stop | None = None) -> Report:
    """Write the report of all that `run` has seen, and return it.

    `stop` is the early end that the caller knows of; what was not reached is `not_run`. A file
    that cannot be written is told by `run.unwritten`: the verdict is not lost with it.
    """
    run.whole.add(run.take())
    judge_key_of_signer(run)
    record = _record(run, run.whole.stop or stop)
    run.report = report_of(
        record, created=run.clock.now(), redactor=run.redactor, strict=run.strict
    )
    if run.unwritten is None:
        try:
            run.written = write_report(run.report, run.settings.report_dir)
            run.written = replace(run.written, page=_write_page(run, run.report))
        except UsageError as error:
            run.unwritten = error
    return run.report


def _record(run: SuiteRun, stop: Stop | None) -> Record:
    whole, settings, parts = run.whole, run.settings, run.shown_parts
    offline = Part.OFFLINE in parts
    checks = [*whole.checks, *_not_run(run, stop)]
    waived = apply(run.waivers, checks, client_id=settings.key_id or "")
    return Record(
        catalogue=run.catalogue,
        plan=plan_of(run.catalogue, settings.plan, parts),
        parts=parts,
        target=_target(run),
        checks=checks,
        failures=whole.failures,
        stop=stop,
        subject=Subject(
            partner=settings.partner or "",
            client_id=settings.key_id or "",
            certificates=tuple(whole.certificates),
        ),
        adapter=whole.adapter or adapter_identity(None, run.address, run.redactor),
        profile=settings.profile.value if offline else "",
        seed=str(run.seed) if offline else "",
        challenge=run.challenge.id if run.challenge and offline else "",
        quirks={"Q3": settings.signed_path.value},
        cases=CaseCounts(
            vectors=whole.vectors,
            generated=whole.generated,
            stories=len({check.id for check in whole.checks if check.story}),
            sent=whole.requests,
        ),
        timing=Timing(
            total_s=round(run.clock.monotonic() - run.began, 3),
            adapter_s=round(whole.waited_s, 3),
        ),
        notes=[*_of_nobody(whole.adapter), *whole.notes, *unused(run.waivers, waived.used)],
        preflight=whole.preflight,
        charts=whole.charts,
        politeness=Politeness(
            requests=whole.requests, top_rate=whole.top_rate, waited_s=round(whole.paused_s, 3)
        ),
        waivers=waived.applied,
        evidence=_write_evidence(run),
    )


def _of_nobody(adapter: AdapterIdentity | None) -> list[str]:
    """Return a note where the suite judged itself, so that nobody takes it for their own."""
    return [] if adapter is None or adapter.address != REFERENCE else [_OWN]


def _target(run: SuiteRun) -> str:
    if Part.LIVE not in run.shown_parts:
        return ""
    return "sandbox" if run.settings.own_sandbox else visible(run.settings.base_url)


def _not_run(run: SuiteRun, stop: Stop | None) -> list[Check]:
    """Return a check for whatever was to be shown and was not: none of them passes."""
    known = {(check.id, check.requirement) for check in run.whole.checks}
    reason = Reason.ABORTED if stop else Reason.DESELECTED
    says = "" if stop else "the run was asked to leave it out"
    missing: dict[str, list[str]] = {}
    for name, requirement in planned(run.shown_parts, run.catalogue, run.vectors):
        if (name, requirement) not in known:
            missing.setdefault(name, []).append(requirement)
    return [
        check
        for name, requirements in missing.items()
        for check in not_run_checks(name, requirements, reason, says)
    ]


def _write_evidence(run: SuiteRun) -> Sequence[EvidenceFile]:
    whole, parts = run.whole, run.shown_parts
    evidence = Evidence(
        signed=whole.evidence if Part.OFFLINE in parts else None,
        stories=whole.stories if Part.CLIENT in parts else None,
        exchanges=whole.exchanges if Part.LIVE in parts else None,
        certificates=certificate_lines(whole.material) if Part.MATERIAL in parts else None,
    )
    try:
        return write_evidence(evidence, run.settings.report_dir)
    except UsageError as error:
        run.unwritten = error
        return ()


def _write_page(run: SuiteRun, report: Report) -> Path:
    from conformance.rendering import writing  # noqa: PLC0415 - templates are slow to load

    name, _ = writing.RENDERINGS["html"]
    path = run.settings.report_dir / name
    text = writing.render(report, run.catalogue, "html", now=run.clock.now())
    writing.write(text, path)
    return path
