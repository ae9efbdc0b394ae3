"""Judge the two certificates by all rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from conformance.material.rule import Finding, Needs, Rule, Seen
from conformance.material.rules import RULES as _BOOK
from conformance.material.submitted import Material, Role, Submitted

RULES: Final[Mapping[str, Rule]] = MappingProxyType(_BOOK.rules)
"""Every rule by the requirement that it judges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one rule says of one certificate, or, without a `role`, of both together.

    `untold` is why the rule could not tell: then nothing counts as held. Without it, and without
    findings, the requirement was seen to hold.
    """

    requirement: str
    role: Role | None
    findings: tuple[Finding, ...] = ()
    untold: str = ""


def judge(material: Material) -> tuple[Judged, ...]:
    """Return what each rule says of each certificate, given or not."""
    return tuple(item for rule in RULES.values() for item in _asked(rule, material))


def _asked(rule: Rule, material: Material) -> Iterator[Judged]:
    if rule.of_both:
        yield _judged(rule, None, material.tls, material.signing, material)
        return
    yield _judged(rule, Role.TLS, material.tls, material.signing, material)
    yield _judged(rule, Role.SIGNING, material.signing, material.tls, material)


def _judged(
    rule: Rule, role: Role | None, file: Submitted | None, other: Submitted | None, all_: Material
) -> Judged:
    """Return what `rule` says of `file`.

    A rule that finds nothing in a file that could not be read cannot say that all is well.
    """
    untold = _untold(rule.needs, file, other)
    if file is None or untold:
        return Judged(requirement=rule.requirement, role=role, untold=untold)
    findings = tuple(rule.judge(Seen(file=file, other=other, now=all_.now)))
    unread = "" if findings or file.contents else Needs.CERTIFICATE.value
    return Judged(requirement=rule.requirement, role=role, findings=findings, untold=unread)


def _untold(needs: Needs, file: Submitted | None, other: Submitted | None) -> str:
    """Return what keeps a rule with these needs from telling; nothing when it can."""
    if needs is Needs.OTHER and (_is_unread(file) or _is_unread(other)):
        return needs.value
    if file is None:
        return Needs.FILE.value
    if needs is Needs.FILE:
        return ""
    if file.contents is None:
        return Needs.CERTIFICATE.value
    if needs is Needs.KEY and file.key is None:
        return _UNREADABLE_KEY if file.key_refusal else needs.value
    return ""


def _is_unread(file: Submitted | None) -> bool:
    return file is None or file.contents is None


_UNREADABLE_KEY: Final = "the private key cannot be read"
