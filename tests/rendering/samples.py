"""Reports for the tests of what is made of them: ready, broken, waived, and with everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.catalogue import Level, Side, load_catalogue
from conformance.redaction import Redaction
from conformance.report.check import Actor, Check, Diagnosis, Outcome, Step, StepOutcome, Story
from conformance.report.failure import CommonCause, Example, Trouble
from conformance.report.model import (
    AdapterIdentity,
    AppliedWaiver,
    CaseCounts,
    Certificate,
    Chart,
    Environment,
    EvidenceFile,
    Point,
    Politeness,
    QuirkInPlay,
    Report,
    RequirementResult,
    Stop,
    StopKind,
    Subject,
    Suite,
    Timing,
)
from conformance.report.verdict import blockers, exit_code, requirement_outcome, verdict_of

CATALOGUE = load_catalogue()
MOMENT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

EXPECTED = (
    "(request-target): get /applications?status=open\\n"
    "date: Wed, 03 Jul 2019 08:28:28 GMT\\n"
    "digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
)
OBSERVED = EXPECTED.replace("\\n", "\\r\\n").replace("GMT\\r", "GMT\\x20\\r")


def check(requirement: str, outcome: Outcome = Outcome.PASS, **more: Any) -> Check:
    made: dict[str, Any] = {"id": f"generated:{requirement}", "cases": 200, **more}
    return Check(requirement=requirement, outcome=outcome, **made)


def result(identity: str, checks: Iterable[Check], *, waived: bool = False) -> RequirementResult:
    known = CATALOGUE.requirements[identity]
    made = tuple(checks)
    return RequirementResult(
        id=identity,
        level=known.level,
        title=known.title,
        topic=known.topic,
        outcome=requirement_outcome(known.level, made),
        demanded=True,
        reason="" if made else "nothing in this run checked it",
        waived=waived,
        checks=made,
    )


def results(*changed: RequirementResult, sides: Sequence[Side] = (Side.SIGNER,)) -> list[
    RequirementResult
]:  # fmt: skip
    """Return the requirements of `sides`, all shown to hold but for `changed`."""
    told = {item.id: item for item in changed}
    return [
        told.get(item.id) or result(item.id, [check(item.id)])
        for item in CATALOGUE.requirements.values()
        if item.sides.intersection(sides) or item.id in told
    ]


def report(
    requirements: Sequence[RequirementResult], *, stop: Stop | None = None, **more: Any
) -> Report:
    verdict = verdict_of(requirements, stop)
    made = Report(
        id="6b6f3a5e-8f0c-4d5e-9b1a-3f1f0c9e2d11",
        created=MOMENT,
        expires=MOMENT + timedelta(days=90),
        verdict=verdict,
        exit_code=exit_code(verdict),
        plan="signer",
        parts=("offline",),
        challenge="",
        target="",
        blocking=blockers(requirements, stop),
        causes=(),
        aborted=stop,
        suite=Suite(version="0.1.0", catalogue_sha256=CATALOGUE.digest),
        subject=Subject(partner="Example Bank", client_id="client-1"),
        adapter=AdapterIdentity(
            name="acme-signer", version="2.3", language="java", address="java -jar signer.jar",
            can=("clock", "sign"),
        ),
        profile="default",
        seed="42",
        quirks=tuple(
            QuirkInPlay(id=item.id, title=item.title, chosen=item.default,
                        requirements=item.requirements)
            for item in list(CATALOGUE.quirks.values())[:5]
        ),
        cases=CaseCounts(vectors=197, generated=1000),
        timing=Timing(total_s=3.4, adapter_s=0.8),
        environment=Environment(python="3.11.7", platform="Linux", libraries={"requests": "2.32"}),
        notes=(),
        preflight=(),
        charts=(),
        politeness=Politeness(),
        waivers=(),
        redactions=(),
        evidence=(EvidenceFile(file="evidence.jsonl", exchanges=1197, sha256="a" * 64),),
        requirements=tuple(requirements),
    )  # fmt: skip
    return replace(made, **more)


def ready() -> Report:
    """Return the report of a signer that does everything right."""
    return report(results())


def cause(requirement: str = "STR-005", **more: Any) -> CommonCause:
    made: dict[str, Any] = {
        "kind": Trouble.MISTAKE,
        "mistake": "string-crlf",
        "says": "lines end in CR LF",
        "level": Level.MUST,
        "requirements": (requirement,),
        "cases": 188,
        "example": Example(
            case="vectors/target/query", method="GET", target="/applications?status=open",
            body="no body", size=31,
        ),
        "stage": "signing string",
        "proved": True,
        "mend": "join the lines with a single LF (0x0A)",
        "expected": EXPECTED,
        "observed": OBSERVED,
        "difference": "first difference at octet 48 (line 1, column 49): expected '\\n', got '\\r'",
        "same_as": ("string-windows-lines",),
        **more,
    }  # fmt: skip
    return CommonCause(**made)


def broken(requirement: str = "STR-005", **more: Any) -> Check:
    made: dict[str, Any] = {
        "id": "vector:target/query",
        "cases": 1,
        "broken": 1,
        "reason": "string-crlf",
        "expected": "lines that end in LF",
        "observed": "lines that end in CR LF",
        "hint": "join the lines with a single LF (0x0A)",
        "duration_s": 0.0123,
        "evidence": ("vectors/target/query",),
        "diagnosis": (
            Diagnosis(
                mistake="string-crlf", stage="signing string", proved=True,
                says="lines end in CR LF", mend="join the lines with a single LF (0x0A)",
                requirement=requirement, expected=EXPECTED, observed=OBSERVED,
                difference="first difference at octet 48",
            ),
        ),
        **more,
    }  # fmt: skip
    return check(requirement, Outcome.FAIL, **made)


def not_ready() -> Report:
    """Return the report of a signer with two causes and a warning."""
    body = cause(
        "DIG-002", mistake="digest-body-trimmed", stage="digest", cases=16,
        says="white space around the body is cut off before it is hashed",
        difference="first difference at octet 16 (line 1, column 17): expected 'N', got '4'",
        mend="hash the very octets that are sent", same_as=(), proved=False,
        expected="Digest: SHA-256=Nqnn8clbgv+5l0PgxcTOldg8mkMKrFn4TvPL+rYUUGg=",
        observed="Digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        example=Example(case="generated/77", method="POST", target="/?a=%20", size=9,
                        body="body of 1 octet: \\x20"),
    )  # fmt: skip
    order = cause(
        "STR-003", mistake="string-order", says="the lines stand in another order", cases=12,
        level=Level.SHOULD, mend="sign request target, date and digest in this order",
        difference="first difference at octet 0 (line 1, column 1): expected '(', got 'd'",
        expected="(request-target) date digest", observed="date (request-target) digest",
        same_as=(),
    )  # fmt: skip
    states = results(
        result("STR-005", [broken(), check("STR-005")]),
        result("DIG-002", [broken("DIG-002", reason="digest-mismatch", diagnosis=())]),
        result("STR-003", [broken("STR-003", reason="order")]),
        result("DATE-003", [check("DATE-003", Outcome.NOT_APPLICABLE, reason="declared",
                                  observed="the signer takes the date it is given", cases=0)]),
    )  # fmt: skip
    return report(states, causes=(cause(), body, order))


def invalid() -> Report:
    """Return the report of a run that could not start."""
    stop = Stop(
        kind=StopKind.INVALID,
        reason="the adapter `nodex adapter.mjs` cannot be started: there is no such command",
        hint="install it, or give its path",
        detail="its last lines on standard error:\n  nodex: command not found",
    )
    states = [
        result(item.id, [check(item.id, Outcome.NOT_RUN, reason="aborted", cases=0)])
        for item in CATALOGUE.requirements.values()
        if Side.SIGNER in item.sides
    ]
    return report(states, stop=stop)


def error() -> Report:
    """Return the report of a run whose adapter broke."""
    says = "the adapter answered with an error: RuntimeError: HSM session lost"
    trouble = cause(
        "DIG-002", kind=Trouble.ERROR, mistake="adapter-error", says=says, stage="", proved=False,
        mend="mend the adapter; what a signer declines on purpose is `refused`", cases=5,
        expected="a signed request", observed=says, difference="", same_as=(),
    )  # fmt: skip
    seen = check("DIG-002", Outcome.ERROR, reason="adapter-error", observed=says, broken=5,
                 evidence=("generated/74",))  # fmt: skip
    return report(results(result("DIG-002", [seen])), causes=(trouble,))


def steps(*said: tuple[float, Actor, str, StepOutcome]) -> tuple[Step, ...]:
    return tuple(
        Step(at_s=at, actor=actor, says=says, outcome=outcome) for at, actor, says, outcome in said
    )


RIGHT, WRONG, NEUTRAL = StepOutcome.RIGHT, StepOutcome.WRONG, StepOutcome.NEUTRAL

STORM = Story(
    armed="429 with RateLimit-Reset: 2 for the next request",
    should="Wait two seconds, then send one retry, freshly dated and signed.",
    steps=steps(
        (0.0, Actor.SUITE, "tells the client to send GET /ping", NEUTRAL),
        (0.031, Actor.CLIENT, "GET /partner-api/ping", RIGHT),
        (0.033, Actor.SANDBOX, "429 Too Many Requests, RateLimit-Reset: 2", NEUTRAL),
        (0.041, Actor.CLIENT, "GET /partner-api/ping, 8 ms later with the same Signature", WRONG),
        (0.043, Actor.SANDBOX, "401 Unauthorized: the signature was used before", NEUTRAL),
        (2.105, Actor.CLIENT, "GET /partner-api/ping, freshly signed", StepOutcome.UNCLEAR),
        (2.109, Actor.SANDBOX, "200 OK", NEUTRAL),
    ),
)
CALM = Story(
    armed="an access token that expires in the middle",
    should="Refresh the token once, then send the request once more.",
    steps=steps(
        (0.0, Actor.CLIENT, "GET /partner-api/ping", NEUTRAL),
        (0.004, Actor.SANDBOX, "401 Unauthorized: the access token has expired", NEUTRAL),
        (0.010, Actor.CLIENT, "POST /partner-api/oauth2/token", RIGHT),
        (0.020, Actor.SANDBOX, "200 OK", NEUTRAL),
        (0.024, Actor.CLIENT, "GET /partner-api/ping with the new token", RIGHT),
        (0.029, Actor.SANDBOX, "200 OK", NEUTRAL),
    ),
)

SKEW = Chart(
    id="skew-boundary",
    requirement="API-DATE-001",
    title="How far a Date may be from the server's clock",
    says="Accepted from 180 s behind to 180 s ahead, as documented.",
    x_label="seconds ahead of the server's clock",
    y_label="",
    points=tuple(
        Point(x=float(at), y=0.0, kind="accepted" if abs(at) <= 180 else "refused",
              label="200" if abs(at) <= 180 else "400")
        for at in (-240, -210, -195, -181, -180, -150, 0, 150, 180, 181, 195, 210, 240)
    ),
)  # fmt: skip
LIMIT = Chart(
    id="rate-limit",
    requirement="API-RATE-002",
    title="Requests left in the window",
    says="30 requests passed, the next 3 were refused with 429, and requests passed again.",
    x_label="seconds since the first request",
    y_label="RateLimit-Remaining",
    points=(
        *(Point(x=at * 0.03, y=29.0 - at, kind="200", label="") for at in range(30)),
        *(Point(x=0.9 + at * 0.03, y=0.0, kind="429", label="Reset: 1") for at in range(3)),
        *(Point(x=2.0 + at * 0.2, y=29.0 - at, kind="200", label="") for at in range(3)),
    ),
)


def certificate(use: str, begins: datetime, days: int) -> Certificate:
    return Certificate(
        use=use, sha256=("5e" if use == "tls" else "c1") * 32, valid_from=begins,
        expires=begins + timedelta(days=days), subject=f"CN={use}.bank.example,O=Example Bank",
        key="RSA 3072",
    )  # fmt: skip


def full() -> Report:
    """Return a report of plan readiness with a bit of everything; one failure is waived."""
    wrong = check(
        "RATE-001", Outcome.FAIL, id="story:rate-limited", cases=1, broken=1, reason="retry-early",
        expected="no request before the limit is reset", observed="a request after 8 ms",
        hint="wait as many seconds as RateLimit-Reset says", story=STORM,
    )  # fmt: skip
    states = results(
        result("RATE-001", [wrong]),
        result("STR-005", [broken()], waived=True),
        result("API-DATE-001", [check("API-DATE-001", id="probe:skew-boundary", cases=13)]),
        result("API-RATE-002", [check("API-RATE-002", Outcome.INCONCLUSIVE, id="probe:rate-limit",
                                      reason="server-error", observed="503 five times")]),
        result("TOK-001", [check("TOK-001", id="story:token-expired", cases=1, story=CALM)]),
        sides=(Side.SIGNER, Side.CLIENT, Side.MATERIAL),
    )  # fmt: skip
    return report(
        states,
        plan="readiness",
        parts=("offline", "material", "client", "live"),
        target="sandbox",
        cases=CaseCounts(vectors=197, generated=1000, stories=2, sent=148),
        subject=Subject(
            partner="Example Bank",
            client_id="client-1",
            certificates=(
                certificate("signature", MOMENT - timedelta(days=200), 730),
                certificate("tls", MOMENT - timedelta(days=690), 730),
            ),
        ),
        charts=(SKEW, LIMIT),
        preflight=steps(
            (0.0, Actor.SUITE, "configuration complete; the certificates are two", RIGHT),
            (0.02, Actor.SUITE, "api.example resolves to 192.0.2.7", RIGHT),
            (0.05, Actor.API, "TLS 1.3, certificate for api.example until 3 March 2027", RIGHT),
            (0.09, Actor.SUITE, "the clocks differ by 2 s", StepOutcome.UNCLEAR),
        ),
        politeness=Politeness(requests=148, top_rate=5, waited_s=31.5),
        waivers=(
            AppliedWaiver(
                requirement="STR-005", check="vector:target/query", reason_code="string-crlf",
                reason="The gateway in front of the signer is replaced in December.",
                owner="Partner integration", ticket="OPS-1234",
                expires=MOMENT + timedelta(days=30),
            ),
        ),
        redactions=(Redaction(kind="token", fingerprint="0939d65c", count=4),),
        notes=("the adapter printed 3 lines on standard output",),
        evidence=tuple(
            EvidenceFile(file=name, exchanges=12, sha256="b" * 64)
            for name in ("evidence.jsonl", "stories.jsonl", "exchanges.har")
        ),
    )  # fmt: skip


def waived() -> Report:
    """Return a report whose only failure is waived."""
    base = full()
    states = results(
        result("STR-005", [broken()], waived=True),
        result("STR-003", [broken("STR-003", reason="order", diagnosis=())]),
    )
    return report(states, waivers=base.waivers, subject=base.subject, causes=(cause(),))


def incomplete() -> Report:
    """Return a report of a run that left a part out and could not see another."""
    states = results(
        result("DIG-002", []),
        result("TGT-001", [check("TGT-001", Outcome.NOT_RUN, reason="unsupported", cases=0,
                                 observed="the adapter has no feature `methods`")]),
    )  # fmt: skip
    return report(states)


SAMPLES = {
    "ready": ready, "not_ready": not_ready, "invalid": invalid, "error": error, "full": full,
    "waived": waived, "incomplete": incomplete,
}  # fmt: skip
