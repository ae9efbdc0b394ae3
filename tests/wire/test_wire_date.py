"""IMF-fixdate against Python's own reader and writer of mail dates."""

from __future__ import annotations

import locale
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import WireError
from conformance.wire.date import format_imf_fixdate, parse_imf_fixdate

MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 1),  # noqa: DTZ001 - hypothesis wants it without a zone
    max_value=datetime(9999, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
RIGHT = "Wed, 03 Jul 2019 08:28:28 GMT"


def attempt(text: str) -> datetime | WireError:
    try:
        return parse_imf_fixdate(text)
    except WireError as refusal:
        return refusal


@given(MOMENTS)
def test_a_date_is_written_as_the_mail_library_writes_it(moment: datetime) -> None:
    assert format_imf_fixdate(moment) == format_datetime(moment, usegmt=True)


@given(MOMENTS)
def test_what_was_written_is_read_again_in_whole_seconds(moment: datetime) -> None:
    assert parse_imf_fixdate(format_imf_fixdate(moment)) == moment.replace(microsecond=0)


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_the_zone_of_the_moment_does_not_matter(moment: datetime, minutes: int) -> None:
    if 1001 < moment.year < 9999:
        elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes)))
        assert format_imf_fixdate(elsewhere) == format_imf_fixdate(moment)


@given(MOMENTS, st.integers(0, 28), st.characters(codec="latin-1"))
def test_another_character_is_refused_or_means_what_the_mail_library_reads(
    moment: datetime, at: int, character: str
) -> None:
    text = format_imf_fixdate(moment)
    text = text[:at] + character + text[at + 1 :]
    read = attempt(text)
    if isinstance(read, WireError):
        assert read.reason.startswith("date-")
    elif not text[:-4].endswith(":60") and read.year >= 100:  # it takes 01 for 2001
        assert read == parsedate_to_datetime(text)


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    read = attempt(text)
    assert isinstance(read, WireError)
    assert read.reason.startswith("date-")
    assert read.message.isascii()


def test_a_leap_second_is_a_second() -> None:
    read = parse_imf_fixdate("Sat, 31 Dec 2016 23:59:60 GMT")
    assert read == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_the_machines_language_does_not_matter() -> None:
    before = locale.setlocale(locale.LC_TIME)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C"):
        try:
            locale.setlocale(locale.LC_TIME, name)
        except locale.Error:
            continue
        try:
            assert format_imf_fixdate(datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC)) == RIGHT
        finally:
            locale.setlocale(locale.LC_TIME, before)


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 03 Jul 2019 08:28:28 " + "X" * 100_000,
        "W" * 100_000 + ", 03 Jul 2019 08:28:28 GMT",
        "Wed, 03 " + "\x1b[31m" * 20_000 + " 2019 08:28:28 GMT",
        "Wed, 03 Jul 2019 " + "0" * 100_000 + " GMT",
        "Wed," + " " * 100_000 + "03",
        "Wed, " + "0" * 100_000 + " Jul 2019 08:28:28 GMT",
    ],
    ids=["zone", "day-name", "month", "time", "gap", "day"],
)
def test_what_is_said_of_a_hostile_date_is_short_and_printable(text: str) -> None:
    with pytest.raises(WireError) as refusal:
        parse_imf_fixdate(text)
    assert len(refusal.value.message) < 200
    assert refusal.value.message.isprintable()


def test_a_refusal_says_what_was_written() -> None:
    with pytest.raises(WireError, match=r"the zone is written '\+00:00', not 'GMT'"):
        parse_imf_fixdate("Wed, 03 Jul 2019 08:28:28 +00:00")
