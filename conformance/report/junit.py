"""The report as JUnit XML, for build servers: a test case a check, a test suite a topic."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from conformance.report.check import Check, Outcome
from conformance.report.model import Report, RequirementResult
from conformance.report.wording import check_says, counted

_INVALID: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, not even escaped."""

_SKIPPED: Final = (Outcome.NOT_RUN, Outcome.NOT_APPLICABLE, Outcome.INCONCLUSIVE)


def junit_xml(report: Report) -> bytes:
    """Return `report` as a JUnit XML document in UTF-8.

    A failing check is a failure, one that met a broken adapter an error, one that showed nothing
    is skipped; a warning passes and says so in its output.
    """
    root = ET.Element("testsuites", name="lendico-conformance")
    for topic, results in groupby(report.requirements, key=lambda result: result.topic):
        suite = ET.SubElement(root, "testsuite", name=_xml(topic or "other"))
        suite.set("timestamp", f"{report.created:%Y-%m-%dT%H:%M:%S}")
        checks = [(result, check) for result in results for check in result.checks]
        for result, check in checks:
            _case(suite, result, check)
        _count(suite, sum(check.duration_s for _, check in checks))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    _count(root, report.timing.total_s)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _count(element: ET.Element, seconds: float) -> None:
    element.set("tests", str(len(element.findall(".//testcase"))))
    element.set("failures", str(len(element.findall(".//failure"))))
    element.set("errors", str(len(element.findall(".//error"))))
    element.set("time", _seconds(seconds))


def _case(suite: ET.Element, result: RequirementResult, check: Check) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=_xml(result.id), name=_xml(check.id),
        time=_seconds(check.duration_s),
    )  # fmt: skip
    message = _xml(_message(result, check))
    if check.outcome in (Outcome.FAIL, Outcome.ERROR):
        kind = "failure" if check.outcome is Outcome.FAIL else "error"
        told = ET.SubElement(case, kind, message=message, type=_xml(check.reason or check.outcome))
        told.text = _xml("\n".join(check_says(check)))
    elif check.outcome in _SKIPPED:
        ET.SubElement(case, "skipped", message=message)
    elif check.outcome is Outcome.WARN:
        told = ET.SubElement(case, "system-out")
        told.text = _xml("\n".join((f"warning: {message}", *check_says(check))))


def _message(result: RequirementResult, check: Check) -> str:
    """Return requirement, reason and the first cause on one line."""
    parts = [f"{result.id} {result.title}".strip(), check.reason or check.outcome]
    if check.diagnosis:
        first = check.diagnosis[0]
        parts.append(f"{first.says} ({first.mistake}, {'proved' if first.proved else 'likely'})")
    elif check.observed:
        parts.append(check.observed)
    if check.broken > 1:
        parts.append(f"{check.broken} of {counted(check.cases, 'case')}")
    return " · ".join(parts)


def _seconds(span: float) -> str:
    return f"{span:.3f}"


def _xml(text: str) -> str:
    r"""Return `text` with what XML cannot hold written as `\xhh`."""
    return _INVALID.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
