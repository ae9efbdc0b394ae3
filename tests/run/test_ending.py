"""However a run ends, there is a report, and it does not look better than what was seen."""

from __future__ import annotations

import json
from typing import Any

import pytest

import conformance.run.bench
import conformance.run.shielded
from conformance.cases.vectors import load_vectors
from conformance.wire.reading import Reading

SUITE = ("--pyargs", "conformance.suites.offline", "--profile=quick")
SIGNER = """
from conformance.adapters.reference import ProcedureAdapter
from conformance.adapters.interface import SignOrder
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.wire.message import Place
from pathlib import Path

calls = 0


class Signer:
    name, can, mistakes = "acme", ["sign", "clock", "keys"], ()

    def __init__(self):
        self.reference = ProcedureAdapter(breed(MISTAKES[item] for item in self.mistakes))

    def before(self, call):
        pass

    def sign(self, method, url, base_url, target, date, body, key_id, key_file, place):
        global calls
        calls += 1
        self.before(calls)
        answer = self.reference.sign(SignOrder(
            method=method, url=url, base_url=base_url, target=target, date=date, body=body,
            key_id=key_id, key_file=Path(key_file), place=Place(place)))
        return list(answer.headers)
"""


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def run(
    pytester: pytest.Pytester, signer: str, *arguments: str
) -> tuple[pytest.RunResult, dict[str, Any]]:
    pytester.makepyfile(acme_ending=SIGNER + signer)
    result = pytester.runpytest_inprocess(
        *SUITE, "--adapter", "python:acme_ending:Acme", *arguments, no_reraise_ctrlc=True
    )
    found: dict[str, Any] = json.loads((pytester.path / "reports/readiness.json").read_text())
    return result, found


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {item["id"]: item["outcome"] for item in found["requirements"]}


@pytest.mark.slow
def test_an_interruption_keeps_what_was_seen_broken(pytester: pytest.Pytester) -> None:
    result, found = run(
        pytester,
        """
class Acme(Signer):
    mistakes = ("date-zone-z",)
    def before(self, call):
        if call == 100:
            raise KeyboardInterrupt
""",
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert found["verdict"] == "NOT_READY"
    assert "interrupted" in found["aborted"]["reason"]
    assert outcomes(found)["DATE-001"] == "fail"
    assert outcomes(found)["HDR-004"] == "not_run"
    assert found["cases"]["generated"] == 99
    assert len((pytester.path / "reports/evidence.jsonl").read_text().splitlines()) >= 99


@pytest.mark.slow
def test_an_interruption_shows_nothing_to_hold(pytester: pytest.Pytester) -> None:
    """That nothing was broken in half a run does not pass."""
    result, found = run(
        pytester,
        """
class Acme(Signer):
    def before(self, call):
        if call == 210:
            raise KeyboardInterrupt
""",
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert found["verdict"] == "INCOMPLETE"
    reasons = {
        check["reason"]
        for item in found["requirements"]
        for check in item["checks"]
        if check["outcome"] == "not_run"
    }
    assert reasons == {"aborted"}


def test_stopping_at_the_first_failure_is_told(pytester: pytest.Pytester) -> None:
    result, found = run(
        pytester, 'class Acme(Signer):\n    mistakes = ("digest-hex",)\n', "-x", "-k", "vector"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert found["verdict"] == "NOT_READY"
    assert "stopping after 1 failures" in found["aborted"]["reason"]


def test_what_was_left_out_is_not_run(pytester: pytest.Pytester) -> None:
    result, found = run(pytester, "class Acme(Signer): pass", "-k", "body/")
    assert result.ret == 0
    assert found["verdict"] == "INCOMPLETE"
    assert found["aborted"] is None
    digest = next(item for item in found["requirements"] if item["id"] == "DIG-002")
    by_reason = {check["reason"] for check in digest["checks"] if check["outcome"] == "not_run"}
    assert by_reason == {"deselected"}
    assert any(check["outcome"] == "pass" for check in digest["checks"])
    assert digest["outcome"] == "not_run"


def test_naming_one_module_does_not_look_like_the_whole(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(acme_ending=SIGNER + "class Acme(Signer): pass")
    result = pytester.runpytest_inprocess(
        "--pyargs", "conformance.suites.offline.test_generated", "--profile=quick",
        "--adapter=python:acme_ending:Acme",
    )  # fmt: skip
    assert result.ret == 0
    found = json.loads((pytester.path / "reports/readiness.json").read_text())
    assert found["verdict"] == "INCOMPLETE"
    assert found["cases"] == {"vectors": 0, "generated": 200, "stories": 0, "sent": 0}


def test_no_test_at_all_is_invalid(pytester: pytest.Pytester) -> None:
    result, found = run(pytester, "class Acme(Signer): pass", "-k", "nothing_is_called_so")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert found["verdict"] == "INVALID"
    assert "selection" in found["aborted"]["reason"]


def test_a_defect_of_the_suite_is_an_error_and_says_so(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("conformance.trial.examination.judge", broken)
    result, found = run(pytester, "class Acme(Signer): pass", "-k", "method/get")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert found["verdict"] == "ERROR"
    assert "ZeroDivisionError" in found["aborted"]["reason"]


class Forged(Reading):
    """Reads another signature than the one sent."""

    def parameter(self, name: str) -> str | None:
        return "AAAA" if name == "signature" else super().parameter(name)


def test_a_golden_signature_that_is_not_the_one_called_right_is_a_defect(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules and the vectors must agree; openssl made the one, our code judges the other."""
    monkeypatch.setattr(conformance.run.bench, "Reading", Forged)
    result, found = run(pytester, "class Acme(Signer): pass", "-k", "method/get")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert found["verdict"] == "ERROR"
    assert "another signature" in found["aborted"]["reason"]


def test_a_report_that_cannot_be_written_in_the_end_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        acme_ending=SIGNER
        + """
class Acme(Signer):
    def before(self, call):
        import shutil
        shutil.rmtree("reports", ignore_errors=True)
        open("reports", "w").close()
"""
    )
    result = pytester.runpytest_inprocess(
        *SUITE, "--adapter=python:acme_ending:Acme", "-k", "method/get and not head"
    )
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["*reports* cannot be written*"])
    assert "Traceback" not in result.stdout.str()


@pytest.mark.slow
def test_workers_make_one_report_of_one_generated_run(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    wrong = 'class Acme(Signer):\n    mistakes = ("digest-hex",)\n'
    pytester.makepyfile(acme_ending=SIGNER + wrong)
    result = pytester.runpytest_subprocess(
        *SUITE, "--adapter", "python:acme_ending:Acme", "-n", "2", "--seed=5",
        "-k", "DIG-002 and requirement or HDR-003 and requirement or method/",
    )  # fmt: skip
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    found = json.loads((pytester.path / "reports/readiness.json").read_text())
    assert found["seed"] == "5"
    assert found["adapter"]["name"] == "acme"
    assert found["cases"]["generated"] == 200
    assert found["cases"]["vectors"] == sum(v.topic == "method" for v in load_vectors())
    assert found["timing"]["adapter_s"] > 0
    assert outcomes(found)["DIG-002"] == "fail"
    assert {
        check["id"]: check["outcome"]
        for item in found["requirements"]
        for check in item["checks"]
        if check["id"].startswith("generated:") and check["outcome"] != "not_run"
    } == {"generated:DIG-002": "fail", "generated:HDR-003": "pass"}


@pytest.mark.slow
def test_a_worker_that_dies_is_an_error(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        acme_ending=SIGNER
        + """
class Acme(Signer):
    def before(self, call):
        import os
        os._exit(3)
"""
    )
    result = pytester.runpytest_subprocess(
        *SUITE,
        "--adapter",
        "python:acme_ending:Acme",
        "-n",
        "1",
        "--max-worker-restart=0",
        "-k",
        "method/get",
    )
    assert result.ret != 0
    found = json.loads((pytester.path / "reports/readiness.json").read_text())
    assert found["verdict"] == "ERROR"
    assert "died" in found["aborted"]["reason"]


@pytest.mark.slow
def test_a_run_without_an_adapter_says_that_it_judged_nothing_of_the_reader(
    pytester: pytest.Pytester,
) -> None:
    """READY in a folder without `conformance.toml` must not be taken for one's own."""
    pytester.runpytest_inprocess(*SUITE, "-k", "DIG-003")
    found = json.loads((pytester.path / "reports/readiness.json").read_text())
    assert "the suite judged its own reference" in found["notes"][0]
    _, found = run(pytester, "class Acme(Signer):\n    pass\n", "-k", "DIG-003")
    assert found["notes"] == []
