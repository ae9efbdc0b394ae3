"""Date vectors and skew vectors: values of the `Date` header, right, wrong and out of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from source.signing import date_of

Vector = dict[str, Any]

NOW = datetime.fromisoformat("2019-07-03T08:28:28Z")


def vectors() -> Iterator[Vector]:
    """Yield every date vector and skew vector."""
    yield from _dates()
    yield from _skews()


def _dates() -> Iterator[Vector]:
    for name, moment in (
        ("documented", "2019-07-03T08:28:28Z"), ("rfc-7231", "1994-11-06T08:49:37Z"),
        ("day-1", "2021-06-01T00:00:00Z"), ("leap-day", "2024-02-29T12:00:00Z"),
        ("last-second", "1999-12-31T23:59:59Z"), ("year-9999", "9999-12-31T23:59:59Z"),
    ):  # fmt: skip
        yield _date(name, "right", date_of(moment), expect={"accepted": True, "moment": moment})
    for reason, name, says, value in WRONG_DATES:
        requirement = "DATE-002" if reason == "weekday" else "DATE-001"
        wrong = {"accepted": False, "requirement": requirement, "reason": f"date-{reason}"}
        yield _date(name, says, value, expect=wrong)


def _date(name: str, says: str, value: str, expect: dict[str, Any]) -> Vector:
    return {
        "id": f"date-format/{name}", "kind": "date", "says": says,
        "requirements": [expect.get("requirement", "DATE-001")], "value": value, "expect": expect,
    }  # fmt: skip


WRONG_DATES = (
    ("empty", "empty", "nothing", ""),
    ("white-space", "space-before", "a space in front", " Wed, 03 Jul 2019 08:28:28 GMT"),
    ("white-space", "line-feed-after", "a line feed behind", "Wed, 03 Jul 2019 08:28:28 GMT\n"),
    ("iso-8601", "iso-8601", "ISO 8601", "2019-07-03T08:28:28Z"),
    ("iso-8601", "iso-8601-space", "ISO 8601 with a space", "2019-07-03 08:28:28"),
    ("rfc-850", "rfc-850", "the form of RFC 850", "Wednesday, 03-Jul-19 08:28:28 GMT"),
    ("asctime", "asctime", "as asctime prints", "Wed Jul  3 08:28:28 2019"),
    ("format", "java-to-string", "as java.util.Date prints", "Wed Jul 03 08:28:28 GMT 2019"),
    ("format", "unix-time", "seconds since 1970", "1562142508"),
    ("format", "day-name-missing", "no day name", "03 Jul 2019 08:28:28 GMT"),
    ("format", "comma-missing", "no comma", "Wed 03 Jul 2019 08:28:28 GMT"),
    ("format", "space-missing", "no space after the comma", "Wed,03 Jul 2019 08:28:28 GMT"),
    ("format", "american-order", "month before day", "Wed, Jul 03 2019 08:28:28 GMT"),
    ("day-name", "day-name-german", "a German day name", "Mi., 03 Juli 2019 08:28:28 Z"),
    ("day-name", "day-name-long", "a day name in full", "Wednesday, 03 Jul 2019 08:28:28 GMT"),
    ("day-name", "day-name-lower-case", "a day name in lower case",
     "wed, 03 Jul 2019 08:28:28 GMT"),
    ("day-digits", "day-one-digit", "a day of one digit", "Wed, 3 Jul 2019 08:28:28 GMT"),
    ("month-name", "month-name-german", "a German month name", "Wed, 03 Mai 2019 08:28:28 GMT"),
    ("month-name", "month-name-long", "a month name in full", "Wed, 03 July 2019 08:28:28 GMT"),
    ("month-name", "month-upper-case", "a month name in upper case",
     "Wed, 03 JUL 2019 08:28:28 GMT"),
    ("month-name", "month-number", "a month as a number", "Wed, 03 07 2019 08:28:28 GMT"),
    ("year-digits", "year-two-digits", "a year of two digits", "Wed, 03 Jul 19 08:28:28 GMT"),
    ("time", "time-12-hours", "a 12-hour clock", "Wed, 03 Jul 2019 08:28:28 AM GMT"),
    ("time", "time-one-digit", "an hour of one digit", "Wed, 03 Jul 2019 8:28:28 GMT"),
    ("time", "time-no-seconds", "no seconds", "Wed, 03 Jul 2019 08:28 GMT"),
    ("time", "time-milliseconds", "milliseconds", "Wed, 03 Jul 2019 08:28:28.123 GMT"),
    ("time", "time-dots", "dots for colons", "Wed, 03 Jul 2019 08.28.28 GMT"),
    ("zone", "zone-z", "Z for GMT", "Wed, 03 Jul 2019 08:28:28 Z"),
    ("zone", "zone-utc", "UTC for GMT", "Wed, 03 Jul 2019 08:28:28 UTC"),
    ("zone", "zone-numeric", "a numeric zone", "Wed, 03 Jul 2019 08:28:28 +0000"),
    ("zone", "zone-numeric-colon", "a numeric zone with a colon",
     "Wed, 03 Jul 2019 08:28:28 +00:00"),
    ("zone", "zone-lower-case", "gmt in lower case", "Wed, 03 Jul 2019 08:28:28 gmt"),
    ("zone", "zone-offset", "an offset after GMT", "Wed, 03 Jul 2019 08:28:28 GMT+00:00"),
    ("zone", "zone-cest", "summer time", "Wed, 03 Jul 2019 10:28:28 CEST"),
    ("zone", "zone-missing", "no zone", "Wed, 03 Jul 2019 08:28:28"),
    ("range", "day-0", "a day 0", "Wed, 00 Jul 2019 08:28:28 GMT"),
    ("range", "day-31-in-june", "31 June", "Mon, 31 Jun 2019 08:28:28 GMT"),
    ("range", "no-leap-day", "29 February of a year without one", "Fri, 29 Feb 2019 08:28:28 GMT"),
    ("range", "hour-24", "an hour 24", "Wed, 03 Jul 2019 24:00:00 GMT"),
    ("range", "minute-60", "a minute 60", "Wed, 03 Jul 2019 08:60:28 GMT"),
    ("range", "second-61", "a second 61", "Wed, 03 Jul 2019 08:28:61 GMT"),
    ("weekday", "weekday", "a weekday that does not fit", "Thu, 03 Jul 2019 08:28:28 GMT"),
    ("weekday", "weekday-of-month-first", "the weekday of another order",
     "Sun, 10 Feb 2021 08:00:00 GMT"),
)  # fmt: skip


def _skews() -> Iterator[Vector]:
    for name, seconds in (
        ("none", 0), ("179-behind", -179), ("179-ahead", 179), ("180-behind", -180),
        ("180-ahead", 180), ("181-behind", -181), ("181-ahead", 181), ("hour-behind", -3600),
        ("hour-ahead", 3600), ("day-behind", -86400), ("day-ahead", 86400),
        ("far-past", -1_500_000_000), ("far-future", 2_000_000_000),
    ):  # fmt: skip
        date = _iso(NOW + timedelta(seconds=seconds))
        how = f"{abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}" if seconds else "on time"
        expect: dict[str, Any] = {"accepted": abs(seconds) <= 180}
        if abs(seconds) > 180:
            expect |= {"requirement": "DATE-003", "reason": "date-skew"}
        yield {
            "id": f"date-skew/{name}", "kind": "skew", "says": f"a date {how}",
            "requirements": ["DATE-003"], "now": _iso(NOW), "value": date_of(date),
            "expect": expect,
        }  # fmt: skip


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
