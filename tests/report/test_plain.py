"""Values become plain JSON and come back the same."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from conformance.report.check import Check, Outcome
from conformance.report.model import Report
from conformance.report.plain import from_plain, to_plain, with_text
from tests.report.factory import report, trials, wrong


def test_a_report_comes_back_the_same() -> None:
    made = report(trials(5, wrong("string-crlf")))
    assert from_plain(Report, json.loads(json.dumps(to_plain(made)))) == made


def test_what_is_left_out_takes_its_default() -> None:
    check = from_plain(Check, {"id": "a", "requirement": "DIG-001", "outcome": "pass"})
    assert check == Check(id="a", requirement="DIG-001", outcome=Outcome.PASS)


@pytest.mark.parametrize(
    "data",
    [
        {"id": "a"},
        {"id": "a", "requirement": "DIG-001", "outcome": "good"},
        {"id": "a", "requirement": "DIG-001", "outcome": "pass", "more": 1},
        {"id": 1, "requirement": "DIG-001", "outcome": "pass"},
        {"id": "a", "requirement": "DIG-001", "outcome": "pass", "evidence": 3},
        {"id": "a", "requirement": "DIG-001", "outcome": "pass", "evidence": "abc"},
        [],
        "x",
        None,
    ],
)
def test_another_form_is_refused_in_one_way(data: Any) -> None:
    with pytest.raises(ValueError, match=r"Check|Outcome"):
        from_plain(Check, data)


def test_texts_change_at_any_depth_and_enums_stay() -> None:
    check = Check(id="pass", requirement="pass", outcome=Outcome.PASS, evidence=("pass",))
    changed = with_text(check, lambda text: text.replace("pass", "-"))
    assert changed == Check(id="-", requirement="-", outcome=Outcome.PASS, evidence=("-",))


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_moment_that_cannot_be_told_in_utc_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="beyond all calendars"):
        from_plain(datetime, text)
