"""One run and one bundle for all tests of the gate; each test gets a copy that it may spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.clock import ManualClock
from conformance.gate.challenge import Challenge, new_challenge
from tests.gate.handed import CLIENT, NOW, Partner, partner, run


@pytest.fixture(scope="session")
def challenge() -> Challenge:
    """Return the challenge that the run answers."""
    return new_challenge(ManualClock(NOW).now(), partner=CLIENT)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, challenge: Challenge) -> Partner:
    """Return a partner who has run the suite, with the challenge, and made a bundle."""
    somebody = partner(tmp_path_factory.mktemp("gate") / "acme")
    run(somebody, challenge=challenge)
    somebody.bundle(challenge=challenge)
    return somebody


@pytest.fixture
def somebody(finished: Partner, tmp_path: Path) -> Partner:
    """Return a copy of that partner's files."""
    folder = tmp_path / "acme"
    shutil.copytree(finished.folder, folder)
    return Partner(folder=folder)


@pytest.fixture
def bundle(somebody: Partner) -> Path:
    """Return a copy of that partner's bundle."""
    return somebody.folder / "bundle.zip"
