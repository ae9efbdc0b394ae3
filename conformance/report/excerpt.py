"""What rules, diagnosis and cases hold as octets and hostile text, cut down to what is told.

Everything here is printable, bounded in size and free of secrets.
"""

from __future__ import annotations

from typing import Final

from conformance.adapters.shown import shown
from conformance.cases.case import Case
from conformance.diagnosis.cause import Cause
from conformance.redaction import Redactor
from conformance.report.model import Broken, Diagnosis, Example, Failure, Trouble
from conformance.report.wording import counted
from conformance.rules.finding import Finding, Judgement
from conformance.wire.message import SignedRequest
from conformance.wire.visible import visible

TEXT_LIMIT: Final = 2000
"""Characters of one text that are kept."""

STRING_LIMIT: Final = 8192
"""Octets of one signing string that are kept."""

BODY_LIMIT: Final = 40
"""Octets of an example's body that are shown."""

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


def example_of(request: Case | SignedRequest, name: str, redactor: Redactor) -> Example:
    """Return `request`, short enough to be read, under the `name` of its case."""
    body = "no body"
    if request.body:
        beginning = redactor.text(visible(request.body[:BODY_LIMIT]))
        more = "…" if len(request.body) > BODY_LIMIT else ""
        body = f"body of {counted(len(request.body), 'octet')}: {beginning}{more}"
    return Example(
        case=name,
        method=redactor.text(visible(request.method, limit=BODY_LIMIT)),
        target=redactor.text(visible(request.target, limit=TEXT_LIMIT)),
        body=body,
        size=len(request.method) + len(request.target) + len(request.body),
    )


def failure_of(
    judgement: Judgement, request: Case | SignedRequest, name: str, redactor: Redactor
) -> Failure | None:
    """Return what `judgement` found broken in `request`; None when it found nothing.

    Where causes are known they say it all, and the findings are but named.
    """
    if not judgement.findings:
        return None
    causes = tuple(diagnosis_of(cause, redactor) for cause in judgement.causes)
    return Failure(
        kind=Trouble.MISTAKE if causes else Trouble.FINDING,
        example=example_of(request, name, redactor),
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
