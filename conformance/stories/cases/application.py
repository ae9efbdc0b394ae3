"""Applications: submitted once, whatever happens to the answer."""

from __future__ import annotations

from datetime import timedelta

from conformance.sandbox.fault import Fault, FaultKind
from conformance.stories.case import Armed, Ask, ClientCase
from conformance.stories.cases.body import application


def cases() -> list[ClientCase]:
    """Return the cases."""
    return [
        ClientCase(
            id="application/two",
            says="two applications for two companies",
            armed_says="nothing",
            should="give each an Idempotency-Key of its own",
            requirements=("IDEM-001",),
            asks=(_submits("201000454511"), _submits("201000454512")),
        ),
        ClientCase(
            id="application/answer-lost",
            says="the application arrives, and its answer is lost",
            armed_says="the first application is made, and the connection closed without an answer",
            should="submit it again with the same Idempotency-Key, or report that it does not know",
            requirements=("IDEM-001", "ERR-001"),
            asks=(_submits("201000454513"),),
            armed=Armed(faults=(Fault(kind=FaultKind.LOST, path="/applications"),)),
        ),
        ClientCase(
            id="application/answer-cut-off",
            says="the application arrives, and its answer is cut off",
            armed_says="the first application is made, and its answer cut off in the middle",
            should="submit it again with the same Idempotency-Key, or report that it does not know",
            requirements=("IDEM-001", "ERR-001"),
            asks=(_submits("201000454514"),),
            armed=Armed(faults=(Fault(kind=FaultKind.TRUNCATED, path="/applications"),)),
        ),
        ClientCase(
            id="application/unavailable",
            says="503 once for an application",
            armed_says="the first application gets 503 with Retry-After: 1",
            should="wait a second and submit it again with the same Idempotency-Key, or report it",
            requirements=("IDEM-001", "RETRY-001"),
            asks=(_submits("201000454515"),),
            armed=Armed(
                faults=(
                    Fault(
                        kind=FaultKind.UNAVAILABLE, path="/applications",
                        headers=(("Retry-After", "1"),),
                    ),
                )
            ),
        ),
        ClientCase(
            id="application/crefo-throttled",
            says="somebody has applied for this crefo id within the last five minutes",
            armed_says="every application gets 429 for its crefo id",
            should="report it and stop: five minutes have to pass",
            requirements=("CREFO-001", "ERR-001"),
            asks=(_submits("201000454516"),),
            armed=Armed(
                faults=(
                    Fault(
                        kind=FaultKind.PROBLEM, path="/applications", problem="crefo", count=100
                    ),
                )
            ),
        ),
    ]  # fmt: skip


def _submits(crefo: str) -> Ask:
    return Ask(
        method="POST", target="/applications", body=application(crefo),
        deadline=timedelta(seconds=6),
    )  # fmt: skip
