"""From trials to checks and failures: what was seen, as the report tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from conformance.adapters.interface import Hello
from conformance.catalogue import Catalogue, Level
from conformance.redaction import Redactor
from conformance.report.check import Check, Outcome, Reason
from conformance.report.excerpt import (
    broken_check,
    broken_of,
    example_of,
    failure_of,
    plainness,
    size_of,
    text_of,
)
from conformance.report.failure import Broken, Failure, Trouble
from conformance.report.unanswered import Unanswered, unanswered
from conformance.report.verdict import soften, worse
from conformance.rules.finding import Judgement
from conformance.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Turns trials of one implementation into checks and failures.

    `hello` is what the adapter said of itself: it decides what does not apply. All text passes
    `redactor` and is bounded.
    """

    catalogue: Catalogue
    hello: Hello
    redactor: Redactor = field(default_factory=Redactor)

    def vector_checks(self, trial: Trial, *, duration_s: float = 0.0) -> list[Check]:
        """Return a check for each requirement that the vector is for, or that it shows broken."""
        name = f"vector:{trial.case.id.removeprefix('vectors/')}"
        blank = Check(
            id=name,
            requirement="",
            outcome=Outcome.NOT_RUN,
            duration_s=duration_s,
            evidence=(trial.case.id,),
        )
        lacking = unanswered(trial, self.redactor)
        if lacking is not None or trial.judgement is None:
            return [
                self._lacking(replace(blank, requirement=requirement), lacking)
                for requirement in trial.case.requirements
                if lacking is not None
            ]
        found = (finding.requirement for finding in trial.judgement.findings)
        return [
            self._judged(replace(blank, requirement=requirement), trial.judgement)
            for requirement in dict.fromkeys((*trial.case.requirements, *found))
        ]

    def generated_checks(
        self, trials: Iterable[Trial], requirements: Sequence[str], *, duration_s: float = 0.0
    ) -> list[Check]:
        """Return one check for each of `requirements` over all `trials`.

        The smallest request that breaks a requirement stands as its example. A case that was not
        answered counts for the requirements it was made for; for all when it names none.
        """
        tally = _Tally()
        for trial in trials:
            lacking = unanswered(trial, self.redactor)
            if lacking is not None:
                tally.add_unanswered(trial, lacking, trial.case.requirements or requirements)
            elif trial.judgement is not None:
                tally.add_judged(trial, trial.judgement)
        return [
            self._generated(
                Check(
                    id=f"generated:{requirement}",
                    requirement=requirement,
                    outcome=Outcome.NOT_RUN,
                    duration_s=duration_s,
                    cases=0,
                ),
                tally,
            )
            for requirement in requirements
        ]

    def failure(self, trial: Trial) -> Failure | None:
        """Return what went wrong in `trial`, for `causes.group`; None when nothing did."""
        lacking = unanswered(trial, self.redactor)
        judgement = trial.judgement
        if lacking is None and judgement is not None:
            return failure_of(judgement, trial.case, self.redactor)
        kind = _TROUBLES.get(lacking.outcome) if lacking else None
        if lacking is None or kind is None:
            return None
        return Failure(
            kind=kind,
            example=example_of(trial.case, self.redactor),
            broken=tuple(_told(lacking, item) for item in trial.case.requirements or ("",)),
        )

    def _lacking(self, check: Check, lacking: Unanswered) -> Check:
        """Return `check` as that of a case without a signed request."""
        failed = int(lacking.outcome is Outcome.FAIL)
        return replace(
            check,
            outcome=soften(lacking.outcome, self._level(check.requirement)),
            reason=lacking.reason,
            expected=lacking.expected,
            observed=lacking.observed,
            hint=lacking.hint,
            cases=failed,
            broken=failed,
        )

    def _judged(self, check: Check, judgement: Judgement) -> Check:
        """Return `check` as `judgement` alone gives it."""
        if judgement.broken(check.requirement):
            return self._broken(check, judgement)
        if judgement.holds(check.requirement):
            return replace(check, outcome=Outcome.PASS)
        declared = self._declared(check.requirement)
        if declared:
            return _not_applicable(check, Reason.DECLARED, declared)
        if check.requirement in judgement.silent:
            return _not_applicable(check, Reason.NOT_ASKED, "the request does not concern it")
        return self._undetermined(check, judgement.undetermined[check.requirement])

    def _broken(self, check: Check, judgement: Judgement) -> Check:
        told = broken_of(judgement.broken(check.requirement)[0], self.redactor)
        level = self._level(check.requirement)
        return broken_check(check, told, judgement, level, self.redactor)

    def _generated(self, check: Check, tally: _Tally) -> Check:
        """Return `check` with what the answered and the unanswered cases give together."""
        answered = self._answered(check, tally)
        if check.requirement not in tally.worst:
            return answered
        refused = tally.refused[check.requirement]
        answered = replace(
            answered, cases=answered.cases + refused, broken=answered.broken + refused
        )
        trial, lacking = tally.worst[check.requirement]
        told = self._lacking(check, lacking)
        if not worse(told.outcome, answered.outcome):
            return answered
        return replace(
            told,
            cases=answered.cases,
            broken=answered.broken,
            evidence=(*answered.evidence, trial.case.id),
            diagnosis=answered.diagnosis,
        )

    def _answered(self, check: Check, tally: _Tally) -> Check:
        """Return `check` as the answered cases alone give it."""
        requirement = check.requirement
        check = replace(check, cases=tally.answered - tally.untold[requirement])
        if requirement in tally.smallest:
            trial, judgement = tally.smallest[requirement]
            broken = self._broken(replace(check, evidence=(trial.case.id,)), judgement)
            return replace(broken, broken=tally.broken[requirement])
        declared = self._declared(requirement)
        if declared:
            return _not_applicable(check, Reason.DECLARED, declared)
        if check.cases:
            return replace(check, outcome=Outcome.PASS)
        if requirement in tally.undetermined:
            return self._undetermined(check, tally.undetermined[requirement])
        if tally.answered:
            told = "none of the generated requests concerns it"
            return _not_applicable(check, Reason.NOT_ASKED, told)
        return replace(check, reason=Reason.ABORTED, observed="no generated request was answered")

    def _undetermined(self, check: Check, why: str) -> Check:
        return replace(
            check,
            outcome=Outcome.NOT_RUN,
            reason=Reason.UNDETERMINED,
            observed=text_of(why, self.redactor),
            cases=0,
        )

    def _level(self, requirement: str) -> Level:
        known = self.catalogue.requirements.get(requirement)
        return known.level if known else Level.MUST

    def _declared(self, requirement: str) -> str:
        """Return why `requirement` does not apply to this adapter; nothing when it does."""
        if requirement == "DATE-003" and self.hello.has_clock:
            return "the signer takes the date it is given (`clock`): it has no clock to judge"
        return ""


_TROUBLES = {Outcome.FAIL: Trouble.REFUSED, Outcome.ERROR: Trouble.ERROR}


class _Tally:
    """What many trials give for each requirement."""

    def __init__(self) -> None:
        self.answered = 0
        self.broken: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.untold: Counter[str] = Counter()
        """In how many requests it could not be told whether a requirement holds."""
        self.undetermined: dict[str, str] = {}
        self.smallest: dict[str, tuple[Trial, Judgement]] = {}
        self.worst: dict[str, tuple[Trial, Unanswered]] = {}

    def add_judged(self, trial: Trial, judgement: Judgement) -> None:
        """Count a signed request."""
        self.answered += 1
        found = {finding.requirement for finding in judgement.findings}
        for requirement in found:
            self.broken[requirement] += 1
            known = self.smallest.get(requirement)
            if known is None or _plainness(trial) < _plainness(known[0]):
                self.smallest[requirement] = (trial, judgement)
        self.untold.update({*judgement.silent, *judgement.undetermined} - found)
        for requirement, why in judgement.undetermined.items():
            self.undetermined.setdefault(requirement, why)

    def add_unanswered(
        self, trial: Trial, lacking: Unanswered, requirements: Iterable[str]
    ) -> None:
        """Count a case without a signed request for each of `requirements`."""
        for requirement in requirements:
            self.refused[requirement] += lacking.outcome is Outcome.FAIL
            known = self.worst.get(requirement)
            if known is None or worse(lacking.outcome, known[1].outcome):
                self.worst[requirement] = (trial, lacking)


def not_run_checks(
    name: str, requirements: Iterable[str], reason: Reason, says: str = ""
) -> list[Check]:
    """Return the checks of a test that was left out or never reached: none of them passes.

    `name` is the id that its checks would have had.
    """
    return [
        Check(id=name, requirement=item, outcome=Outcome.NOT_RUN, reason=reason, observed=says,
              cases=0)
        for item in requirements
    ]  # fmt: skip


def _not_applicable(check: Check, reason: Reason, says: str) -> Check:
    return replace(check, outcome=Outcome.NOT_APPLICABLE, reason=reason, observed=says, cases=0)


def _plainness(trial: Trial) -> tuple[int, int, str]:
    return plainness(size_of(trial.case), trial.case.id)


def _told(lacking: Unanswered, requirement: str) -> Broken:
    return Broken(
        requirement=requirement,
        reason=lacking.reason,
        expected=lacking.expected,
        observed=lacking.observed,
        hint=lacking.hint,
    )
