"""Dates of the topic `date`: each is written wrong by some formatter or pattern."""

from __future__ import annotations

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip

TABLE = (
    *(
        (f"month-{number:02}", f"{name}, in English whatever the machine speaks",
         f"2021-{number:02}-15T09:41:07Z")
        for number, name in enumerate(_MONTHS, start=1)
    ),
    ("day-1", "a day of one digit has a zero in front", "2021-06-01T09:41:07Z"),
    ("day-9", "the last day of one digit", "2021-06-09T09:41:07Z"),
    ("day-31", "the last day of a long month", "2021-08-31T09:41:07Z"),
    ("small-numbers", "hour, minute and second of one digit", "2021-02-03T04:05:06Z"),
    ("leap-day", "29 February", "2024-02-29T09:41:07Z"),
    ("leap-day-2000", "a century that is a leap year", "2000-02-29T09:41:07Z"),
    ("no-leap-day-2100", "a century that is none: 28 February, then March", "2100-03-01T00:00:00Z"),
    ("iso-year-ahead", "31 December in the ISO week of the next year", "2018-12-31T12:00:00Z"),
    ("iso-year-ahead-2", "30 December in the ISO week of the next year", "2024-12-30T12:00:00Z"),
    ("iso-year-behind", "1 January in the ISO week of the last year", "2021-01-01T12:00:00Z"),
    ("iso-year-behind-2", "a Sunday, 1 January, in week 52", "2023-01-01T12:00:00Z"),
    ("year-end", "the last second of a year", "2026-12-31T23:59:59Z"),
    ("year-start", "the first second of a year", "2027-01-01T00:00:00Z"),
    ("midnight", "midnight is 00, not 24 or 12", "2021-06-15T00:00:00Z"),
    ("after-midnight", "half past midnight is not 12:30", "2021-06-15T00:30:00Z"),
    ("noon", "noon is 12", "2021-06-15T12:00:00Z"),
    ("after-noon", "half past noon", "2021-06-15T12:30:00Z"),
    ("one-in-the-afternoon", "13, not 01", "2021-06-15T13:00:00Z"),
    ("last-second", "23:59:59", "2021-06-15T23:59:59Z"),
    ("summer-time-begins", "an hour that Berlin's clocks skip", "2019-03-31T01:30:00Z"),
    ("summer-time-ends", "an hour that Berlin's clocks see twice", "2019-10-27T00:30:00Z"),
    ("date-differs-in-berlin", "still Saturday in GMT", "2021-07-31T23:30:00Z"),
    ("epoch", "the first second of Unix time", "1970-01-01T00:00:00Z"),
    ("billion", "a Unix time of ten digits", "2001-09-09T01:46:40Z"),
    ("year-2038", "a Unix time of more than 31 bits", "2038-01-19T03:14:08Z"),
    *(
        (f"weekday-{name.lower()}", f"a {name}", f"2023-05-{day:02}T21:05:07Z")
        for day, name in enumerate(
            ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), start=8
        )
    ),
)  # fmt: skip
"""(name, what it is about, moment)."""
