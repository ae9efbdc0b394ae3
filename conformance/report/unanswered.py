"""What it means that a case was not answered with a signed request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conformance.adapters.interface import Answer, AnswerKind
from conformance.cases.case import Refusal
from conformance.errors import AdapterGoneError
from conformance.redaction import Redactor
from conformance.report.check import Outcome, Reason
from conformance.report.excerpt import text_of
from conformance.trial import Trial

_EXPECTED: Final = "a signed request"
_SILENT: Final = "the adapter answered `error` without a message"
_LONGEST: Final = 240
"""Characters of an implementation's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """The outcome of a case without a signed request, and the words for it."""

    outcome: Outcome
    reason: Reason
    observed: str
    expected: str = ""
    hint: str = ""


def unanswered(trial: Trial, redactor: Redactor) -> Unanswered | None:
    """Return what the lack of a signed request means; None when there is one, and judged.

    A case that may be declined is not tested when it is: the implementation may say `refused`, or
    that it has no such feature. Neither shows anything, and neither is held against it.
    """
    answer = trial.answer
    match answer.kind:
        case AnswerKind.REFUSED | AnswerKind.UNSUPPORTED if trial.case.refusal is Refusal.ALLOWED:
            return Unanswered(
                outcome=Outcome.NOT_APPLICABLE,
                reason=Reason.DECLINED,
                observed=_said("the signer declined it, as it may", answer, redactor),
            )
        case AnswerKind.REFUSED:
            return Unanswered(
                outcome=Outcome.FAIL,
                reason=Reason.REFUSED,
                expected=_EXPECTED,
                observed=_said("the signer declined to sign", answer, redactor),
                hint="Sign this request too, or answer `unsupported` where the signer has no such "
                "feature; what it leaves out stays open.",
            )
        case AnswerKind.UNSUPPORTED:
            return Unanswered(
                outcome=Outcome.NOT_RUN,
                reason=Reason.UNSUPPORTED,
                expected=_EXPECTED,
                observed=_said("the adapter has no such feature", answer, redactor),
                hint="Let the adapter hand this request to the signer as well.",
            )
        case AnswerKind.ERROR:
            return _broke(answer, redactor)
    if trial.judgement is None:
        return Unanswered(
            outcome=Outcome.ERROR,
            reason=Reason.ADAPTER_ERROR,
            observed="the request was signed, but the suite did not judge it",
            hint="This is a defect of the suite: please report it.",
        )
    return None


def _broke(answer: Answer, redactor: Redactor) -> Unanswered:
    gone = isinstance(answer.error, AdapterGoneError)
    told = str(answer.error.message) if answer.error else answer.message
    return Unanswered(
        outcome=Outcome.NOT_RUN if gone else Outcome.ERROR,
        reason=Reason.ADAPTER_GONE if gone else Reason.ADAPTER_ERROR,
        expected=_EXPECTED,
        observed=_cut(text_of(told or _SILENT, redactor)),
        hint=text_of(answer.error.hint, redactor) if answer.error else "",
    )


def _said(words: str, answer: Answer, redactor: Redactor) -> str:
    return f"{words}: {_cut(text_of(answer.message, redactor))}" if answer.message else words


def _cut(text: str) -> str:
    """Cut what stands at the cause and at every requirement; the evidence has more of it."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"
