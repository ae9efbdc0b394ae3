"""An explanation as text for people: the causes first, then what was judged, then every rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import click

from conformance.catalogue import Level
from conformance.cli.explained import Against, Answer, Explained, RuleOutcome, RuleTold
from conformance.report.difference import MarkedLine, marked
from conformance.report.model import Broken, Diagnosis
from conformance.report.wording import certainty, counted

_FORMATS: Final = {"raw": "a raw message", "har": "a HAR file", "curl": "a curl command"}
_WORDS: Final = {
    RuleOutcome.PASS: ("pass", "green"),
    RuleOutcome.FAIL: ("FAIL", "red"),
    RuleOutcome.WARN: ("warn", "yellow"),
    RuleOutcome.UNDETERMINED: ("?", "yellow"),
    RuleOutcome.NOT_APPLICABLE: ("n/a", "bright_black"),
}
_ANSWERS: Final = {
    Answer.WRONG: ("WRONG", "red"),
    Answer.RIGHT: ("RIGHT", "green"),
    Answer.NO_FAULT_SEEN: ("NO FAULT SEEN", "yellow"),
}
_INDENT: Final = "   "


def text_of(explained: Explained, width: int) -> str:
    """Return the whole explanation, its strings cut to `width` columns."""
    sections = (
        _headline(explained),
        *(
            "\n".join(_cause(cause, number, width))
            for number, cause in enumerate(explained.diagnosis, start=1)
        ),
        "\n".join(f"Ruled out: {item}" for item in explained.ruled_out),
        "\n".join(_request(explained)),
        "\n".join(_signing_string(explained)),
        "\n".join(_rules(explained.requirements, width)),
    )
    return "\n\n".join(section for section in sections if section)


def _headline(explained: Explained) -> str:
    """Return the answer with what stands behind it first, and the counts below it."""
    word, colour = _ANSWERS[explained.answer]
    of = {
        outcome: [item for item in explained.requirements if item.outcome is outcome]
        for outcome in RuleOutcome
    }
    broken, open_ = of[RuleOutcome.FAIL], of[RuleOutcome.UNDETERMINED]
    held = f"{counted(len(of[RuleOutcome.PASS]), 'requirement')} seen to hold"
    told = [f"{counted(len(broken), 'requirement')} broken: {_ids(broken)}", held]
    if of[RuleOutcome.WARN]:
        told.append(
            f"{counted(len(of[RuleOutcome.WARN]), 'warning')}: {_ids(of[RuleOutcome.WARN])}"
        )
    if open_:
        told.append(f"{len(open_)} could not be told")
    first, *rest = told if broken else told[1:]
    title = click.style(word, fg=colour, bold=True)
    if explained.diagnosis:
        return f"{title} — {_first_cause(explained.diagnosis)}\n{'; '.join([first, *rest])}"
    return f"{title} — {'; '.join([first, *rest])}"


def _first_cause(diagnosis: Sequence[Diagnosis]) -> str:
    cause, *others = diagnosis
    more = f", and {counted(len(others), 'more cause')}" if others else ""
    return f"{cause.says} ({cause.mistake}, {certainty(proved=cause.proved)}){more}"


def _ids(rules: Iterable[RuleTold]) -> str:
    return " ".join(rule.id for rule in rules)


def _cause(cause: Diagnosis, number: int, width: int) -> Iterator[str]:
    sure = certainty(proved=cause.proved)
    yield click.style(f"{number}. {cause.says}", bold=True)
    breaks = f", breaks {cause.requirement}" if cause.requirement else ""
    yield f"{_INDENT}{cause.mistake}, {sure}, {cause.stage} stage{breaks}"
    yield f"{_INDENT}{click.style('change:', fg='cyan')} {cause.mend}"
    if cause.expected and cause.observed:
        expected, observed = marked(cause.expected, cause.observed, width - 2 * len(_INDENT))
        yield from _string("expected", expected, "green")
        yield from _string("yours", observed, "red")
    if cause.difference:
        yield f"{_INDENT}{cause.difference}"
    if cause.same_as:
        yield f"{_INDENT}the same octets would come from: {', '.join(cause.same_as)}"


def _string(label: str, lines: Iterable[MarkedLine], colour: str) -> Iterator[str]:
    """Yield one of two strings, with carets under the place where they part."""
    yield f"{_INDENT}{label}"
    for line in lines:
        yield f"{_INDENT * 2}{line.text}"
        if line.width:
            carets = click.style("^" * line.width, fg=colour, bold=True)
            yield f"{_INDENT * 2}{' ' * line.column}{carets}"


def _request(explained: Explained) -> Iterator[str]:
    request, against = explained.request, explained.against
    header = request.place.capitalize()
    yield f"{click.style('Request', bold=True)}, from {_FORMATS[request.format]}"
    yield f"{_INDENT}{request.method} {request.target}"
    if request.origin:
        yield f"{_INDENT}to {request.origin}"
    yield f"{_INDENT}body of {counted(request.body_octets, 'octet')}, signature in {header}"
    yield f"{_INDENT}path to be signed: {against.signed_target}{_prefix(against)}"
    for use, certificate in (
        ("signing", against.certificate), ("TLS", against.tls_certificate)
    ):  # fmt: skip
        if certificate is not None:
            subject = f"{certificate.subject}, " if certificate.subject else ""
            yield f"{_INDENT}{use} certificate: {subject}SHA-256 {certificate.sha256}"
    yield from (f"{_INDENT}note: {note}" for note in explained.notes)


def _prefix(against: Against) -> str:
    if not against.base_path:
        return ""
    if against.signed_path == "full":
        return f" (with the gateway prefix {against.base_path}, as --signed-path says)"
    return f" (without the gateway prefix {against.base_path})"


def _signing_string(explained: Explained) -> Iterator[str]:
    title = click.style("Signing string expected", bold=True)
    if explained.signing_string is None:
        yield f"{title}: none, because headers names a field that the request does not have"
        return
    yield f"{title}, \\n being one LF"
    for number, line in enumerate(explained.signing_string, start=1):
        yield f"{number:>4}  {line}"


def _rules(rules: Iterable[RuleTold], width: int) -> Iterator[str]:
    yield click.style("Rules", bold=True)
    for rule in rules:
        word, colour = _WORDS[rule.outcome]
        level = "" if rule.level is Level.MUST else f" ({rule.level})"
        why = f": {rule.why}" if rule.why else ""
        yield f"  {click.style(f'{word:<4}', fg=colour)}  {rule.id:<8}  {rule.title}{level}{why}"
        for finding in rule.findings:
            yield from _finding(finding, width)


def _finding(finding: Broken, width: int) -> Iterator[str]:
    """Yield what a rule found; whole strings are shown with their cause already."""
    indent = " " * 18
    pairs = [("reason", finding.reason)]
    if finding.difference:
        pairs.append(("difference", finding.difference))
    else:
        pairs += [("expected", finding.expected), ("observed", finding.observed)]
    pairs.append(("hint", finding.hint))
    for label, text in pairs:
        room = max(width - len(indent) - len(label) - 2, 20)
        shown = text if label == "hint" or len(text) <= room else f"{text[: room - 1]}…"
        if shown:
            yield f"{indent}{label}: {shown}"
