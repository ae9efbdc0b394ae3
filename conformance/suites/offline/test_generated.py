"""Generated requests: asked in one sweep, and judged for one requirement a test."""

from __future__ import annotations

from conformance.run.bench import Bench
from conformance.run.conclusion import conclude


def test_requirement(requirement: str, bench: Bench) -> None:
    """The requirement holds in every generated request."""
    conclude(bench, [bench.requirement(requirement)])
