"""Many reports and bundles decided on, in as many processes as there are processors."""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from conformance.catalogue import Catalogue, load_catalogue
from conformance.clock import Clock, SystemClock
from conformance.errors import ConfigError, ConformanceError, UsageError
from conformance.gate.archive import Archive
from conformance.gate.challenge import Held
from conformance.gate.decision import (
    ACCEPTED,
    EXIT_CODES,
    Decision,
    Handed,
    Ruling,
    Step,
    Terms,
    decide,
    exit_code,
    refused,
    with_challenge_refused,
    worst,
)
from conformance.gate.policy import Policy
from conformance.gate.reading import read_report, report_of
from conformance.gate.recertifying import aged
from conformance.gate.refusal import RefusalError
from conformance.gate.registry import Registry
from conformance.gate.sources import Kind, Source
from conformance.gate.verification import Trust, verify_bundle
from conformance.gate.waivers import Waiver, faults, unused
from conformance.report.check import Check
from conformance.report.filename import READINESS
from conformance.report.model import Report
from conformance.wire.shown import shown
from conformance.wire.visible import visible

FEW: Final = 8
"""Up to so many files are judged in this process: another one costs more than it saves."""

_GARBAGE: Final = 100_000
"""Values that a process makes between two looks for garbage: a bundle leaves hardly any."""

_CHUNKS: Final = 64
"""Shares of the work that each process gets, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """All that decisions are made by; `clock` is that of a process, `now` one for all.

    `baseline` is a report or bundle, or a folder of them, found by the names of the sources.
    """

    now: datetime
    policy: Policy = field(default_factory=Policy)
    waivers: tuple[Waiver, ...] = ()
    registry: Registry = field(default_factory=Registry)
    challenges: dict[str, Held] = field(default_factory=dict)
    baseline: Path | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """The decisions in the order of the sources, and what is wrong with the waivers themselves."""

    decisions: tuple[Decision, ...]
    faults: tuple[str, ...] = ()
    strict: bool = False
    compares: bool = False
    """Whether a baseline was given."""

    @property
    def ruling(self) -> Ruling:
        """The ruling that counts: of many the worst; faulty waivers fail the gate."""
        found = worst(self.decisions)
        return Ruling.INVALID if self.faults or found is None else found.ruling

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return exit_code(self.ruling, strict=self.strict)


class _Fixed:
    """The moment of the decision, with spans of the machine's clock."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._clock = SystemClock()

    def now(self) -> datetime:
        """Return the moment of the decision."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment."""
        return self._clock.monotonic()


class Judge:
    """Decides on one source after the other.

    `one_baseline` holds the checks that all are compared with, where it is one for all.
    """

    def __init__(
        self, gate: Gate, catalogue: Catalogue, one_baseline: Sequence[Check] | None = None
    ) -> None:
        self._gate = gate
        self._catalogue = catalogue
        self._clock: Clock = _Fixed(gate.now)
        self._terms = Terms(
            catalogue=catalogue, now=gate.now, policy=gate.policy, waivers=gate.waivers,
            strict=gate.strict,
        )  # fmt: skip
        self._trust = Trust(registry=gate.registry, challenges=gate.challenges, policy=gate.policy)
        self._one_baseline = one_baseline

    def decide(self, source: Source) -> Decision:
        """Return the decision on `source`; what cannot be read or believed is refused."""
        steps: list[Step] = []
        try:
            handed = self._handed(source, steps)
            return decide(handed, self._terms, source=source.name, baseline=self._baseline(source))
        except RefusalError as error:
            return refused(source.name, error, steps)
        except UsageError as error:
            unread = RefusalError("unreadable", error.message, hint=error.hint)
            return refused(source.name, unread, steps)
        except MemoryError:
            full = RefusalError(
                "unreadable", "there is not enough memory to read it",
                hint="Judge fewer at a time: --jobs 1.",
            )  # fmt: skip
            return refused(source.name, full, steps)
        except ConformanceError as error:
            return _broke(source, error, steps)
        except Exception as error:  # noqa: BLE001 - what breaks on one must not hide the others
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
            told = ConformanceError(
                f"the gate itself broke while it judged this: {place}",
                hint="Please report it, with the file that was judged, if it may be shown.",
            )
            return _broke(source, told, steps)

    def _handed(self, source: Source, steps: list[Step]) -> Handed:
        if source.kind is Kind.REPORT:
            report = read_report(source.path)
            steps.append(
                Step(name="report", says="taken as it is: only a bundle shows who made it")
            )
            checks = checks_at(report, self._catalogue, self._clock.now())
            return Handed(report=report, checks=checks, steps=tuple(steps))
        return verify_bundle(
            source.path, self._trust, catalogue=self._catalogue, clock=self._clock, steps=steps
        )

    def _baseline(self, source: Source) -> Sequence[Check] | None:
        folder = self._gate.baseline
        if folder is None or self._one_baseline is not None:
            return self._one_baseline
        path = folder / (source.path.name if source.alone else source.name)
        if not path.exists():
            return None
        return baseline_checks(path, self._catalogue, self._clock.now())


def one_baseline(gate: Gate, catalogue: Catalogue) -> tuple[Check, ...] | None:
    """Return the checks of the baseline of `gate`; None where it has none, or a folder of them.

    Raises:
        UsageError: it cannot be read.
    """
    path = gate.baseline
    if path is None or path.is_dir():
        return None
    return baseline_checks(path, catalogue, gate.now)


def _broke(source: Source, error: ConformanceError, steps: Sequence[Step]) -> Decision:
    return Decision(
        source=source.name, ruling=Ruling.ERROR, exit_code=EXIT_CODES[Ruling.ERROR],
        says=error.message, hint=error.hint, steps=tuple(steps),
    )  # fmt: skip


def checks_of(report: Report) -> tuple[Check, ...]:
    """Return all checks of `report`.

    Raises:
        RefusalError: it has one twice, or under another requirement than its own.
    """
    found = [(result.id, check) for result in report.requirements for check in result.checks]
    if any(check.requirement != name for name, check in found) or len(
        {(check.id, check.requirement) for _, check in found}
    ) != len(found):
        raise RefusalError(
            "report-broken", "the report has one check twice, or in a wrong place",
            hint="Take the file `readiness.json` as `check` wrote it.",
        )  # fmt: skip
    return tuple(check for _, check in found)


def checks_at(report: Report, catalogue: Catalogue, now: datetime) -> tuple[Check, ...]:
    """Return all checks of `report`, those of certificates as they stand at `now`.

    Raises:
        RefusalError: as `checks_of` says.
    """
    return aged(checks_of(report), report.subject.certificates, catalogue, now)


def baseline_checks(path: Path, catalogue: Catalogue, now: datetime) -> tuple[Check, ...]:
    """Return the checks of the report or bundle at `path`, which the gate's owner vouches for.

    Those of certificates are as they stand at `now`: that time goes by is no change.

    Raises:
        UsageError: it cannot be read.
    """
    name = shown(str(path), 300)
    try:
        return checks_at(_report_at(path, name), catalogue, now)
    except OSError as error:
        why = f"it cannot be read: {error.strerror}"
    except UsageError as error:
        why = error.message
    raise UsageError(
        f"the baseline {name} is of no use: {why}",
        hint="Give --baseline the readiness.json or the bundle of an earlier run, or a folder of "
        "them; leave it out where there is none yet.",
    )


def _report_at(path: Path, name: str) -> Report:
    if path.suffix != ".zip":
        return read_report(path)
    with path.open("rb") as file:
        archive = Archive(file)
        if READINESS not in archive.entries:
            raise RefusalError("file-missing", f"it has no {READINESS}")
        return report_of(archive.read(READINESS), name)


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_gate(sources: Sequence[Source], gate: Gate, *, jobs: int | None = None) -> Gated:
    """Return the decisions on `sources`, made by `jobs` processes (one a processor).

    Challenges that were answered are marked as used, in the order of the sources; none is where a
    waiver cannot stand, since nothing is accepted then.

    Raises:
        UsageError: a baseline or mark cannot be read or written.
        ConfigError: the policy names a requirement that there is not.
        ConformanceError: a process died.
    """
    catalogue = load_catalogue()
    _refuse_unknown(gate.policy, catalogue)
    wrong = faults(gate.waivers, catalogue=catalogue, now=gate.now, never=gate.policy.never)
    sound = tuple(item for item in gate.waivers if not _is_faulty(item, gate, catalogue))
    gate = replace(gate, waivers=sound)
    baseline = one_baseline(gate, catalogue)
    decisions = list(_decisions(sources, gate, catalogue, baseline, jobs))
    used = {waiver for decision in decisions for waiver in decision.used}
    amiss = (*wrong, *unused(sound, used))
    if not amiss:
        decisions = _used(decisions, gate)
    return Gated(
        decisions=tuple(decisions), faults=amiss, strict=gate.strict,
        compares=gate.baseline is not None,
    )  # fmt: skip


def _refuse_unknown(policy: Policy, catalogue: Catalogue) -> None:
    """See that the policy protects requirements that there are: a typo would protect nothing."""
    for name in policy.never_waived:
        if name not in catalogue.requirements:
            raise ConfigError(
                f"the policy's never_waived names {visible(name, limit=60)}, a requirement that "
                "the catalogue does not know",
                hint="`lendico-conformance requirements` lists them.",
            )


def _decisions(
    sources: Sequence[Source],
    gate: Gate,
    catalogue: Catalogue,
    baseline: Sequence[Check] | None,
    jobs: int | None,
) -> Iterator[Decision]:
    workers = min(jobs or processors(), len(sources))
    if workers < 2 or (jobs is None and len(sources) <= FEW):
        judge = Judge(gate, catalogue, baseline)
        yield from map(judge.decide, sources)
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - slow to load
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    chunk = max(len(sources) // (workers * _CHUNKS), 1)
    try:
        with ProcessPoolExecutor(workers, initializer=_begin, initargs=(gate, baseline)) as pool:
            yield from pool.map(_decide, sources, chunksize=chunk)
    except BrokenProcessPool:
        raise ConformanceError(
            "a process of the gate was ended from outside, perhaps for want of memory",
            hint="Judge fewer at a time: --jobs 1.",
        ) from None


_JUDGE: list[Judge] = []
"""That of this process, where it works for another one."""


def _begin(gate: Gate, baseline: Sequence[Check] | None) -> None:
    _JUDGE[:] = [Judge(gate, load_catalogue(), baseline)]
    gc.freeze()  # what is loaded by now stays: it is not to be looked through again and again
    gc.set_threshold(_GARBAGE)


def _decide(source: Source) -> Decision:
    return _JUDGE[0].decide(source)


def _used(decisions: list[Decision], gate: Gate) -> list[Decision]:
    """Mark the challenges that were answered; of two bundles for one, the second is refused."""
    for place, decision in enumerate(decisions):
        held = gate.challenges.get(decision.challenge)
        if held is not None and decision.bundle and decision.ruling in ACCEPTED:
            try:
                held.use(decision.bundle)
            except RefusalError as error:
                decisions[place] = with_challenge_refused(decision, error)
    return decisions


def _is_faulty(waiver: Waiver, gate: Gate, catalogue: Catalogue) -> bool:
    return bool(faults([waiver], catalogue=catalogue, now=gate.now, never=gate.policy.never))
