"""IMF-fixdate, the one form of the `Date` header (RFC 7231, section 7.1.1.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from conformance.errors import WireError
from conformance.wire.visible import visible

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip

_IMF: Final = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT\Z"
)
_DAY_AND_DATE: Final = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? {1,2}([0-9]{1,2})[ -]"
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}[ -]([0-9]{4})(?![0-9])"
)
_SHAPE: Final = re.compile(
    r"(?P<day>[^,]*),(?P<gap>\s*)(?P<date>[0-9]+) (?P<month>\S+) (?P<year>[0-9]+) "
    r"(?P<time>[0-9:.]+(?: ?[AaPp]\.?[Mm]\.?)?)(?P<zone>.*)\Z",
    re.DOTALL,
)
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
_RFC850: Final = re.compile(r"[A-Za-z]+, [0-9]{1,2}-[A-Za-z]+-[0-9]{2,4} ")
_ASCTIME: Final = re.compile(r"[A-Za-z]{3} [A-Za-z]{3} [ 0-9][0-9] [0-9:]{8} [0-9]{4}\Z")
_TIME: Final = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}\Z")


def format_imf_fixdate(moment: datetime) -> str:
    """Return `moment` as an IMF-fixdate; fractions of a second are cut off.

    `moment` must be aware; English names whatever the machine's locale.
    """
    at = moment.astimezone(UTC)
    return (
        f"{DAYS[at.weekday()]}, {at.day:02} {MONTHS[at.month - 1]} {at.year:04} "
        f"{at.hour:02}:{at.minute:02}:{at.second:02} GMT"
    )


def moved(moment: datetime, by: timedelta) -> datetime:
    """Return `moment` moved in time; itself where the calendar (years 1 to 9999) ends before."""
    try:
        return moment + by
    except OverflowError:
        return moment


def parse_imf_fixdate(text: str) -> datetime:
    """Return the moment that `text` names, aware, in UTC.

    Raises:
        WireError: the reason says which part is wrong: `date-empty`, `date-white-space`,
            `date-iso-8601`, `date-rfc-850`, `date-asctime`, `date-day-name`, `date-day-digits`,
            `date-month-name`, `date-year-digits`, `date-time`, `date-zone`, `date-range`,
            `date-weekday` or, when it looks like none of these, `date-format`.
    """
    match = _IMF.match(text)
    if match is None:
        raise _refusal(text)
    day_name, day, month, year, hour, minute, second = match.groups()
    try:
        moment = datetime(
            int(year), MONTHS.index(month) + 1, int(day),
            int(hour), int(minute), min(int(second), 59), tzinfo=UTC,
        )  # fmt: skip
    except ValueError as error:
        raise WireError("date-range", f"no such date or time: {error}") from error
    if int(second) > 60:
        raise WireError("date-range", "no such time: the seconds exceed 60")
    if DAYS[moment.weekday()] != day_name:
        raise WireError("date-weekday", f"that day is a {DAYS[moment.weekday()]}, not a {day_name}")
    return moment


def weekday_fits(text: str) -> bool | None:
    """Tell whether the day's name in `text` is that of its date; None when it cannot be read.

    Reads past what else may be wrong with the text: digits, zone, names in full.
    """
    match = _DAY_AND_DATE.match(text)
    if match is None:
        return None
    name, day, month, year = match.groups()
    try:
        date = datetime(int(year), MONTHS.index(month) + 1, int(day), tzinfo=UTC)
    except ValueError:
        return None
    return DAYS[date.weekday()] == name


def _refusal(text: str) -> WireError:
    """Say which part of `text` keeps it from being an IMF-fixdate."""
    if not text.strip():
        return WireError("date-empty", "the date is empty")
    if text != text.strip():
        return WireError("date-white-space", "white space stands around the date")
    for pattern, reason, name in (
        (_ISO, "date-iso-8601", "an ISO 8601 date"),
        (_RFC850, "date-rfc-850", "an RFC 850 date"),
        (_ASCTIME, "date-asctime", "a date as asctime prints it"),
    ):
        if pattern.match(text):
            return WireError(reason, f"this is {name}, not an IMF-fixdate")
    shape = _SHAPE.match(text)
    if shape is None:
        return WireError("date-format", "this is not an IMF-fixdate")
    return _first_wrong_part(shape)


def _quoted(part: str) -> str:
    return f"'{visible(part, limit=40)}'"


def _first_wrong_part(shape: re.Match[str]) -> WireError:
    parts = (
        (shape["day"] in DAYS, "date-day-name", f"the day is written {_quoted(shape['day'])}"),
        (shape["gap"] == " ", "date-format", "one space follows the comma"),
        (
            len(shape["date"]) == 2, "date-day-digits",
            f"the day of the month has {len(shape['date'])} digit(s), not two",
        ),
        (
            shape["month"] in MONTHS, "date-month-name",
            f"the month is written {_quoted(shape['month'])}",
        ),
        (
            len(shape["year"]) == 4, "date-year-digits",
            f"the year has {len(shape['year'])} digits, not four",
        ),
        (
            bool(_TIME.match(shape["time"])), "date-time",
            f"the time is written {_quoted(shape['time'])}, not HH:MM:SS of 24 hours",
        ),
    )  # fmt: skip
    for fits, reason, message in parts:
        if not fits:
            return WireError(reason, message)
    return WireError(
        "date-zone", f"the zone is written {_quoted(shape['zone'].strip())}, not 'GMT'"
    )
