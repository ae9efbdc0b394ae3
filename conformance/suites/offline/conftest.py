"""What the tests of this suite are given: the run, and the implementation on the bench."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.config import Part
from conformance.errors import ConformanceError
from conformance.run.bench import Bench, opened
from conformance.run.hooks import RUN
from conformance.run.suite import SuiteRun


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Ask no signer in a run of another plan."""
    return None if Part.OFFLINE in config.stash[RUN].parts else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each vector, and one of each requirement."""
    run = metafunc.config.stash[RUN]
    if "vector" in metafunc.fixturenames:
        metafunc.parametrize("vector", run.vectors, ids=[vector.id for vector in run.vectors])
    if "requirement" in metafunc.fixturenames:
        metafunc.parametrize("requirement", run.requirements(Part.OFFLINE))


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> SuiteRun:
    """Return the run that the tests belong to."""
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def bench(run: SuiteRun, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Reach the implementation, once for all tests; the run ends where that fails."""
    try:
        with opened(run) as bench:
            yield bench
    except ConformanceError as error:
        request.session.shouldfail = error.message
        pytest.fail(f"{error.message}\n{error.hint}".rstrip(), pytrace=False)
