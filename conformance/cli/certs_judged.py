"""What is told of the two certificates: the judgement as values, printable and without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256

from conformance.catalogue import Level, load_catalogue
from conformance.errors import MaterialError
from conformance.material.describe import certificate_key_says, signature_of
from conformance.material.judge import RULES, Judged, judge
from conformance.material.months import span_says
from conformance.material.rules import RENEWAL
from conformance.material.submitted import Material, Role, Submitted
from conformance.report.failure import Broken
from conformance.report.wording import without_markdown
from conformance.wire.shown import shown

BOTH: Final = "both"
"""What a check of the two certificates together is a check of."""

_TEXT: Final = 300
"""Octets of a name in a certificate that are shown."""


class Answer(StrEnum):
    """What became of the material as a whole."""

    UNREADABLE = "unreadable"
    """Something that was given cannot be read."""
    WRONG = "wrong"
    """A MUST is broken."""
    RIGHT = "right"
    """Every MUST holds."""
    NO_FAULT_SEEN = "no-fault-seen"
    """No MUST is broken, but not all could be told."""

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return {Answer.UNREADABLE: 2, Answer.WRONG: 1}.get(self, 0)


class RuleOutcome(StrEnum):
    """What is known of one requirement."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    WARN = "warn"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTold:
    """One requirement of one certificate, `tls` or `signing`, or of `both`."""

    certificate: str
    outcome: RuleOutcome
    why: str = ""
    findings: tuple[Broken, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementTold:
    """One requirement; its outcome is the worst of its checks."""

    id: str
    level: Level
    title: str
    outcome: RuleOutcome
    checks: tuple[CheckTold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalTold:
    """Why a file could not be read."""

    reason: str
    says: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTold:
    """One certificate in its file; `renew_by` is when its renewal should be handed over.

    `lifespan` is empty where it ends before it begins; `chain` counts the other certificates.
    """

    subject: str
    issuer: str
    self_issued: bool
    serial: str
    sha256: str
    key: str
    signed_with: str
    not_before: datetime
    not_after: datetime
    renew_by: datetime
    days_left: int
    lifespan: str
    chain: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTold:
    """A file that was given, as far as it could be read."""

    role: Role
    path: str
    format: str
    certificate: CertificateTold | None
    refusals: tuple[RefusalTold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialTold:
    """The judgement of all that was given at the moment `now`."""

    answer: Answer
    exit_code: int
    now: datetime
    files: tuple[FileTold, ...]
    requirements: tuple[RequirementTold, ...]


_WORST_FIRST: Final = (
    RuleOutcome.FAIL,
    RuleOutcome.WARN,
    RuleOutcome.UNDETERMINED,
    RuleOutcome.PASS,
)


def tell_material(material: Material) -> MaterialTold:
    """Judge `material` by all rules, and return what is told of it."""
    judged = judge(material)
    requirements = tuple(
        _requirement(identity, [item for item in judged if item.requirement == identity])
        for identity in RULES
    )
    answer = _answer(requirements, material.refusals)
    given = (item for item in (material.tls, material.signing) if item is not None)
    return MaterialTold(
        answer=answer,
        exit_code=answer.exit_code,
        now=material.now,
        files=tuple(_file(item, material.now) for item in given),
        requirements=requirements,
    )


def _answer(requirements: Iterable[RequirementTold], refusals: Sequence[MaterialError]) -> Answer:
    checks = [check.outcome for item in requirements for check in item.checks]
    if refusals:
        return Answer.UNREADABLE
    if RuleOutcome.FAIL in checks:
        return Answer.WRONG
    return Answer.NO_FAULT_SEEN if RuleOutcome.UNDETERMINED in checks else Answer.RIGHT


def _requirement(identity: str, judged: Iterable[Judged]) -> RequirementTold:
    requirement = load_catalogue().requirements[identity]
    checks = tuple(_check(item, requirement.level) for item in judged)
    return RequirementTold(
        id=identity,
        level=requirement.level,
        title=without_markdown(requirement.title),
        outcome=min((check.outcome for check in checks), key=_WORST_FIRST.index),
        checks=checks,
    )


def _check(judged: Judged, level: Level) -> CheckTold:
    outcome = RuleOutcome.PASS
    if judged.findings:
        outcome = RuleOutcome.FAIL if level is Level.MUST else RuleOutcome.WARN
    elif judged.untold:
        outcome = RuleOutcome.UNDETERMINED
    return CheckTold(
        certificate=judged.role or BOTH,
        outcome=outcome,
        why=judged.untold,
        findings=tuple(
            Broken(
                requirement=item.requirement,
                reason=item.reason,
                expected=item.expected,
                observed=item.observed,
                hint=item.hint,
            )
            for item in judged.findings
        ),
    )


def _file(file: Submitted, now: datetime) -> FileTold:
    return FileTold(
        role=file.role,
        path=shown(str(file.path), _TEXT),
        format=file.contents.format if file.contents else "",
        certificate=_certificate(file, now),
        refusals=tuple(
            RefusalTold(reason=item.reason, says=item.message, hint=item.hint)
            for item in file.refusals
        ),
    )


def _certificate(file: Submitted, now: datetime) -> CertificateTold | None:
    certificate, contents = file.certificate, file.contents
    if certificate is None or contents is None:
        return None
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return CertificateTold(
        subject=shown(certificate.subject.rfc4514_string(), _TEXT),
        issuer=shown(certificate.issuer.rfc4514_string(), _TEXT),
        self_issued=certificate.issuer == certificate.subject,
        serial=f"{certificate.serial_number:x}",
        sha256=certificate.fingerprint(SHA256()).hex(),
        key=certificate_key_says(certificate),
        signed_with=signature_of(certificate).says,
        not_before=begins,
        not_after=ends,
        renew_by=max(ends - RENEWAL, begins),
        days_left=(ends - now) // timedelta(days=1),
        lifespan=span_says(begins, ends) if begins <= ends else "",
        chain=len(contents.chain) + len(contents.leaves) - 1,
    )
