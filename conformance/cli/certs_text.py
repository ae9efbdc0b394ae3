"""The judgement of certificates as text for people: the answer, the files, every rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Console

from conformance.cli.certs_judged import (
    BOTH,
    Answer,
    CertificateTold,
    CheckTold,
    FileTold,
    MaterialTold,
    RequirementTold,
    RuleOutcome,
)
from conformance.material.describe import moment
from conformance.material.submitted import Role
from conformance.report.page import Page
from conformance.report.wording import counted

_ANSWERS: Final = {
    Answer.UNREADABLE: ("UNREADABLE", "bold red"),
    Answer.WRONG: ("WRONG", "bold red"),
    Answer.RIGHT: ("RIGHT", "bold green"),
    Answer.NO_FAULT_SEEN: ("NO FAULT SEEN", "bold yellow"),
}
_WORDS: Final = {
    RuleOutcome.PASS: ("pass", "green"),
    RuleOutcome.FAIL: ("FAIL", "bold red"),
    RuleOutcome.WARN: ("warn", "yellow"),
    RuleOutcome.UNDETERMINED: ("?", "yellow"),
}
_INDENT: Final = 4
_COLUMN: Final = 9


def print_material(console: Console, told: MaterialTold) -> None:
    """Print the judgement; its first line is the answer with what stands behind it."""
    page = Page(console)
    word, style = _ANSWERS[told.answer]
    page.line((word, style), f" — {_behind(told)}")
    for file in told.files:
        _print_file(page, file)
    page.line()
    page.line(("Rules".ljust(62), "bold"), "TLS".ljust(_COLUMN), "signing")
    for item in told.requirements:
        _print_requirement(page, item)
    for item in told.requirements:
        for check in item.checks:
            _print_findings(page, check)
    _print_untold(page, told.requirements)


def _behind(told: MaterialTold) -> str:
    given = [file.role for file in told.files]
    of: dict[RuleOutcome, list[RequirementTold]] = {outcome: [] for outcome in RuleOutcome}
    for item in told.requirements:
        of[_outcome(item, given)].append(item)
    alone = f" for the {given[0].says}" if len(given) == 1 else ""
    refused = [refusal.reason for file in told.files for refusal in file.refusals]
    parts = [
        f"{counted(len(refused), 'file')} cannot be read: {' '.join(refused)}" if refused else "",
        _listed(of[RuleOutcome.FAIL], "requirement", " broken"),
        f"{counted(len(of[RuleOutcome.PASS]), 'requirement')} seen to hold{alone}",
        _listed(of[RuleOutcome.WARN], "warning", ""),
        f"{len(of[RuleOutcome.UNDETERMINED])} could not be told"
        if of[RuleOutcome.UNDETERMINED]
        else "",
    ]
    return "; ".join(filter(None, parts))


def _outcome(item: RequirementTold, given: list[Role]) -> RuleOutcome:
    """Return the outcome of one requirement for what was given: what was not hides no pass."""
    checks = [check.outcome for check in item.checks if check.certificate in (*given, BOTH)]
    return RuleOutcome.PASS if {*checks} == {RuleOutcome.PASS} else item.outcome


def _listed(items: list[RequirementTold], noun: str, what: str) -> str:
    ids = " ".join(item.id for item in items)
    return f"{counted(len(items), noun)}{what}: {ids}" if items else ""


def _print_file(page: Page, file: FileTold) -> None:
    page.line()
    form = f" ({file.format})" if file.format else ""
    page.line((file.role.says, "bold"), f", {file.path}{form}")
    for refusal in file.refusals:
        page.labelled("refused", f"{refusal.reason}: {refusal.says}", style="red")
        page.labelled("change", refusal.hint, style="bold")
    if file.certificate is not None:
        _print_certificate(page, file.certificate)


def _print_certificate(page: Page, told: CertificateTold) -> None:
    page.copied("subject", told.subject or "(empty)")
    page.copied("issuer", "itself" if told.self_issued else told.issuer)
    page.labelled("key", f"{told.key}; signed with {told.signed_with}")
    page.labelled("valid", f"from {moment(told.not_before)}")
    span = f" ({told.lifespan})" if told.lifespan else ""
    page.labelled("", f"to {moment(told.not_after)}{span}")
    page.labelled("left", _left(told))
    page.copied("SHA-256", told.sha256)
    if told.chain:
        page.labelled("also", f"{counted(told.chain, 'other certificate')} in the file")


def _left(told: CertificateTold) -> str:
    if told.days_left < 0:
        return f"nothing: it ended {counted(-told.days_left, 'day')} ago"
    renewal = f"hand over the next one by {told.renew_by.date().isoformat()}"
    return f"{counted(told.days_left, 'day')}; {renewal}"


def _print_requirement(page: Page, item: RequirementTold) -> None:
    by_certificate = {check.certificate: check for check in item.checks}
    cells = [
        by_certificate[role if role in by_certificate else BOTH]
        for role in (Role.TLS, Role.SIGNING)
    ]
    name = f"  {item.level:<8}{item.id:<10}{item.title}".ljust(62)
    words = [_WORDS[cell.outcome] for cell in cells]
    page.line(name, *((f"{word:<{_COLUMN}}", style) for word, style in words[:1]), words[1])


def _print_findings(page: Page, check: CheckTold) -> None:
    for finding in check.findings:
        page.line()
        page.wrapped(
            f"{finding.requirement} {_of(check)}: {finding.reason}",
            style="bold",
            indent=_INDENT,
            first="",
        )
        for label, text in (
            ("expected", finding.expected),
            ("observed", finding.observed),
            ("change", finding.hint),
        ):
            page.labelled(label, text)


def _of(check: CheckTold) -> str:
    return "both certificates" if check.certificate == BOTH else Role(check.certificate).says


def _print_untold(page: Page, requirements: Iterable[RequirementTold]) -> None:
    """Print what keeps which requirements from being told, each reason once."""
    reasons: dict[str, list[str]] = {}
    for item in requirements:
        for check in item.checks:
            if check.outcome is RuleOutcome.UNDETERMINED:
                reasons.setdefault(f"{_of(check)}: {check.why}", []).append(item.id)
    if reasons:
        page.line()
        page.line(("Not told", "bold"))
    for reason, ids in reasons.items():
        page.wrapped(f"{reason} ({' '.join(ids)})", indent=_INDENT, first="  ")
