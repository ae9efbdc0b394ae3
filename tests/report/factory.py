"""Trials made by signers that are right, or wrong on purpose; and reports made of them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa

from conformance.adapters.interface import Answer, AnswerKind, Hello
from conformance.cases.case import Case, Refusal
from conformance.catalogue import load_catalogue
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.errors import AdapterError
from conformance.redaction import Redactor
from conformance.report.check import Check, Outcome
from conformance.report.document import Run, report_of
from conformance.report.failure import Failure
from conformance.report.model import AdapterIdentity, CaseCounts, Report, Stop, Timing
from conformance.report.telling import Teller
from conformance.report.verdict import plan_of
from conformance.rules import judge
from conformance.trial import Trial
from conformance.wire.message import HeaderFields, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys, Procedure
from conformance.wire.reading import Expectation

CATALOGUE = load_catalogue()
PLAN = plan_of(CATALOGUE, "signer", ["offline"])
MOMENT = datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC)
HELLO = Hello(
    name="acme-signer", version="2.3", language="java", can=frozenset({"sign", "clock", "keys"})
)


@functools.cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def wrong(*mistakes: str) -> Procedure:
    """Return a signer that makes `mistakes`, by their ids."""
    return breed(MISTAKES[item] for item in mistakes)


def case(
    number: int = 1,
    *,
    target: str = "/ping",
    body: bytes = b"",
    requirements: Sequence[str] = (),
    refusal: Refusal = Refusal.WRONG,
    identity: str = "",
    method: str = "GET",
) -> Case:
    return Case(
        id=identity or f"generated/{number}",
        method=method,
        target=target,
        date=MOMENT + timedelta(seconds=number),
        body=body,
        key_id="client-1",
        requirements=tuple(requirements),
        refusal=refusal,
    )


def trial(
    asked: Case,
    signer: Procedure = DOCUMENTED,
    *,
    diagnostician: Diagnostician | None = None,
    further: Iterable[tuple[str, str]] = (),
) -> Trial:
    """Return the trial of `asked` with `signer`; `further` header fields are sent unsigned."""
    unsigned = UnsignedRequest(
        method=asked.method, target=asked.target, date=asked.date, key_id=asked.key_id,
        body=asked.body, place=asked.place,
    )  # fmt: skip
    signed = signer.sign(unsigned, Keys(signing=key())).signed
    headers = HeaderFields((*signed.headers, *further))
    expected = Expectation(
        key=key().public_key(), key_id=asked.key_id, place=asked.place, date=asked.date
    )
    request = type(signed)(
        method=signed.method, target=signed.target, headers=headers, body=signed.body
    )
    return Trial(
        case=asked,
        answer=Answer(kind=AnswerKind.OK, headers=headers),
        judgement=judge(request, expected, diagnostician=diagnostician),
        expected=expected,
    )


def trials(count: int, signer: Procedure = DOCUMENTED, *, first: int = 1) -> list[Trial]:
    """Return the trials of `count` cases with queries and every third with a body."""
    doctor = Diagnostician()
    return [
        trial(
            case(number, target=f"/ping?x={number}", body=b"" if number % 3 else b'{"a":1}'),
            signer,
            diagnostician=doctor,
        )
        for number in range(first, first + count)
    ]


def unanswered(
    asked: Case, kind: AnswerKind, message: str = "", error: AdapterError | None = None
) -> Trial:
    return Trial(case=asked, answer=Answer(kind=kind, message=message, error=error))


def teller(hello: Hello = HELLO, redactor: Redactor | None = None) -> Teller:
    return Teller(catalogue=CATALOGUE, hello=hello, redactor=redactor or Redactor(key=b"k"))


def failures(seen: Iterable[Trial]) -> list[Failure]:
    told = teller()
    return [failure for each in seen if (failure := told.failure(each))]


def passing_checks() -> list[Check]:
    """Return a passing check of everything that the plan covers."""
    return [
        Check(id=f"generated:{item}", requirement=item, outcome=Outcome.PASS, cases=12)
        for item in PLAN.covers
    ]


def report(
    seen: Sequence[Trial] = (),
    *,
    checks: Sequence[Check] | None = None,
    stop: Stop | None = None,
    redactor: Redactor | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """Return the report of a run that generated `seen`; token requests hold by a vector."""
    redactor = redactor or Redactor(key=b"k")
    told = teller(redactor=redactor)
    if checks is None:
        vector = Check(id="vector:token/form", requirement="AUTH-001", outcome=Outcome.PASS)
        checks = [*told.generated_checks(seen, PLAN.covers), vector]
    run = Run(
        catalogue=CATALOGUE,
        plan=PLAN,
        checks=checks,
        failures=[failure for each in seen if (failure := told.failure(each))],
        stop=stop,
        adapter=AdapterIdentity(name="acme-signer", version="2.3", language="java"),
        profile="default",
        seed="42",
        cases=CaseCounts(vectors=1, generated=len(seen)),
        timing=Timing(total_s=1.5, adapter_s=0.25),
        notes=notes,
    )
    return report_of(run, created=MOMENT, redactor=redactor, identity="0" * 8)
