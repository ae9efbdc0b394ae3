"""Many cases asked in one sweep; what fails is shrunk, and stored for the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from conformance.adapters.interface import AnswerKind
from conformance.cases.case import Case, Refusal
from conformance.cases.challenged import PREFIX as CHALLENGED
from conformance.cases.shrinking import shrink
from conformance.cases.store import PREFIX, FailureStore
from conformance.clock import Clock
from conformance.errors import UsageError
from conformance.trial.examination import Examination
from conformance.trial.trial import Trial

MOST_SHRUNK: Final = 5
"""Different symptoms of which one example each is shrunk."""

SHRINKING: Final = timedelta(seconds=5)
"""How long all shrinking of a sweep may take."""

Symptom = frozenset[str]
"""In which way a trial went wrong; empty when it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """The trials of a sweep, in the order asked, and sentences about what else happened."""

    trials: tuple[Trial, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Asks cases of `examination` and keeps the plainest example of each symptom in `store`."""

    examination: Examination
    store: FailureStore
    clock: Clock
    asked: Callable[[Trial], None] = lambda _: None
    """Called with each trial as it comes."""

    def run(self, cases: Iterable[Case]) -> Swept:
        """Ask the stored failures first, then `cases`.

        A stored case that fails no more is forgotten. Of each symptom, the smallest example is
        replaced by the plainest request that still shows it; a case of a challenge stays beside it.
        """
        stored = self.store.load_all()
        notes = list(stored.notes)
        trials = self.ask(stored.cases)
        for trial in trials:
            if trial.judgement is not None and not symptom(trial):
                self.store.discard(trial.case)
        trials += self.ask(cases)
        deadline = self.clock.monotonic() + SHRINKING.total_seconds()
        for index in _smallest(trials)[:MOST_SHRUNK]:
            left = timedelta(seconds=max(deadline - self.clock.monotonic(), 0))
            try:
                plainest = self._plainest(trials[index], left)
            except UsageError as error:
                notes.append(error.message)
                break
            if trials[index].case.id.startswith(CHALLENGED):  # the evidence must have it
                trials.append(plainest)
            else:
                trials[index] = plainest
        return Swept(trials=tuple(trials), notes=tuple(notes))

    def ask(self, cases: Iterable[Case]) -> list[Trial]:
        """Ask `cases`, telling of each."""
        trials = []
        for trial in self.examination.ask_many(cases):
            trials.append(trial)
            self.asked(trial)
        return trials

    def _plainest(self, trial: Trial, time: timedelta) -> Trial:
        """Return the trial of a plainer case with the same symptom, stored under its id."""
        if trial.case.id.startswith(PREFIX):
            return trial
        shown = symptom(trial)

        def is_broken(case: Case) -> bool:
            return symptom(self.examination.ask(case)) == shown

        case = shrink(trial.case, is_broken, clock=self.clock, time=time)
        again = self.examination.ask(self.store.save(case))
        return again if symptom(again) == shown else trial


def symptom(trial: Trial) -> Symptom:
    """Return in which way `trial` went wrong: by which mistakes, or else by which findings.

    An adapter that broke shows no symptom of its signer.
    """
    if trial.judgement is not None:
        mistakes = {cause.mistake for cause in trial.judgement.causes}
        found = {f"{item.requirement} {item.reason}" for item in trial.judgement.findings}
        return frozenset(mistakes or found)
    declined = trial.answer.kind is AnswerKind.REFUSED and trial.case.refusal is Refusal.WRONG
    return frozenset({"refused"}) if declined else frozenset()


def _smallest(trials: list[Trial]) -> list[int]:
    """Return the place of the smallest trial of each symptom, the commonest symptom first."""
    places: dict[Symptom, list[int]] = {}
    for index, trial in enumerate(trials):
        if shown := symptom(trial):
            places.setdefault(shown, []).append(index)
    commonest = sorted(places.values(), key=len, reverse=True)
    return [min(found, key=lambda index: _size(trials[index].case)) for found in commonest]


def _size(case: Case) -> int:
    return len(case.method) + len(case.target) + len(case.body)
