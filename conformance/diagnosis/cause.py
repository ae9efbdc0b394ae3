"""The answer to "why": mistakes that reproduce what was sent."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.wire.procedure import Stage
from conformance.wire.visible import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One mistake that explains what was seen.

    `proved` says that the mistake reproduces the octets sent; otherwise it is likely. `mistake`
    is its id in the registry, or `unlisted-<stage>` for one that only its stage is known of.
    `expected` and `observed` are the octets of the stage: for the signing string, both strings
    whole. `same_as` names mistakes that would have left the very same octets.
    """

    mistake: str
    stage: Stage
    requirement: str
    proved: bool
    says: str
    mend: str
    expected: bytes | None = None
    observed: bytes | None = None
    difference: Difference | None = None
    same_as: tuple[str, ...] = ()
