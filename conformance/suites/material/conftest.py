"""What the tests of this suite are given: the run, and its certificates."""

from __future__ import annotations

import pytest

from conformance.config import Part
from conformance.errors import ConformanceError
from conformance.run.certifying import Certifier
from conformance.run.hooks import RUN


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Judge no certificate in a run of another plan."""
    return None if Part.MATERIAL in config.stash[RUN].parts else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each requirement."""
    run = metafunc.config.stash[RUN]
    if "requirement" in metafunc.fixturenames:
        metafunc.parametrize("requirement", run.requirements(Part.MATERIAL))


@pytest.fixture(scope="session")
def certifier(request: pytest.FixtureRequest) -> Certifier:
    """Read the certificates, once for all tests; the run ends where a password is missing."""
    try:
        return Certifier(request.config.stash[RUN])
    except ConformanceError as error:
        request.session.shouldfail = error.message
        pytest.fail(f"{error.message}\n{error.hint}".rstrip(), pytrace=False)
