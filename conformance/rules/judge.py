"""Judge one signed request by all rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.explanation import NOTHING
from conformance.rules import date, digest, header, signature, string, target
from conformance.rules.exemplar import SETTLED, is_exemplary
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

_ALL_SETTLED: Final = RULES.keys() <= SETTLED

_CONCERNED: Final[Mapping[Concern, Callable[[Reading], bool]]] = MappingProxyType(
    {
        Concern.ALL: lambda _: True,
        Concern.API_REQUESTS: lambda reading: reading.place is Place.SIGNATURE,
        Concern.TOKEN_REQUESTS: lambda reading: reading.place is Place.AUTHORIZATION,
        Concern.EMPTY_BODIES: lambda reading: not reading.request.body,
        Concern.OWN_CLOCK: lambda reading: (
            reading.expected.date is None and reading.expected.now is not None
        ),
    }
)
"""Tells for each kind of request whether one is of it."""


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
    rules, silent = _speaking(tuple(concerned(reading) for concerned in _CONCERNED.values()))
    if _ALL_SETTLED and is_exemplary(reading):
        doctor.remember(reading, right=True)
        return Judgement(
            request=reading.request, silent=silent, signing_string=reading.expected_string
        )
    seen = Seen(reading=reading, explanation=NOTHING)
    findings, undetermined = _judged(seen, rules)
    if findings or reading.verifies is False:
        seen = Seen(reading=reading, explanation=doctor.explain(reading))
        findings, undetermined = _judged(seen, rules)
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


@functools.cache
def _speaking(concerned: tuple[bool, ...]) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """Return the rules that speak of requests of these kinds, and the requirements of the rest.

    `concerned` says for each of `_CONCERNED`, in its order, whether a request is of that kind.
    """
    of_it = dict(zip(_CONCERNED, concerned, strict=True))
    rules = tuple(rule for rule in RULES.values() if of_it[rule.concerns])
    return rules, frozenset(RULES) - {rule.requirement for rule in rules}


def _judged(seen: Seen, rules: tuple[Rule, ...]) -> tuple[tuple[Finding, ...], dict[str, str]]:
    """Return what `rules` find, and the requirements that this request cannot show.

    Where a rule sees nothing itself, a cause that breaks its requirement speaks for it.
    """
    known = _known(seen)
    findings: list[Finding] = []
    undetermined: dict[str, str] = {}
    for rule in rules:
        told = known[rule.needs]
        found = [*rule.judge(seen)] if told else []
        if not found and seen.explanation.causes:
            found = [*seen.blamed(rule.requirement)]
        if found:
            findings += found
        elif not told:
            undetermined[rule.requirement] = rule.needs.value
    return tuple(findings), undetermined


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
