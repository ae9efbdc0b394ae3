"""Checks of certificates made again: the two certificates are public, so a bundle brings them.

What they were handed over in stays with the partner. So does the private key; that of the HTTP
signature certificate has shown itself by signing the bundle. How long a certificate is valid is
judged by the day of the decision, in a report that brings no certificates by the days it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from conformance.catalogue import Catalogue
from conformance.gate.planned import CheckKey
from conformance.gate.refusal import RefusalError
from conformance.material.contents import Contents
from conformance.material.judge import RULES, Judged, judge
from conformance.material.rule import Needs
from conformance.material.rules import HAND_OVER, against_renewal, against_validity
from conformance.material.submitted import Material, Role, Submitted
from conformance.redaction import Redactor
from conformance.report.certified import (
    USES,
    certificate_of,
    check_id,
    check_of,
    read_certificates,
)
from conformance.report.check import Check
from conformance.report.filename import CERTIFICATES
from conformance.report.model import Certificate, Report
from conformance.report.verdict import worse
from conformance.wire.visible import visible

DATED: Final = {"CERT-003": against_validity, "CERT-009": against_renewal}
"""The requirements that a certificate may keep on one day and break on another."""

LIMIT: Final = 4 << 20
"""Octets of the file of certificates."""

_TAKE: Final = "Take the files of one run as they are; do not edit them."


def certified(
    data: bytes, report: Report, *, signer: x509.Certificate, catalogue: Catalogue, now: datetime
) -> dict[CheckKey, Check]:
    """Return the checks that the file of certificates `data` gives at `now`.

    `signer` is the registered certificate, which the bundle is signed by.

    Raises:
        RefusalError: it is no such file, or a certificate is not the one that the report is of.
    """
    try:
        given = read_certificates(data)
    except (ValueError, TypeError) as error:
        says = f"{CERTIFICATES}: {visible(str(error), limit=300)}"
        raise RefusalError("evidence-broken", says, hint=_TAKE) from None
    files = {role: _submitted(role, item, report, signer) for role, item in given.items()}
    material = Material(tls=files.get(Role.TLS), signing=files.get(Role.SIGNING), now=now)
    shown = (
        item for item in judge(material) if not item.untold and item.requirement not in HAND_OVER
    )
    return {(check_id(item.role), item.requirement): _check(item, catalogue) for item in shown}


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
    checks: Iterable[Check],
    certificates: Iterable[Certificate],
    catalogue: Catalogue,
    now: datetime,
) -> tuple[Check, ...]:
    """Return `checks` of a report as they stand at `now`: a certificate may have expired since.

    `certificates` are those that the report names. Of two for one use that which ends last counts:
    which of them was judged, the report does not say.
    """
    dates: dict[str, Certificate] = {}
    for item in certificates:
        if item.use not in dates or dates[item.use].expires < item.expires:
            dates[item.use] = item
    roles = {check_id(role): role for role in Role}
    return tuple(
        _aged(check, roles[check.id], dates.get(USES[roles[check.id]]), catalogue, now)
        if check.id in roles and check.requirement in DATED
        else check
        for check in checks
    )


def _aged(
    check: Check, role: Role, named: Certificate | None, catalogue: Catalogue, now: datetime
) -> Check:
    if named is None:
        return check
    found = tuple(DATED[check.requirement](named.valid_from, named.expires, now))
    judged = Judged(requirement=check.requirement, role=role, findings=found)
    again = _check(judged, catalogue)
    return again if worse(again.outcome, check.outcome) else check


def _check(judged: Judged, catalogue: Catalogue) -> Check:
    return check_of(judged, catalogue.requirements[judged.requirement].level, Redactor())


def _submitted(
    role: Role, contents: Contents, report: Report, signer: x509.Certificate
) -> Submitted:
    """Return the certificate in `contents`, which is to be the one that the report tells of."""
    found = contents.leaves[0]
    told = certificate_of(USES[role], found)
    named = {(item.use, item.sha256, item.valid_from, item.expires)
             for item in report.subject.certificates}  # fmt: skip
    if (told.use, told.sha256, told.valid_from, told.expires) not in named:
        raise RefusalError(
            "certificate-differs",
            f"the {role.says} in {CERTIFICATES} (SHA-256 {told.sha256[:16]}…) is not the one that "
            "the report tells of",
            hint=_TAKE,
        )
    if role is Role.SIGNING and found != signer:
        raise RefusalError(
            "certificate-differs",
            f"the {role.says} that was judged (SHA-256 {told.sha256[:16]}…) is not the one that "
            "signed the bundle",
            hint="Name the certificate that the signer uses in conformance.toml, also as the one "
            "to hand over; then run the check again.",
        )
    key = signer.public_key() if role is Role.SIGNING else None
    return Submitted(role=role, path=Path(CERTIFICATES), contents=contents, key=key)
