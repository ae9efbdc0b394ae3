"""What the rules see, and say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.diagnosis.cause import Cause
from conformance.wire.message import SignedRequest
from conformance.wire.visible import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One requirement seen broken in one signed request.

    `reason` is a stable kebab-case code. `expected` and `observed` are printable ASCII on one
    line each. `difference` is there where two octet strings were compared.
    """

    requirement: str
    reason: str
    expected: str
    observed: str
    hint: str = ""
    difference: Difference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that the rules have to say of one signed request.

    `undetermined` maps the requirements that this request can neither show nor refute to the
    reason; whatever is neither found broken nor undetermined was seen to hold.
    """

    request: SignedRequest
    findings: tuple[Finding, ...] = ()
    causes: tuple[Cause, ...] = ()
    undetermined: Mapping[str, str] = field(default_factory=dict)

    def broken(self, requirement: str) -> tuple[Finding, ...]:
        """Return the findings against `requirement`."""
        return tuple(item for item in self.findings if item.requirement == requirement)
