"""What the record keeps: exchanges, and incidents that came to none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.rules import Judgement
from conformance.sandbox.refusal import REASONS, Reason
from conformance.wire.message import HeaderFields, SignedRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request, its answer, and what the rules found; free of secrets.

    `head` is the request line with the header fields as they came, octet for octet. `route` names
    the resource that answered, or the problem. `reasons` are those for which a guard or resource
    refused, the deciding one first; `fault` is what was armed for it. `judgement` is None where too
    many requests came at once to judge each. `took` counts from the last octet of the request to
    the answer.
    """

    number: int = 0
    at: datetime
    address: str
    head: bytes = b""
    request: SignedRequest
    client_id: str | None = None
    certificate: str | None = None
    is_token_request: bool = False
    status: int
    answer_headers: HeaderFields
    answer_body: bytes
    route: str
    reasons: tuple[str, ...] = ()
    fault: str | None = None
    judgement: Judgement | None = None
    took: timedelta = timedelta()

    @property
    def reason(self) -> Reason | None:
        """Why it was refused; None when it was served."""
        return REASONS[self.reasons[0]] if self.reasons else None

    @property
    def requirement(self) -> str | None:
        """The requirement at fault, None where nothing was found wrong."""
        if self.judgement is not None and self._concerns_signing:
            for cause in self.judgement.causes:
                return cause.requirement
            for finding in self.judgement.findings:
                return finding.requirement
        return self.reason.demands if self.reason else None

    @property
    def diagnosis(self) -> str:
        """What is wrong, in words; empty where nothing was found."""
        if self.judgement is not None and self._concerns_signing:
            for cause in self.judgement.causes:
                return cause.says
            for finding in self.judgement.findings:
                return f"expected {finding.expected}, got {finding.observed}"
        return self.reason.says if self.reason else ""

    @property
    def _concerns_signing(self) -> bool:
        """Whether the rules may speak: nothing was refused before the signature was looked at."""
        early = ("address", "rate", "subscription-key-missing", "subscription-key-invalid",
                 "client-certificate", "unauthorized", "crefo")  # fmt: skip
        return self.reason is None or self.reason.problem not in early

    @property
    def size(self) -> int:
        """About how many octets it takes to keep."""
        return 4096 + len(self.head) + len(self.request.body) + len(self.answer_body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A connection that came to no request: a failed handshake, half a request, noise."""

    number: int = 0
    at: datetime
    address: str
    says: str

    @property
    def size(self) -> int:
        """About how many octets it takes to keep."""
        return 512


Entry = Exchange | Incident
