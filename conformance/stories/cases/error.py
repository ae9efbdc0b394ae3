"""Answers that a client must survive: every documented error, and what is no answer of the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from conformance.sandbox.fault import Fault, FaultKind
from conformance.stories.case import Armed, Ask, ClientCase

_DEADLINE: Final = timedelta(seconds=4)

_STRANGE: Final = (
    ("html", "500 with a page in HTML", Fault(kind=FaultKind.HTML, status=500, count=100)),
    ("html-gateway", "502 with a page in HTML", Fault(kind=FaultKind.HTML, count=100)),
    ("empty", "200 without a body", Fault(kind=FaultKind.EMPTY)),
    ("truncated", "an answer that is cut off", Fault(kind=FaultKind.TRUNCATED)),
    ("lost", "no answer: the connection closes", Fault(kind=FaultKind.LOST)),
    ("reset", "no answer: the connection is reset", Fault(kind=FaultKind.RESET)),
)
_DOCUMENTED: Final = (
    "digest-header", "subscription-key-missing", "not-found", "conflict", "too-large",
    "unprocessable", "internal", "unavailable",
)  # fmt: skip
"""Problems that no case of another topic arms: `status` is a text in one of them."""


def cases() -> list[ClientCase]:
    """Return the cases."""
    return [
        *(_case(name, says, fault) for name, says, fault in _STRANGE),
        *(
            _case(
                problem, f"the documented error `{problem}`",
                Fault(kind=FaultKind.PROBLEM, problem=problem, count=100),
            )
            for problem in _DOCUMENTED
        ),
        ClientCase(
            id="error/stall",
            says="no answer at all, while the connection stays open",
            armed_says="the sandbox says nothing for 60 s; the client has 2 s",
            should="give up by its deadline",
            requirements=("ERR-001",),
            asks=(Ask(deadline=timedelta(seconds=2)),),
            armed=Armed(
                faults=(Fault(kind=FaultKind.STALL, path="/ping", seconds=60, count=100),)
            ),
        ),
    ]  # fmt: skip


def _case(name: str, says: str, fault: Fault) -> ClientCase:
    return ClientCase(
        id=f"error/{name}",
        says=f"the API answers with {says}",
        armed_says=f"{'the first' if fault.count == 1 else 'each'} ping gets {says}",
        should="come back with an outcome that says so; a request that was lost may be repeated",
        requirements=("ERR-001",),
        asks=(Ask(deadline=_DEADLINE),),
        armed=Armed(faults=(replace(fault, path="/ping"),)),
    )
