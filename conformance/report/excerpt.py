"""What rules, diagnosis and cases hold as octets and hostile text, cut down to what is told.

Everything here is printable, bounded in size and free of secrets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from conformance.cases.case import Case
from conformance.catalogue import Level
from conformance.diagnosis.cause import Cause
from conformance.redaction import Redactor
from conformance.report.check import Check, Diagnosis, Outcome
from conformance.report.failure import Broken, Example, Failure, Trouble
from conformance.report.verdict import soften
from conformance.report.wording import counted
from conformance.rules.finding import Finding, Judgement
from conformance.wire.message import SignedRequest
from conformance.wire.shown import shown
from conformance.wire.visible import visible

TEXT_LIMIT: Final = 2000
"""Characters of one text that are kept."""

STRING_LIMIT: Final = 8192
"""Octets of one signing string that are kept."""

BODY_LIMIT: Final = 40
"""Octets of an example's body that are shown."""

_EASIEST: Final = ("stored", "vectors", "generated")
_KNOWN: Final = tuple(f"{topic}/" for topic in _EASIEST)
_MASKS: Final = 500
"""Characters by which the masks of secrets may lengthen a text."""


def text_of(text: str, redactor: Redactor) -> str:
    """Return `text` printable, bounded and without secrets."""
    return shown(redactor.text(shown(text, TEXT_LIMIT)), TEXT_LIMIT + _MASKS)


def octets_of(data: bytes | None, redactor: Redactor) -> str:
    """Return `data` visible, bounded and without secrets; nothing for None."""
    if data is None:
        return ""
    return shown(redactor.text(visible(data, limit=STRING_LIMIT)), 4 * STRING_LIMIT + _MASKS)


def broken_of(finding: Finding, redactor: Redactor) -> Broken:
    """Return `finding` as it is told."""
    return Broken(
        requirement=finding.requirement,
        reason=finding.reason,
        expected=text_of(finding.expected, redactor),
        observed=text_of(finding.observed, redactor),
        hint=finding.hint,
        difference=str(finding.difference or ""),
    )


def broken_check(
    check: Check, told: Broken, judgement: Judgement | None, level: Level, redactor: Redactor
) -> Check:
    """Return `check` as one case broke its requirement: as it is `told`, and by what it came.

    Of the causes that `judgement` found those are told that break the requirement; all of them
    when none is its own.
    """
    causes = () if judgement is None else judgement.causes
    own = [cause for cause in causes if cause.requirement == check.requirement]
    return replace(
        check,
        outcome=soften(Outcome.FAIL, level),
        reason=told.reason,
        expected=told.expected,
        observed=told.observed,
        hint=told.hint,
        broken=1,
        diagnosis=tuple(diagnosis_of(cause, redactor) for cause in own or causes),
        ruled_out=() if judgement is None else judgement.ruled_out,
    )


def diagnosis_of(cause: Cause, redactor: Redactor) -> Diagnosis:
    """Return `cause` as it is told, its strings visible."""
    return Diagnosis(
        mistake=cause.mistake,
        stage=cause.stage,
        requirement=cause.requirement,
        proved=cause.proved,
        says=text_of(cause.says, redactor),
        mend=text_of(cause.mend, redactor),
        expected=octets_of(cause.expected, redactor),
        observed=octets_of(cause.observed, redactor),
        difference=str(cause.difference or ""),
        same_as=cause.same_as,
    )


def example_of(case: Case, redactor: Redactor) -> Example:
    """Return the request of `case`, short enough to be read."""
    body = "no body"
    if case.body:
        beginning = redactor.text(visible(case.body[:BODY_LIMIT]))
        more = "…" if len(case.body) > BODY_LIMIT else ""
        body = f"body of {counted(len(case.body), 'octet')}: {beginning}{more}"
    return Example(
        case=case.id,
        method=redactor.text(visible(case.method, limit=BODY_LIMIT)),
        target=redactor.text(visible(case.target, limit=TEXT_LIMIT)),
        body=body,
        size=size_of(case),
    )


def size_of(case: Case) -> int:
    """Return the octets of method, target and body together."""
    return len(case.method) + len(case.target) + len(case.body)


def plainness(size: int, name: str) -> tuple[int, int, str]:
    """Return what puts examples in order: the smallest first, of two the one easier to repeat."""
    place = _EASIEST.index(name.partition("/")[0]) if name.startswith(_KNOWN) else len(_EASIEST)
    return size, place, name


def failure_of(judgement: Judgement, case: Case, redactor: Redactor) -> Failure | None:
    """Return what `judgement` found broken in `case`; None when it found nothing.

    Where causes are known they say it all, and the findings are but named.
    """
    if not judgement.findings:
        return None
    causes = tuple(diagnosis_of(cause, redactor) for cause in judgement.causes)
    return Failure(
        kind=Trouble.MISTAKE if causes else Trouble.FINDING,
        example=example_of(case, redactor),
        broken=tuple(
            Broken(requirement=item.requirement, reason=item.reason)
            if causes
            else broken_of(item, redactor)
            for item in judgement.findings
        ),
        diagnosis=causes,
        ruled_out=judgement.ruled_out,
    )


def request_of(request: SignedRequest, redactor: Redactor) -> str:
    """Return `request` as it would be sent, a line a header field, its body cut."""
    headers, _ = redactor.headers(request.headers)
    target = redactor.text(visible(request.target, limit=TEXT_LIMIT))
    lines = [f"{visible(request.method, limit=BODY_LIMIT)} {target} HTTP/1.1"]
    lines += [f"{visible(name)}: {visible(value, limit=TEXT_LIMIT)}" for name, value in headers]
    if request.body:
        size = counted(len(request.body), "octet")
        lines += ["", redactor.text(visible(request.body)), f"[a body of {size}]"]
    return "\n".join(lines)
