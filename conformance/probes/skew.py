"""How far a date may be off: the boundary searched for on both sides, by the server's own clock.

The server's `Date` is to the second, and the request is judged at some moment between the answer
before and its own answer. So each request gives an interval of how far its date was off, and only
what holds for the whole interval counts (Security.md, step 2; quirks Q13 and Q14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from conformance.errors import WireError
from conformance.live.draft import Draft
from conformance.live.message import Sent
from conformance.probes.judging import is_good
from conformance.probes.probe import Expected, Seen, Sight, problem
from conformance.probes.prober import Prober
from conformance.probes.series import Measured, Measurement, Series, Shown
from conformance.wire.date import parse_imf_fixdate

ALLOWED: Final = 180
"""Seconds that a date may be off, before or after."""

_WITHIN: Final = (120, 60, 10, 0)
_BEYOND: Final = (240, 420, 900, 3600, 6 * 3600, 48 * 3600)
_TRIES: Final = 3
_UNKNOWN: Final = timedelta(seconds=2)
"""How far the server's clock may be from what is known where it does not tell."""

_SKEW: Final = problem(401, "date-skew")
_PASSES: Final = Expected(status=200, passes=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A ping with another date: how many seconds it was ahead, and whether it was accepted.

    `asked` is how far off it was to be on its side, `least` and `most` bound how far it was.
    """

    asked: int
    ahead: int
    least: int
    most: int
    accepted: bool
    status: int
    evidence: str

    @property
    def is_exact(self) -> bool:
        """Whether it was off by what it was to be, and the server's second did not change."""
        return abs(self.ahead) == self.asked and self.most - self.least == 1


class _UnclearError(Exception):
    """Something stood in the way of the search."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        super().__init__(seen.observed)


@dataclass(kw_only=True)
class Search:
    """The search for the boundary on one side: `sign` is 1 ahead of the server's clock, -1 behind.

    Afterwards everything up to `accepted` seconds passed, and from `refused` on nothing; None
    where that was not seen.
    """

    prober: Prober
    sign: int
    samples: list[Sample] = field(default_factory=list)
    accepted: int | None = None
    refused: int | None = None
    _correction: int = 0

    def run(self) -> None:
        """Look on both sides of what the documents say, then halve what is left between."""
        for off in (ALLOWED, ALLOWED + 1):
            self._look(off)
        for off in _WITHIN:
            if self.accepted is None or self.accepted == ALLOWED:
                self._look(off)
            if self.accepted is not None:
                break
        for off in _BEYOND:
            if self.refused is None or self.refused == ALLOWED + 1:
                self._look(off)
            if self.refused is not None:
                break
        while self.accepted is not None and self.refused is not None:
            if self.refused - self.accepted <= 1:
                break
            self._look((self.accepted + self.refused) // 2)

    def _look(self, off: int) -> None:
        """Send a date `off` seconds off, again where the server's second changed meanwhile."""
        for _ in range(_TRIES):
            sample = self._sample(off)
            self.samples.append(sample)
            if sample.is_exact:
                break
            self._correction += off - self.sign * sample.ahead
        if sample.accepted:
            self.accepted = max(off, self.accepted or 0)
        else:
            self.refused = min(off, self.refused or off)

    def _sample(self, off: int) -> Sample:
        ahead = timedelta(seconds=self.sign * (off + self._correction))
        side = "ahead" if self.sign > 0 else "behind"
        expected = _SKEW if off > ALLOWED else _PASSES
        seen, sent = self.prober.ask_again(
            f"date-boundary-{side}-{off}", Draft(ahead=ahead), expected, f"dated {off} s {side}"
        )
        if seen.sight is Sight.UNCLEAR or sent is None or sent.answer is None:
            raise _UnclearError(seen)
        return self._of(off, sent, sent.answer.status, accepted=is_good(sent.answer))

    def _of(self, off: int, sent: Sent, status: int, *, accepted: bool) -> Sample:
        date = parse_imf_fixdate(sent.request.headers.first("date") or "")
        before, after = self._clock(sent)
        ahead = round((date - after).total_seconds())
        late, early = (date - after).total_seconds(), (date - before).total_seconds()
        bounds = (late - 1, early) if self.sign > 0 else (-early, 1 - late)
        return Sample(
            asked=off, ahead=ahead, least=int(bounds[0]), most=int(bounds[1]),
            accepted=accepted, status=status, evidence=sent.evidence,
        )  # fmt: skip

    def _clock(self, sent: Sent) -> tuple[datetime, datetime]:
        """Return the seconds that the server's clock showed before and after it judged."""
        now = self.prober.session.now().replace(microsecond=0)
        told = sent.answer.date if sent.answer is not None else None
        return sent.before or now - _UNKNOWN, told or now + _UNKNOWN

    @property
    def beyond(self) -> list[Sample]:
        """The samples that passed although they were certainly more than 180 s off.

        Behind, a date that shows 181 s is at least so much off; ahead, more than 180.
        """
        return [s for s in self.samples if s.accepted and s.least >= self._least]

    @property
    def _least(self) -> int:
        return ALLOWED if self.sign > 0 else ALLOWED + 1

    @property
    def within(self) -> list[Sample]:
        """The samples that were refused although they were certainly at most 180 s off."""
        return [s for s in self.samples if not s.accepted and s.most <= ALLOWED]

    def says(self) -> str:
        """Return in words what was found."""
        side = "ahead" if self.sign > 0 else "behind"
        accepted = "nothing accepted" if self.accepted is None else (
            f"accepted up to {self.accepted:,} s")  # fmt: skip
        refused = "never refused" if self.refused is None else f"refused from {self.refused:,} s on"
        return f"{side}: {accepted}, {refused}"


def search_boundary(prober: Prober) -> Shown:
    """Search on both sides, and hold what was found to 180 seconds."""
    searches = [Search(prober=prober, sign=sign) for sign in (-1, 1)]
    trouble: Seen | None = None
    try:
        for search in searches:
            search.run()
    except (_UnclearError, WireError) as error:
        trouble = error.seen if isinstance(error, _UnclearError) else Seen(
            sight=Sight.UNCLEAR, reason="no-date", observed="a Date was sent that is none"
        )  # fmt: skip
    said = "; ".join(search.says() for search in searches if search.samples)
    every = tuple(sample.evidence for search in searches for sample in search.samples)
    if trouble is None:
        right = Seen(sight=Sight.HELD, observed=said, evidence=every)
    else:
        right = replace(trouble, evidence=every or trouble.evidence)
    wide = [sample for search in searches for sample in search.beyond]
    narrow = [sample for search in searches for sample in search.within]
    found = {
        requirement: replace(right if not samples else _broken(samples, said), expected=expected)
        for requirement, samples, expected in (
            ("API-DATE-001", wide, "a date more than 180 s off is refused, behind and ahead"),
            ("API-DATE-002", narrow, "a date at most 180 s off passes, behind and ahead"),
        )
    }
    return Shown(seen=found, measurement=_drawn(searches, said))


def _broken(samples: list[Sample], said: str) -> Seen:
    return Seen(
        sight=Sight.BROKEN,
        reason="boundary-wide" if samples[0].accepted else "boundary-narrow",
        observed=said,
        evidence=tuple(sample.evidence for sample in samples),
        method="GET",
        target="/ping",
    )


def _drawn(searches: list[Search], said: str) -> Measurement:
    return Measurement(
        id="skew-boundary", requirement="API-DATE-001", title="How far a date may be off",
        says=said, x_says="seconds ahead of the server's clock", y_says="",
        points=tuple(sorted(_points(searches), key=lambda point: point.x)),
    )  # fmt: skip


def _points(searches: list[Search]) -> Iterator[Measured]:
    """Yield a point for each sample that is exact; of the others none, if there are exact ones."""
    samples = [sample for search in searches for sample in search.samples]
    for sample in [sample for sample in samples if sample.is_exact] or samples:
        kind = "accepted" if sample.accepted else "refused"
        yield Measured(
            x=sample.ahead, y=0, kind=kind, label=f"{sample.ahead:+,} s: {sample.status}"
        )


BOUNDARY: Final = Series(
    id="date-boundary",
    requirements=("API-DATE-001", "API-DATE-002"),
    says="pings dated nearer and nearer to what is just refused, behind and ahead",
    expects="accepted up to 180 s, refused from 181 s on",
    requests=9,
    run=search_boundary,
)
