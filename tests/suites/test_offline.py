"""The offline suite as a person meets it: what is selected, and how a failure reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import conformance.run.bench  # noqa: F401 - what is loaded is not loaded for each run
from conformance.cases.vectors import load_vectors
from conformance.catalogue import load_catalogue
from conformance.report.verdict import plan_of

ROOT = Path(__file__).parents[2]
SUITE = ("--pyargs", "conformance.suites.offline", "--profile=quick")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def collected(pytester: pytest.Pytester, *arguments: str) -> list[str]:
    result = pytester.runpytest_inprocess(*SUITE, "--collect-only", "-q", *arguments)
    return [line.partition("::")[2] for line in result.outlines if "::" in line]


def test_there_is_a_test_for_each_vector_and_each_requirement(pytester: pytest.Pytester) -> None:
    plan = plan_of(load_catalogue(), "signer", ["offline"])
    expected = {f"test_vector[{vector.id}]" for vector in load_vectors()}
    expected |= {f"test_requirement[{item}]" for item in plan.covers if item in plan.demands}
    assert set(collected(pytester)) == expected


def test_a_requirement_selects_its_vectors_and_its_generated_test(
    pytester: pytest.Pytester,
) -> None:
    made_for = {f"test_vector[{v.id}]" for v in load_vectors() if "DIG-003" in v.case.requirements}
    assert made_for
    assert set(collected(pytester, "-k", "DIG-003")) == {*made_for, "test_requirement[DIG-003]"}


def test_a_vector_is_selected_by_its_id(pytester: pytest.Pytester) -> None:
    assert collected(pytester, "-k", "body/crlf-ended") == ["test_vector[body/crlf-ended]"]


def test_a_failure_reads_as_finding_cause_and_request(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        acme_offline="from tests.faulty.handwritten.date import one_digit_day as sign\n"
    )
    result = pytester.runpytest_inprocess(
        *SUITE, "-k", "DATE-001 and requirement", "--adapter=python:acme_offline:sign"
    )
    text = result.stdout.str()
    assert "Traceback" not in text
    assert "conclusion.py" not in text
    result.stdout.fnmatch_lines(
        [
            "*test_requirement?DATE-001?*",
            "DATE-001 Exactly one Date header*",
            "  expected: *",
            "  observed: *",
            "  cause: the day of the month has one digit*proved*",
            "  evidence: *",
            "stored/*:",
            "  GET /",
            "  Date: *",
        ]
    )


def test_a_signer_without_the_feature_is_skipped_not_passed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        acme_offline="def sign(date, key_file):\n    raise NotImplementedError('later')\n"
    )
    result = pytester.runpytest_inprocess(
        *SUITE, "-k", "vector and method/", "--adapter=python:acme_offline:sign"
    )
    assert result.parseoutcomes().keys() == {"skipped", "deselected"}


@pytest.mark.slow
def test_plain_pytest_in_the_checkout_runs_the_suite() -> None:
    """And nothing but the suite: the project's own tests are `pytest tests`."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    paths = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert paths == {
        "conformance/suites/offline/test_generated.py",
        "conformance/suites/offline/test_vectors.py",
    }


@pytest.mark.slow
@pytest.mark.parametrize("path", ["conformance/suites/offline/test_vectors.py", "conformance"])
def test_in_the_checkout_the_suite_runs_by_its_path(path: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", path, "-k", "nothing", "-p", "no:cacheprovider",
         "--collect-only"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "deselected" in done.stdout
    assert "error" not in done.stdout.lower()
