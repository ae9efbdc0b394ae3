"""junit.xml has the structure that build servers read, whatever an adapter sends."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from conformance.adapters.interface import AnswerKind
from conformance.report.check import Outcome
from conformance.report.junit import junit_xml
from tests.report.factory import case, passing_checks, report, trials, unanswered, wrong

ATTRIBUTES: Final = {
    "testsuites": {"name", "time", "tests", "failures", "errors", "disabled"},
    "testsuite": {
        "name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp",
        "hostname", "id", "package",
    },
    "testcase": {"name", "classname", "time", "assertions", "status"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
    "system-out": set[str](),
}  # fmt: skip
"""What the common JUnit schema (as Jenkins publishes it) lets each element have."""

CHILDREN: Final = {
    "testsuites": ("testsuite",),
    "testsuite": ("testcase",),
    "testcase": ("skipped", "error", "failure", "system-out"),
}
REQUIRED: Final = {"testsuite": {"name", "tests"}, "testcase": {"name", "classname"}}


def parsed(data: bytes) -> ET.Element:
    return ET.fromstring(data)  # noqa: S314 - made by ourselves


def hold_structure(element: ET.Element) -> None:
    """Assert what the common JUnit schema says of `element` and all below it."""
    assert set(element.attrib) <= ATTRIBUTES[element.tag]
    assert REQUIRED.get(element.tag, set()) <= set(element.attrib)
    for name in ("tests", "failures", "errors", "skipped"):
        if name in element.attrib:
            tag = {"tests": "testcase", "failures": "failure", "errors": "error"}.get(name, name)
            assert int(element.attrib[name]) == len(element.findall(f".//{tag}"))
    if "time" in element.attrib:
        assert float(element.attrib["time"]) >= 0
    for child in element:
        assert child.tag in CHILDREN[element.tag]
        hold_structure(child)


RUNS: Final = {
    "ready": lambda: report(checks=passing_checks()),
    "broken": lambda: report(trials(4, wrong("string-crlf"))),
    "nothing": lambda: report(checks=[]),
    "error": lambda: report([unanswered(case(1), AnswerKind.ERROR, "\x00\x1b<&]]>\ud800\ufffe")]),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_structure_is_that_of_the_common_schema(name: str) -> None:
    data = junit_xml(RUNS[name]())
    root = parsed(data)
    assert root.tag == "testsuites"
    hold_structure(root)
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")


def test_each_check_is_a_test_case_under_its_requirement() -> None:
    made = report(trials(4, wrong("string-crlf")))
    cases = parsed(junit_xml(made)).findall(".//testcase")
    checks = [(item.id, check.id) for item in made.requirements for check in item.checks]
    assert [(item.get("classname"), item.get("name")) for item in cases] == checks


def test_a_failure_says_requirement_reason_and_cause() -> None:
    made = report(trials(4, wrong("string-crlf")))
    (failure,) = parsed(junit_xml(made)).findall(".//failure")
    message = failure.get("message", "")
    assert message.startswith("STR-005 Lines end in LF · string-crlf · ")
    assert "(string-crlf, proved)" in message
    assert message.endswith("4 of 4 cases")
    assert "expected: (request-target): get /ping?x=1\\n" in (failure.text or "")
    assert "first difference at octet" in (failure.text or "")


def test_outcomes_keep_their_kind() -> None:
    kinds = {
        Outcome.PASS: None, Outcome.FAIL: "failure", Outcome.ERROR: "error",
        Outcome.WARN: "system-out", Outcome.NOT_RUN: "skipped", Outcome.INCONCLUSIVE: "skipped",
        Outcome.NOT_APPLICABLE: "skipped",
    }  # fmt: skip
    first = passing_checks()[0]
    for outcome, kind in kinds.items():
        root = parsed(junit_xml(report(checks=[replace(first, outcome=outcome)])))
        (found,) = root.findall(".//testcase")
        assert [child.tag for child in found] == ([kind] if kind else [])


def test_what_xml_cannot_hold_is_escaped() -> None:
    check = replace(
        passing_checks()[0], outcome=Outcome.FAIL, observed="a\x00b\x0b\ud800\uffff<&>\"'é"
    )
    (failure,) = parsed(junit_xml(report(checks=[check]))).findall(".//failure")
    assert "a\\x00b\\x0b\\xd800\\xffff<&>\"'é" in (failure.text or "")
