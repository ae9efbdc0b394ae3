"""Judge one signed request by all rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.explanation import NOTHING
from conformance.rules import date, digest, header, signature, string, target
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
    doctor = diagnostician or Diagnostician()
    reading = Reading(request=request, expected=expectation)
    seen = Seen(reading=reading, explanation=NOTHING)
    silent = {rule.requirement for rule in RULES.values() if not _concerned(rule, reading)}
    undetermined = _undetermined(seen, silent)
    findings = _findings(seen, silent, undetermined)
    if findings or reading.verifies is False:
        seen = Seen(reading=reading, explanation=doctor.explain(reading))
        undetermined = _undetermined(seen, silent)
        findings = _findings(seen, silent, undetermined)
    doctor.remember(reading)
    return Judgement(
        request=request,
        findings=findings,
        causes=seen.explanation.causes,
        undetermined=undetermined,
        silent=frozenset(silent),
        ruled_out=seen.explanation.ruled_out,
        signing_string=reading.expected_string,
    )


def _findings(seen: Seen, silent: set[str], undetermined: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what the rules find, and what a cause shows where its rule sees nothing itself."""
    findings: list[Finding] = []
    for rule in RULES.values():
        if rule.requirement not in silent and rule.requirement not in undetermined:
            findings += list(rule.judge(seen)) or seen.blamed(rule.requirement)
    return tuple(findings)


def _concerned(rule: Rule, reading: Reading) -> bool:
    """Tell whether the request is one that the rule speaks of."""
    match rule.concerns:
        case Concern.API_REQUESTS:
            return reading.place is Place.SIGNATURE
        case Concern.TOKEN_REQUESTS:
            return reading.place is Place.AUTHORIZATION
        case Concern.EMPTY_BODIES:
            return not reading.request.body
        case Concern.FULL_BODIES:
            return bool(reading.request.body)
        case Concern.OWN_CLOCK:
            return reading.expected.date is None and reading.expected.now is not None
        case Concern.ALL:
            return True


def _undetermined(seen: Seen, silent: set[str]) -> dict[str, str]:
    """Return the requirements that the request cannot show, with the reason."""
    known = {needs: _is_known(needs, seen) for needs in Needs}
    return {
        rule.requirement: rule.needs.value
        for rule in RULES.values()
        if rule.requirement not in silent
        and not known[rule.needs]
        and not seen.explanation.blaming(rule.requirement)
    }


def _is_known(needs: Needs, seen: Seen) -> bool:
    reading, explanation = seen.reading, seen.explanation
    match needs:
        case Needs.NOTHING:
            return True
        case Needs.PARAMETERS:
            return reading.carrier is not None
        case Needs.DIGEST:
            return bool(reading.request.headers.all("digest"))
        case Needs.DATE:
            return bool(reading.request.headers.all("date"))
        case Needs.SIGNING_STRING:
            return reading.verifies is True or explanation.signed is not None
        case Needs.SIGNATURE:
            return reading.verifies is True or explanation.recovered is not None
