"""Many right requests at once, over several connections: the only way to meet a rate limit.

Every other request of a run goes out alone and paced. These are signed one by one all the same,
since a signature used twice may be refused for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from conformance.client.message import Answer, Trouble
from conformance.client.transport import Transport
from conformance.live.draft import Draft, Presents, Way
from conformance.live.message import Sent
from conformance.live.session import Session
from conformance.wire.message import Field, SignedRequest

CONNECTIONS: Final = 8

WAVE: Final = 40
"""Requests that go out together: more than the documents allow in a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """A request that was sent: the moments are those of its sending."""

    request: SignedRequest
    outcome: Answer | Trouble
    fields: tuple[Field, ...]
    started: datetime
    began: float
    ended: float

    def when(self) -> float:
        """Return the moment of the answer."""
        return self.ended

    def keep(self, session: Session, name: str) -> Sent:
        """Put it on record."""
        return session.keep(
            name, self.request, self.outcome, self.fields, started=self.started,
            began=self.began, took=timedelta(seconds=self.ended - self.began),
        )  # fmt: skip


@contextmanager
def connected(session: Session) -> Iterator[list[Transport]]:
    """Open the connections of a flood, for as long as the block lasts."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(session.open(Presents.REGISTERED, Way.USUAL)))
            for _ in range(CONNECTIONS)
        ]


def wave(session: Session, name: str, transports: list[Transport]) -> list[tuple[float, Sent]]:
    """Send a wave of pings as quickly as may be.

    Return each with the moment of its answer, by the time's `monotonic`, in their order.
    """
    requests = [session.sign(Draft()) for _ in range(WAVE)]
    count = len(transports)

    def send(number: int) -> list[_Done]:
        return [_send(session, transports[number], item) for item in requests[number::count]]

    with ThreadPoolExecutor(count) as pool:
        done = [item for share in pool.map(send, range(count)) for item in share]
    return [(item.ended, item.keep(session, name)) for item in sorted(done, key=_Done.when)]


def _send(session: Session, transport: Transport, request: SignedRequest) -> _Done:
    started, began = session.time.now(), session.time.monotonic()
    outcome, fields = transport.send(request)
    return _Done(
        request=request, outcome=outcome, fields=fields, started=started, began=began,
        ended=session.time.monotonic(),
    )  # fmt: skip
