"""One run of the suite: what is asked, what was seen, and the report of it."""

from __future__ import annotations

import os
import re
import secrets
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from conformance.cases.case import Case
from conformance.cases.store import FailureStore
from conformance.cases.vectors import PREFIX as VECTORS
from conformance.cases.vectors import Vector, load_vectors
from conformance.catalogue import Catalogue, load_catalogue
from conformance.clock import Clock, SystemClock
from conformance.config import Part, Settings
from conformance.errors import AdapterError, ConformanceError, UsageError
from conformance.gate.challenge import Challenge
from conformance.gate.waivers import Waiver, apply, unused
from conformance.redaction import Redactor
from conformance.report.certified import planned_material
from conformance.report.document import Run as Record
from conformance.report.document import adapter_identity, report_of
from conformance.report.model import (
    CaseCounts,
    Check,
    EvidenceFile,
    Politeness,
    Reason,
    Report,
    Step,
    Stop,
    StopKind,
    Subject,
    Timing,
)
from conformance.report.telling import not_run_checks
from conformance.report.verdict import of_part, plan_of
from conformance.report.writing import Evidence, Written, write_evidence, write_report
from conformance.run.recording import Recording
from conformance.stories.case import PREFIX as STORY
from conformance.stories.case import ClientCase
from conformance.wire.visible import visible

_SEEDS: Final = 2**32
_GENERATED: Final = re.compile(r"generated/([0-9]{1,6})\Z")


class Listener(Protocol):
    """Is told how far a run is."""

    def phase(self, name: str, total: int) -> None:
        """Begin the phase `name`, of `total` requests."""

    def advance(self, steps: int = 1) -> None:
        """Tell that `steps` more requests of the phase are answered."""

    def step(self, step: Step) -> None:
        """Tell what the preflight has just looked at."""


class Silence:
    """A listener that does nothing."""

    def phase(self, name: str, total: int) -> None:
        """Say nothing of the phase."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing of the steps."""

    def step(self, step: Step) -> None:
        """Say nothing of the preflight."""


@dataclass(kw_only=True)
class SuiteRun:
    """The suite against the implementation that `settings` name.

    `replay` names the one case to ask in a run that asks no more; `challenge` brings cases of its
    own, `waivers` cover failures. `seen` is what this process has
    seen since it was last taken; `whole` gathers what all processes have.
    """

    settings: Settings
    replay: str | None = None
    challenge: Challenge | None = None
    waivers: tuple[Waiver, ...] = ()
    strict: bool = False
    clock: Clock = field(default_factory=SystemClock)
    listener: Listener = field(default_factory=Silence)
    seed: int = field(default_factory=lambda: secrets.randbelow(_SEEDS))
    redactor: Redactor = field(default_factory=Redactor)
    store: FailureStore = field(default_factory=FailureStore)
    seen: Recording = field(default_factory=Recording)
    whole: Recording = field(default_factory=Recording)
    exchanges: dict[str, str] = field(default_factory=dict)
    """What this process sent to the API and got back: entries of the HAR file by their names."""
    catalogue: Catalogue = field(init=False)
    parts: tuple[Part, ...] = field(init=False)
    """What is run."""
    vectors: tuple[Vector, ...] = field(init=False)
    stories: tuple[ClientCase, ...] = field(init=False, default=())
    """The cases of a client."""
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
        self.parts = self.settings.parts
        offline = Part.OFFLINE in self.parts
        self.vectors = load_vectors(self.settings.signed_path) if offline else ()
        if Part.CLIENT in self.parts:
            self.stories = tuple(_client_cases().values())
        if self.replay is not None and self.replay.startswith(STORY):
            self.stories = (self._story(self.replay.removeprefix(STORY)),)
            self.parts = (Part.CLIENT,)
        elif self.replay is not None:
            if not offline:
                raise UsageError(
                    "--replay is for cases of a signer",
                    hint="Choose what to ask with -k, such as -k API-DIG-002.",
                )
            self.parts = (Part.OFFLINE,)
            self.replayed = self._case(self.replay)
        _prove_writable(self.settings.report_dir)

    def requirements(self, part: Part) -> tuple[str, ...]:
        """Return the requirements that `part` judges."""
        return of_part(self.catalogue, part)

    @property
    def asks_adapter(self) -> bool:
        """Whether an implementation is asked through its adapter."""
        return Part.OFFLINE in self.parts or Part.CLIENT in self.parts

    @property
    def shown_parts(self) -> tuple[Part, ...]:
        """The parts that count: a client that cannot send is made up for by calls of the API."""
        adapter = self.whole.adapter
        if Part.LIVE not in self.parts or adapter is None or "send" in adapter.can:
            return self.parts
        return tuple(part for part in self.parts if part is not Part.CLIENT)

    @property
    def address(self) -> str:
        """How the implementation is reached, as people write it."""
        if not self.asks_adapter:
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
        parts = self.shown_parts
        offline = Part.OFFLINE in parts
        checks = [*whole.checks, *self._not_run(stop)]
        waived = apply(self.waivers, checks, client_id=settings.key_id or "")
        record = Record(
            catalogue=self.catalogue,
            plan=plan_of(self.catalogue, settings.plan, parts),
            parts=parts,
            target=self._target(parts),
            checks=checks,
            failures=whole.failures,
            stop=stop,
            subject=Subject(
                partner=settings.partner or "",
                client_id=settings.key_id or "",
                certificates=tuple(whole.certificates),
            ),
            adapter=whole.adapter or adapter_identity(None, self.address, self.redactor),
            profile=settings.profile.value if offline else "",
            seed=str(self.seed) if offline else "",
            challenge=self.challenge.id if self.challenge and offline else "",
            quirks={"Q3": settings.signed_path.value},
            cases=CaseCounts(
                vectors=whole.vectors,
                generated=whole.generated,
                stories=len({check.id for check in whole.checks if check.story}),
                sent=whole.requests,
            ),
            timing=Timing(
                total_s=round(self.clock.monotonic() - self._began, 3),
                adapter_s=round(whole.waited_s, 3),
            ),
            notes=[*whole.notes, *unused(self.waivers, waived.used)],
            preflight=whole.preflight,
            charts=whole.charts,
            politeness=Politeness(
                requests=whole.requests, top_rate=whole.top_rate, waited_s=round(whole.paused_s, 3)
            ),
            waivers=waived.applied,
            evidence=self._write_evidence(whole),
        )
        self.report = report_of(
            record, created=self.clock.now(), redactor=self.redactor, strict=self.strict
        )
        if self.unwritten is None:
            try:
                self.written = write_report(self.report, settings.report_dir)
                self.written = replace(self.written, page=self._write_page(self.report))
            except UsageError as error:
                self.unwritten = error
        return self.report

    def _write_page(self, report: Report) -> Path:
        from conformance.rendering import writing  # noqa: PLC0415 - templates are slow to load

        name, _ = writing.RENDERINGS["html"]
        path = self.settings.report_dir / name
        text = writing.render(report, self.catalogue, "html", now=self.clock.now())
        writing.write(text, path)
        return path

    def _target(self, parts: Collection[Part]) -> str:
        if Part.LIVE not in parts:
            return ""
        return "sandbox" if self.settings.own_sandbox else visible(self.settings.base_url)

    def _write_evidence(self, whole: Recording) -> Sequence[EvidenceFile]:
        parts = self.shown_parts
        evidence = Evidence(
            signed=whole.evidence if Part.OFFLINE in parts else None,
            stories=whole.stories if Part.CLIENT in parts else None,
            exchanges=whole.exchanges if Part.LIVE in parts else None,
        )
        try:
            return write_evidence(evidence, self.settings.report_dir)
        except UsageError as error:
            self.unwritten = error
            return ()

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
        parts = self.shown_parts
        if Part.OFFLINE in parts:
            for requirement in self.requirements(Part.OFFLINE):
                yield f"generated:{requirement}", requirement
            for vector in self.vectors:
                for requirement in vector.case.requirements:
                    yield f"vector:{vector.id}", requirement
        if Part.CLIENT in parts:
            for case in _client_cases().values():
                for requirement in case.requirements:
                    yield case.check_id, requirement
        if Part.MATERIAL in parts:
            yield from planned_material()
        if Part.LIVE in parts:
            from conformance.probes.listing import planned  # noqa: PLC0415 - not where none is sent

            yield from planned(self.requirements(Part.LIVE))

    def _story(self, name: str) -> ClientCase:
        """Return the case of a client that `name` names."""
        found = _client_cases().get(name)
        if found is None:
            raise UsageError(
                f"there is no case {visible(name, limit=100)} of a client",
                hint="Name one as the report does, such as story:call/ping.",
            )
        return found

    def _case(self, name: str) -> Case:
        """Return the case that `name` names: a stored failure, a vector, or a generated one."""
        bare = name.removeprefix(VECTORS)
        for vector in self.vectors:
            if vector.id == bare:
                return vector.case
        for case in self.challenge.cases() if self.challenge else ():
            if case.id == name:
                return case
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


def _client_cases() -> Mapping[str, ClientCase]:
    from conformance.stories.cases import load_cases  # noqa: PLC0415 - not where no client is asked

    return load_cases()


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
