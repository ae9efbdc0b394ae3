"""A cause for every finding: where no mistake is known, the finding itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conformance.diagnosis.cause import Cause
from conformance.rules.finding import Finding
from conformance.wire.procedure import Stage

_STAGES: Final = {
    "DIG": Stage.DIGEST,
    "DATE": Stage.DATE,
    "TGT": Stage.REQUEST_TARGET,
    "STR": Stage.SIGNING_STRING,
    "SIG": Stage.SIGNATURE,
    "HDR": Stage.HEADER,
    "AUTH": Stage.HEADER,
}


_UNKNOWN: Final = "and no mistake that is known here makes it what it is"
_SAYS: Final = {
    "digest-mismatch": f"the digest is not that of the body sent, {_UNKNOWN}",
    "digest-length": f"the digest is not the Base64 text of 32 octets, {_UNKNOWN}",
    "base64-alphabet": "characters stand in the Base64 text that do not belong there",
    "base64-padding": "the Base64 text is cut short, or its padding is",
    "date-format": f"the date is no IMF-fixdate, {_UNKNOWN}",
    "date-other-moment": "the date is not the moment that was asked for",
    "date-skew": "the date is more than three minutes off",
    "key-id": "keyId is not the client id",
    "algorithm": "algorithm is not rsa-sha256",
    "parameter-malformed": 'the parameters are no list of name="value" with commas between',
    "not-covered": "the signature does not cover all that it must",
}
"""Words for findings that would otherwise be told as two values side by side."""

_OF_THEIR_OWN: Final = frozenset({"HDR-003", "HDR-004"})
"""Requirements on one value each: no other mistake of the header has them for a consequence."""


_BREAKS_OFF: Final = frozenset({
    "signature-not-encoded", "signature-not-encoded-latin-1", "signature-not-encoded-raw",
})  # fmt: skip
"""Mistakes after which the parameters cannot be read as a list."""

_TITLE: Final = 60
"""Characters of a value from outside that a cause's sentence may have."""


def _follows(finding: Finding, stage: Stage, explained: set[Stage]) -> bool:
    """Tell whether the finding is the consequence of a cause that is known."""
    if finding.requirement == "STR-001":  # what is not sent cannot be covered
        return bool(explained & {Stage.DIGEST, Stage.DATE, Stage.SIGNING_STRING})
    return stage in explained and finding.requirement not in _OF_THEIR_OWN


def _short(text: str) -> str:
    return text if len(text) <= _TITLE else f"{text[:_TITLE]}..."


def with_unlisted(causes: Sequence[Cause], findings: Sequence[Finding]) -> tuple[Cause, ...]:
    """Return `causes`, and one for each requirement found broken that none of them breaks.

    What a rule compares octet for octet is proved, though nobody may know how it came about. A
    finding of a stage that has a proved cause already is taken as its consequence.
    """
    explained = {cause.requirement for cause in causes}
    if "DIG-002" in explained:  # of which DIG-003 is the case of an empty body
        explained.add("DIG-003")
    stages = {cause.stage for cause in causes if cause.proved}
    raw = any(cause.mistake in _BREAKS_OFF for cause in causes)
    reused = any(cause.mistake == "signature-reused" and cause.proved for cause in causes)
    unread = any(finding.requirement == "HDR-002" for finding in findings)
    more: list[Cause] = []
    for finding in findings:
        stage = _STAGES[finding.requirement.partition("-")[0]]
        if finding.requirement == "STR-001" and unread:
            continue  # what headers covers was not to be read
        if finding.requirement == "HDR-002" and raw:
            continue  # quotes and commas among the octets are taken for the parameters' own
        if finding.requirement == "HDR-003" and reused:
            continue  # the header was kept whole, or the first request told of it
        if finding.requirement in explained or _follows(finding, stage, stages):
            continue
        explained.add(finding.requirement)
        more.append(
            Cause(
                mistake=f"unlisted-{finding.reason}",
                stage=stage,
                requirement=finding.requirement,
                proved=True,
                says=_SAYS.get(finding.reason)
                or f"{_short(finding.observed)} where {_short(finding.expected)} belongs",
                mend=finding.hint,
                expected=finding.expected.encode(),
                observed=finding.observed.encode(),
                difference=finding.difference,
            )
        )
    proved = [cause for cause in causes if cause.proved]
    likely = [cause for cause in causes if not cause.proved]
    return (*proved, *more, *likely)
