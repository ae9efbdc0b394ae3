"""Why the `Date` header is what it is."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistake import Given, Mistake
from conformance.diagnosis.mistakes.date import with_offset
from conformance.diagnosis.registry import MISTAKES, of_stage
from conformance.diagnosis.reproduction import (
    STRING_ONLY,
    cause_of,
    normal,
    reproduced,
    sent_fields,
    shown_right,
    shown_sent,
)
from conformance.diagnosis.slot import unsigned
from conformance.errors import WireError
from conformance.wire.date import MONTHS, format_imf_fixdate, moved, parse_imf_fixdate
from conformance.wire.message import UnsignedRequest, to_octets
from conformance.wire.procedure import DOCUMENTED, CoveredField, Stage
from conformance.wire.reading import Reading

_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})")
_LOCAL: Final = re.compile(
    r"[A-Z][a-z]{2}, (?P<day>[0-9]{1,2}) (?P<month>[A-Z][a-z]{2}) (?P<year>[0-9]{4}) "
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}) "
    r"(?P<sign>[+-])(?P<hours>[0-9]{2})(?P<minutes>[0-9]{2})\Z"
)
_DAY_DIGITS: Final = {"date-local-offset": 2, "date-java-rfc-1123": 1}
"""How many digits the day has at least in local time with its offset, by the mistake."""
_NUMBER: Final = re.compile(r"[0-9]+")
_FORMS: Final = {
    "date-day-name": "date-names-local",
    "date-month-name": "date-names-local",
    "date-weekday": "date-weekday",
}
"""What the grammar's refusal stands for where no mistake reproduces the text."""


def explain_date(
    reading: Reading, request: UnsignedRequest, earlier: Container[datetime]
) -> Iterator[Cause]:
    """Yield the mistakes that make the `Date` header what it is.

    `earlier` are the moments of requests before this one.
    """
    observed = sent_fields(reading, ("date", "x-date"))
    asked = reading.expected.date
    moment = reading.moment
    if len(observed) == 1 and moment is not None:  # and so it is Date, not X-Date
        yield from _other_moment(reading, moment, earlier)
        return
    covered = reading.carrier is not None and "date" in reading.covered

    def fits(field: CoveredField) -> bool:
        return normal(field.sent) == observed and (
            bool(observed) or (field.signed is not None) == covered
        )

    text = observed[-1][1] if observed else ""
    local = list(_local_with_offset(reading, text, request))
    if local:
        yield from local
        return
    mistakes = [item for item in of_stage(Stage.DATE) if item.id not in STRING_ONLY]
    shown = shown_sent(reading, ("date", "x-date"))
    known = [request.date] if asked is not None or not observed else None
    for guess in known or _moments(text, request.date):
        dated = _at(request, guess)
        given = Given(request=dated)
        counts = (1,) if asked is None else (1, 2)
        right = DOCUMENTED.date(dated)
        found = list(reproduced(right, mistakes, given, fits, observed=shown, counts=counts))
        if found:
            yield from found
            return
    if len(observed) == 1:
        yield from _by_its_form(text, asked)


def _local_with_offset(reading: Reading, text: str, request: UnsignedRequest) -> Iterator[Cause]:
    """Yield the mistake that writes the moment asked for as local time, whatever its offset."""
    match = _LOCAL.match(text)
    if match is None or match["month"] not in MONTHS:
        return
    try:
        local = datetime(
            int(match["year"]), MONTHS.index(match["month"]) + 1, int(match["day"]),
            int(match["hour"]), int(match["minute"]), int(match["second"]), tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
    offset = -offset if match["sign"] == "-" else offset
    at, asked = moved(local, -offset), reading.expected.date
    if not offset or (asked is not None and at != asked.astimezone(UTC).replace(microsecond=0)):
        return
    fitting = [
        name for name, digits in _DAY_DIGITS.items() if with_offset(at, offset, digits) == text
    ]
    if fitting:
        yield cause_of(
            MISTAKES[fitting[0]],
            expected=shown_right(DOCUMENTED.date(_at(request, at))),
            observed=shown_sent(reading, ("date", "x-date")),
            same_as=tuple(fitting[1:]),
        )


def _by_its_form(text: str, asked: datetime | None) -> Iterator[Cause]:
    """Yield what the grammar says of a date that no mistake reproduces."""
    try:
        parse_imf_fixdate(text)
    except WireError as refusal:
        if refusal.reason in _FORMS:
            right = None if asked is None else to_octets(format_imf_fixdate(asked))
            yield cause_of(
                MISTAKES[_FORMS[refusal.reason]], expected=right, observed=to_octets(text)
            )


def _other_moment(
    reading: Reading, moment: datetime, earlier: Container[datetime]
) -> Iterator[Cause]:
    """Yield why a date of the right form is another one: hours off, or kept from before."""
    right, slack = _called_for(reading, moment)
    if abs(moment - right) <= slack:
        return
    asked = reading.expected.date
    requirement = "DATE-003" if asked is None else "DATE-001"
    expected_text = to_octets(format_imf_fixdate(right))
    observed_text = to_octets(format_imf_fixdate(moment))
    if asked is not None:
        found = list(_reproduced_moment(reading, asked))
        if found:
            yield from found
            return
    local = [
        mistake
        for mistake in of_stage(Stage.DATE)
        if mistake.id.startswith("date-local-time-")
        and abs(moved(moment, -_ahead(mistake, reading, right)) - right) <= slack
    ]
    if local:
        yield cause_of(
            local[0], expected=expected_text, observed=observed_text,
            proved=asked is not None, requirement=requirement,
            same_as=tuple(mistake.id for mistake in local[1:]),
        )  # fmt: skip
        return
    if moment in earlier:
        yield cause_of(
            MISTAKES["date-reused"], expected=expected_text, observed=observed_text,
            requirement=requirement,
        )  # fmt: skip


def _ahead(mistake: Mistake, reading: Reading, at: datetime) -> timedelta:
    """Return by how much the clock of this mistake is ahead of the time `at`."""
    request = _at(unsigned(reading), at)
    made: CoveredField = mistake.change(DOCUMENTED.date(request), Given(request=request))
    return parse_imf_fixdate(made.signed or "") - at


def _called_for(reading: Reading, moment: datetime) -> tuple[datetime, timedelta]:
    """Return the date that is called for, and how far off it may be; `moment` where any is."""
    expected = reading.expected
    if expected.date is not None:
        return expected.date.astimezone(UTC).replace(microsecond=0), timedelta()
    now = expected.now
    return (now.replace(microsecond=0) if now else moment), expected.skew


def right_moment(reading: Reading) -> datetime | None:
    """Return the moment of the date sent, where it is the one called for."""
    moment = reading.moment
    if moment is None:
        return None
    right, slack = _called_for(reading, moment)
    return moment if abs(moment - right) <= slack else None


def _reproduced_moment(reading: Reading, asked: datetime) -> Iterator[Cause]:
    """Yield the mistake that makes this other moment of the one asked for."""
    request = _at(unsigned(reading), asked)
    observed = sent_fields(reading, ("date",))
    mistakes = [item for item in of_stage(Stage.DATE) if item.id not in STRING_ONLY]
    for cause in reproduced(
        DOCUMENTED.date(request), mistakes, Given(request=request),
        lambda field: normal(field.sent) == observed, observed=shown_sent(reading, ("date",)),
    ):  # fmt: skip
        yield cause if cause.requirement != "DATE-003" else replace(cause, requirement="DATE-001")


def _at(request: UnsignedRequest, moment: datetime) -> UnsignedRequest:
    return replace(request, date=moment)


def _moments(text: str, near: datetime) -> Iterator[datetime]:
    """Guess which moments a text in an unknown form may stand for."""
    with contextlib.suppress(WireError):
        yield parse_imf_fixdate(text)
    numbers = [int(number) for number in _NUMBER.findall(text) if len(number) <= 10]
    yield from (datetime.fromtimestamp(n, UTC) for n in numbers if n >= 10**9)
    time = _TIME.search(text)
    if time is None:
        return
    hour, minute, second = (int(part) for part in time.groups())
    years = [*[n for n in numbers if 1900 <= n <= 9999][:2], near.year]
    days = [n for n in numbers if 1 <= n <= 31] or [near.day]
    for year in dict.fromkeys(years):
        for month in range(1, 13):
            for day in dict.fromkeys(days[:3]):
                for hours in (hour, hour + 12):
                    try:
                        yield datetime(year, month, day, hours % 24, minute, second, tzinfo=UTC)
                    except ValueError:
                        continue
