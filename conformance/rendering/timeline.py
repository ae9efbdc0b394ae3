"""The certificates of a report on one time line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from conformance.report.model import Certificate
from conformance.report.wording import counted

RENEW: Final = timedelta(days=60)
"""How long before its end a certificate is to be renewed."""

_MOST: Final = 20
_YEARS: Final = 8
"""Marks of years on the line, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on the line, in per cent of its length, and what stands there."""

    at: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One certificate: where it begins, is to be renewed and ends, in per cent of the line."""

    certificate: Certificate
    begins: float
    renew: float
    ends: float
    state: str
    """`good`, `warn` when it is to be renewed, `bad` when it is not valid."""
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLine:
    """All certificates on one scale."""

    bars: tuple[Bar, ...]
    years: tuple[Mark, ...]
    today: float


def time_line(certificates: tuple[Certificate, ...], now: datetime) -> TimeLine | None:
    """Return the time line as of `now`; None without certificates."""
    shown = certificates[:_MOST]
    if not shown:
        return None
    today = now.toordinal()
    starts = [today, *(item.valid_from.toordinal() for item in shown)]
    ends = [today, *(item.expires.toordinal() for item in shown)]
    span = max(max(ends) - min(starts), 1)
    first, length = min(starts) - 0.03 * span, 1.06 * span

    def place(day: float) -> float:
        return round(min(max((day - first) / length * 100, 0.0), 100.0), 2)

    bars = tuple(
        Bar(
            certificate=item,
            begins=place(item.valid_from.toordinal()),
            renew=place(max(item.expires.toordinal() - RENEW.days, item.valid_from.toordinal())),
            ends=place(max(item.expires.toordinal(), item.valid_from.toordinal())),
            state=_state(item, now),
            says=_says(item, now),
        )
        for item in shown
    )
    return TimeLine(bars=bars, years=_years(first, length, place), today=place(today))


def _years(first: float, length: float, place: Callable[[float], float]) -> tuple[Mark, ...]:
    """Return the first of January of as many years as there is room for."""
    begin = date.fromordinal(max(int(first), 1)).year + 1
    end = date.fromordinal(min(max(int(first + length), 1), date.max.toordinal())).year
    step = max(-(-(end - begin + 1) // _YEARS), 1)
    return tuple(
        Mark(at=place(date(year, 1, 1).toordinal()), says=str(year))
        for year in range(begin, end + 1, step)
    )


def _state(item: Certificate, now: datetime) -> str:
    if not item.valid_from <= now < item.expires:
        return "bad"
    return "warn" if item.expires - now <= RENEW else "good"


def _says(item: Certificate, now: datetime) -> str:
    """Return how long the certificate is good for, in words."""
    if now < item.valid_from:
        return f"not valid for another {counted((item.valid_from - now).days + 1, 'day')}"
    left = item.expires - now
    if left <= timedelta(0):
        return f"expired {counted(-left.days, 'day')} ago"
    renew = ": renew it now" if left <= RENEW else ""
    return f"{counted(left.days, 'day')} left{renew}"
