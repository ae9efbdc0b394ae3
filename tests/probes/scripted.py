"""An API that is a function, called by a session whose time is moved by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import cast

from conformance.client.credentials import Credentials
from conformance.client.message import Answer, Trouble
from conformance.client.transport import Transport
from conformance.clock import ManualClock
from conformance.live.draft import Presents, Way
from conformance.live.pace import Pace
from conformance.live.session import Session
from conformance.live.stranger import unknown_identity
from conformance.live.time import RealTime
from conformance.probes.prober import Prober
from conformance.redaction import Redactor
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import Field, HeaderFields, SignedRequest

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PING = (("Content-Type", "text/plain"),)

Api = Callable[[SignedRequest, datetime], Answer | Trouble]
"""What answers a request that comes at a moment of the server's clock."""


@dataclass(kw_only=True)
class Script:
    """The API and the time: each request takes `takes`, and `sleeps` are what was waited for."""

    api: Api
    clock: ManualClock
    takes: timedelta = timedelta(milliseconds=20)
    dated: bool = True
    ahead: timedelta = timedelta()
    """How far the server's clock is ahead of the machine's."""
    sent: list[SignedRequest] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)

    def send(self, request: SignedRequest) -> tuple[Answer | Trouble, tuple[Field, ...]]:
        self.sent.append(request)
        self.clock.advance(self.takes / 2)
        outcome = self.api(request, self.clock.now() + self.ahead)
        self.clock.advance(self.takes / 2)
        if isinstance(outcome, Trouble) or not self.dated:
            return outcome, ()
        date = ("Date", format_imf_fixdate(self.clock.now() + self.ahead))
        headers = HeaderFields((date, *outcome.headers))
        return Answer(status=outcome.status, headers=headers, body=outcome.body), ()

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def close(self) -> None:
        """Nothing is open."""


@cache
def credentials() -> Credentials:
    tls, signing = unknown_identity(START), unknown_identity(START)
    return Credentials(
        client_id="client-1", client_secret="secret-1", subscription_key="key-1",
        tls=tls, signing=signing,
    )  # fmt: skip


def scripted(
    api: Api,
    *,
    start: datetime = START,
    per_second: float = 5,
    takes_ms: float = 20,
    dated: bool = True,
) -> tuple[Prober, Script]:
    """Return a prober that asks `api`, and what happens to it."""
    clock = ManualClock(start)
    script = Script(api=api, clock=clock, takes=timedelta(milliseconds=takes_ms), dated=dated)
    time = RealTime(clock, script.sleep)

    def open_way(presents: Presents, way: Way) -> Transport:
        del presents, way
        return cast("Transport", script)

    session = Session(
        base_url="https://api.example/partner-api", credentials=credentials(), open=open_way,
        time=time, pace=Pace(time, per_second), redactor=Redactor(()), token="a-token",
    )  # fmt: skip
    return Prober(session=session), script


def told(status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None,
         *, as_text: bool = False) -> Answer:  # fmt: skip
    """Return a problem."""
    body = {"title": title, "status": str(status) if as_text else status, "detail": detail}
    fields = {"Content-Type": "application/problem+json", **(headers or {})}
    return Answer(
        status=status, headers=HeaderFields(tuple(fields.items())), body=json.dumps(body).encode()
    )


def pong(headers: Mapping[str, str] | None = None) -> Answer:
    """Return the good answer to a ping."""
    fields = (*PING, *(headers or {}).items())
    return Answer(
        status=200, headers=HeaderFields(fields), body=b"You are connected to partner API!"
    )
