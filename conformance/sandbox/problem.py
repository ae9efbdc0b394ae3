"""The errors of the Partner API: status, title, detail and the type of `status`, as documented.

Security.md words those of the guards; where its status stands in quotes, so it does here (Q1).
The titles that contradict their status (Q4) and the stray bracket (Q5) are the document's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from conformance.sandbox.message import PROBLEM, Answer, json_answer
from conformance.wire.message import Field

TYPE: Final = "https://lendico.github.io/partner-api-documentation/"
CONSTRAINT: Final = "https://zalando.github.io/problem/constraint-violation"

Violation = tuple[str, str]
"""A field of a request, and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One documented error; `detail` may have `{seconds}` or `{why}` in it.

    `requirement` is the one of the API that promises it; None beyond the catalogue.
    """

    id: str
    status: int
    title: str
    detail: str | None
    type: str | None = None
    status_is_text: bool = False
    requirement: str | None = None
    told_status: int | None = None
    """The status in the body where it lies about that of the answer."""

    def answer(
        self,
        *,
        seconds: int = 0,
        why: str = "",
        violations: Iterable[Violation] | None = None,
        headers: Iterable[Field] = (),
    ) -> Answer:
        """Return the answer that says so."""
        told = self.status if self.told_status is None else self.told_status
        body: dict[str, object] = {} if self.type is None else {"type": self.type}
        body["title"] = self.title
        body["status"] = str(told) if self.status_is_text else told
        if self.detail is not None:
            body["detail"] = self.detail.replace("{seconds}", str(seconds)).replace("{why}", why)
        if violations is not None:
            body["violations"] = [
                {"field": name, "message": message} for name, message in violations
            ]
        return json_answer(self.status, body, kind=PROBLEM, headers=headers)


_MALFORMED: Final = "Request was malformed or otherwise invalid"

_ALL: Final = (
    Problem(
        id="address", status=403, title="Forbidden", requirement="API-IP-001",
        detail="Caller IP address is not allowed. Access denied.",
    ),
    Problem(
        id="rate", status=429, title="Rate limit is exceeded.", requirement="API-RATE-001",
        detail="Rate limit is exceeded. Try again in {seconds} seconds.", status_is_text=True,
    ),
    Problem(
        id="crefo", status=429, title="Limit of requests by crefo Id exceeded.",
        detail="Limit of requests, in a given amount of time, by crefo Id exceeded, "
        "try again later.",
        requirement="API-CREFO-001",
    ),
    Problem(
        id="subscription-key-missing", status=401, title="Missing subscription key",
        detail="Access denied due to missing subscription key. Make sure to include subscription "
        "key when making requests to an API.",
        status_is_text=True, requirement="API-SUB-001",
    ),
    Problem(
        id="subscription-key-invalid", status=401, title="Invalid subscription key",
        detail="Access denied due to invalid subscription key. Make sure to provide a valid key "
        "for an active subscription.",
        status_is_text=True, requirement="API-SUB-002",
    ),
    Problem(
        id="client-certificate", status=401, title="Invalid client certificate",
        detail="Invalid certificate provided, please try again with a valid certificate",
        status_is_text=True, requirement="API-TLS-001",
    ),
    Problem(
        id="digest-diverges", status=400, title="Unauthorized", type=TYPE,
        detail=f"{_MALFORMED} - [Provided payload digest diverge of provided digest].",
        requirement="API-DIG-001",
    ),
    Problem(
        id="digest-header", status=400, title="Unauthorized", type=TYPE,
        detail=f"{_MALFORMED} - [Digest Header].", requirement="API-DIG-002",
    ),
    Problem(
        id="date-skew", status=401, title="Unauthorized", type=TYPE,
        detail="Difference between current GMT time and the Date header is more than 3 minutes "
        "allowed].",
        requirement="API-DATE-001",
    ),
    Problem(
        id="date-header", status=400, title="401", type=TYPE,
        detail=f"{_MALFORMED} - [Date Header].", requirement="API-DATE-003",
    ),
    Problem(
        id="signature", status=401, title="Signature could not be successfully verified.",
        detail="Either the signature is malformed or the information required for constructing "
        "that signature is invalid or erroneous, please check the documentation.",
        type=TYPE, requirement="API-SIG-001",
    ),
    Problem(
        id="unauthorized", status=401, title="Unauthorized", type=TYPE, detail="{why}",
        requirement="API-AUTH-001",
    ),
    Problem(
        id="constraint-violation", status=400, title="Constraint Violation", detail=None,
        type=CONSTRAINT, requirement="API-VAL-001",
    ),
    Problem(id="bad-request", status=400, title="Bad Request", detail="{why}", type=TYPE),
    Problem(id="not-found", status=404, title="Not Found", detail="{why}", type=TYPE),
    Problem(
        id="method-not-allowed", status=405, title="Method Not Allowed", detail="{why}", type=TYPE,
    ),
    Problem(id="timeout", status=408, title="Request Timeout", detail="{why}", type=TYPE),
    Problem(id="conflict", status=409, title="Conflict", detail="{why}", type=TYPE),
    Problem(id="too-large", status=413, title="Payload Too Large", detail="{why}", type=TYPE),
    Problem(
        id="media-type", status=415, title="Unsupported Media Type", detail="{why}", type=TYPE,
    ),
    Problem(
        id="unprocessable", status=422, title="Unprocessable Entity", detail="{why}", type=TYPE,
    ),
    Problem(
        id="header-too-large", status=431, title="Request Header Fields Too Large",
        detail="{why}", type=TYPE,
    ),
    Problem(
        id="internal", status=500, title="Internal Server Error", detail="{why}", type=TYPE,
    ),
    Problem(id="not-implemented", status=501, title="Not Implemented", detail="{why}", type=TYPE),
    Problem(
        id="version", status=505, title="HTTP Version Not Supported", detail="{why}", type=TYPE,
    ),
    Problem(
        id="unavailable", status=503, title="Service Unavailable", type=TYPE,
        detail="The service is temporarily unavailable, try again later.",
    ),
)  # fmt: skip

PROBLEMS: Final[Mapping[str, Problem]] = MappingProxyType({problem.id: problem for problem in _ALL})
"""Every problem by its id."""

GUARDED: Final = tuple(_ALL[:12])
"""Those of the guards, which Security.md words."""
