"""From a client's story to checks and failures, and to what people read of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from conformance.adapters.interface import AnswerKind, SendOutcome
from conformance.catalogue import Catalogue, Level
from conformance.redaction import Redactor
from conformance.report.check import Check, Outcome, Reason, Story
from conformance.report.excerpt import broken_check, broken_of, diagnosis_of, text_of
from conformance.report.failure import Broken, Example, Failure, Trouble
from conformance.report.stepped import steps_of
from conformance.report.verdict import soften
from conformance.report.wording import counted
from conformance.stories.case import ClientCase
from conformance.stories.judging import Judged, Seen, differs
from conformance.stories.story import Asked
from conformance.stories.story import Story as Played
from conformance.wire.visible import visible

NO_SEND: Final = (
    "Add the operation `send` to the adapter and name it in `can`: docs/adapter-protocol.md says "
    "what it is, docs/clients.md how others do it."
)
"""What to do where an adapter signs, and makes no calls."""

_SURVIVES: Final = "ERR-001"
"""What a client breaks that hangs or breaks by what it is answered."""

_NOTHING_SENT: Final = "nothing-sent"
"""fail: the adapter tells of an answer, but nothing came over the wire."""

_NO_CONNECTION: Final = "never-connected"
"""error: the client made no connection that a request could have come over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTeller:
    """Turns the stories of one client into checks; all text passes `redactor` and is bounded.

    `tells` is whether checks carry the story as people read it.
    """

    catalogue: Catalogue
    redactor: Redactor = field(default_factory=Redactor)
    tells: bool = True

    def checks(
        self, case: ClientCase, story: Played, judged: Judged, *, duration_s: float = 0.0
    ) -> list[Check]:
        """Return a check for each requirement that the case tells of, or that it shows broken."""
        told = self.told(case, story, judged) if self.tells else None
        blank = Check(
            id=case.check_id, requirement="", outcome=Outcome.NOT_RUN,
            duration_s=duration_s, evidence=(case.check_id,),
        )  # fmt: skip
        lacking = self._lacking(case, story)
        if lacking is not None and lacking.outcome is Outcome.ERROR and judged.broken(_SURVIVES):
            # What it was answered broke the client: its fault, and told as such, not the adapter's.
            lacking = replace(lacking, outcome=Outcome.NOT_RUN)
        found = dict.fromkeys(item.finding.requirement for item in judged.seen)
        checks: list[Check] = []
        for requirement in dict.fromkeys((*case.requirements, *found)):
            check = replace(blank, requirement=requirement)
            broken = judged.broken(requirement)
            if broken:
                check = self._broken(check, broken)
            elif lacking is not None:
                check = replace(
                    lacking, id=check.id, requirement=requirement, duration_s=duration_s,
                    evidence=check.evidence,
                    outcome=soften(lacking.outcome, self._level(requirement)),
                )  # fmt: skip
            elif requirement in judged.held:
                check = replace(check, outcome=Outcome.PASS)
            else:
                check = self._untold(check, judged)
            shows = check.outcome is not Outcome.PASS or not checks
            checks.append(replace(check, story=told if shows else None))
        return checks

    def told(self, case: ClientCase, story: Played, judged: Judged) -> Story:
        """Return the story as people read it."""
        return Story(
            armed=case.armed_says,
            should=case.should,
            steps=tuple(
                replace(step, says=text_of(step.says, self.redactor))
                for step in steps_of(story, judged)
            ),
        )

    def failures(
        self, case: ClientCase, story: Played, judged: Judged, checks: list[Check]
    ) -> Iterator[Failure]:
        """Yield what went wrong, for `causes.group`: a failure for each request that shows it."""
        example = self._example(case, story)
        by_cause: dict[int, list[Seen]] = {}
        for seen in judged.seen:
            by_cause.setdefault(id(seen.judgement), []).append(seen)
        for members in by_cause.values():
            judgement = members[0].judgement
            causes = () if judgement is None else judgement.causes
            yield Failure(
                kind=Trouble.MISTAKE if causes else Trouble.FINDING,
                example=example,
                broken=tuple(self._told_broken(item, brief=bool(causes)) for item in members),
                diagnosis=tuple(diagnosis_of(cause, self.redactor) for cause in causes),
                ruled_out=() if judgement is None else judgement.ruled_out,
            )
        lacking = [check for check in checks if check.outcome in (Outcome.ERROR, Outcome.FAIL)]
        lacking = [check for check in lacking if not judged.broken(check.requirement)]
        if lacking:
            yield Failure(
                kind=_TROUBLES.get(lacking[0].reason, Trouble.ERROR),
                example=example,
                broken=tuple(
                    Broken(requirement=item.requirement, reason=item.reason,
                           expected=item.expected, observed=item.observed, hint=item.hint)
                    for item in lacking
                ),
            )  # fmt: skip

    def _told_broken(self, seen: Seen, *, brief: bool) -> Broken:
        finding = seen.finding
        if brief:
            return Broken(requirement=finding.requirement, reason=finding.reason)
        return replace(broken_of(finding, self.redactor), hint=self._hint(seen))

    def _broken(self, check: Check, broken: tuple[Seen, ...]) -> Check:
        told = self._told_broken(broken[0], brief=False)
        level = self._level(check.requirement)
        return broken_check(check, told, broken[0].judgement, level, self.redactor)

    def _untold(self, check: Check, judged: Judged) -> Check:
        why = judged.undetermined.get(check.requirement, "nothing that came told of it")
        return replace(
            check, reason=Reason.UNDETERMINED, observed=text_of(why, self.redactor), cases=0
        )

    def _lacking(self, case: ClientCase, story: Played) -> Check | None:
        """Return what it means that a client did not do what it was asked to; None when it did."""
        for asked in story.asked:
            if asked.kind is not AnswerKind.OK:
                return self._unanswered(case, asked)
        blank = Check(id="", requirement="", outcome=Outcome.ERROR, expected="a request", cases=0)
        if not story.api and not story.bad_certificate:
            return self._never_came(story, blank)
        other = differs(story)
        if other and not case.armed.faults:
            words = text_of(f"it sends {other} instead, and signs that", self.redactor)
            if case.may_decline:
                return replace(
                    blank, outcome=Outcome.NOT_APPLICABLE, reason=Reason.DECLINED, observed=words
                )
            return replace(
                blank, outcome=Outcome.NOT_RUN, reason=Reason.UNSUPPORTED, observed=words,
                hint="Let `send` send the method, target and body that it is given, as they are.",
            )  # fmt: skip
        return None

    def _never_came(self, story: Played, blank: Check) -> Check:
        """Return the check of a story in which no request came."""
        said = next((asked.outcome for asked in story.asked if asked.outcome), None)
        if story.is_silent and said in (SendOutcome.SUCCESS, SendOutcome.API_ERROR):
            return replace(
                blank, outcome=Outcome.FAIL, reason=_NOTHING_SENT, cases=1, broken=1,
                observed=f"the adapter says {said}, but nothing came over the wire",
                hint="Let `send` make the call, to the `base_url` that it is given.",
            )  # fmt: skip
        if story.is_silent:
            seen = f"the client never connected, and says {said}"
            hint = (
                "Connect to the `base_url` and `token_url` that `send` is given, without a proxy."
            )
        else:
            seen = f"no request came: {story.mishaps[0].says}"
            hint = "Trust the authority in `ca_file`, and present `tls_cert_file`."
        return replace(
            blank, reason=_NO_CONNECTION, observed=text_of(seen, self.redactor), hint=hint
        )

    def _unanswered(self, case: ClientCase, asked: Asked) -> Check:
        blank = Check(id="", requirement="", outcome=Outcome.NOT_RUN, cases=0)
        words = text_of(asked.message, self.redactor)
        if asked.gone:
            return replace(blank, reason=Reason.ADAPTER_GONE, observed=words)
        if asked.kind is AnswerKind.ERROR:
            return replace(
                blank, outcome=Outcome.ERROR, reason=Reason.ADAPTER_ERROR, observed=words,
                expected="an outcome", hint=text_of(asked.hint, self.redactor),
            )  # fmt: skip
        if case.may_decline:
            return replace(
                blank, outcome=Outcome.NOT_APPLICABLE, reason=Reason.DECLINED,
                observed=f"the client declined it, as it may: {words}",
            )  # fmt: skip
        if asked.kind is AnswerKind.UNSUPPORTED:
            return replace(
                blank, reason=Reason.UNSUPPORTED, expected="a request",
                observed=f"the client cannot send it: {words}",
            )  # fmt: skip
        return replace(
            blank, outcome=Outcome.FAIL, reason=Reason.REFUSED, expected="a request", cases=1,
            broken=1, observed=f"the client declined: {words}",
        )  # fmt: skip

    def _example(self, case: ClientCase, story: Played) -> Example:
        ask = case.asks[0]
        size = len(ask.method) + len(ask.target) + len(ask.body)
        return Example(
            case=case.check_id,
            method=visible(ask.method, limit=40),
            target=visible(ask.target, limit=200),
            body=f"body of {counted(len(ask.body), 'octet')}" if ask.body else "no body",
            size=size + len(story.calls),
        )

    def _hint(self, seen: Seen) -> str:
        known = self.catalogue.requirements.get(seen.finding.requirement)
        return seen.finding.hint or (known.hint if known else "")

    def _level(self, requirement: str) -> Level:
        known = self.catalogue.requirements.get(requirement)
        return known.level if known else Level.MUST


_TROUBLES: Final = {
    _NOTHING_SENT: Trouble.FINDING,
    Reason.REFUSED.value: Trouble.REFUSED,
}


def unsent_checks(case: ClientCase) -> list[Check]:
    """Return the checks of a case of which an adapter that makes no calls was not asked."""
    return [
        Check(
            id=case.check_id, requirement=item, outcome=Outcome.NOT_RUN,
            reason=Reason.UNSUPPORTED, expected="a client that makes whole calls",
            observed="the adapter offers no `send`, so no client was judged on the wire; "
            "docs/clients.md says how to add it",
            hint=NO_SEND, cases=0,
        )
        for item in case.requirements
    ]  # fmt: skip
