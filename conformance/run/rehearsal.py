"""What a run would send to the API, request by request: nothing is sent, no secret needed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.client.credentials import Credentials
from conformance.client.transport import Transport
from conformance.clock import Clock
from conformance.config import Settings
from conformance.errors import UsageError
from conformance.live.draft import Presents, Way
from conformance.live.pace import Pace
from conformance.live.session import TOKEN_PATH, Session
from conformance.live.stranger import unknown_identity
from conformance.live.time import RealTime
from conformance.probes.estimate import PREFLIGHT, Planned, estimate, planned_probes
from conformance.probes.listing import PROBES
from conformance.redaction import Redactor
from conformance.wire.visible import visible

_NONE: Final = "-"
"""What stands where a secret would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Would:
    """A probe that would be sent, in how many requests; the first is `method` and `target`.

    A series decides while it runs what it sends: it has neither. `waits_s` are seconds.
    """

    probe: str
    requirements: tuple[str, ...]
    says: str
    expects: str
    requests: int
    method: str = ""
    target: str = ""
    waits_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A probe that would not be sent, why, and the flag that would include it."""

    probe: str
    requirements: tuple[str, ...]
    says: str
    why: str
    flag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A run of the API as it would be; `rate` in requests a second, `seconds` from its start."""

    target: str
    rate: float
    requests: int
    seconds: float
    would: tuple[Would, ...]
    left_out: tuple[LeftOut, ...]


def rehearse(settings: Settings, requirements: Collection[str], clock: Clock) -> Rehearsal:
    """Return what a run of `requirements` would send to an API that is as documented."""
    time = RealTime(clock)
    session = _session(settings, time)
    planned = planned_probes(settings, requirements)
    expected = estimate(settings, planned)
    return Rehearsal(
        target=visible(settings.base_url),
        rate=Pace(time, settings.max_rate).per_second,
        requests=expected.requests,
        seconds=round(expected.span.total_seconds(), 1),
        would=(*_preflight(session), *_would(planned, session)),
        left_out=tuple(_left_out(planned)),
    )


def says_how_long(settings: Settings, requirements: Collection[str]) -> str:
    """Return how many requests a run of `requirements` takes and how long, in words."""
    expected = estimate(settings, planned_probes(settings, requirements))
    return f"{expected.requests:,} requests in about {span_says(expected.span.total_seconds())}"


def span_says(seconds: float) -> str:
    """Return a span as people say it: `18 s`, `6 min 20 s`."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _session(settings: Settings, time: RealTime) -> Session:
    """Return a session of nobody, which signs and cannot send."""

    def refuse(presents: Presents, way: Way) -> Transport:
        raise UsageError(f"a rehearsal sends nothing ({presents}, {way})")

    nobody = unknown_identity(time.now())
    credentials = Credentials(
        client_id=settings.key_id or "client-id", client_secret=_NONE, subscription_key=_NONE,
        tls=nobody, signing=nobody,
    )  # fmt: skip
    return Session(
        base_url=settings.base_url, credentials=credentials, open=refuse, time=time,
        pace=Pace(time, settings.max_rate), redactor=Redactor(),
        signed_path=settings.signed_path, token=_NONE,
    )  # fmt: skip


def _preflight(session: Session) -> Iterator[Would]:
    for probe, method, path in (("token", "POST", TOKEN_PATH), ("ping", "GET", "/ping")):
        yield Would(
            probe=f"preflight-{probe}", requirements=(), says="a request with everything right",
            expects="a good answer", requests=PREFLIGHT // 2,
            method=method, target=visible(session.base_path + path),
        )  # fmt: skip


def _would(planned: Sequence[Planned], session: Session) -> Iterator[Would]:
    drafts = {probe.id: probe.draft for probe in PROBES}
    for item in planned:
        if item.needs is not None:
            continue
        method = target = ""
        if item.id in drafts:
            request = session.sign(drafts[item.id](session))
            method, target = visible(request.method), visible(request.target, limit=200)
        yield Would(
            probe=item.id, requirements=item.requirements, says=item.says, expects=item.expects,
            requests=item.requests, method=method, target=target,
            waits_s=item.waits.total_seconds(),
        )  # fmt: skip


def _left_out(planned: Sequence[Planned]) -> Iterator[LeftOut]:
    for item in planned:
        if item.needs is not None:
            yield LeftOut(
                probe=item.id, requirements=item.requirements, says=item.says,
                why=item.needs.says, flag=item.needs.value,
            )  # fmt: skip
