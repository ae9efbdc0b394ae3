"""What the tests of this suite are given: the run, and a caller that passed the preflight."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.config import Part
from conformance.errors import ConformanceError
from conformance.probes.listing import in_order
from conformance.run.calling import Caller, called
from conformance.run.hooks import RUN, asked_of_api
from conformance.run.suite import SuiteRun


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave the API alone in a run of another plan."""
    return None if Part.LIVE in config.stash[RUN].parts else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each requirement, what strains the API last."""
    run = metafunc.config.stash[RUN]
    if "requirement" in metafunc.fixturenames:
        metafunc.parametrize("requirement", in_order(run.requirements(Part.LIVE)))


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> SuiteRun:
    """Return the run that the tests belong to."""
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def caller(run: SuiteRun, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """Reach the API, once for all tests; the run ends where that fails."""
    try:
        with called(run, asked=asked_of_api(request.session.items)) as caller:
            yield caller
    except ConformanceError as error:
        request.session.shouldfail = error.message
        pytest.fail(f"{error.message}\n{error.hint}".rstrip(), pytrace=False)
