"""From what a probe saw to a check, and to a failure that the report tells once."""

from __future__ import annotations

from typing import Final

from conformance.catalogue import Level
from conformance.probes.asking import Need
from conformance.probes.probe import Seen, Sight
from conformance.probes.series import Measurement
from conformance.redaction import Redactor
from conformance.report.check import Check, Outcome, Reason
from conformance.report.excerpt import TEXT_LIMIT, text_of
from conformance.report.failure import Broken, Example, Failure, Trouble
from conformance.report.model import Chart, Point
from conformance.report.verdict import soften
from conformance.report.wording import counted
from conformance.wire.visible import visible

PREFIX: Final = "probe:"
"""What the ids of checks begin with that a probe made."""

_OUTCOMES: Final = {
    Sight.HELD: Outcome.PASS,
    Sight.BROKEN: Outcome.FAIL,
    Sight.UNCLEAR: Outcome.INCONCLUSIVE,
}
_SECOND_TRY: Final = "second-try"
"""warn: it held only when asked again."""


def chart_of(measurement: Measurement) -> Chart:
    """Return what a series measured as the report has it."""
    return Chart(
        id=measurement.id,
        requirement=measurement.requirement,
        title=measurement.title,
        says=measurement.says,
        x_label=measurement.x_says,
        y_label=measurement.y_says,
        points=tuple(
            Point(x=item.x, y=item.y, kind=item.kind, label=item.label)
            for item in measurement.points
        ),
    )


def lacking_check(name: str, requirement: str, need: Need) -> Check:
    """Return the check of a probe that is sent only when asked for, and was not."""
    return Check(
        id=name, requirement=requirement, outcome=Outcome.NOT_RUN, reason=Reason.NOT_GRANTED,
        observed=need.says, hint=f"Run it with {need}.", cases=0,
    )  # fmt: skip


def check_of(
    name: str,
    requirement: str,
    seen: Seen,
    *,
    level: Level,
    redactor: Redactor,
    duration_s: float = 0.0,
) -> Check:
    """Return what a probe saw as a check; one that held only on a second try warns."""
    outcome = soften(_OUTCOMES[seen.sight], level)
    again = outcome is Outcome.PASS and seen.tries > 1
    return Check(
        id=name,
        requirement=requirement,
        outcome=Outcome.WARN if again else outcome,
        reason=_SECOND_TRY if again else seen.reason,
        expected=text_of(seen.expected, redactor),
        observed=text_of(seen.observed, redactor),
        hint=seen.hint,
        duration_s=duration_s,
        cases=int(seen.sight is not Sight.UNCLEAR),
        broken=int(seen.sight is Sight.BROKEN),
        evidence=seen.evidence,
    )


def failure_of(check: Check, seen: Seen, redactor: Redactor) -> Failure | None:
    """Return what went wrong in a check, with the request that shows it; None when nothing did."""
    if seen.sight is not Sight.BROKEN:
        return None
    example = Example(
        case=check.id,
        method=redactor.text(visible(seen.method, limit=40)),
        target=redactor.text(visible(seen.target, limit=TEXT_LIMIT)),
        body=f"body of {counted(seen.size, 'octet')}" if seen.size else "no body",
        size=len(seen.method) + len(seen.target) + seen.size,
    )
    broken = Broken(
        requirement=check.requirement, reason=check.reason, expected=check.expected,
        observed=check.observed, hint=check.hint,
    )  # fmt: skip
    return Failure(kind=Trouble.FINDING, example=example, broken=(broken,))
