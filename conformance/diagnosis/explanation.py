"""What the diagnosis knows of one request."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.recovery import Recovered


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The causes found, best first, and how far the signature could be read.

    `signed` is the string that was signed, where it is known. `recovered` is what the signature
    gave back; None when it gave nothing: another key, or no RSA signature. `ruled_out` says what
    the fault is not, for people.
    """

    causes: tuple[Cause, ...] = ()
    signed: bytes | None = None
    recovered: Recovered | None = None
    ruled_out: tuple[str, ...] = ()

    def blaming(self, requirement: str) -> tuple[Cause, ...]:
        """Return the causes that break `requirement`."""
        return tuple(cause for cause in self.causes if cause.requirement == requirement)


NOTHING = Explanation()
"""Nothing to explain."""
