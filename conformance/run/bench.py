"""The implementation on the bench: asked through its adapter, what it shows put on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from cryptography.hazmat.primitives.serialization import Encoding

from conformance.cases.describe import describe
from conformance.cases.generated import collect
from conformance.cases.profile import PROFILES
from conformance.cases.vectors import Vector, vector_key
from conformance.config import Part
from conformance.errors import DataError
from conformance.material.keyfile import KeyFiles
from conformance.report.certified import certificate_of
from conformance.report.check import Check, Outcome
from conformance.report.evidence import EvidenceLines, exchange_of
from conformance.report.telling import Teller
from conformance.rules.finding import Judgement
from conformance.run.adapting import adapted, halting
from conformance.run.suite import SuiteRun
from conformance.trial import Trial
from conformance.trial.examination import Examination
from conformance.trial.sweep import Sweep
from conformance.wire.reading import Reading


class Bench:
    """Asks the implementation of `run`, and adds what it shows to `run.seen`."""

    def __init__(self, run: SuiteRun, examination: Examination) -> None:
        self.run = run
        self._examination = examination
        self._teller = Teller(
            catalogue=run.catalogue, hello=examination.hello, redactor=run.redactor
        )
        self._evidence = EvidenceLines(run.redactor)
        self._swept: Mapping[str, Check] | None = None
        self._amiss: dict[str, Trial] = {}
        self._begun = False
        self._waited = timedelta()

    def vector(self, vector: Vector) -> list[Check]:
        """Ask a vector and return a check for each requirement that it tells of.

        Raises:
            DataError: the suite calls a signature right that is not the golden one.
        """
        if not self._begun:
            self._begun = True
            self.run.listener.phase("vectors", self.run.selected)
        began = self.run.clock.monotonic()
        trial = self._examination.ask(vector.case)
        if self._examination.deterministic:
            _hold_to_golden(vector, trial)
        self._record([trial])
        checks = self._teller.vector_checks(trial, duration_s=self.run.clock.monotonic() - began)
        self.run.seen.vectors += 1
        self.run.seen.checks += checks
        self.run.listener.advance()
        return checks

    def requirement(self, requirement: str) -> Check:
        """Return the check of `requirement` over all generated requests, asked when first needed.

        In a run that replays one case it is that case alone.
        """
        if self._swept is None:
            self._swept = {}
            self._swept = {check.requirement: check for check in self._sweep()}
        check = self._swept[requirement]
        self.run.seen.checks.append(check)
        return check

    def request_of(self, case_id: str) -> str:
        """Return the case with this id as a request that one can read, if it went wrong."""
        trial = self._amiss.get(case_id)
        return describe(trial.case) if trial else ""

    def judgement_of(self, case_id: str) -> Judgement | None:
        """Return what the rules said of the case with this id, if it went wrong."""
        trial = self._amiss.get(case_id)
        return trial.judgement if trial else None

    def _sweep(self) -> list[Check]:
        run = self.run
        began = run.clock.monotonic()
        trials: list[Trial] = []

        def asked(trial: Trial) -> None:
            trials.append(trial)
            run.listener.advance()

        sweep = Sweep(examination=self._examination, store=run.store, clock=run.clock, asked=asked)
        try:
            if run.replayed is not None:
                sweep.ask([run.replayed])
            else:
                cases = collect(PROFILES[run.settings.profile], run.seed)
                if run.challenge is not None:
                    cases = [*run.challenge.cases(), *cases]
                run.listener.phase("generated requests", len(cases))
                swept = sweep.run(cases)
                trials = list(swept.trials)
                run.seen.notes += swept.notes
        except KeyboardInterrupt:
            # What was seen broken is no less so; what was not, has not been shown.
            run.seen.checks += [
                check for check in self._checks(trials, began) if check.outcome is Outcome.FAIL
            ]
            raise
        finally:
            run.seen.generated += len(trials)
            self._record(trials)
        return self._checks(trials, began)

    def _checks(self, trials: list[Trial], began: float) -> list[Check]:
        return self._teller.generated_checks(
            trials,
            self.run.requirements(Part.OFFLINE),
            duration_s=self.run.clock.monotonic() - began,
        )

    def _record(self, trials: list[Trial]) -> None:
        """Keep the evidence of `trials`, and what went wrong in them."""
        seen = self.run.seen
        for trial in trials:
            seen.evidence += self._evidence.of(exchange_of(trial))
            failure = self._teller.failure(trial)
            if failure is not None:
                seen.failures.append(failure)
                self._amiss[trial.case.id] = trial
        seen.waited_s += (self._examination.waited - self._waited).total_seconds()
        self._waited = self._examination.waited


@contextmanager
def opened(run: SuiteRun) -> Iterator[Bench]:
    """Reach the implementation of `run`, and let go of it at the end.

    Raises:
        AdapterStartError, UsageError: it cannot be examined; `run.seen` says so too.
    """
    with KeyFiles() as files, adapted(run) as adapter:
        with halting(run):
            examination = Examination(
                adapter,
                files=files,
                vector_key=vector_key,
                clock=run.clock,
                base_url=run.settings.base_url,
                signed_path=run.settings.signed_path,
            )
        if examination.certificate is not None:
            run.seen.certificates.append(certificate_of("signature", examination.certificate))
            run.seen.signer = examination.certificate.public_bytes(Encoding.PEM).decode()
        yield Bench(run, examination)


def _hold_to_golden(vector: Vector, trial: Trial) -> None:
    """Compare a signature that the rules call right with the one that openssl made.

    Raises:
        DataError: they differ, so the rules or the vector are wrong.
    """
    judged = trial.judgement
    if judged is None or judged.findings or judged.undetermined:
        return
    if judged.signing_string != vector.stages.signing_string:
        return
    sent = Reading(request=judged.request, expected=trial.expected).parameter("signature")
    if sent != vector.stages.signature:
        raise DataError(
            f"the vector {vector.id} has another signature than one that the rules call right",
            hint="This is a defect of the suite: please report it.",
        )
