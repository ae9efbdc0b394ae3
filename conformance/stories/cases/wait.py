"""What makes a client wait, or stop: limits, outages, redirects, refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from conformance.sandbox.fault import Fault, FaultKind
from conformance.stories.case import Armed, Ask, ClientCase
from conformance.stories.cases.body import application

_WAITS: Final = "wait at least that long, then try once more, dated and signed afresh; or give up"
_FOR_GOOD: Final = (
    ("digest-diverges", "400 for its digest"),
    ("date-header", "400 for its date header"),
    ("constraint-violation", "400 for a constraint violation"),
    ("address", "403 for its address"),
    ("signature", "401 for its signature"),
    ("date-skew", "401 for its date"),
    ("subscription-key-invalid", "401 for its subscription key"),
    ("client-certificate", "401 for its client certificate"),
)


def cases() -> list[ClientCase]:
    """Return the cases."""
    return [*_throttled(), *_unavailable(), *_refused(), *_redirected()]


def _limit(reset: int, **more: object) -> Fault:
    headers = (("RateLimit-Remaining", "0"), ("RateLimit-Reset", str(reset)))
    return Fault(kind=FaultKind.THROTTLED, headers=headers, **more)  # type: ignore[arg-type]


def _throttled() -> list[ClientCase]:
    return [
        ClientCase(
            id="wait/rate-limit",
            says="429 once, with a second to wait",
            armed_says="the first request gets 429 with RateLimit-Reset: 1",
            should=_WAITS,
            requirements=("RATE-001", "DATE-005"),
            armed=Armed(faults=(_limit(1, path="/ping"),)),
        ),
        ClientCase(
            id="wait/rate-limit-post",
            says="429 once for an application, with two seconds to wait",
            armed_says="the first application gets 429 with RateLimit-Reset: 2",
            should=f"{_WAITS}; the application keeps its Idempotency-Key",
            requirements=("RATE-001", "IDEM-001"),
            asks=(Ask(method="POST", target="/applications", body=application("201000454501")),),
            armed=Armed(faults=(_limit(2, path="/applications"),)),
        ),
        ClientCase(
            id="wait/rate-limit-token",
            says="429 once for the token request, with a second to wait",
            armed_says="the token request gets 429 with RateLimit-Reset: 1",
            should=_WAITS,
            requirements=("RATE-001",),
            armed=Armed(faults=(_limit(1, path="/oauth2/token"),)),
        ),
        ClientCase(
            id="wait/rate-limit-long",
            says="429 with longer to wait than the client has time",
            armed_says="every request gets 429 with RateLimit-Reset: 30; the client has 2 s",
            should="give up, or say that it must wait; not try again meanwhile",
            requirements=("RATE-001", "ERR-001"),
            asks=(Ask(deadline=timedelta(seconds=2)),),
            armed=Armed(faults=(_limit(30, path="/ping", count=100),)),
        ),
        ClientCase(
            id="wait/rate-limit-again",
            says="429 again and again",
            armed_says="every request gets 429 with RateLimit-Reset: 1; the client has 4 s",
            should="wait each time, and give up after a few tries",
            requirements=("RATE-001", "RETRY-001"),
            asks=(Ask(deadline=timedelta(seconds=4)),),
            armed=Armed(faults=(_limit(1, path="/ping", count=100),)),
        ),
    ]


def _unavailable() -> list[ClientCase]:
    def fault(count: int) -> Fault:
        headers = (("Retry-After", "1"),)
        return Fault(kind=FaultKind.UNAVAILABLE, path="/ping", headers=headers, count=count)

    return [
        ClientCase(
            id="wait/unavailable",
            says="503 once, with a second to wait",
            armed_says="the first request gets 503 with Retry-After: 1",
            should=_WAITS,
            requirements=("RETRY-001", "DATE-005"),
            armed=Armed(faults=(fault(1),)),
        ),
        ClientCase(
            id="wait/unavailable-for-long",
            says="503 again and again",
            armed_says="every request gets 503 with Retry-After: 1; the client has 4 s",
            should="wait each time, and give up after a few tries",
            requirements=("RETRY-001", "ERR-001"),
            asks=(Ask(deadline=timedelta(seconds=4)),),
            armed=Armed(faults=(fault(100),)),
        ),
    ]


def _refused() -> list[ClientCase]:
    return [
        ClientCase(
            id=f"refused/{problem}",
            says=f"the request is refused with {says}",
            armed_says=f"every request but that for a token gets {says}",
            should="report it and stop: the same request would be refused again",
            requirements=("RETRY-001", "ERR-001"),
            armed=Armed(
                faults=(Fault(kind=FaultKind.PROBLEM, path="/ping", problem=problem, count=100),)
            ),
        )
        for problem, says in _FOR_GOOD
    ]


def _redirected() -> list[ClientCase]:
    return [
        ClientCase(
            id=f"redirect/{name}",
            says=f"{what} is redirected to another host, with status {status}",
            armed_says=f"{what} gets {status} with the address of another host",
            should="stop, or follow without token, signature, subscription key and client secret",
            requirements=("SEC-001",),
            armed=Armed(redirects=path, redirect_status=status),
        )
        for name, what, path, status in (
            ("temporary", "the request", "/ping", 307),
            ("found", "the request", "/ping", 302),
            ("token", "the token request", "/oauth2/token", 307),
        )
    ]
