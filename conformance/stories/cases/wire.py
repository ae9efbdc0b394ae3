"""The corners of targets, bodies and methods that the golden vectors have, sent for real."""

from __future__ import annotations

import re
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

_DOTS: Final = re.compile(r"/\.\.?(?=/|\Z)")
"""Dot segments of a path."""

_ENCODED: Final = re.compile(
    r"%(?:[a-f][0-9A-Fa-f]|[0-9A-F][a-f])|%(?:2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])"
)
"""Percent-encoding in lower case, and that of letters, digits and `-._~`."""


def cases() -> list[ClientCase]:
    """Return a case for each vector that can be asked of a client."""
    found: dict[tuple[str, str, bytes], ClientCase] = {}
    for vector in load_vectors():
        case = vector.case
        if vector.topic in _TOPICS and case.place is Place.SIGNATURE and case.method != "CONNECT":
            found.setdefault((case.method, case.target, case.body), _case(vector.id, case))
    return [*found.values()]


def is_rewritten(target: str) -> bool:
    """Tell whether URI libraries may write `target` another way (RFC 3986, section 6.2).

    Dot segments, empty segments, an empty query, lower-case and needless percent-encoding: who
    cannot send these can do without them. Sent otherwise than signed they are wrong all the same.
    """
    path, mark, query = target.partition("?")
    empty = bool(mark and not query) or "//" in path
    return empty or bool(_DOTS.search(path) or _ENCODED.search(target))


def _case(name: str, case: Case) -> ClientCase:
    unusual = case.method in _UNUSUAL or bool(case.body and case.method in _BODILESS)
    unusual |= is_rewritten(case.target)
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
