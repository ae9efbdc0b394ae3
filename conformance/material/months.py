"""Calendar months: the same day of another month, or its last one where it is shorter."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import Final

_END: Final = datetime.max.replace(tzinfo=UTC)


def months_after(moment: datetime, months: int) -> datetime:
    """Return the same time of day, `months` calendar months after `moment`.

    A day that the month does not have becomes its last: one month after 31 January is 28 or 29
    February. What lies beyond the year 9999 is the end of it.
    """
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    if year > _END.year:
        return _END
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def months_between(start: datetime, end: datetime) -> tuple[int, timedelta]:
    """Return the whole months from `start` to a later `end`, and what is left after them."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months_after(start, months) > end:
        months -= 1
    return months, end - months_after(start, months)


def span_says(start: datetime, end: datetime) -> str:
    """Return the span from `start` to a later `end` in words: `39 months and 1 day`."""
    months, rest = months_between(start, end)
    parts = [(months, "month"), (rest.days, "day")]
    if not rest.days:
        parts.append((rest.seconds, "second"))
    told = [_counted(number, unit) for number, unit in parts if number]
    return " and ".join(told) or _counted(0, "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
