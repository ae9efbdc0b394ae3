"""The corners of targets, bodies and methods that the golden vectors have, sent for real."""

from __future__ import annotations

from typing import Final

from conformance.cases.case import Case, Refusal
from conformance.cases.vectors import load_vectors
from conformance.rules.judge import RULES
from conformance.stories.case import Ask, ClientCase
from conformance.wire.message import Place

_TOPICS: Final = ("target", "body", "method", "signed-path")
_BODILESS: Final = ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE")
_UNUSUAL: Final = ("CONNECT", "TRACE", "HEAD", "OPTIONS", "PROPFIND", "M-SEARCH", "Greet")
"""Methods that the API does not have, and that not every client can send."""


def cases() -> list[ClientCase]:
    """Return a case for each vector that can be asked of a client."""
    found: dict[tuple[str, str, bytes], ClientCase] = {}
    for vector in load_vectors():
        case = vector.case
        if vector.topic in _TOPICS and case.place is Place.SIGNATURE and case.method != "CONNECT":
            found.setdefault((case.method, case.target, case.body), _case(vector.id, case))
    return [*found.values()]


def _case(name: str, case: Case) -> ClientCase:
    unusual = case.method in _UNUSUAL or bool(case.body and case.method in _BODILESS)
    return ClientCase(
        id=f"wire/{name}",
        says=case.says,
        armed_says="nothing",
        should="send just what it is asked for, and sign what it sends",
        requirements=tuple(
            item for item in case.requirements if item in RULES and item != "STR-008"
        ),
        asks=(Ask(method=case.method, target=case.target, body=case.body),),
        may_decline=unusual or case.refusal is Refusal.ALLOWED,
    )
