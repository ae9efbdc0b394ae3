"""One run of the suite: what is asked, what was seen, and the report of it."""

from __future__ import annotations

import os
import re
import secrets
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from conformance.cases.case import Case
from conformance.cases.store import FailureStore
from conformance.cases.vectors import PREFIX as VECTORS
from conformance.cases.vectors import Vector, load_vectors
from conformance.catalogue import Catalogue, load_catalogue
from conformance.clock import Clock, SystemClock
from conformance.config import Plan as PlanName
from conformance.config import Settings
from conformance.errors import AdapterError, ConformanceError, UsageError
from conformance.redaction import Redactor
from conformance.report.document import Run as Record
from conformance.report.document import adapter_identity, report_of
from conformance.report.model import (
    CaseCounts,
    Check,
    EvidenceFile,
    Reason,
    Report,
    Stop,
    StopKind,
    Subject,
    Timing,
)
from conformance.report.telling import not_run_checks
from conformance.report.verdict import Plan, api_plan, signer_plan
from conformance.report.writing import Written, write_evidence, write_exchanges, write_report
from conformance.run.recording import Recording
from conformance.wire.visible import visible

_SEEDS: Final = 2**32
_GENERATED: Final = re.compile(r"generated/([0-9]{1,6})\Z")


class Listener(Protocol):
    """Is told how far a run is."""

    def phase(self, name: str, total: int) -> None:
        """Begin the phase `name`, of `total` requests."""

    def advance(self, steps: int = 1) -> None:
        """Tell that `steps` more requests of the phase are answered."""


class Silence:
    """A listener that does nothing."""

    def phase(self, name: str, total: int) -> None:
        """Say nothing of the phase."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing of the steps."""


@dataclass(kw_only=True)
class SuiteRun:
    """The suite against the implementation that `settings` name.

    `replay` names the one case to ask in a run that asks no more. `seen` is what this process has
    seen since it was last taken; `whole` gathers what all processes have.
    """

    settings: Settings
    replay: str | None = None
    strict: bool = False
    clock: Clock = field(default_factory=SystemClock)
    listener: Listener = field(default_factory=Silence)
    seed: int = field(default_factory=lambda: secrets.randbelow(_SEEDS))
    redactor: Redactor = field(default_factory=Redactor)
    store: FailureStore = field(default_factory=FailureStore)
    seen: Recording = field(default_factory=Recording)
    whole: Recording = field(default_factory=Recording)
    catalogue: Catalogue = field(init=False)
    plan: Plan = field(init=False)
    vectors: tuple[Vector, ...] = field(init=False)
    replayed: Case | None = field(init=False, default=None)
    report: Report | None = field(init=False, default=None)
    written: Written | None = field(init=False, default=None)
    unwritten: UsageError | None = field(init=False, default=None)
    """Why the files of the report could not be written; the report itself is there all the same."""
    selected: int = field(init=False, default=0)
    """How many vectors are to be asked."""
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        """Load what is asked, and make sure that a report can be written.

        Raises:
            UsageError: no case goes by the name of `replay`, or the report cannot be written.
        """
        self._began = self.clock.monotonic()
        if self.settings.seed is not None:
            self.seed = self.settings.seed
        self.catalogue = load_catalogue()
        self.plan = api_plan(self.catalogue) if self.calls else signer_plan(self.catalogue)
        self.vectors = () if self.calls else load_vectors(self.settings.signed_path)
        if self.replay is not None and self.calls:
            raise UsageError(
                "--replay is for cases of a signer; the API is asked probes",
                hint="Choose what to ask with -k, such as -k API-DIG-002.",
            )
        if self.replay is not None:
            self.replayed = self._case(self.replay)
        _prove_writable(self.settings.report_dir)

    @property
    def calls(self) -> bool:
        """Whether the API itself is called."""
        return self.settings.plan is PlanName.API

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements that generated requests are judged for."""
        return tuple(item for item in self.plan.covers if item in self.plan.demands)

    @property
    def address(self) -> str:
        """How the implementation is reached, as people write it."""
        if self.calls:
            return self.settings.base_url
        adapter = self.settings.adapter
        return adapter if isinstance(adapter, str) else shlex.join(adapter)

    def broke(self, where: str, error: BaseException) -> None:
        """Put on record that the suite itself broke."""
        self.seen.stop = self.seen.stop or Stop(
            kind=StopKind.ERROR,
            reason=f"the suite broke {where}: {type(error).__name__}: {error}",
            hint=getattr(error, "hint", "") or "This is a defect of the suite: please report it.",
        )

    def halt(self, error: ConformanceError) -> None:
        """Put on record that the run cannot start, and why."""
        self.seen.stop = self.seen.stop or Stop(
            kind=StopKind.INVALID,
            reason=error.message,
            hint=error.hint,
            detail=error.detail if isinstance(error, AdapterError) else "",
        )

    def take(self) -> Recording:
        """Return what this process has seen since the last call."""
        taken, self.seen = self.seen, Recording()
        return taken

    def finish(self, stop: Stop | None = None) -> Report:
        """Write the report of all that was seen, and return it.

        `stop` is the early end that the caller knows of; what was not reached is `not_run`.
        A file that cannot be written is told by `unwritten`: the verdict is not lost with it.
        """
        self.whole.add(self.take())
        whole = self.whole
        stop = whole.stop or stop
        settings = self.settings
        record = Record(
            catalogue=self.catalogue,
            plan=self.plan,
            checks=[*whole.checks, *self._not_run(stop)],
            failures=whole.failures,
            stop=stop,
            subject=Subject(
                partner=settings.partner or "",
                client_id=settings.key_id or "",
                certificates=tuple(whole.certificates),
            ),
            adapter=whole.adapter or adapter_identity(None, self.address, self.redactor),
            profile="" if self.calls else settings.profile.value,
            seed="" if self.calls else str(self.seed),
            quirks={"Q3": settings.signed_path.value},
            cases=CaseCounts(vectors=whole.vectors, generated=whole.generated, sent=whole.requests),
            timing=Timing(
                total_s=round(self.clock.monotonic() - self._began, 3),
                adapter_s=round(whole.waited_s, 3),
            ),
            notes=whole.notes,
            evidence=self._write_evidence(whole.evidence),
        )
        self.report = report_of(
            record, created=self.clock.now(), redactor=self.redactor, strict=self.strict
        )
        if self.unwritten is None:
            try:
                self.written = write_report(self.report, settings.report_dir)
            except UsageError as error:
                self.unwritten = error
        return self.report

    def _write_evidence(self, lines: Sequence[str]) -> EvidenceFile:
        write = write_exchanges if self.calls else write_evidence
        try:
            return write(lines, self.settings.report_dir)
        except UsageError as error:
            self.unwritten = error
            return EvidenceFile()

    def _not_run(self, stop: Stop | None) -> list[Check]:
        """Return a check for whatever was to be shown and was not: none of them passes."""
        known = {(check.id, check.requirement) for check in self.whole.checks}
        reason = Reason.ABORTED if stop else Reason.DESELECTED
        says = "" if stop else "the run was asked to leave it out"
        missing: dict[str, list[str]] = {}
        for name, requirement in self._planned():
            if (name, requirement) not in known:
                missing.setdefault(name, []).append(requirement)
        return [
            check
            for name, requirements in missing.items()
            for check in not_run_checks(name, requirements, reason, says)
        ]

    def _planned(self) -> Iterator[tuple[str, str]]:
        """Yield id and requirement of each check that a whole run makes at least."""
        if self.calls:
            from conformance.probes.listing import planned  # noqa: PLC0415 - not where none is sent

            yield from planned(self.requirements)
            return
        for requirement in self.requirements:
            yield f"generated:{requirement}", requirement
        for vector in self.vectors:
            for requirement in vector.case.requirements:
                yield f"vector:{vector.id}", requirement

    def _case(self, name: str) -> Case:
        """Return the case that `name` names: a stored failure, a vector, or a generated one."""
        bare = name.removeprefix(VECTORS)
        for vector in self.vectors:
            if vector.id == bare:
                return vector.case
        generated = _GENERATED.match(name)
        if generated is None:
            return self.store.load(name)
        if self.settings.seed is None:
            raise UsageError(
                f"{name} is a case of one seed, and none is given",
                hint="Give the seed of the run that it is from: --seed N.",
            )
        from conformance.cases.generated import stream  # noqa: PLC0415 - hypothesis is slow to load

        return next(islice(stream(self.settings.seed), int(generated[1]), None))


def _prove_writable(directory: Path) -> None:
    """Make `directory`, and see that files can be made in it, before anything is asked."""
    probe = directory / f".{secrets.token_hex(8)}.half"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"no report can be written into {visible(str(directory))}: {error.strerror}",
            hint="Choose a directory that can be written with --report-dir.",
        ) from None
