"""Cases that nobody could know before: drawn from the nonce of a challenge.

The tapes come from SHAKE-256, not from hypothesis, so that a verifier with other versions of the
libraries draws the same cases again.
"""

from __future__ import annotations

import hashlib
from typing import Final

from conformance.cases import corner
from conformance.cases.case import Case
from conformance.cases.corner import TAPE, Corners

PREFIX: Final = "challenge/"
"""What the id of such a case starts with; its number follows."""

COUNT: Final = 64
"""How many cases a challenge asks for."""

_DOMAIN: Final = b"lendico-conformance challenge 1\0"


def challenged(nonce: str) -> tuple[Case, ...]:
    """Return the cases of `nonce`, which is hexadecimal: `COUNT` distinct ones.

    Raises:
        ValueError: `nonce` is not hexadecimal.
    """
    tapes = hashlib.shake_256(_DOMAIN + bytes.fromhex(nonce)).digest(TAPE * COUNT * 4)
    requests: dict[Corners, None] = {}
    for start in range(0, len(tapes), TAPE):
        requests.setdefault(corner.request_of(tapes[start : start + TAPE]))
        if len(requests) == COUNT:
            break
    return tuple(
        Case(
            id=f"{PREFIX}{number}", method=request.method, target=request.target,
            date=request.date, body=request.body, key_id=request.key_id, place=request.place,
            refusal=corner.refusal_of(request.method),
            says="A case of the challenge that Lendico set.",
        )
        for number, request in enumerate(requests)
    )  # fmt: skip
