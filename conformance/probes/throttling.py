"""The rate limit, met on purpose: what the API says of it, and whether it keeps it.

Calm pings first, which show whether the headers move; then waves of pings until one is refused or
more passed than the API said; then the wait that it asks for, and one more ping (Security.md,
"Throttling"; quirk Q2: the limit is the one that the server itself tells).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from conformance.live.draft import Draft
from conformance.live.message import Sent
from conformance.probes.asking import Need
from conformance.probes.flood import WAVE, connected, wave
from conformance.probes.judging import is_good, shown
from conformance.probes.limits import Standing, header_faults, movement_faults, standing_of
from conformance.probes.probe import Expected, Seen, Sight, problem
from conformance.probes.prober import Prober
from conformance.probes.series import Measured, Measurement, Series, Shown

_CALM: Final = 3
_PAUSE: Final = timedelta(seconds=2)
_WINDOW: Final = 60
"""Seconds of a window, where the API does not say how many are left (Security.md)."""

_MARGIN: Final = 10
"""How many more than the API said may pass: its counters need not agree at once."""

_MOST_WINDOWS: Final = 2
_MOST_WAVES: Final = 250
_PASSES: Final = Expected(status=200, passes=True)
_REFUSED: Final = problem(429, "rate")


@dataclass(kw_only=True)
class Throttling:
    """One meeting with the rate limit; `standings` are what the answers said of it, in order."""

    prober: Prober
    began: float
    standings: list[Standing] = field(default_factory=list)
    past: Seen | None = None
    """What the first request showed that was refused, or why none was."""
    refusal: Standing | None = None
    again: Seen | None = None
    """What the ping after the wait showed."""

    def calm(self) -> Seen | None:
        """Ping calmly; return what stood in the way, if anything did."""
        for number in range(_CALM):
            if number:
                self.prober.wait(_PAUSE, "between pings")
            seen, sent = self.prober.ask_again("rate-calm", Draft(), _PASSES, "with all right")
            if sent is None or seen.sight is not Sight.HELD:
                return seen
            self._note(sent)
        return None

    def flood(self) -> None:
        """Send waves until one request is refused, or more passed than should have."""
        room, windows = _Room.of(self.standings[-1]), 1
        with connected(self.prober.session) as transports:
            for _ in range(_MOST_WAVES):
                sents = wave(self.prober.session, "rate-flood", transports)
                for moment, sent in sents:
                    self._note(sent, moment)
                amiss = next((sent for _, sent in sents if not _is_good(sent)), None)
                if amiss is not None:
                    self.past = self._refused(amiss)
                    return
                room.passed += len(sents)
                if room.passed > room.left + _MARGIN and self.standings[-1].at_s < room.until_s:
                    self.past = self._unlimited(room)
                    return
                if self.standings[-1].at_s >= room.until_s:
                    windows += 1
                    room = _Room.of(self.standings[-1])
                if windows > _MOST_WINDOWS:
                    break
        self.past = self._unreached(room)

    def recover(self) -> None:
        """Wait for what the refusal said, and ping."""
        if self.refusal is None:
            return
        seconds = self.refusal.wait_s or _WINDOW
        self.prober.wait(timedelta(seconds=seconds + 1), "until the rate limit resets")
        seen, sent = self.prober.ask("rate-after-reset", Draft(), _PASSES, "after the reset")
        if sent.answer is not None and sent.answer.status == 429:
            seen = replace(
                seen, sight=Sight.BROKEN, reason="still-limited",
                observed=f"{seconds + 1} s later still {shown(sent.answer)}",
                hint="Unless something else calls from this address.",
            )  # fmt: skip
        self._note(sent)
        self.again = seen

    def _note(self, sent: Sent, moment: float | None = None) -> None:
        """Keep what an answer said that came at this `moment`, or just now."""
        if sent.answer is not None:
            at_s = (moment or self.prober.session.time.monotonic()) - self.began
            self.standings.append(standing_of(sent.answer, at_s, sent.evidence))

    def _refused(self, sent: Sent) -> Seen:
        seen = self.prober.judged("rate-flood", sent, _REFUSED, "past the rate limit")
        if seen.sight is not Sight.UNCLEAR and sent.answer is not None:
            self.refusal = next(s for s in self.standings if s.evidence == sent.evidence)
        return seen

    def _unlimited(self, room: _Room) -> Seen:
        return Seen(
            sight=Sight.BROKEN, reason="accepted",
            expected="past the limit, 429 and the documented error (rate)",
            observed=f"{room.passed:,} requests passed where RateLimit-Remaining said {room.left:,}"
            f" for {room.until_s - room.from_s:.0f} s",
            evidence=(self.standings[-1].evidence,), method="GET", target="/ping",
        )  # fmt: skip

    def _unreached(self, room: _Room) -> Seen:
        return Seen(
            sight=Sight.UNCLEAR, reason="limit-not-reached",
            expected="past the limit, 429 and the documented error (rate)",
            observed=f"{room.left:,} requests could not be sent from here before the window ended",
            hint="Run it from a machine that is nearer to the API.",
            evidence=(self.standings[-1].evidence,),
        )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Room:
    """How many requests a window has left, and until when; `passed` counts those that did."""

    left: int
    from_s: float
    until_s: float
    passed: int = 0

    @classmethod
    def of(cls, standing: Standing) -> _Room:
        left = standing.remaining
        reset = standing.reset if standing.reset is not None else _WINDOW
        return cls(
            # Without the header: 30 a second, for as long as a window is (Security.md).
            left=30 * _WINDOW if left is None else left,
            from_s=standing.at_s,
            until_s=standing.at_s + reset,
        )


def meet_limit(prober: Prober) -> Shown:
    """Meet the rate limit, and tell what it shows of each requirement about it."""
    meeting = Throttling(prober=prober, began=prober.session.time.monotonic())
    trouble = meeting.calm()
    if trouble is not None:
        return Shown(seen=dict.fromkeys(LIMIT.requirements, trouble))
    meeting.flood()
    meeting.recover()
    past = meeting.past or Seen(sight=Sight.UNCLEAR, reason="limit-not-reached")
    again = meeting.again or replace(
        past, sight=Sight.UNCLEAR, reason="limit-not-reached",
        expected="after RateLimit-Reset seconds requests pass again",
    )  # fmt: skip
    found = {
        "API-RATE-001": past,
        "API-RATE-002": _headers(meeting.standings),
        "API-RATE-003": again,
    }
    return Shown(seen=found, measurement=_drawn(meeting))


def _headers(standings: list[Standing]) -> Seen:
    wanted = "RateLimit-Limit, -Remaining and -Reset: there, whole numbers, moving as documented"
    faults = [*header_faults(standings), *movement_faults(standings)]
    if not faults:
        last = standings[-1]
        said = f"RateLimit-Limit {last.limit:,}" if last.limit is not None else ""
        evidence = tuple(standing.evidence for standing in standings[:_CALM])
        return Seen(sight=Sight.HELD, expected=wanted, observed=said, evidence=evidence)
    fault = faults[0]
    return Seen(
        sight=Sight.BROKEN, reason=fault.reason, expected=wanted, observed=fault.observed,
        evidence=(fault.evidence,), method="GET", target="/ping",
    )  # fmt: skip


def _is_good(sent: Sent) -> bool:
    return sent.answer is not None and is_good(sent.answer)


def _drawn(meeting: Throttling) -> Measurement:
    refused = sum(standing.status >= 400 for standing in meeting.standings)
    return Measurement(
        id="rate-limit", requirement="API-RATE-002", title="What is left of the rate limit",
        says=f"{len(meeting.standings):,} requests, {refused:,} refused",
        x_says="seconds since the first ping", y_says="RateLimit-Remaining",
        points=tuple(_points(meeting.standings)),
    )  # fmt: skip


def _points(standings: list[Standing]) -> Iterator[Measured]:
    for standing in standings:
        if standing.remaining is not None:
            yield Measured(
                x=round(standing.at_s, 3), y=standing.remaining, kind=str(standing.status),
                label=f"{standing.status}, {standing.remaining:,} left",
            )  # fmt: skip


LIMIT: Final = Series(
    id="rate-limit",
    requirements=("API-RATE-001", "API-RATE-002", "API-RATE-003"),
    says=f"pings past the rate limit, {WAVE} at once",
    expects="429 and the documented error (rate), headers that move, 200 after the reset",
    requests=_CALM + WAVE + 1,
    together=WAVE,
    run=meet_limit,
    waits=_PAUSE * (_CALM - 1) + timedelta(seconds=_WINDOW),
    needs=Need.STRAIN,
)
