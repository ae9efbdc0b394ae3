"""The sentences that every rendering of a report shares."""

from __future__ import annotations

import shlex

from conformance.adapters.opening import REFERENCE
from conformance.catalogue import Level
from conformance.report.check import Check, Diagnosis, Outcome, Reason, Step, Story
from conformance.report.failure import CommonCause, Example, Trouble
from conformance.report.model import Report, RequirementResult, Verdict

COMMAND = "lendico-conformance"

IN_PART = "in part"
"""The outcome, in words, of a requirement of which some checks passed and others were not run."""


def counted(number: int, noun: str) -> str:
    """Return `number` with its noun: `1 case`, `1,204 cases`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def headline(report: Report) -> str:
    """Return the verdict and, in the same breath, what stands behind it."""
    return f"{report.verdict} — {_behind(report)}"


def of_nobody(report: Report) -> str:
    """Return the end of a sentence of a run that had no adapter of the partner's to judge."""
    return ", of the suite's own reference" if report.adapter.address == REFERENCE else ""


def _behind(report: Report) -> str:
    if report.aborted is not None:
        return report.aborted.reason
    musts = [item for item in report.requirements if item.level is Level.MUST]
    waived = sum(item.waived for item in report.requirements)
    if report.verdict in (Verdict.READY, Verdict.READY_WITH_WAIVERS):
        held = counted(sum(item.outcome is Outcome.PASS for item in report.requirements),
                       "requirement")  # fmt: skip
        warned = sum(item.outcome is Outcome.WARN for item in report.requirements)
        tail = f", {waived} waived" if waived else ""
        tail += f", {counted(warned, 'warning')}" if warned else ""
        return f"{held} shown to hold in {_asked(report)}{tail}{of_nobody(report)}"
    if is_part(report):
        return f"nothing is broken in {_asked(report)}, but only a part was run"
    counts = [
        (sum(item.outcome is Outcome.ERROR for item in report.requirements), "in error"),
        (sum(item.outcome is Outcome.FAIL and not item.waived for item in musts), "broken"),
        (waived, "waived"),
        (sum(item.demanded and item.outcome in _OPEN for item in musts), "not shown"),
    ]
    told = [(number, words) for number, words in counts if number]
    says = ", ".join(
        f"{counted(number, 'requirement') if place == 0 else number} {words}"
        for place, (number, words) in enumerate(told)
    )
    return says + _causes([cause for cause in report.causes if cause.level is Level.MUST])


def _asked(report: Report) -> str:
    """Return how many requests were looked at, and stories of a client beside them."""
    cases = report.cases
    requests = cases.vectors + cases.generated + cases.sent
    stories = _stories(cases.stories)
    told = [counted(requests, "request")] if requests or not cases.stories else []
    return " and ".join([*told, *([stories] if cases.stories else [])])


_OPEN = (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)


def _stories(count: int) -> str:
    return "1 story" if count == 1 else f"{count:,} stories"


def is_part(report: Report) -> bool:
    """Tell whether nothing but a selection keeps `report` from READY."""
    not_shown = [item for item in report.requirements if item.demanded and item.outcome in _OPEN]
    return report.verdict is Verdict.INCOMPLETE and all(
        {check.reason for check in item.checks if check.outcome in _OPEN} == {Reason.DESELECTED}
        for item in not_shown
    )


def is_left_out(result: RequirementResult) -> bool:
    """Tell whether the run was asked to leave out every check of a requirement."""
    return bool(result.checks) and all(check.reason == Reason.DESELECTED for check in result.checks)


def _causes(causes: list[CommonCause]) -> str:
    if not causes:
        return ""
    says = f", {counted(len(causes), 'cause')}"
    return f"{says}: {cause_title(causes[0])}" if len(causes) == 1 else says


def cause_title(cause: CommonCause) -> str:
    """Return a cause on one line: what it is, its id, how sure it is, how many cases it has."""
    sure = f", {certainty(proved=cause.proved)}" if cause.kind is Trouble.MISTAKE else ""
    return f"{cause.says} ({cause.mistake}{sure}) · {counted(cause.cases, 'case')}"


def asked_says(report: Report) -> str:
    """Return how much was asked, how long it took, and whose time that was."""
    cases, timing, parts = report.cases, report.timing, report.parts
    told = []
    if "offline" in parts:
        told.append(f"{counted(cases.vectors, 'vector')}, {cases.generated:,} generated")
    if "client" in parts:
        told.append(f"{_stories(cases.stories)} of the client")
    if "live" in parts:
        told.append(f"{counted(cases.sent, 'request')} to the API")
    whose = {"offline": "signer", "client": "client", "live": "API"}
    named = [f"the {whose[part]}" for part in parts if part in whose]
    others = " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))
    took = f"in {timing.total_s:.1f} s, of which {others} {timing.adapter_s:.1f} s"
    return ", ".join([*told, took])


def certainty(*, proved: bool) -> str:
    """Return how sure a cause is: proved, when it reproduces the octets that were sent."""
    return "proved" if proved else "likely"


def example_says(example: Example) -> str:
    """Return an example on one line; what was no request is named by its case."""
    if not example.method:
        return example.case.replace(":", " ")
    return f"{example.method} {example.target}, {example.body}"


def repeat_command(example: Example, report: Report) -> str:
    """Return the command that asks the example's case of the same implementation again."""
    if example.case.startswith("probe:"):
        probe = example.case.removeprefix("probe:")
        called = "--sandbox" if report.target == "sandbox" else f"--target {report.target}"
        return f"{COMMAND} check --plan api {called} -k {probe}"
    if example.case.startswith("story:"):
        words = [COMMAND, "check", "--plan", "client", "--replay", example.case]
        return " ".join([*words, *_reached(report.adapter.address)])
    if example.case.startswith("certificate:"):
        return f"{COMMAND} check --plan readiness -k CERT"
    topic, _, name = example.case.partition("/")
    words = [COMMAND, "check"]
    if topic == "challenge":
        words += ["--challenge", "FILE", "--replay", example.case]
    elif topic == "generated":
        words += ["--seed", report.seed, "--replay", example.case]
    else:
        words += ["--replay", name]
    return " ".join([*words, *_reached(report.adapter.address)])


def _reached(address: str) -> list[str]:
    """Return the words of a command line that name the adapter; none where it is the default."""
    if address in ("", "reference") or address.endswith("…") or "<redacted:" in address:
        return []
    if address.startswith(("cmd:", "python:", "http:", "https:")):
        return ["--adapter", shlex.quote(address)]
    return ["--", address]


def check_says(check: Check) -> list[str]:
    """Return what a check saw, a line each: expected, observed, the causes, what to do."""
    lines = _pairs(("expected", check.expected), ("observed", check.observed))
    for diagnosis in check.diagnosis:
        lines += diagnosis_says(diagnosis)
    lines += [f"ruled out: {item}" for item in check.ruled_out]
    return [*lines, *_pairs(("hint", check.hint), ("evidence", ", ".join(check.evidence)))]


def story_says(story: Story) -> list[str]:
    """Return a story in lines: what the sandbox did, each step with its time, what should be."""
    return [
        *_pairs(("armed", story.armed)),
        *map(step_says, story.steps),
        *_pairs(("should", story.should)),
    ]


def step_says(step: Step) -> str:
    """Return a step on one line: when, who, what, and whether that was right."""
    judged = f" <- {step.outcome}" if step.outcome else ""
    return f"{step.at_s:8.3f} s  {step.actor:<8} {step.says}{judged}"


def diagnosis_says(diagnosis: Diagnosis) -> list[str]:
    """Return a cause in lines: what it is, both strings, where they part, what to change."""
    sure = certainty(proved=diagnosis.proved)
    lines = [f"cause: {diagnosis.says} ({diagnosis.mistake}, {sure}, {diagnosis.stage} stage)"]
    return lines + _pairs(
        ("  expected", diagnosis.expected),
        ("  observed", diagnosis.observed),
        ("  difference", diagnosis.difference),
        ("  change", diagnosis.mend),
        ("  same octets", ", ".join(diagnosis.same_as)),
    )


def _pairs(*pairs: tuple[str, str]) -> list[str]:
    return [f"{label}: {text}" for label, text in pairs if text]


def without_markdown(text: str) -> str:
    """Return a text of the catalogue without the back quotes around code."""
    return text.replace("`", "")


def outcome_word(outcome: Outcome) -> str:
    """Return `outcome` as people read it in a table."""
    return _SHORT.get(outcome, outcome.value)


def result_word(result: RequirementResult) -> str:
    """Return the outcome as people read it: some checks of what was not run may have passed."""
    return IN_PART if is_in_part(result) else outcome_word(result.outcome)


def is_in_part(result: RequirementResult) -> bool:
    """Tell whether a requirement was shown in part: some checks passed, and others are open."""
    passed = any(check.outcome is Outcome.PASS for check in result.checks)
    return result.outcome is Outcome.NOT_RUN and passed


_SHORT = {Outcome.NOT_APPLICABLE: "n/a", Outcome.NOT_RUN: "not run"}
