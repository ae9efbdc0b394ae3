"""The fixtures of those who call a local sandbox: the sandbox, and a partner that calls it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.client.credentials import Credentials
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.live.calling import credentials_of


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory: Path = tmp_path_factory.mktemp("local") / "kept"
    with running_sandbox(SandboxSettings(directory=directory)) as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    """Give the one sandbox of all tests, as it was at its start."""
    shared.reset()
    return shared


@pytest.fixture(scope="session")
def credentials(shared: Sandbox) -> Credentials:
    return credentials_of(shared)
