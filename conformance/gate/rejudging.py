"""Checks made again from the evidence: signed requests and stories, judged by the same rules.

What is compared is the report's claim with what its evidence shows. Evidence is believed only as
far as it is what a run of this suite leaves: the cases are those that it asks, each judged against
what it would be judged against.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conformance.adapters.interface import Hello
from conformance.cases.store import PREFIX as STORED
from conformance.cases.vectors import PREFIX as VECTORS
from conformance.cases.vectors import load_vectors
from conformance.catalogue import Catalogue
from conformance.clock import Clock
from conformance.config import Part
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.errors import UsageError
from conformance.gate.asked import Asked, signed_path_of
from conformance.gate.planned import CheckKey, planned_offline, planned_others, provable
from conformance.gate.recertifying import DATED, shown_by_certificates
from conformance.gate.refusal import RefusalError
from conformance.report.check import Check, Outcome
from conformance.report.evidence import Exchange
from conformance.report.model import Report
from conformance.report.rereading import read_exchanges
from conformance.report.restoried import checks_again
from conformance.report.telling import Teller
from conformance.report.verdict import worse
from conformance.rules.finding import Judgement
from conformance.rules.judge import judge
from conformance.stories.case import PREFIX as STORY
from conformance.trial import Trial
from conformance.trial.sweep import symptom
from conformance.wire.message import SignedPath, SignedRequest
from conformance.wire.reading import Expectation
from conformance.wire.visible import visible

PATIENCE: Final = timedelta(seconds=30)
"""How long the evidence of one report may take."""

MOST: Final = 25_000
"""Signed requests that a report may bring."""

_SHOWN: Final = (Outcome.PASS, Outcome.WARN, Outcome.NOT_APPLICABLE)
_FAULTS: Final = (Outcome.FAIL, Outcome.WARN, Outcome.ERROR)
_SIGNED: Final = ("vector:", "generated:")
_PROVABLE: Final = (*_SIGNED, STORY)
_BY_CERTIFICATES: Final = frozenset(shown_by_certificates())
_ABSENT: Final = "absent"
"""not_run: the suite makes such a check, and the report has none."""

_TAKE: Final = "Take the files of one run as they are; do not edit them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The checks of a report, those that evidence can show made from it again.

    `proved` and `taken` count them: made again, and taken from the report because what they saw
    leaves no evidence that others can judge (probes of the API, files handed over). `requests` and
    `stories` count what was judged again.
    """

    checks: tuple[Check, ...]
    requests: int
    stories: int
    proved: int
    taken: int


def rejudge(
    report: Report,
    evidence: bytes,
    stories: bytes,
    certified: Mapping[CheckKey, Check],
    *,
    registered: RSAPublicKey,
    catalogue: Catalogue,
    clock: Clock,
    asked: Asked,
    parts: Collection[str],
) -> Proof:
    """Return the checks of `report`, made again from its files of evidence.

    `evidence` holds signed requests, `stories` those of a client; either is empty where there is
    no such file. `certified` are the checks that the certificates give. `registered` is the
    partner's key, `asked` what the suite asks of a signer,
    `parts` those parts of a run that must be shown.

    Raises:
        RefusalError: the report claims what the evidence does not show.
    """
    claims = {
        (check.id, check.requirement): check
        for result in report.requirements
        for check in result.checks
    }
    if sum(len(result.checks) for result in report.requirements) != len(claims):
        raise RefusalError("report-broken", "the report has one check twice", hint=_TAKE)
    deadline = clock.monotonic() + PATIENCE.total_seconds()
    lines = _in_time(io.BytesIO(stories), clock, deadline)
    shown = _restoried(lines, catalogue, signed_path_of(report))
    told = len({name for name, _ in shown})
    shown |= certified
    trials: list[Trial] = []
    planned: list[CheckKey] = []
    if evidence or Part.OFFLINE in parts or any(name.startswith(_SIGNED) for name, _ in claims):
        asked.begin(report, registered)
        trials = _judged(evidence, asked, clock, deadline)
        shown |= _shown(report, catalogue, trials, claims)
        planned += planned_offline(asked.vectors if asked.same_suite else (), catalogue)
    if report.suite.catalogue_sha256 == catalogue.digest:
        planned += planned_others(parts)
    owed = {*_BY_CERTIFICATES, *_evidenced(claims, catalogue)}
    checks = _merged(claims, shown, report, owed)
    checks |= {key: _absent(key) for key in planned if key not in checks}
    proved = sum(key in shown for key in checks)
    return Proof(
        checks=tuple(checks.values()), requests=len(trials), stories=told, proved=proved,
        taken=sum(key not in shown for key in claims),
    )  # fmt: skip


def _restoried(
    lines: Iterable[bytes], catalogue: Catalogue, signed_path: SignedPath
) -> dict[CheckKey, Check]:
    """Return the checks that a client's stories give."""
    try:
        return dict(checks_again(lines, catalogue, signed_path=signed_path))
    except ValueError as error:
        raise RefusalError(
            "evidence-broken", f"the stories: {visible(str(error), limit=300)}", hint=_TAKE
        ) from None


def _in_time(lines: Iterable[bytes], clock: Clock, deadline: float) -> Iterator[bytes]:
    for line in lines:
        if clock.monotonic() > deadline:
            raise _too_large()
        yield line


def _too_large() -> RefusalError:
    return RefusalError(
        "evidence-too-large",
        f"the evidence is more than is judged: {MOST:,} requests, or {PATIENCE.seconds} seconds",
        hint="Run the check again, with a smaller profile.",
    )


def _judged(evidence: bytes, asked: Asked, clock: Clock, deadline: float) -> list[Trial]:
    """Return the trials in `evidence`, judged again."""
    doctor = Diagnostician(clock=clock)

    def again(request: SignedRequest, expected: Expectation) -> Judgement:
        return judge(request, expected, diagnostician=doctor)

    trials: list[Trial] = []
    for exchange in _exchanges(evidence):
        if len(trials) >= MOST or clock.monotonic() > deadline:
            raise _too_large()
        asked.refuse_other(exchange)
        if exchange.withheld:
            raise RefusalError(
                "evidence-withheld",
                f"the evidence of {visible(exchange.id, limit=100)} is withheld: "
                f"{visible(exchange.withheld, limit=200)}",
                hint="Nobody can judge what is not shown: run the check again, with secrets that "
                "are no part of ordinary words.",
            )
        trials.append(exchange.trial(again))
    asked.refuse_gaps(sum(bool(symptom(trial)) for trial in trials if _is_stored(trial)))
    return trials


def _is_stored(trial: Trial) -> bool:
    return trial.case.id.startswith(STORED)


def _exchanges(evidence: bytes) -> Iterator[Exchange]:
    try:
        yield from read_exchanges(io.BytesIO(evidence), "the evidence", body_of=_bodies().get)
    except UsageError as error:
        raise RefusalError("evidence-broken", error.message, hint=_TAKE) from None


@functools.cache
def _bodies() -> Mapping[str, bytes]:
    """Return the bodies of all vectors, by the ids of their cases."""
    vectors = (vector for path in SignedPath for vector in load_vectors(path))
    return MappingProxyType({vector.case.id: vector.case.body for vector in vectors})


def _shown(
    report: Report, catalogue: Catalogue, trials: list[Trial], claims: Mapping[CheckKey, Check]
) -> dict[CheckKey, Check]:
    """Return the checks that `trials` give, the worst of those with one name."""
    adapter = report.adapter
    hello = Hello(name=adapter.name, language=adapter.language, can=frozenset(adapter.can))
    teller = Teller(catalogue=catalogue, hello=hello)
    found: dict[CheckKey, Check] = {}
    for trial in trials:
        if trial.case.id.startswith(VECTORS):
            for check in teller.vector_checks(trial):
                key = (check.id, check.requirement)
                if key not in found or worse(check.outcome, found[key].outcome):
                    found[key] = check
    wanted = [requirement for name, requirement in claims if name.startswith("generated:")]
    rest = [trial for trial in trials if not trial.case.id.startswith(VECTORS)]
    for check in teller.generated_checks(rest, list(dict.fromkeys(wanted))):
        found[check.id, check.requirement] = check
    return found


def _evidenced(claims: Iterable[CheckKey], catalogue: Catalogue) -> Iterator[CheckKey]:
    """Yield those of `claims` that signed requests or stories must show."""
    requirements = provable(catalogue)
    for name, requirement in claims:
        if name.startswith(_PROVABLE) or requirement in requirements:
            yield name, requirement


def _merged(
    claims: Mapping[CheckKey, Check],
    shown: Mapping[CheckKey, Check],
    report: Report,
    owed: Collection[CheckKey],
) -> dict[CheckKey, Check]:
    """Return all checks, the worse of claim and evidence; refuse claims that are too good.

    Those that are `owed` count as shown by evidence alone.
    """
    merged: dict[CheckKey, Check] = {}
    for key, claim in claims.items():
        found = shown.get(key)
        if found is None:
            if key in owed and claim.outcome in _SHOWN:
                raise RefusalError(
                    "evidence-missing",
                    f"the report says {claim.outcome} of {_named(key)}, and its evidence has "
                    "nothing that shows it",
                    hint=_TAKE,
                )
            merged[key] = claim
        elif claim.outcome is Outcome.NOT_RUN and key in _BY_CERTIFICATES:
            merged[key] = found
        elif claim.outcome in _SHOWN and _is_worse(found, claim) and not _may_age(key):
            raise _contradicted(key, claim, found, report)
        else:
            merged[key] = claim if worse(claim.outcome, found.outcome) else found
    for key, found in shown.items():
        if key not in merged:
            if found.outcome in _FAULTS and not _may_age(key):
                raise _contradicted(key, None, found, report)
            merged[key] = found
    return merged


def _may_age(key: CheckKey) -> bool:
    """Tell whether a check may be worse on the day of the decision than on that of the report."""
    return key in _BY_CERTIFICATES and key[1] in DATED


def _is_worse(found: Check, claim: Check) -> bool:
    """Tell whether the evidence shows a fault that the claim does not admit.

    Where it shows too little, it is no lie: a search for causes has its limits, and the check then
    counts as not run.
    """
    return found.outcome in _FAULTS and worse(found.outcome, claim.outcome)


def _contradicted(key: CheckKey, claim: Check | None, found: Check, report: Report) -> RefusalError:
    says = f"says {claim.outcome}" if claim else "says nothing"
    return RefusalError(
        "check-contradicted",
        f"the report {says} of {_named(key)}, and its evidence shows {found.outcome}"
        f"{f' ({visible(found.reason, limit=80)})' if found.reason else ''}",
        hint=f"The report was made by version {visible(report.suite.version, limit=40)}. If "
        "nobody changed it, the rules have become stricter: run the check again with this one.",
    )


def _absent(key: CheckKey) -> Check:
    """Return a check that was not run, for one that the suite makes and the report lacks."""
    name, requirement = key
    return Check(
        id=name, requirement=requirement, outcome=Outcome.NOT_RUN, reason=_ABSENT,
        observed="the suite makes this check, and the report has none", cases=0,
    )  # fmt: skip


def _named(key: CheckKey) -> str:
    return f"{visible(key[0], limit=120)} for {visible(key[1], limit=60)}"
