"""One judged request on a screen: every rule, the string we expect, and the cause."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from conformance.catalogue import Catalogue
from conformance.redaction import Redactor
from conformance.report.causes import group
from conformance.report.excerpt import failure_of, octets_of, request_of
from conformance.report.page import Page
from conformance.report.terminal import print_cause
from conformance.report.wording import cause_title, counted, without_markdown
from conformance.rules import RULES
from conformance.rules.finding import Judgement

_WORDS: Final = {
    "pass": "green",
    "fail": "bold red",
    "undetermined": "yellow",
    "n/a": "dim",
}


def print_judgement(
    console: Console,
    judgement: Judgement,
    catalogue: Catalogue,
    *,
    name: str = "this request",
    redactor: Redactor | None = None,
) -> None:
    """Print what the rules say of one request: the cause first, then the string, then each rule.

    `name` is what the request is called. Secrets in it are not printed.
    """
    page = Page(console)
    redactor = redactor or Redactor()
    failure = failure_of(judgement, judgement.request, name, redactor)
    causes = group([failure], catalogue) if failure else ()
    told = _headline(judgement, [cause_title(cause) for cause in causes])
    page.wrapped(told, style="bold red" if failure else "bold green", first="", indent=2)
    for number, cause in enumerate(causes, start=1):
        print_cause(page, cause, catalogue, number=f"{number}.")
    _print_request(page, judgement, redactor)
    _print_rules(page, judgement, catalogue)


def _headline(judgement: Judgement, causes: list[str]) -> str:
    broken = {finding.requirement for finding in judgement.findings}
    if not broken:
        if judgement.undetermined:
            count = counted(len(judgement.undetermined), "requirement")
            return f"nothing is broken, but {count} cannot be told from this request"
        return "every rule that this request concerns holds"
    says = f"{counted(len(broken), 'requirement')} broken, {counted(len(causes), 'cause')}"
    return f"{says}: {causes[0]}" if len(causes) == 1 else says


def _print_request(page: Page, judgement: Judgement, redactor: Redactor) -> None:
    page.line()
    page.line(("Request", "bold"))
    for line in request_of(judgement.request, redactor).splitlines():
        page.line(f"  {line}")
    page.line()
    page.line(("Signing string expected", "bold"))
    if judgement.signing_string is None:
        page.line("  none: a header that `headers` names is not in the request")
        return
    signed = judgement.signing_string.split(b"\n")
    for number, octets in enumerate(signed, start=1):
        end = "\\n" if number < len(signed) else ""
        page.line(f"  {number}  {octets_of(octets, redactor)}", (end, "dim"))


def _print_rules(page: Page, judgement: Judgement, catalogue: Catalogue) -> None:
    page.line()
    page.line(("Rules", "bold"))
    for identity in (item for item in catalogue.requirements if item in RULES):
        word = _word(judgement, identity)
        requirement = catalogue.requirements[identity]
        page.line(
            "  ", (f"{word:<13}", _WORDS[word]), f"{requirement.level:<8}{identity:<10}",
            without_markdown(requirement.title),
        )  # fmt: skip
        if word == "undetermined":
            page.wrapped(judgement.undetermined[identity], style="dim", indent=33)


def _word(judgement: Judgement, requirement: str) -> str:
    if judgement.broken(requirement):
        return "fail"
    if judgement.holds(requirement):
        return "pass"
    return "n/a" if requirement in judgement.silent else "undetermined"
