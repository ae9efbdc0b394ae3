"""The plainest calls: one request, then a few, then many."""

from __future__ import annotations

from datetime import timedelta

from conformance.rules.judge import RULES
from conformance.stories.case import Armed, Ask, ClientCase

EVERY_CALL = ("TLS-001", "TOK-001", "AUTH-002", "SUB-001")
"""What each call that reaches the API tells of."""

_SIGNER_ONLY = ("STR-008",)
_BURST = 36


def cases() -> list[ClientCase]:
    """Return the cases."""
    rules = tuple(name for name in RULES if name not in _SIGNER_ONLY)
    return [
        ClientCase(
            id="call/ping",
            says="a first call, from the token on",
            armed_says="nothing",
            should="get a token with its credentials, then send the request, both signed",
            requirements=(*rules, *EVERY_CALL),
        ),
        ClientCase(
            id="call/many",
            says=f"{_BURST} calls, one after the other",
            armed_says="nothing; this sandbox counts without refusing",
            should="stay below 30 requests a second, and keep the token it has",
            requirements=("RATE-002", "TOK-002", "SIG-004"),
            asks=tuple(Ask(target=f"/ping?call={number}") for number in range(_BURST)),
        ),
        ClientCase(
            id="call/clock-ahead",
            says="the API's clock is 2 minutes ahead",
            armed_says="its clock runs 2 minutes ahead",
            should="see nothing of it: 3 minutes are allowed",
            requirements=("DATE-003",),
            armed=Armed(ahead=timedelta(minutes=2)),
        ),
        ClientCase(
            id="call/clock-behind",
            says="the API's clock is 2 minutes behind",
            armed_says="its clock runs 2 minutes behind",
            should="see nothing of it: 3 minutes are allowed",
            requirements=("DATE-003",),
            armed=Armed(ahead=timedelta(minutes=-2)),
        ),
        ClientCase(
            id="call/clock-far-ahead",
            says="the API's clock is 4 minutes ahead, so that it refuses every date",
            armed_says="its clock runs 4 minutes ahead",
            should="report the 401 and stop; or put its clock right by the answer's Date",
            requirements=("RETRY-001", "ERR-001"),
            armed=Armed(ahead=timedelta(minutes=4)),
        ),
        ClientCase(
            id="call/clock-far-behind",
            says="the API's clock is 4 minutes behind, so that it refuses every date",
            armed_says="its clock runs 4 minutes behind",
            should="report the 401 and stop; or put its clock right by the answer's Date",
            requirements=("RETRY-001", "ERR-001"),
            armed=Armed(ahead=timedelta(minutes=-4)),
        ),
    ]
