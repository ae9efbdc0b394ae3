"""Cases played: as many at once as the client can make calls, each on a sandbox of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from pathlib import Path

from conformance.adapters.interface import Adapter
from conformance.clock import Clock
from conformance.stories.case import ClientCase
from conformance.stories.partner import Partners
from conformance.stories.scene import Scene
from conformance.stories.story import Story
from conformance.wire.message import SignedPath


class Playing:
    """Plays cases with one client."""

    def __init__(
        self, adapter: Adapter, directory: Path, *, clock: Clock, signed_path: SignedPath
    ) -> None:
        """Make the certificates in `directory`, which must be private and go with the run.

        Raises:
            UsageError: the directory cannot be written.
            MaterialError: the certificate of the client's own key cannot be read.
        """
        hello = adapter.hello
        self._adapter = adapter
        self._clock = clock
        self._signed_path = signed_path
        self._partners = Partners(
            directory, clock, own_certificate=None if hello.has_keys else hello.cert_pem
        )

    def play(self, cases: Iterable[ClientCase]) -> Generator[Story]:
        """Play `cases`; yield each story when it is over, which may be in another order.

        A case in which the adapter broke while it was busy with others too is played again, alone.

        Raises:
            UsageError: no port is free, or no file can be written.
        """
        left = iter(cases)
        playing: deque[Scene] = deque()
        again: list[ClientCase] = []
        try:
            while True:
                while len(playing) < self._adapter.hello.max_in_flight:
                    case = next(left, None)
                    if case is None:
                        break
                    playing.append(self._begun(case))
                if not playing:
                    break
                scene = playing.popleft()
                scene.answered()
                if scene.is_over or scene.shared:
                    scene.end()
                    if scene.shared:
                        again.append(scene.case)
                    else:
                        yield scene.story()
                else:
                    scene.ask(self._adapter)
                    playing.append(scene)
        finally:
            for scene in playing:
                scene.end()
        for case in again:
            yield self.alone(case)

    def alone(self, case: ClientCase) -> Story:
        """Play one case while nothing else is played."""
        scene = self._begun(case)
        try:
            scene.answered()
            while not scene.is_over:
                scene.ask(self._adapter)
                scene.answered()
        finally:
            scene.end()
        return scene.story()

    def _begun(self, case: ClientCase) -> Scene:
        scene = Scene(case, self._partners, clock=self._clock, signed_path=self._signed_path)
        try:
            scene.begin()
            scene.ask(self._adapter)
        except BaseException:
            scene.end()
            raise
        return scene
