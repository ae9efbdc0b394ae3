"""What a run has seen so far, in one process or gathered from several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.redaction import Redaction
from conformance.report.check import Check, Step
from conformance.report.failure import Failure
from conformance.report.model import AdapterIdentity, Certificate, Chart, Stop
from conformance.report.plain import from_plain, to_plain

_LISTS: Final = {
    "checks": Check, "failures": Failure, "redactions": Redaction, "certificates": Certificate,
    "preflight": Step, "charts": Chart,
}  # fmt: skip
_SINGLE: Final = {"adapter": AdapterIdentity, "stop": Stop}


@dataclass(kw_only=True)
class Recording:
    """Checks, failures and evidence of a run; grows while tests run.

    `evidence` holds lines of the file of signed requests, `stories` those of a client's stories,
    `exchanges` entries of a HAR file; `waited_s` is the implementation's own time in seconds,
    `stop` the first reason why the run could not go on.
    """

    checks: list[Check] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)
    exchanges: list[str] = field(default_factory=list)
    preflight: list[Step] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    redactions: list[Redaction] = field(default_factory=list)
    vectors: int = 0
    generated: int = 0
    requests: int = 0
    """Requests sent to the API."""
    top_rate: int = 0
    """The most requests to the API within a second."""
    paused_s: float = 0.0
    """Seconds waited before requests to the API."""
    certificates: list[Certificate] = field(default_factory=list)
    """The partner's: those that the API was called with, or that of the signer's own key."""
    material: dict[str, str] = field(default_factory=dict)
    """The certificates that were judged as they are handed over, in PEM, by role."""
    signer: str = ""
    """The certificate of an implementation that keeps its own key, in PEM."""
    waited_s: float = 0.0
    adapter: AdapterIdentity | None = None
    stop: Stop | None = None

    def add(self, other: Recording) -> None:
        """Take over what `other` has seen."""
        self.checks += other.checks
        self.failures += other.failures
        self.evidence += other.evidence
        self.stories += other.stories
        self.exchanges += other.exchanges
        self.preflight += other.preflight
        self.charts += (c for c in other.charts if c.id not in {chart.id for chart in self.charts})
        self.notes += (note for note in other.notes if note not in self.notes)
        self.redactions += other.redactions
        self.vectors += other.vectors
        self.generated += other.generated
        self.requests += other.requests
        self.top_rate = max(self.top_rate, other.top_rate)
        self.paused_s += other.paused_s
        self.certificates += (c for c in other.certificates if c not in self.certificates)
        self.material |= other.material
        self.signer = self.signer or other.signer
        self.waited_s += other.waited_s
        self.adapter = self.adapter or other.adapter
        self.stop = self.stop or other.stop

    @property
    def secrets(self) -> tuple[Redaction, ...]:
        """The secrets kept out, each once, whichever process met them."""
        counts: Counter[tuple[str, str]] = Counter()
        for item in self.redactions:
            counts[item.kind, item.fingerprint] += item.count
        return tuple(
            Redaction(kind=kind, fingerprint=fingerprint, count=count)
            for (kind, fingerprint), count in sorted(counts.items())
        )

    def plain(self) -> dict[str, Any]:
        """Return it made of plain JSON values, to travel between processes."""
        found: dict[str, Any] = to_plain(self)
        return found

    @classmethod
    def revived(cls, data: Mapping[str, Any]) -> Recording:
        """Return the recording that `plain` made `data` of."""
        fields = dict(data)
        for name, kind in _LISTS.items():
            fields[name] = [from_plain(kind, item) for item in data[name]]
        for name, single in _SINGLE.items():
            fields[name] = None if data[name] is None else from_plain(single, data[name])
        return cls(**fields)
