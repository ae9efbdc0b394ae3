"""A sandbox that runs, and a client that knows the demo partner's material."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from conformance.clock import ManualClock, SystemClock
from conformance.sandbox.material import load_material
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.sandbox.calling import Caller

FAST = 1_000_000
"""Requests a second: no test but those of the limit should meet it."""


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep one demo partner for all tests: its keys take a while to make."""
    kept = tmp_path_factory.mktemp("sandbox") / "kept"
    load_material(kept, (), SystemClock())
    return kept


@pytest.fixture(scope="session")
def settings(directory: Path) -> SandboxSettings:
    return SandboxSettings(directory=directory, rate=FAST)


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    return ManualClock(SystemClock().now().astimezone(UTC).replace(microsecond=0))


@pytest.fixture(scope="session")
def shared(settings: SandboxSettings, clock: ManualClock) -> Iterator[Sandbox]:
    with running_sandbox(replace(settings, control_port=0), clock=clock) as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    """Give the one sandbox of all tests, as it was at its start."""
    shared.reset()
    return shared


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    made = Caller.of(sandbox)
    made.get_token()
    return made
