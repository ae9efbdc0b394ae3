"""The suite's part of a pytest session: records go from tests to the one report.

Under pytest-xdist the tests run in workers: their records travel with the test reports, and the
controller alone writes. The controller hands its seed to the workers.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.config import Part, Plan, load_settings
from conformance.report.model import Stop, StopKind
from conformance.report.verdict import stop_of_pytest
from conformance.run.ending import finish
from conformance.run.recording import Recording
from conformance.run.suite import SuiteRun

RUN: Final = pytest.StashKey[SuiteRun]()
"""Where the run is kept in pytest's configuration."""

_PLANS: Final = {
    "conformance.suites.offline": None,
    "conformance.suites.live": Plan.API,
    "conformance.suites.client": Plan.CLIENT,
    "conformance.suites.material": Plan.READINESS,
}
"""The suites whose plan needs not be named."""

_CARRIED: Final = "conformance_recording"
"""The attribute of a test report that carries what was seen."""

_HANDED: Final = "conformance"
"""The key under which the controller hands its seed to a worker."""


def start(config: pytest.Config, given: Mapping[str, Any]) -> None:
    """Prepare a run from the options `given` to pytest, and take part in the session.

    Raises:
        UsageError: a setting is wrong, or the report cannot be written.
    """
    flags = {name: value for name, value in given.items() if name not in {"config", "replay"}}
    if flags.get("plan") is None:
        flags["plan"] = _plan_named(config.args)
    path = Path(given["config"]) if given["config"] else None
    run = SuiteRun(settings=load_settings(flags, os.environ, path), replay=given["replay"])
    handed = _handed(config)
    if handed is not None:
        run.seed = handed["seed"]
        run.redactor.key = bytes.fromhex(handed["redactor"])
    join(config, run)


def _plan_named(arguments: Iterable[str]) -> Plan | None:
    """Return the plan of the one suite that `arguments` name; of several it must be told."""
    names = [name.replace("/", ".") for name in arguments]
    found = {plan for suite, plan in _PLANS.items() if any(suite in name for name in names)}
    return found.pop() if len(found) == 1 else None


def join(config: pytest.Config, run: SuiteRun) -> None:
    """Take part in the session of `config` with `run`."""
    config.stash[RUN] = run
    config.pluginmanager.register(Hooks(run, config), "conformance-run")


def _handed(config: pytest.Config) -> dict[str, Any] | None:
    """Return what the controller handed to this worker; None when this is no worker."""
    found: dict[str, Any] | None = getattr(config, "workerinput", {}).get(_HANDED)
    return found


class Hooks:
    """What the suite does at each step of a session."""

    def __init__(self, run: SuiteRun, config: pytest.Config) -> None:
        self._run = run
        self._is_worker = hasattr(config, "workerinput")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Let `-k` find tests by requirement; leave the vectors out of a replay."""
        for item in items:
            item.extra_keyword_matches.update(_requirements_of(item))
            if Part.LIVE in self._run.parts:
                item.extra_keyword_matches.update(_probes_of(item))
        if self._run.replayed is not None:
            left_out = [item for item in items if "vector" in _values_of(item)]
            if left_out:
                config.hook.pytest_deselected(items=left_out)
                items[:] = [item for item in items if item not in left_out]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell how much there is to do."""
        self._run.selected = sum("vector" in _values_of(item) for item in session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the test's report carry what the test saw."""
        report = yield
        known = (pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception)
        if call.excinfo is not None and not call.excinfo.errisinstance(known):
            self._run.broke(f"in the test {item.name}", call.excinfo.value)
        seen = self._run.take()
        setattr(report, _CARRIED, seen.plain() if self._is_worker else seen)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test's report carries; what carries nothing did not run to its end."""
        if self._is_worker:
            return
        seen = getattr(report, _CARRIED, None)
        if seen is not None:
            self._run.whole.add(seen if isinstance(seen, Recording) else Recording.revived(seen))
        elif report.failed:
            self._end(StopKind.ERROR, f"a test worker died in {report.nodeid}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why the suite could not be collected."""
        if report.failed:
            last = str(report.longrepr).strip().splitlines()[-1:]
            self._end(StopKind.ERROR, f"the suite cannot be collected: {' '.join(last)}")

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep what broke inside pytest or a plugin."""
        self._run.broke("inside pytest", excinfo.value)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report, whatever ended the session."""
        if self._is_worker or session.config.option.collectonly:
            return
        early = session.shouldfail or session.shouldstop
        stop = stop_of_pytest(int(exitstatus))
        if early and (stop is None or stop.kind is StopKind.INTERRUPTED):
            stop = Stop(kind=StopKind.INTERRUPTED, reason=f"the run was ended early: {early}")
        finish(self._run, stop)
        if self._run.unwritten is not None:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say the verdict and where the report is, below pytest's own summary."""
        report, written, unwritten = self._run.report, self._run.written, self._run.unwritten
        if report is None:
            return
        from conformance.report.wording import headline  # noqa: PLC0415 - not in workers

        terminalreporter.section("conformance")
        terminalreporter.write_line(headline(report))
        if unwritten is not None:
            terminalreporter.write_line(f"{unwritten.message} {unwritten.hint}".strip(), red=True)
        if written is not None:
            terminalreporter.write_line(f"report: {written.readiness}")
        if report.seed:
            terminalreporter.write_line(f"seed: {report.seed}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the seed to a worker of pytest-xdist."""
        node.workerinput[_HANDED] = {
            "seed": self._run.seed,
            "redactor": self._run.redactor.key.hex(),
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep the tests of one module together: those of one generated run are in one."""
        if config.getoption("dist") != "load":
            return None
        from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - xdist may be absent

        return LoadScopeScheduling(config, log)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Keep that a worker of pytest-xdist died."""
        if error:
            self._end(StopKind.ERROR, f"the test worker {node.gateway.id} died")

    def _end(self, kind: StopKind, reason: str) -> None:
        self._run.whole.stop = self._run.whole.stop or Stop(kind=kind, reason=reason)


def asked_of_api(items: Sequence[pytest.Item]) -> list[str]:
    """Return the requirements of the API that the tests `items` are about, in their order."""
    return [
        _values_of(item)["requirement"]
        for item in items
        if "caller" in getattr(item, "fixturenames", ()) and "requirement" in _values_of(item)
    ]


def _values_of(item: pytest.Item) -> Mapping[str, Any]:
    """Return the parameters of a test."""
    callspec = getattr(item, "callspec", None)
    values: Mapping[str, Any] = callspec.params if callspec else {}
    return values


def _requirements_of(item: pytest.Item) -> tuple[str, ...]:
    values = _values_of(item)
    if "story" in values:
        requirements: tuple[str, ...] = values["story"].requirements
        return requirements
    vector = values.get("vector")
    return () if vector is None else vector.case.requirements


def _probes_of(item: pytest.Item) -> tuple[str, ...]:
    from conformance.probes.listing import names_of  # noqa: PLC0415 - not where none is sent

    return names_of(_values_of(item).get("requirement", ""))
