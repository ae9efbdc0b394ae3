"""pytest run in this process, out of reach of the settings, plugins and conftests around it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from conformance.cases.store import DIRECTORY
from conformance.config import Part
from conformance.errors import UsageError
from conformance.run.hooks import asked_of_api, join
from conformance.run.suite import SuiteRun

SETTINGS: Final = "alone.ini"
"""The file beside the suites that is read in place of the settings around it."""

_VARIABLES: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DEBUG", "PYTEST_THEME")
_AUTOLOAD: Final = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
_STORAGE: Final = "HYPOTHESIS_STORAGE_DIRECTORY"
_NEEDLESS: Final = (
    "cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "legacypath", "logging",
    "pastebin", "setuponly", "setupplan", "stepwise", "threadexception", "unraisableexception",
)  # fmt: skip
"""Plugins of pytest that a run has no use for."""


class _Joiner:
    """Brings the run into the session, as `conformance.plugin` does where pytest was asked."""

    def __init__(self, run: SuiteRun) -> None:
        self._run = run

    def pytest_configure(self, config: pytest.Config) -> None:
        join(config, self._run)


def run_suite(
    suites: Path,
    run: SuiteRun,
    *,
    keyword: str = "",
    shows_pytest: bool = False,
    allure: Path | None = None,
) -> int:
    """Run the suites of the parts of `run`, below `suites`, and return pytest's exit code.

    `run.report` holds what came of it, unless pytest refused to start. `keyword` selects tests as
    pytest's `-k` does; `shows_pytest` lets pytest print; `allure` is the folder for Allure's
    results, made anew.
    """
    arguments = _arguments(suites, run.parts, keyword)
    if allure is not None:
        arguments += ["-pallure_pytest", f"--alluredir={allure}", "--clean-alluredir"]
    arguments += ["-v"] if shows_pytest else ["-pno:terminal"]
    with _without_settings():
        return int(pytest.main(arguments, plugins=[_Joiner(run)]))


def chosen_of_api(suites: Path, run: SuiteRun, *, keyword: str = "") -> list[str]:
    """Return the requirements of the API that a run would ask, by pytest's `-k` too; none is asked.

    Raises:
        UsageError: `keyword` is no expression that pytest understands.
    """
    chosen = _Chosen()
    arguments = [*_arguments(suites, (Part.LIVE,), keyword), "--collect-only", "-pno:terminal"]
    with _without_settings():
        code = int(pytest.main(arguments, plugins=[_Joiner(run), chosen]))
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise UsageError(
            "the suite cannot be collected", hint="Is what -k selects an expression, such as "
            "'API-DIG-002 or ping'?",
        )  # fmt: skip
    return chosen.requirements


class _Chosen:
    """Keeps which requirements the tests that were chosen are about."""

    def __init__(self) -> None:
        self.requirements: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.requirements = asked_of_api(session.items)


def _arguments(suites: Path, parts: Sequence[Part], keyword: str) -> list[str]:
    arguments = [
        *(str(suites / part) for part in parts),
        "-c", str(suites / SETTINGS),
        f"--rootdir={suites}", f"--confcutdir={suites}",
        "--import-mode=importlib", "--assert=plain", "--capture=no",
        *(f"-pno:{name}" for name in _NEEDLESS),
    ]  # fmt: skip
    return [*arguments, "-k", keyword] if keyword else arguments


@contextmanager
def _without_settings() -> Iterator[None]:
    """Hide from pytest what the environment tells it; keep what hypothesis stores with our own."""
    kept = {name: os.environ.pop(name) for name in _VARIABLES if name in os.environ}
    ours = {_AUTOLOAD: "1"}
    if _STORAGE not in os.environ:
        ours[_STORAGE] = str(DIRECTORY.parent / "hypothesis")
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        os.environ.update(kept)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
