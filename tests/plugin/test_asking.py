"""A run that asks for the suite gets it, wherever it is and whatever else is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

import conformance.run.bench
import conformance.run.shielded  # noqa: F401 - what is loaded is not loaded for each run

SUITE = ("--pyargs", "conformance.suites.offline")
FEW = ("-k", "method/ and get")
"""A vector or two: what is tested here is not the judging."""


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def report(pytester: pytest.Pytester, folder: str = "reports") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / folder / "readiness.json").read_text())
    return found


def test_the_suite_runs_by_its_name(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*SUITE, *FEW)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*= conformance =*", "INCOMPLETE*", "report: reports*", "seed: *"])
    assert report(pytester)["cases"]["vectors"] >= 1


def test_options_reach_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        acme_asking="""
        def sign(method): raise NotImplementedError("not yet")
        sign.name = "acme"
        sign.can = ["sign", "clock", "keys"]
        """
    )
    result = pytester.runpytest_inprocess(
        *SUITE, *FEW, "--adapter", "python:acme_asking:sign", "--seed=7", "--profile=quick",
        "--report-dir=elsewhere",
    )  # fmt: skip
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*skipped*"])
    found = report(pytester, "elsewhere")
    assert found["adapter"]["name"] == "acme"
    assert (found["seed"], found["profile"]) == ("7", "quick")
    assert found["verdict"] == "INCOMPLETE"


@pytest.mark.slow
def test_a_taken_name_leaves_the_long_one(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        def pytest_addoption(parser):
            parser.addoption("--seed", default="theirs")
            parser.addoption("--adapter", action="store_true")
        """
    )
    result = pytester.runpytest_inprocess(*SUITE, *FEW, "--seed=x", "--conformance-seed=9")
    assert result.ret == 0
    assert report(pytester)["seed"] == "9"


@pytest.mark.slow
def test_settings_come_from_the_file_too(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", conformance='profile = "quick"\n[partner]\nname = "ACME"')
    assert pytester.runpytest_inprocess(*SUITE, *FEW).ret == 0
    found = report(pytester)
    assert found["subject"]["partner"] == "ACME"
    assert found["profile"] == "quick"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--profile=qick"], ["*--profile must be *", '*Did you mean "quick"?*']),
        (["--seed=many"], ["*invalid int value: 'many'*"]),
        (["--replay=0123456789ab"], ["*no failing case '0123456789ab' is stored*"]),
        (["--config=missing.toml"], ["*missing.toml cannot be read*"]),
    ],
    ids=["profile", "seed", "replay", "config"],
)
def test_a_wrong_option_is_one_sentence(
    pytester: pytest.Pytester, arguments: list[str], says: list[str]
) -> None:
    result = pytester.runpytest_inprocess(*SUITE, *arguments)
    assert result.ret == 4
    assert "Traceback" not in result.stderr.str()
    result.stderr.fnmatch_lines(says)


def test_an_adapter_that_does_not_start_ends_the_run_with_one_cause(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpytest_inprocess(*SUITE, "--adapter=cmd:there-is-no-such-command")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*there-is-no-such-command*", "INVALID*"])
    result.assert_outcomes(errors=1)
    found = report(pytester)
    assert found["verdict"] == "INVALID"
    assert "there-is-no-such-command" in found["aborted"]["reason"]
    assert {item["outcome"] for item in found["requirements"]} == {"not_run"}


@pytest.mark.slow
def test_a_test_of_ones_own_runs_beside_the_suite(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_own="def test_own():\n    pass\n")
    result = pytester.runpytest_inprocess("test_own.py", *SUITE, "-k", "own or (method/ and get)")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*test_own.py*"])
    assert report(pytester)["aborted"] is None


def test_collecting_alone_writes_no_report(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*SUITE, "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*test_requirement?DIG-001?*", "*test_vector?method/*"])
    assert not (pytester.path / "reports" / "readiness.json").exists()
