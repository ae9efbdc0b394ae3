"""A request to the API as it was sent, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.client.message import Answer, Trouble
from conformance.wire.message import SignedRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it was sent, and what came of it: an answer, or trouble.

    `evidence` names the exchange in the evidence file; `before` is the server's clock as the
    answer before this one told it.
    """

    request: SignedRequest
    evidence: str
    took: timedelta
    answer: Answer | None = None
    trouble: Trouble | None = None
    before: datetime | None = None
