"""A run that fails prints what a waiver of it would be, where there can be one."""

from __future__ import annotations

import io
import tomllib

from rich.console import Console

from conformance.report.check import Check, Outcome
from conformance.report.model import Report
from conformance.report.terminal import print_summary
from conformance.report.waiving import entry_of, unwaivable, waivable_failures
from tests.report.factory import CATALOGUE, passing_checks, report, trials, wrong


def printed(made: Report) -> str:
    stream = io.StringIO()
    print_summary(Console(file=stream, width=100), made, CATALOGUE)
    return stream.getvalue()


def test_a_failing_run_prints_an_entry_that_is_toml() -> None:
    told = printed(report(trials(4, wrong("target-method-upper-case"))))
    entry = told.split("[[waiver]]")[1].split("\n\n")[0]

    assert tomllib.loads(entry) == {
        "requirement": "TGT-001", "check": "generated:TGT-001",
        "reason_code": "target-method-case", "reason": "", "owner": "", "ticket": "",
        "expires": "",
    }  # fmt: skip


def test_a_run_that_passes_prints_none() -> None:
    assert "[[waiver]]" not in printed(report(checks=passing_checks()))


def test_what_cannot_be_waived_has_no_entry() -> None:
    """Nor has what failed beside it: waiving that would change nothing."""
    assert "DIG-002" in unwaivable()
    failed = [
        Check(id=f"generated:{name}", requirement=name, outcome=Outcome.FAIL, reason="x")
        for name in ("DIG-002", "TGT-001")
    ]
    made = report(checks=failed)

    assert not waivable_failures(made)
    assert "[[waiver]]" not in printed(made)


def test_a_check_with_odd_characters_stays_toml() -> None:
    check = Check(id='vector:"a\\b"', requirement="TGT-001", outcome=Outcome.FAIL, reason="ä")

    (entry,) = tomllib.loads(entry_of(check))["waiver"]
    assert (entry["check"], entry["reason_code"]) == ('vector:"a\\b"', "ä")
