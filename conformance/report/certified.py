"""Certificates in the report: what it says of them, and what judging them showed, as checks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.catalogue import Level
from conformance.errors import MaterialError
from conformance.material.contents import CertificateFormat, Contents, contents_of
from conformance.material.describe import certificate_key_says
from conformance.material.judge import RULES, Judged
from conformance.material.submitted import Role
from conformance.redaction import Redactor
from conformance.report.check import Check, Outcome, Reason
from conformance.report.excerpt import text_of
from conformance.report.failure import Broken, Example, Failure, Trouble
from conformance.report.model import Certificate
from conformance.report.strict import strict_json
from conformance.report.verdict import soften
from conformance.wire.shown import shown

PREFIX: Final = "certificate:"
"""What the ids of checks begin with that judged a certificate."""

BOTH: Final = "both"
"""The part of such an id where the two certificates were judged together."""

USES: Final = MappingProxyType({Role.TLS: "tls", Role.SIGNING: "signature"})
"""What a report calls the use of a certificate of each role."""

_NAME_LIMIT: Final = 300


def certificate_of(use: str, found: x509.Certificate) -> Certificate:
    """Return what the report says of a certificate; `use` is `tls` or `signature`."""
    return Certificate(
        use=use,
        sha256=found.fingerprint(SHA256()).hex(),
        valid_from=found.not_valid_before_utc,
        expires=found.not_valid_after_utc,
        subject=shown(found.subject.rfc4514_string(), _NAME_LIMIT),
        key=certificate_key_says(found).replace(",", "").removesuffix(" bit"),
    )


def certificate_lines(material: Mapping[str, str]) -> list[str]:
    """Return the lines of the file of certificates; `material` has them in PEM, by role."""
    return [
        json.dumps({"role": role, "pem": material[role]}) + "\n"
        for role in map(str, Role)
        if role in material
    ]


def read_certificates(data: bytes) -> dict[Role, Contents]:
    """Return the certificates in the octets of such a file.

    Raises:
        ValueError: it is none, or a line holds something else than one certificate in PEM.
    """
    found: dict[Role, Contents] = {}
    for line in data.splitlines():
        plain = strict_json(line)
        if not isinstance(plain, dict) or set(plain) != {"role", "pem"}:
            raise ValueError("a line is no certificate with its role")
        role = Role(plain["role"])
        if role in found:
            raise ValueError(f"there are two certificates of the role {role}")
        found[role] = _one_certificate(plain["pem"], f"the {role.says}")
    return found


def _one_certificate(pem: object, name: str) -> Contents:
    if not isinstance(pem, str):
        raise TypeError(f"{name} is no text")
    try:
        contents = contents_of(pem.encode("utf-8", "backslashreplace"), name)
    except MaterialError as error:
        raise ValueError(error.message) from None
    alone = len(contents.leaves) == 1 and not contents.chain and not contents.holds_private_key
    if contents.format is not CertificateFormat.PEM or not alone:
        raise ValueError(f"{name} is something else than one certificate in PEM")
    return contents


def planned_material() -> Iterator[tuple[str, str]]:
    """Yield id and requirement of each check that judging the certificates makes."""
    for requirement, rule in RULES.items():
        for role in (None,) if rule.of_both else tuple(Role):
            yield check_id(role), requirement


def check_id(role: Role | None) -> str:
    """Return the id of a check of the certificate of `role`, or of both together."""
    return f"{PREFIX}{role or BOTH}"


def check_of(judged: Judged, level: Level, redactor: Redactor) -> Check:
    """Return what a rule on certificates saw; where it could not tell, it is `not_run`."""
    name = check_id(judged.role)
    if judged.untold and not judged.findings:
        return Check(
            id=name, requirement=judged.requirement, outcome=Outcome.NOT_RUN,
            reason=Reason.NOT_GIVEN, observed=judged.untold, cases=0,
            hint="Name the certificates in conformance.toml: docs/configuration.md, [partner].",
        )  # fmt: skip
    if not judged.findings:
        return Check(id=name, requirement=judged.requirement, outcome=Outcome.PASS)
    first, observed = judged.findings[0], "; ".join(item.observed for item in judged.findings)
    if judged.role is not None:
        observed = f"{judged.role.says}: {observed}"
    return Check(
        id=name,
        requirement=judged.requirement,
        outcome=soften(Outcome.FAIL, level),
        reason=first.reason,
        expected=text_of(first.expected, redactor),
        observed=text_of(observed, redactor),
        hint=first.hint,
        broken=1,
    )


def failure_of(check: Check) -> Failure | None:
    """Return what went wrong in a check of certificates; None when nothing did."""
    if not check.broken:
        return None
    broken = Broken(
        requirement=check.requirement, reason=check.reason, expected=check.expected,
        observed=check.observed, hint=check.hint,
    )  # fmt: skip
    example = Example(case=check.id, method="", target="", body="", size=0)
    return Failure(kind=Trouble.FINDING, example=example, broken=(broken,))
