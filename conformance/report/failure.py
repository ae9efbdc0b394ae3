"""Cases that went wrong, and what they went wrong by: told once for all that share a cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from conformance.catalogue import Level
from conformance.report.check import Diagnosis


class Trouble(StrEnum):
    """In which way cases went wrong together."""

    MISTAKE = "mistake"
    """A mistake of the signer reproduces what was sent."""
    FINDING = "finding"
    """A requirement was seen broken; no mistake is known for it."""
    REFUSED = "refused"
    """The implementation declined what it must sign."""
    ERROR = "error"
    """The adapter broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request that went wrong, short enough to be read."""

    case: str
    method: str
    target: str
    body: str
    """The body in words: its size and how it begins."""
    size: int
    """Octets of method, target and body together: the smallest example is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One requirement seen broken in a failure, as the rule told it."""

    requirement: str
    reason: str
    expected: str = ""
    observed: str = ""
    hint: str = ""
    difference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One case that went wrong: what `causes.group` makes common causes of."""

    kind: Trouble
    example: Example
    broken: tuple[Broken, ...]
    diagnosis: tuple[Diagnosis, ...] = ()
    ruled_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCause:
    """What one or many cases went wrong by, told once, by its smallest example.

    `mistake` is the id of a mistake, or the reason code where none is known. `level` is MUST when
    it breaks any such requirement.
    """

    kind: Trouble
    mistake: str
    says: str
    level: Level
    requirements: tuple[str, ...]
    cases: int
    example: Example
    stage: str = ""
    proved: bool = False
    mend: str = ""
    expected: str = ""
    observed: str = ""
    difference: str = ""
    same_as: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
