"""What the rules see, and say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    `undetermined` maps the requirements that this request should have shown, but could not, to
    the reason: they must not count as held. `silent` are those that do not concern this request,
    such as the digest of an empty body where there is one. Whatever is neither found broken nor in
    either of these was seen to hold. `ruled_out` says, for a signature that nothing explains, what
    it is not. `signing_string` is the one expected, None when a covered header is absent.
    """

    request: SignedRequest
    findings: tuple[Finding, ...] = ()
    causes: tuple[Cause, ...] = ()
    undetermined: Mapping[str, str] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    ruled_out: tuple[str, ...] = ()
    signing_string: bytes | None = None

    def broken(self, requirement: str) -> tuple[Finding, ...]:
        """Return the findings against `requirement`."""
        return tuple(item for item in self.findings if item.requirement == requirement)

    def holds(self, requirement: str) -> bool:
        """Tell whether `requirement` was seen to hold in this request."""
        return bool(self.held((requirement,)))

    def held(self, requirements: Iterable[str]) -> set[str]:
        """Return those of `requirements` that were seen to hold in this request."""
        broken = {item.requirement for item in self.findings}
        return set(requirements) - self.silent - self.undetermined.keys() - broken
