"""Golden vectors: each is asked as it stands and judged by every rule."""

from __future__ import annotations

from conformance.cases.vectors import Vector
from conformance.run.bench import Bench
from conformance.run.conclusion import conclude


def test_vector(vector: Vector, bench: Bench) -> None:
    """The signer signs this vector as the documents ask."""
    conclude(bench, bench.vector(vector), says=vector.case.says)
