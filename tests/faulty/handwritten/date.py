"""Signers that get the `Date` wrong; all but two sign the date that they send."""

# ruff: noqa: D401 - a docstring says what the signer does to the message

from __future__ import annotations

from datetime import timedelta, timezone
from email.utils import format_datetime
from functools import partial
from typing import Unpack
from zoneinfo import ZoneInfo

from tests.faulty.handwritten import occasion as on
from tests.faulty.handwritten.entry import faulty
from tests.faulty.handwritten.right import (
    Headers,
    Order,
    base64_text,
    carrier,
    digest_of,
    lines_of,
    moment,
    parameters,
    rsa_sha256,
    signed,
)

BERLIN = ZoneInfo("Europe/Berlin")
GERMAN_DAYS = ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So.")
GERMAN_MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)


def german_names(**order: Unpack[Order]) -> Headers:
    """Names in the language of the machine, as `DateTimeFormatter` prints them in Germany."""
    when = moment(order)
    day, month = GERMAN_DAYS[when.weekday()], GERMAN_MONTHS[when.month - 1]
    return signed(order, date=f"{day}, {when:%d} {month} {when:%Y %H:%M:%S} GMT")


def zone_z(**order: Unpack[Order]) -> Headers:
    """The zone prints as `Z`."""
    return signed(order, date=order["date"].replace("GMT", "Z"))


def numeric_zone(**order: Unpack[Order]) -> Headers:
    """The date format of mail, `date('r')` in PHP: `+0000`."""
    return signed(order, date=format_datetime(moment(order)))


def utc_named_so(**order: Unpack[Order]) -> Headers:
    """Go's `time.RFC1123` in UTC: the zone is called `UTC`."""
    return signed(order, date=f"{moment(order):%a, %d %b %Y %H:%M:%S} UTC")


def one_digit_day(**order: Unpack[Order]) -> Headers:
    """Java's `RFC_1123_DATE_TIME`: no zero before the days 1 to 9."""
    when = moment(order)
    return signed(order, date=f"{when:%a}, {when.day} {when:%b %Y %H:%M:%S} GMT")


def rfc_1123_of_java_in_berlin(**order: Unpack[Order]) -> Headers:
    """`RFC_1123_DATE_TIME` on a time in Berlin: `Wed, 3 Jul 2019 10:28:28 +0200`."""
    when = moment(order).astimezone(BERLIN)
    return signed(order, date=f"{when:%a}, {when.day} {when:%b %Y %H:%M:%S %z}")


def rfc_1123_of_java_in_kolkata(**order: Unpack[Order]) -> Headers:
    """The same where the offset is no whole number of hours."""
    when = moment(order).astimezone(timezone(timedelta(hours=5, minutes=30)))
    return signed(order, date=f"{when:%a}, {when.day} {when:%b %Y %H:%M:%S %z}")


def mail_date_in_berlin(**order: Unpack[Order]) -> Headers:
    """`date('r')` in PHP, on a server in Berlin."""
    return signed(order, date=format_datetime(moment(order).astimezone(BERLIN)))


def clock_of_berlin_called_gmt(**order: Unpack[Order]) -> Headers:
    """`LocalDateTime.now()` in Berlin with `'GMT'` in the pattern: an hour ahead, in summer two."""
    when = moment(order).astimezone(BERLIN)
    return signed(order, date=f"{when:%a, %d %b %Y %H:%M:%S} GMT")


def iso_8601(**order: Unpack[Order]) -> Headers:
    """`isoformat()`."""
    return signed(order, date=moment(order).isoformat())


def ctime(**order: Unpack[Order]) -> Headers:
    """C's `asctime`, its year at the end."""
    return signed(order, date=moment(order).ctime())


def rfc_850(**order: Unpack[Order]) -> Headers:
    """The obsolete form with the whole weekday, hyphens and two digits of the year."""
    return signed(order, date=f"{moment(order):%A, %d-%b-%y %H:%M:%S} GMT")


def local_time_called_gmt(**order: Unpack[Order]) -> Headers:
    """The clock on the wall in summer, two hours ahead, with `GMT` behind it."""
    return signed(order, date=f"{moment(order) + timedelta(hours=2):%a, %d %b %Y %H:%M:%S} GMT")


def clock_read_twice(**order: Unpack[Order]) -> Headers:
    """The signing string gets the time, the header gets it again, a second later."""
    later = moment(order) + timedelta(seconds=1)
    fields = signed(order)
    return [("Date", f"{later:%a, %d %b %Y %H:%M:%S} GMT"), *fields[1:]]


def week_begins_on_sunday(**order: Unpack[Order]) -> Headers:
    """A table of weekdays that begins on Sunday, with a number that begins on Monday."""
    when = moment(order)
    day = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")[when.weekday()]
    return signed(order, date=f"{day}, {when:%d %b %Y %H:%M:%S} GMT")


def twelve_hour_clock(**order: Unpack[Order]) -> Headers:
    """`hh` where `HH` was meant: afternoons come out as mornings."""
    return signed(order, date=f"{moment(order):%a, %d %b %Y %I:%M:%S} GMT")


def week_based_year(**order: Unpack[Order]) -> Headers:
    """`YYYY` where `yyyy` was meant: the year that the week belongs to."""
    return signed(order, date=f"{moment(order):%a, %d %b %G %H:%M:%S} GMT")


def month_for_minutes(**order: Unpack[Order]) -> Headers:
    """`HH:MM:ss`: the month's number where the minutes belong."""
    return signed(order, date=f"{moment(order):%a, %d %b %Y %H:%m:%S} GMT")


def milliseconds(**order: Unpack[Order]) -> Headers:
    """The seconds carry milliseconds."""
    return signed(order, date=f"{moment(order):%a, %d %b %Y %H:%M:%S}.000 GMT")


def upper_case(**order: Unpack[Order]) -> Headers:
    """Names of day and month in capitals."""
    return signed(order, date=order["date"].upper())


def two_digit_year(**order: Unpack[Order]) -> Headers:
    """`yy`: the form of RFC 822."""
    return signed(order, date=f"{moment(order):%a, %d %b %y %H:%M:%S} GMT")


def unix_seconds(**order: Unpack[Order]) -> Headers:
    """Seconds since 1970."""
    return signed(order, date=str(int(moment(order).timestamp())))


def space_for_zero(**order: Unpack[Order]) -> Headers:
    """`%e`: a space stands where the zero of the days 1 to 9 belongs."""
    return signed(order, date=f"{moment(order):%a, %e %b %Y %H:%M:%S} GMT")


def x_date(**order: Unpack[Order]) -> Headers:
    """A browser lets nobody set `Date`: `X-Date` is signed and sent in its place."""
    lines = lines_of(order)
    lines[1] = f"x-date: {order['date']}"
    signature = base64_text(rsa_sha256(order, "\n".join(lines)))
    value = parameters(order, signature, names="(request-target) x-date digest")
    return [
        ("X-Date", order["date"]),
        ("Digest", digest_of(order["body"])),
        carrier(order, value),
    ]


def dated_twice(**order: Unpack[Order]) -> Headers:
    """The HTTP library adds a `Date` of its own beside the one that was signed."""
    return [("Date", order["date"]), *signed(order)]


def left_to_the_library(**order: Unpack[Order]) -> Headers:
    """The date is signed, but setting the header is left to a library that sets none."""
    return signed(order)[1:]


_wrong = partial(faulty, stage="date")

FAULTY = (
    _wrong(german_names, "DATE-001", "English|language|locale|German"),
    _wrong(zone_z, "DATE-001", r"\bZ\b|zone|GMT"),
    _wrong(numeric_zone, "DATE-001", r"\+00|numeric|zone|GMT"),
    _wrong(utc_named_so, "DATE-001", "UTC|zone|GMT"),
    _wrong(one_digit_day, "DATE-001", "digit|day", on.EARLY_IN_MONTH),
    _wrong(rfc_1123_of_java_in_berlin, "DATE-001", "RFC_1123_DATE_TIME|java-rfc-1123"),
    _wrong(rfc_1123_of_java_in_kolkata, "DATE-001", "RFC_1123_DATE_TIME|java-rfc-1123"),
    _wrong(mail_date_in_berlin, "DATE-001", "local time with its offset"),
    _wrong(clock_of_berlin_called_gmt, "DATE-001 DATE-003", "central-europe"),
    _wrong(iso_8601, "DATE-001", "ISO|8601"),
    _wrong(ctime, "DATE-001", "order|asctime|ctime|C date"),
    _wrong(rfc_850, "DATE-001", "850|obsolete"),
    _wrong(local_time_called_gmt, "DATE-001 DATE-003", "local|hour|zone|GMT|minutes"),
    _wrong(clock_read_twice, "DATE-004", "twice|second|sent|signed|signing"),
    _wrong(week_begins_on_sunday, "DATE-002", "weekday"),
    _wrong(
        twelve_hour_clock, "DATE-001 DATE-003", "12|twelve|hour|date", on.AFTERNOON, listed=False
    ),
    _wrong(week_based_year, "DATE-002 DATE-003", "week|year|date", on.NEW_YEAR, listed=False),
    _wrong(
        month_for_minutes, "DATE-001 DATE-003", "minute|date", on.MINUTES_UNLIKE_MONTH, listed=False
    ),
    _wrong(milliseconds, "DATE-001", "milli|fraction|date", listed=False),
    _wrong(upper_case, "DATE-001", "case|capital|date", listed=False),
    _wrong(two_digit_year, "DATE-001", "year|date", listed=False),
    _wrong(unix_seconds, "DATE-001", "unix|seconds|epoch|date", listed=False),
    _wrong(space_for_zero, "DATE-001", "day|digit|date", on.EARLY_IN_MONTH, listed=False),
    _wrong(x_date, "DATE-001 STR-001", "date", listed=False),
    _wrong(dated_twice, "DATE-001", "two|twice|more than one|several|2"),
    _wrong(left_to_the_library, "DATE-001", "date", listed=False),
)
