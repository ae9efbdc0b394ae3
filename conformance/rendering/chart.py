"""What was measured of the API, drawn: a boundary on a line, or values over time.

Places are in per cent of the drawing, so that a chart fits any width and its text stays as large
as the page's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from conformance.report.model import Chart, Point

MOST: Final = 400
"""Points that are drawn and listed."""

DOCUMENTED_SKEW: Final = 180
"""Seconds between the dates of a request and the server that are documented to be allowed."""

_TICKS: Final = 6
_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_GAP_LEAST: Final = 3.0
"""How many times as long as all the rest a gap is that is drawn short."""
_GAP_DRAWN: Final = 0.02
_LARGEST: Final = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis, at per cent of its length."""

    at: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A point of the drawing: per cent from the left and from the top."""

    x: float
    y: float
    good: bool
    point: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart ready to be drawn."""

    chart: Chart
    dots: tuple[Dot, ...]
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]
    is_line: bool
    """Whether all lies on one line: where something begins and ends, and no values over time."""
    documented: tuple[Tick, ...] = ()
    """Where the documents put the boundary."""
    band: tuple[float, float] | None = None
    """From where to where it was seen accepted."""
    gap: Tick | None = None
    """The middle of a stretch that is drawn short, and how long it is."""
    left_out: int = 0


def drawing(chart: Chart) -> Drawing:
    """Return `chart` with its points placed and its axes marked."""
    points = [item for item in chart.points if _is_drawable(item)]
    kept = points[:MOST]
    is_boundary = chart.id == "skew-boundary"
    is_line = is_boundary or all(item.y == 0 for item in kept)
    limits = [-DOCUMENTED_SKEW, DOCUMENTED_SKEW] if is_boundary else []
    across = _Scale([*(item.x for item in kept), *limits])
    up = _Scale(_from_zero([item.y for item in kept]))
    dots = tuple(
        Dot(
            x=across.place(item.x),
            y=_row(item) if is_line else round(100 - up.place(item.y), 2),
            good=_is_good(item),
            point=item,
        )
        for item in kept
    )
    accepted = [dot.x for dot in dots if dot.point.kind == "accepted"]
    return Drawing(
        chart=chart,
        dots=dots,
        columns=across.ticks(),
        rows=() if is_line else up.ticks(),
        is_line=is_line,
        documented=tuple(Tick(at=across.place(item), says=f"{item:+d} s") for item in limits),
        band=(min(accepted), max(accepted)) if accepted and is_line else None,
        gap=_gap_tick(across),
        left_out=len(chart.points) - len(kept),
    )


def _from_zero(values: list[float]) -> list[float]:
    """Return `values` with zero, unless they are all so far from it that nothing could be seen."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    return values if 0 < high - low < low else [0.0, *values]


def _is_drawable(point: Point) -> bool:
    return all(math.isfinite(item) and abs(item) < _LARGEST for item in (point.x, point.y))


def _is_good(point: Point) -> bool:
    return point.kind == "accepted" or point.kind.startswith("2")


def _row(point: Point) -> float:
    """Return how far down a point without a value lies: good ones below, so that none is hidden."""
    return 72.0 if _is_good(point) else 28.0


def _gap_tick(scale: _Scale) -> Tick | None:
    if scale.gap is None:
        return None
    low, high = scale.gap
    middle = (scale.place(low) + scale.place(high)) / 2
    return Tick(at=round(middle, 2), says=f"{high - low:,.3g}")


class _Scale:
    """Values laid out between 0 and 100 with some room at both ends.

    Where nothing was measured for most of the way, as while a limit is waited for, that gap is
    drawn short.
    """

    def __init__(self, values: list[float]) -> None:
        known = sorted(values) or [0.0]
        self._low, self._high = known[0], known[-1]
        self.gap = _gap(known)
        self._saved = (self.gap[1] - self.gap[0]) * (1 - _GAP_DRAWN) if self.gap else 0.0
        span = (self._high - self._low - self._saved) or max(abs(self._high), 1.0)
        self._first = self._low - 0.06 * span
        self._length = 1.12 * span

    def place(self, value: float) -> float:
        if self.gap and value >= self.gap[1]:
            value -= self._saved
        elif self.gap and value > self.gap[0]:
            value = self.gap[0] + (value - self.gap[0]) * _GAP_DRAWN
        return round((value - self._first) / self._length * 100, 2)

    def ticks(self) -> tuple[Tick, ...]:
        """Return marks at round numbers; none within a gap."""
        rough = self._length / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(item * power for item in _STEPS if item * power >= rough)
        parts = [(self._low, self._high)]
        if self.gap:
            parts = [(self._low, self.gap[0]), (self.gap[1], self._high)]
        return tuple(
            Tick(at=self.place(number * step), says=f"{number * step:,.10g}")
            for low, high in parts
            for number in range(math.ceil(low / step), math.floor(high / step) + 1)
        )


def _gap(known: list[float]) -> tuple[float, float] | None:
    """Return the two neighbours that most of the way lies between, where there are such."""
    low, high = max(pairwise(known), key=lambda pair: pair[1] - pair[0], default=(0.0, 0.0))
    rest = known[-1] - known[0] - (high - low)
    return (low, high) if rest and high - low > _GAP_LEAST * rest else None
