"""What the tests of this suite are given: the run, and the client on its stage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.config import Part
from conformance.errors import ConformanceError
from conformance.run.hooks import RUN
from conformance.run.staged import Stage, staged
from conformance.run.suite import SuiteRun


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Ask no client in a run of another plan."""
    return None if Part.CLIENT in config.stash[RUN].parts else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each case."""
    run = metafunc.config.stash[RUN]
    if "story" in metafunc.fixturenames:
        metafunc.parametrize("story", run.stories, ids=[case.id for case in run.stories])


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> SuiteRun:
    """Return the run that the tests belong to."""
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def stage(run: SuiteRun, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Reach the client, once for all tests; the run ends where that fails."""
    values = (getattr(item, "callspec", None) for item in request.session.items)
    found = [value.params["story"] for value in values if value and "story" in value.params]
    try:
        with staged(run, found) as stage:
            yield stage
    except ConformanceError as error:
        request.session.shouldfail = error.message
        pytest.fail(f"{error.message}\n{error.hint}".rstrip(), pytrace=False)
