"""Judge one signed request by all rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.explanation import NOTHING
from conformance.rules import date, digest, header, signature, string, target
from conformance.rules.fallback import with_unlisted
from conformance.rules.finding import Finding, Judgement
from conformance.rules.rule import Concern, Needs, Rule, Seen
from conformance.wire.message import Place, SignedRequest
from conformance.wire.reading import Expectation, Reading

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.requirement: rule
        for module in (digest, date, target, string, signature, header)
        for rule in module.RULES
    }
)
"""Every rule by the requirement that it judges."""


def judge(
    request: SignedRequest,
    expectation: Expectation,
    *,
    diagnostician: Diagnostician | None = None,
) -> Judgement:
    """Return what the rules find in `request`, and why it is so.

    A diagnostician that is handed in remembers causes and signatures from one request to the
    next: a thousand failures of one cause then cost little more than one, and a signature that
    is used again is recognised.
    """
    reading = Reading(request=request, expected=expectation)
    return judge_reading(reading, diagnostician=diagnostician)


def judge_reading(reading: Reading, *, diagnostician: Diagnostician | None = None) -> Judgement:
    """Return the same of a request that was read already: nothing is verified twice."""
    doctor = diagnostician or Diagnostician()
    seen = Seen(reading=reading, explanation=NOTHING)
    concerned = {concern: _concerned(concern, reading) for concern in Concern}
    silent = frozenset(name for name, rule in RULES.items() if not concerned[rule.concerns])
    findings, undetermined = _judged(seen, silent)
    if findings or reading.verifies is False:
        seen = Seen(reading=reading, explanation=doctor.explain(reading))
        findings, undetermined = _judged(seen, silent)
    doctor.remember(reading, right=not findings and reading.verifies is True)
    return Judgement(
        request=reading.request,
        findings=findings,
        causes=with_unlisted(seen.explanation.causes, findings),
        undetermined=undetermined,
        silent=silent,
        ruled_out=seen.explanation.ruled_out,
        signing_string=reading.expected_string,
    )


def _judged(seen: Seen, silent: frozenset[str]) -> tuple[tuple[Finding, ...], dict[str, str]]:
    """Return what the rules find, and the requirements that this request cannot show.

    Where a rule sees nothing itself, a cause that breaks its requirement speaks for it.
    """
    known = _known(seen)
    findings: list[Finding] = []
    undetermined: dict[str, str] = {}
    for rule in RULES.values():
        if rule.requirement in silent:
            continue
        told = known[rule.needs]
        found = [*rule.judge(seen)] if told else []
        found = found or [*seen.blamed(rule.requirement)]
        if found:
            findings += found
        elif not told:
            undetermined[rule.requirement] = rule.needs.value
    return tuple(findings), undetermined


def _concerned(concern: Concern, reading: Reading) -> bool:
    """Tell whether the request is one of those that some rules speak of."""
    match concern:
        case Concern.API_REQUESTS:
            return reading.place is Place.SIGNATURE
        case Concern.TOKEN_REQUESTS:
            return reading.place is Place.AUTHORIZATION
        case Concern.EMPTY_BODIES:
            return not reading.request.body
        case Concern.OWN_CLOCK:
            return reading.expected.date is None and reading.expected.now is not None
        case Concern.ALL:
            return True


def _known(seen: Seen) -> dict[Needs, bool]:
    """Return what is known of the request, of all that rules may need."""
    reading, explanation = seen.reading, seen.explanation
    headers = reading.request.headers
    right = reading.verifies is True
    return {
        Needs.NOTHING: True,
        Needs.PARAMETERS: reading.carrier is not None,
        Needs.DIGEST: headers.first("digest") is not None,
        Needs.WEEKDAY: reading.weekday_fits is not None,
        Needs.MOMENT: reading.moment is not None,
        Needs.SIGNING_STRING: right or explanation.signed is not None,
        Needs.SIGNATURE: right or explanation.recovered is not None,
    }
