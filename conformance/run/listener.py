"""Who is told how far a run is."""

from __future__ import annotations

from typing import Protocol

from conformance.report.check import Step


class Listener(Protocol):
    """Is told how far a run is."""

    def phase(self, name: str, total: int) -> None:
        """Begin the phase `name`, of `total` requests."""

    def advance(self, steps: int = 1) -> None:
        """Tell that `steps` more requests of the phase are answered."""

    def step(self, step: Step) -> None:
        """Tell what the preflight has just looked at."""


class Silence:
    """A listener that does nothing."""

    def phase(self, name: str, total: int) -> None:
        """Say nothing of the phase."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing of the steps."""

    def step(self, step: Step) -> None:
        """Say nothing of the preflight."""
