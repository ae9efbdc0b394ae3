"""Stories that really happened, to be judged as they are and changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from conformance.adapters import open_adapter
from conformance.adapters.interface import Adapter
from conformance.clock import SystemClock
from conformance.stories.cases import load_cases
from conformance.stories.playing import Playing
from conformance.stories.story import Story
from conformance.wire.message import SignedPath

Tell = Callable[[str], Story]


@pytest.fixture(scope="session")
def reference() -> Iterator[Adapter]:
    adapter = open_adapter("reference", clock=SystemClock())
    yield adapter
    adapter.close()


@pytest.fixture(scope="session")
def tell(reference: Adapter, tmp_path_factory: pytest.TempPathFactory) -> Tell:
    """Play a case with the reference client, once for all tests."""
    playing = Playing(
        reference, tmp_path_factory.mktemp("partners"), clock=SystemClock(),
        signed_path=SignedPath.RELATIVE,
    )  # fmt: skip
    told: dict[str, Story] = {}

    def play(case: str) -> Story:
        if case not in told:
            told[case] = playing.alone(load_cases()[case])
        return told[case]

    return play
