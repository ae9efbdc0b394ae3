"""Allure results carry requirement, level, description, links and the evidence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.redaction import Redactor
from conformance.report import allure
from tests.report.factory import CATALOGUE, case, teller, trial, wrong

SUITE = """
from conformance.report import allure
from conformance.redaction import Redactor
from tests.report.factory import CATALOGUE, case, teller, trial, wrong

def test_vector():
    assert allure.is_written()
    asked = case(1, identity="vectors/digest/empty-body", requirements=("STR-005", "STR-003"))
    seen = trial(asked, wrong("string-crlf"), further=[("Authorization", "Bearer abcdefgh1234")])
    requirements = [CATALOGUE.requirements[item] for item in asked.requirements]
    allure.describe(requirements, CATALOGUE, says="An empty body.")
    allure.attach_request(seen.judgement, Redactor())
    checks = teller().vector_checks(seen)
    allure.attach_checks(checks)
    assert all(check.outcome == "pass" for check in checks), "STR-005 is broken"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the one result of a failing test, and its attachments by name."""
    made = tmp_path_factory.mktemp("allure")
    (made / "test_made.py").write_text(SUITE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", made,
         "--alluredir", made / "results", made / "test_made.py"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], timeout=60,
    )  # fmt: skip
    assert "STR-005 is broken" in done.stdout, done.stdout
    (file,) = (made / "results").glob("*-result.json")
    result = json.loads(file.read_text("utf-8"))
    texts = {
        item["name"]: (made / "results" / item["source"]).read_text("utf-8")
        for item in result["attachments"]
    }
    return result, texts


def test_the_labels_name_requirements_level_and_topic(
    results: tuple[dict[str, Any], dict[str, str]],
) -> None:
    labels = {(item["name"], item["value"]) for item in results[0]["labels"]}
    assert {
        ("tag", "STR-005"),
        ("tag", "STR-003"),
        ("tag", "MUST"),
        ("severity", "critical"),
        ("feature", "Signing string"),
        ("story", f"STR-005 {CATALOGUE.requirements['STR-005'].title}"),
    } <= labels


def test_the_description_says_what_must_hold_and_the_links_where_it_is_said(
    results: tuple[dict[str, Any], dict[str, str]],
) -> None:
    result = results[0]
    assert result["description"].startswith("An empty body.")
    assert CATALOGUE.requirements["STR-005"].text in result["description"]
    links = {item["url"] for item in result["links"]}
    assert links == {
        source.url
        for item in ("STR-005", "STR-003")
        for source in CATALOGUE.requirements[item].sources
    }


def test_the_evidence_is_attached_without_secrets(
    results: tuple[dict[str, Any], dict[str, str]],
) -> None:
    texts = results[1]
    assert "GET /ping HTTP/1.1\nDate: " in texts["request"]
    assert "abcdefgh1234" not in "".join(texts.values())
    assert texts["signing string expected"].startswith("(request-target): get /ping\\n\ndate: ")
    assert "\\r\\n\ndate: " in texts["string-crlf: signing string observed"]
    assert "cause: " in texts["STR-005: string-crlf"]


def test_without_allure_results_nothing_is_told(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pytestconfig.option.allure_report_dir:
        pytest.skip("this run writes Allure results")

    def told(*_: Any, **__: Any) -> None:
        raise AssertionError

    for name in ("feature", "tag", "description", "link", "severity"):
        monkeypatch.setattr(f"allure.dynamic.{name}", told)
    monkeypatch.setattr("allure.attach", told)
    seen = trial(case(1, requirements=("STR-005",)), wrong("string-crlf"))
    assert seen.judgement is not None
    assert not allure.is_written()
    allure.describe([CATALOGUE.requirements["STR-005"]], CATALOGUE)
    allure.attach_request(seen.judgement, Redactor())
    allure.attach_checks(teller().vector_checks(seen))
