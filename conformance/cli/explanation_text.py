"""An explanation as text for people: the causes first, then what was judged, then every rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console

from conformance.cli.explained import Against, Answer, Explained, RuleOutcome, RuleTold
from conformance.report.check import Diagnosis
from conformance.report.failure import Broken
from conformance.report.page import Page
from conformance.report.wording import certainty, counted

_FORMATS: Final = {"raw": "a raw message", "har": "a HAR file", "curl": "a curl command"}
_ANSWERS: Final = {
    Answer.WRONG: ("WRONG", "bold red"),
    Answer.RIGHT: ("RIGHT", "bold green"),
    Answer.NO_FAULT_SEEN: ("NO FAULT SEEN", "bold yellow"),
}
_WORDS: Final = {
    RuleOutcome.PASS: ("pass", "green"),
    RuleOutcome.FAIL: ("FAIL", "bold red"),
    RuleOutcome.WARN: ("warn", "yellow"),
    RuleOutcome.UNDETERMINED: ("?", "yellow"),
    RuleOutcome.NOT_APPLICABLE: ("n/a", "dim"),
}
_RULE_INDENT: Final = 26


def print_explanation(console: Console, explained: Explained) -> None:
    """Print the whole explanation; its first line names the first cause."""
    page = Page(console)
    _print_headline(page, explained)
    for number, cause in _numbered(explained.diagnosis):
        _print_cause(page, cause, number)
    if explained.ruled_out:
        page.line()
        for place, item in enumerate(explained.ruled_out):
            page.labelled("ruled out" if place == 0 else "", item)
    _print_request(page, explained)
    _print_signing_string(page, explained.signing_string)
    page.line()
    page.line(("Rules", "bold"))
    causes = {cause.requirement: f"cause {n}" for n, cause in _numbered(explained.diagnosis)}
    for rule in explained.requirements:
        _print_rule(page, rule, causes.get(rule.id, ""))


def _numbered(diagnosis: Sequence[Diagnosis]) -> Iterable[tuple[int, Diagnosis]]:
    return enumerate(diagnosis, start=1)


def _print_headline(page: Page, explained: Explained) -> None:
    """Print the answer with what stands behind it, and the counts below it."""
    word, style = _ANSWERS[explained.answer]
    of = {
        outcome: [item for item in explained.requirements if item.outcome is outcome]
        for outcome in RuleOutcome
    }
    broken, warned = of[RuleOutcome.FAIL], of[RuleOutcome.WARN]
    counts = [f"{counted(len(of[RuleOutcome.PASS]), 'requirement')} seen to hold"]
    if broken:
        counts.insert(0, f"{counted(len(broken), 'requirement')} broken: {_ids(broken)}")
    if warned:
        counts.append(f"{counted(len(warned), 'warning')}: {_ids(warned)}")
    if of[RuleOutcome.UNDETERMINED]:
        counts.append(f"{len(of[RuleOutcome.UNDETERMINED])} could not be told")
    told = "; ".join(counts)
    if explained.diagnosis:
        page.line((word, style), f" — {_first_cause(explained.diagnosis)}")
        page.wrapped(told)
    else:
        page.line((word, style), f" — {told}")


def _first_cause(diagnosis: Sequence[Diagnosis]) -> str:
    cause, *others = diagnosis
    more = f", and {counted(len(others), 'more cause')}" if others else ""
    return f"{cause.says} ({cause.mistake}, {certainty(proved=cause.proved)}){more}"


def _ids(rules: Iterable[RuleTold]) -> str:
    return " ".join(rule.id for rule in rules)


def _print_cause(page: Page, cause: Diagnosis, number: int) -> None:
    sure = certainty(proved=cause.proved)
    title = f"{cause.says} ({cause.mistake}, {sure}, {cause.stage} stage)"
    page.line()
    page.wrapped(title, style="bold", indent=4, first=f"{number}.".ljust(4))
    page.labelled("breaks", cause.requirement)
    if cause.expected and cause.observed and cause.difference:
        label = "signed" if "string" in cause.stage else "observed"
        page.compared(cause.expected, cause.observed, label)
        page.labelled("", cause.difference)
    else:
        page.labelled("expected", cause.expected)
        page.labelled("observed", cause.observed)
    page.labelled("change", cause.mend, style="bold")
    if cause.same_as:
        page.labelled("or", f"{', '.join(cause.same_as)}: would leave the same octets")


def _print_request(page: Page, explained: Explained) -> None:
    request, against = explained.request, explained.against
    page.line()
    page.line(("Request", "bold"), f", from {_FORMATS[request.format]}")
    page.copied("sent", f"{request.method} {request.target}")
    page.copied("to", request.origin)
    page.labelled("body", counted(request.body_octets, "octet"))
    page.labelled("signature", f"belongs in {request.place.capitalize()}")
    page.copied("to sign", f"{against.signed_target}{_prefix(against)}")
    for label, certificate in (("key of", against.certificate), ("TLS", against.tls_certificate)):
        if certificate is not None:
            subject = f"{certificate.subject}, " if certificate.subject else ""
            page.copied(label, f"{subject}SHA-256 {certificate.sha256}")
    page.labelled("judged at", against.now)
    for note in explained.notes:
        page.labelled("note", note)


def _prefix(against: Against) -> str:
    if not against.base_path:
        return ""
    word = "with" if against.signed_path == "full" else "without"
    return f", {word} the gateway prefix {against.base_path}"


def _print_signing_string(page: Page, lines: Sequence[str] | None) -> None:
    page.line()
    if lines is None:
        page.line(("Signing string expected", "bold"), ": none")
        page.wrapped("headers names a field that the request does not have", indent=2)
        return
    page.line(("Signing string expected", "bold"), ", \\n standing for one LF")
    for number, line in enumerate(lines, start=1):
        page.line(f"  {number}  {line}")


def _print_rule(page: Page, rule: RuleTold, cause: str) -> None:
    """Print one rule; what a cause explains is told there already."""
    word, style = _WORDS[rule.outcome]
    page.line("  ", (f"{word:<6}", style), f"{rule.level:<8}{rule.id:<10}{rule.title}")
    if rule.why:
        page.wrapped(rule.why, style="dim", indent=_RULE_INDENT)
    for finding in rule.findings:
        if cause:
            page.wrapped(f"{finding.reason}: see {cause}", indent=_RULE_INDENT)
        else:
            _print_finding(page, finding)


def _print_finding(page: Page, finding: Broken) -> None:
    lines = (
        finding.reason,
        f"expected: {finding.expected}",
        f"observed: {finding.observed}",
        finding.difference,
        finding.hint,
    )
    for line in filter(None, lines):
        page.wrapped(line, indent=_RULE_INDENT)
