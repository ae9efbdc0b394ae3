"""What is told of one captured request: the judgement as values, printable and without secrets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from conformance.capture.captured import Captured
from conformance.capture.secret import is_secret_header, secrets_of
from conformance.catalogue import Level, load_catalogue
from conformance.cli.explanation_inputs import Subject
from conformance.material.certificate import Certificate
from conformance.redaction import Redactor
from conformance.report.check import Diagnosis
from conformance.report.excerpt import TEXT_LIMIT, broken_of, diagnosis_of, octets_of, text_of
from conformance.report.failure import Broken
from conformance.report.plain import with_text
from conformance.report.wording import without_markdown
from conformance.rules import RULES, judge
from conformance.rules.finding import Judgement
from conformance.rules.rule import Needs
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import Field, HeaderFields, SignedRequest
from conformance.wire.reading import Expectation, Reading
from conformance.wire.shown import shown
from conformance.wire.visible import visible

_NOT_DATED = "a capture may be old; judged with --date-now or --now"
_NO_KEY_ID = "the client id is not known: give it with --key-id"
_NO_CERTIFICATE = "the certificate is not known: give it with --cert"
_OF_THE_KEY = (Needs.SIGNING_STRING, Needs.SIGNATURE)


class Answer(StrEnum):
    """What became of the request as a whole."""

    WRONG = "wrong"
    """A MUST is broken."""
    RIGHT = "right"
    """Every MUST that concerns it holds."""
    NO_FAULT_SEEN = "no-fault-seen"
    """Nothing is broken, but not all could be told."""


class RuleOutcome(StrEnum):
    """What is known of one requirement."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    WARN = "warn"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTold:
    """One requirement; `why` says what keeps it from being told or concerned."""

    id: str
    level: Level
    outcome: RuleOutcome
    title: str
    why: str = ""
    findings: tuple[Broken, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTold:
    """A certificate that the request was judged by; a bare key has no subject."""

    sha256: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTold:
    """The request as it was read."""

    format: str
    origin: str
    method: str
    target: str
    headers: tuple[Field, ...]
    body_octets: int
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What the request was judged against; empty is what was not known."""

    signed_target: str
    base_path: str
    signed_path: str
    key_id: str
    now: str
    certificate: CertificateTold | None
    tls_certificate: CertificateTold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The explanation of one request; `signing_string` has a line each, None when none can be."""

    answer: Answer
    exit_code: int
    diagnosis: tuple[Diagnosis, ...]
    ruled_out: tuple[str, ...]
    request: RequestTold
    against: Against
    notes: tuple[str, ...]
    signing_string: tuple[str, ...] | None
    requirements: tuple[RuleTold, ...]


def explain_request(subject: Subject) -> Explained:
    """Judge the captured request by all rules, and return what is told of it.

    No secret of the request is in it: header fields that hold one are masked before anything else
    looks at them, unless they are signed, and every text is searched for them.
    """
    redactor = Redactor(secrets_of(subject.captured.request))
    request = _masked(subject.captured.request, redactor)
    judgement = judge(request, subject.expectation)
    reading = Reading(request=request, expected=subject.expectation)
    told = Explained(
        answer=Answer.RIGHT,
        exit_code=0,
        diagnosis=tuple(diagnosis_of(cause, redactor) for cause in judgement.causes),
        ruled_out=tuple(text_of(item, redactor) for item in judgement.ruled_out),
        request=_request(subject.captured, reading, redactor),
        against=_against(subject, reading, redactor),
        notes=subject.captured.notes,
        signing_string=_signing_string(judgement, redactor),
        requirements=_requirements(judgement, subject.expectation, redactor),
    )
    return with_text(_answered(told), redactor.configured)


def _answered(told: Explained) -> Explained:
    """Return `told` with the answer that its requirements give."""
    outcomes = {item.outcome for item in told.requirements}
    if RuleOutcome.FAIL in outcomes:
        return replace(told, answer=Answer.WRONG, exit_code=1)
    if RuleOutcome.UNDETERMINED in outcomes:
        return replace(told, answer=Answer.NO_FAULT_SEEN)
    return told


def _masked(request: SignedRequest, redactor: Redactor) -> SignedRequest:
    """Return `request` without the secrets of header fields that the signature does not cover."""
    covered = Reading(request=request).covered
    fields: list[Field] = []
    for field in request.headers:
        if is_secret_header(*field) and field[0].lower() not in covered:
            fields += redactor.headers(HeaderFields((field,)))[0]
        else:
            fields.append(field)
    return SignedRequest(
        method=request.method,
        target=request.target,
        headers=HeaderFields(tuple(fields)),
        body=request.body,
    )


def _request(captured: Captured, reading: Reading, redactor: Redactor) -> RequestTold:
    fields, _ = redactor.headers(reading.request.headers)
    return RequestTold(
        format=captured.format,
        origin=visible(captured.origin, limit=TEXT_LIMIT),
        method=visible(reading.request.method),
        target=redactor.text(visible(reading.request.target, limit=TEXT_LIMIT)),
        headers=tuple((visible(name), visible(value, limit=TEXT_LIMIT)) for name, value in fields),
        body_octets=len(reading.request.body),
        place=reading.place,
    )


def _against(subject: Subject, reading: Reading, redactor: Redactor) -> Against:
    expected = reading.expected
    return Against(
        signed_target=redactor.text(visible(reading.signed_target, limit=TEXT_LIMIT)),
        base_path=visible(expected.base_path, limit=TEXT_LIMIT),
        signed_path=expected.signed_path,
        key_id=visible(expected.key_id or "", limit=TEXT_LIMIT),
        now="" if expected.now is None else format_imf_fixdate(expected.now),
        certificate=_certificate(subject.certificate),
        tls_certificate=_certificate(subject.tls_certificate),
    )


def _certificate(certificate: Certificate | None) -> CertificateTold | None:
    if certificate is None:
        return None
    return CertificateTold(
        sha256=certificate.fingerprint, subject=shown(certificate.subject, TEXT_LIMIT)
    )


def _signing_string(judgement: Judgement, redactor: Redactor) -> tuple[str, ...] | None:
    """Return the lines that should have been signed, each with its line end shown."""
    if judgement.signing_string is None:
        return None
    *lines, last = judgement.signing_string.split(b"\n")
    return tuple(octets_of(line, redactor) for line in (*(line + b"\n" for line in lines), last))


def _requirements(
    judgement: Judgement, expectation: Expectation, redactor: Redactor
) -> tuple[RuleTold, ...]:
    catalogue = load_catalogue().requirements
    told = []
    for identity in RULES:
        requirement = catalogue[identity]
        findings = tuple(broken_of(item, redactor) for item in judgement.broken(identity))
        outcome, why = _outcome(judgement, expectation, identity, requirement.level)
        told.append(
            RuleTold(
                id=identity,
                level=requirement.level,
                outcome=outcome,
                title=without_markdown(requirement.title),
                why=why,
                findings=findings,
            )
        )
    return tuple(told)


def _outcome(
    judgement: Judgement, expectation: Expectation, identity: str, level: Level
) -> tuple[RuleOutcome, str]:
    """Return what is known of a requirement, and what keeps it from being known."""
    if judgement.broken(identity):
        return (RuleOutcome.FAIL if level is Level.MUST else RuleOutcome.WARN), ""
    if identity == "DATE-003" and expectation.now is None:
        return RuleOutcome.NOT_APPLICABLE, _NOT_DATED
    if identity in judgement.silent:
        return RuleOutcome.NOT_APPLICABLE, f"it speaks of {RULES[identity].concerns.value}"
    why = judgement.undetermined.get(identity, "")
    if why and expectation.key is None and RULES[identity].needs in _OF_THE_KEY:
        why = _NO_CERTIFICATE
    elif identity == "HDR-003" and expectation.key_id is None:
        why = _NO_KEY_ID
    return (RuleOutcome.UNDETERMINED, why) if why else (RuleOutcome.PASS, "")
