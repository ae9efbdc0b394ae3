"""Checks of certificates made again: the two certificates are public, so a bundle brings them.

What they were handed over in stays with the partner. So does the private key; that of the HTTP
signature certificate has shown itself by signing the bundle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.catalogue import Catalogue
from conformance.errors import MaterialError
from conformance.gate.planned import CheckKey
from conformance.gate.refusal import RefusalError
from conformance.material.contents import CertificateFormat, contents_of
from conformance.material.judge import RULES, Judged, judge
from conformance.material.rule import Needs
from conformance.material.rules import HAND_OVER, against_validity
from conformance.material.submitted import Material, Role, Submitted
from conformance.redaction import Redactor
from conformance.report.certified import USES, certificate_of, check_id, check_of
from conformance.report.check import Check, Outcome
from conformance.report.filename import SIGNING_CERTIFICATE, TLS_CERTIFICATE
from conformance.report.model import Report
from conformance.wire.visible import visible

FILES: Final = MappingProxyType(
    {Role.TLS: TLS_CERTIFICATE, Role.SIGNING: SIGNING_CERTIFICATE}
)  # fmt: skip
"""The file that holds the certificate of each role."""

VALIDITY: Final = "CERT-003"
"""The requirement that what is judged on one day may break on another."""

_TAKE: Final = "Take the files of one run as they are; do not edit them."


def certified(
    files: Mapping[Role, bytes], report: Report, *, signer: x509.Certificate, catalogue: Catalogue
) -> dict[CheckKey, Check]:
    """Return the checks that the certificates in `files` give at the moment of the report.

    `signer` is the registered certificate, which the bundle is signed by.

    Raises:
        RefusalError: a file holds no certificate, or not the one that the report is of.
    """
    given = {role: _submitted(role, data, report, signer) for role, data in files.items()}
    material = Material(
        tls=given.get(Role.TLS), signing=given.get(Role.SIGNING), now=report.created
    )
    return {
        (check_id(item.role), item.requirement): check_of(
            item, catalogue.requirements[item.requirement].level, Redactor()
        )
        for item in judge(material)
        if _shows(item)
    }


def shown_by_certificates() -> Iterator[CheckKey]:
    """Yield id and requirement of each check that the certificates alone can show."""
    for requirement, rule in RULES.items():
        if requirement in HAND_OVER:
            continue
        if rule.of_both:
            yield check_id(None), requirement
            continue
        if rule.needs is not Needs.KEY:
            yield check_id(Role.TLS), requirement
        yield check_id(Role.SIGNING), requirement


def aged(
    checks: Iterable[Check], report: Report, catalogue: Catalogue, now: datetime
) -> tuple[Check, ...]:
    """Return `checks` as they stand at `now`: a certificate may have expired since the report."""
    dates = {item.use: (item.valid_from, item.expires) for item in report.subject.certificates}
    roles = {check_id(role): role for role in Role}
    found = []
    for check in checks:
        role = roles.get(check.id) if check.requirement == VALIDITY else None
        if role and check.outcome is Outcome.PASS and USES[role] in dates:
            findings = tuple(against_validity(*dates[USES[role]], now))
            judged = Judged(requirement=VALIDITY, role=role, findings=findings)
            found.append(check_of(judged, catalogue.requirements[VALIDITY].level, Redactor()))
        else:
            found.append(check)
    return tuple(found)


def _shows(judged: Judged) -> bool:
    return not judged.untold and judged.requirement not in HAND_OVER


def _submitted(role: Role, data: bytes, report: Report, signer: x509.Certificate) -> Submitted:
    """Return the certificate in `data`, which is to be the one that the report tells of."""
    name = FILES[role]
    try:
        contents = contents_of(data, name)
    except MaterialError as error:
        raise _broken(error.message) from None
    if (
        contents.format is not CertificateFormat.PEM
        or len(contents.leaves) != 1
        or contents.chain
        or contents.holds_private_key
    ):
        raise _broken(f"{name} holds something else than one certificate in PEM")
    found = contents.leaves[0]
    told = certificate_of(USES[role], found)
    listed = {(item.sha256, item.valid_from, item.expires) for item in report.subject.certificates}
    differs = (told.sha256, told.valid_from, told.expires) not in listed
    if differs or (role is Role.SIGNING and found != signer):
        whose = "the report tells of" if differs else "signed the bundle"
        raise RefusalError(
            "certificate-differs",
            f"{name} is another certificate ({_named(found)}) than the one that {whose}",
            hint=_TAKE,
        )
    key = signer.public_key() if role is Role.SIGNING else None
    return Submitted(role=role, path=Path(name), contents=contents, key=key)


def _named(certificate: x509.Certificate) -> str:
    return f"SHA-256 {certificate.fingerprint(SHA256()).hex()[:16]}…"


def _broken(says: str) -> RefusalError:
    return RefusalError("evidence-broken", visible(says, limit=300), hint=_TAKE)
