"""Tokens that expire, are refused, or do not come."""

from __future__ import annotations

from datetime import timedelta

from conformance.sandbox.fault import Fault, FaultKind
from conformance.stories.case import Armed, Ask, ClientCase

_PATH = "/oauth2/token"
_RENEW = "get one new token and try once more"


def cases() -> list[ClientCase]:
    """Return the cases."""
    return [
        ClientCase(
            id="token/reuse",
            says="three calls while the token is good",
            armed_says="nothing",
            should="get one token and use it three times",
            requirements=("TOK-002", "AUTH-002"),
            asks=tuple(Ask(target=f"/ping?call={number}") for number in range(3)),
        ),
        ClientCase(
            id="token/expires",
            says="the token expires between two calls",
            armed_says="tokens of 2 minutes; before the second call 2 minutes pass",
            should=_RENEW,
            requirements=("TOK-003", "AUTH-002"),
            asks=(Ask(), Ask(after=timedelta(seconds=121))),
            armed=Armed(token_lifetime=timedelta(minutes=2)),
        ),
        ClientCase(
            id="token/dies-early",
            says="a token is refused although `expires_in` gave it an hour",
            armed_says="the first token is refused at once",
            should=_RENEW,
            requirements=("TOK-003",),
            armed=Armed(faults=(Fault(kind=FaultKind.TOKEN_DIES, path=_PATH, seconds=0),)),
        ),
        ClientCase(
            id="token/always-refused",
            says="every token is refused",
            armed_says="every token is refused at once",
            should=f"{_RENEW}, then report the 401 and stop",
            requirements=("TOK-003", "ERR-001"),
            armed=Armed(
                faults=(Fault(kind=FaultKind.TOKEN_DIES, path=_PATH, seconds=0, count=100),)
            ),
        ),
        *(
            _troubled(name, says, fault, *more)
            for name, says, fault, *more in (
                ("secret-refused", "the credentials are refused with 401",
                 Fault(kind=FaultKind.PROBLEM, path=_PATH, problem="unauthorized", count=100),
                 "RETRY-001"),
                ("signature-refused", "the signature of the token request is refused with 401",
                 Fault(kind=FaultKind.PROBLEM, path=_PATH, problem="signature", count=100),
                 "RETRY-001"),
                ("html", "a page in HTML comes instead of a token",
                 Fault(kind=FaultKind.HTML, path=_PATH, status=500, count=100)),
                ("html-as-success", "a page in HTML comes with status 200 instead of a token",
                 Fault(kind=FaultKind.HTML, path=_PATH, status=200, count=100)),
                ("empty", "an answer without a body comes instead of a token",
                 Fault(kind=FaultKind.EMPTY, path=_PATH, count=100)),
                ("truncated", "the answer with the token is cut off",
                 Fault(kind=FaultKind.TRUNCATED, path=_PATH, count=100)),
            )
        ),
    ]  # fmt: skip


def _troubled(name: str, says: str, fault: Fault, *more: str) -> ClientCase:
    return ClientCase(
        id=f"token/{name}",
        says=says,
        armed_says=f"for every token request, {says}",
        should="report that there is no token, and stop",
        requirements=("ERR-001", *more),
        armed=Armed(faults=(fault,)),
    )
