"""In other people's pytest runs the plugin does nothing."""

from __future__ import annotations

import re

import pytest

ONE_TEST = "def test_one():\n    pass\n"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def without_noise(lines: list[str]) -> list[str]:
    """Leave out what differs from run to run, and the list of what is installed."""
    return [
        re.sub(r"in [0-9.]+s", "in …s", line) for line in lines if not line.startswith("plugins:")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["-v"], ["--help"]])
def test_a_run_looks_the_same_with_the_plugin_and_without(
    pytester: pytest.Pytester, arguments: list[str]
) -> None:
    pytester.makepyfile(ONE_TEST)
    there = pytester.runpytest_subprocess(*arguments)
    blocked = pytester.runpytest_subprocess("-p", "no:conformance.plugin", *arguments)
    assert there.ret == blocked.ret == 0
    assert without_noise(there.outlines) == without_noise(blocked.outlines)
    assert there.errlines == blocked.errlines


def test_nothing_else_of_the_suite_is_imported(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            ours = {name for name in sys.modules if name.split(".")[0] == "conformance"}
            assert ours == {"conformance", "conformance.plugin"}
            dear = {"hypothesis", "requests", "cryptography", "rich", "jsonschema", "click"}
            assert not dear & set(sys.modules)
        """
    )
    result = pytester.runpytest_subprocess("-p", "conformance.plugin")
    result.assert_outcomes(passed=1)


@pytest.mark.slow
def test_other_people_may_call_their_options_the_same(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        NAMES = ("--adapter", "--profile", "--seed", "--replay", "--config", "--report-dir")

        def pytest_addoption(parser):
            for name in NAMES:
                parser.addoption(name, default="theirs")
        """
    )
    pytester.makepyfile(
        """
        def test_options(pytestconfig):
            assert pytestconfig.getoption("--adapter") == "mine"
            assert pytestconfig.getoption("--seed") == "theirs"
        """
    )
    pytester.runpytest_subprocess("--adapter=mine").assert_outcomes(passed=1)


@pytest.mark.slow
def test_a_folder_called_conformance_is_no_reason_to_wake_up(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"conformance_suites/offline/test_theirs": ONE_TEST})
    result = pytester.runpytest_subprocess("conformance_suites/offline")
    result.assert_outcomes(passed=1)
    assert not (pytester.path / "reports").exists()


@pytest.mark.slow
def test_the_environment_of_a_partner_does_not_matter(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong settings are read, and refused, only where the suite is asked for."""
    monkeypatch.setenv("LENDICO_CONFORMANCE_NONSENSE", "1")
    pytester.makefile(".toml", conformance="nonsense = 1")
    pytester.makepyfile(ONE_TEST)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
