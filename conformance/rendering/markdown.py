"""The report as a summary for a pull request, in GitHub flavoured Markdown.

Text of a report is hostile here, too: `prose` takes every meaning from its punctuation and keeps
mentions, references and addresses from becoming such; octets and commands stand in code.
"""

from __future__ import annotations

import re
from typing import Final

from conformance.catalogue import Catalogue
from conformance.rendering.blocking import Blocking, CauseView, NotShown, Other, blocking, shortened
from conformance.rendering.overview import OUTCOMES, overview
from conformance.rendering.text import shown
from conformance.report.check import Outcome
from conformance.report.model import Report, Verdict
from conformance.report.wording import (
    asked_says,
    certainty,
    counted,
    example_says,
    outcome_word,
    result_word,
)

MOST_CAUSES: Final = 10
"""Causes that are told; a comment is to be read."""

MOST_NAMED: Final = 12
"""Requirements that are named for one reason."""

_LONGEST: Final = 400
_STRING: Final = 1500
_SIGNS: Final = {
    Verdict.READY: "✅", Verdict.READY_WITH_WAIVERS: "✅", Verdict.INCOMPLETE: "⚠️",
    Verdict.NOT_READY: "❌", Verdict.ERROR: "💥", Verdict.INVALID: "⛔",
}  # fmt: skip
_PUNCTUATION: Final = re.compile(r"[\\`*_\[\]<>#+.!|~@&$:^-]")
_NO_REFERENCE: Final = re.compile(r"(\\[@#]|\bGH\\-)")
_ZERO_WIDTH: Final = "\u200b"


def markdown(report: Report, catalogue: Catalogue) -> str:
    """Return the summary of `report`: verdict, what blocks it and how to mend it."""
    head = overview(report, catalogue, report.created)
    found = blocking(report)
    lines = [f"## {_SIGNS[report.verdict]} {head.verdict}", "", prose(head.behind), ""]
    lines += [f"> {prose(doubt)}\n" for doubt in head.doubts]
    lines += [_tally(report), ""]
    lines += _stop(report)
    lines += _causes(found)
    for other in found.others:
        lines += _other(other)
    if report.verdict is not Verdict.INVALID:
        lines += _open(found.not_shown)
    lines += _warnings(found)
    lines += _waivers(report)
    lines += _requirements(report)
    lines += ["", f"<sub>{prose(_about(report))}</sub>", ""]
    return "\n".join(lines)


def prose(text: str, limit: int = _LONGEST) -> str:
    """Return `text` on one line as Markdown that means nothing but itself."""
    kept = shown(" ".join(text.split()), limit)
    escaped = _PUNCTUATION.sub(lambda match: f"\\{match.group()}", kept)
    return _NO_REFERENCE.sub(lambda match: match.group() + _ZERO_WIDTH, escaped)


def code(text: str, limit: int = _LONGEST) -> str:
    """Return `text` as code on one line; in a table a bar in it would end the cell."""
    kept = shown(" ".join(text.split()), limit)
    fence = "`" * (_longest_run(kept) + 1)
    room = " " if kept.startswith("`") or kept.endswith("`") else ""
    return f"{fence}{room}{kept}{room}{fence}" if kept else ""


def block(text: str, language: str = "text") -> list[str]:
    """Return `text` as a block of code."""
    kept = shown(text, _STRING)
    fence = "`" * max(_longest_run(kept) + 1, 3)
    return [f"{fence}{language}", kept, fence]


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _cell(text: str) -> str:
    return text.replace("|", "\\|") if text.startswith("`") else text


def _tally(report: Report) -> str:
    counts = (
        (outcome, sum(item.outcome is outcome for item in report.requirements))
        for outcome in OUTCOMES
    )
    told = [f"**{count}** {outcome_word(outcome)}" for outcome, count in counts if count]
    return f"Plan {code(report.plan)} · {' · '.join(told)}" if told else f"Plan {code(report.plan)}"


def _stop(report: Report) -> list[str]:
    if report.aborted is None:
        return []
    told = [f"**Do:** {prose(report.aborted.hint)}", ""] if report.aborted.hint else []
    detail = [*block(report.aborted.detail), ""] if report.aborted.detail else []
    return told + detail


def _causes(found: Blocking) -> list[str]:
    lines: list[str] = []
    for number, view in enumerate(found.causes[:MOST_CAUSES], start=1):
        lines += _cause(number, view)
    left = len(found.causes) - MOST_CAUSES + found.left_out
    return [*lines, f"{counted(left, 'cause')} more in the report.", ""] if left > 0 else lines


def _cause(number: int, view: CauseView) -> list[str]:
    cause = view.cause
    broken = ", ".join(cause.requirements) or "every requirement"
    sure = f", {certainty(proved=cause.proved)}" if cause.stage else ""
    lines = [
        f"### {number}. {prose(cause.says)}",
        "",
        f"Breaks {prose(broken)} in {counted(cause.cases, 'case')}{sure}.",
        "",
    ]
    if cause.mend:
        lines += [f"**Change:** {prose(cause.mend)}", ""]
    lines += ["<details><summary>Example, and how to repeat it</summary>", ""]
    lines += [code(example_says(cause.example)), ""]
    if cause.difference:
        lines += [*block(f"expected  {cause.expected}\nobserved  {cause.observed}"), ""]
        lines += [prose(cause.difference), ""]
    if view.repeat:
        lines += [*block(view.repeat, "sh"), ""]
    return [*lines, "</details>", ""]


def _other(other: Other) -> list[str]:
    result = other.result
    lines = [f"### {prose(result.id)} {prose(result.title)}", "", prose(other.reason), ""]
    if other.check and other.check.hint:
        lines += [f"**Change:** {prose(other.check.hint)}", ""]
    return [*lines, *block(other.repeat, "sh"), ""] if other.repeat else lines


def _open(groups: tuple[NotShown, ...]) -> list[str]:
    if not groups:
        return []
    lines = ["### Not shown", ""]
    for group in groups[:MOST_CAUSES]:
        named = ", ".join(item.id for item in group.results[:MOST_NAMED])
        left = len(group.results) - MOST_NAMED
        more = f" and {left} more" if left > 0 else ""
        lines.append(f"- {prose(named)}{more}: {prose(group.reason)}")
    return [*lines, ""]


def _warnings(found: Blocking) -> list[str]:
    told = [
        f"- {prose(view.cause.says)}: {prose(view.cause.mend)}"
        for view in found.warnings[:MOST_CAUSES]
    ]
    told += [
        f"- {prose(item.result.id)} {prose(item.result.title)}: {prose(item.reason)}"
        for item in found.warned[:MOST_CAUSES]
    ]
    return ["### Warnings", "", *told, ""] if told else []


def _waivers(report: Report) -> list[str]:
    told = [
        f"- {prose(item.requirement)} until {item.expires:%Y-%m-%d}: {prose(item.reason)}"
        f" ({prose(item.owner)}, {prose(item.ticket)})"
        for item in report.waivers
    ]
    return ["### Waived", "", *told, ""] if told else []


def _requirements(report: Report) -> list[str]:
    """Return a table of what did not pass."""
    rows = [item for item in report.requirements if item.outcome is not Outcome.PASS]
    if not rows:
        return []
    lines = [
        f"<details><summary>{counted(len(rows), 'requirement')} not shown to hold</summary>", "",
        "| outcome | level | requirement | |", "|---|---|---|---|",
    ]  # fmt: skip
    for item in rows:
        cells = (result_word(item), item.level.value, prose(item.id), prose(item.title))
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return [*lines, "", "</details>"]


def _about(report: Report) -> str:
    who = " ".join(part for part in (report.adapter.name, report.adapter.version) if part)
    parts = [who, asked_says(report), f"lendico-conformance {report.suite.version}"]
    return " · ".join(shortened(part) for part in parts if part)
