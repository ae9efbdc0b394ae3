"""Calendar months, against Java's calendar and against stepping day by day."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.material.months import months_after, months_between, span_says

MOMENTS = st.datetimes(
    min_value=datetime(1950, 1, 1),  # noqa: DTZ001 - hypothesis puts the zone in
    max_value=datetime(2400, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
JAVA = """
import java.time.OffsetDateTime;
class Months {
  public static void main(String[] a) throws Exception {
    var in = new java.io.BufferedReader(new java.io.InputStreamReader(System.in));
    for (String line; (line = in.readLine()) != null; ) {
      String[] part = line.split(" ");
      OffsetDateTime then = OffsetDateTime.parse(part[0]).plusMonths(Long.parseLong(part[1]));
      System.out.println(then.toEpochSecond());
    }
  }
}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2021-11-30T10:00:00", 39, "2025-02-28T10:00:00"),
        ("2020-11-30T10:00:00", 39, "2024-02-29T10:00:00"),
        ("2024-02-29T00:00:00", 12, "2025-02-28T00:00:00"),
        ("2024-01-31T23:59:59", 1, "2024-02-29T23:59:59"),
        ("2023-12-31T00:00:00", 2, "2024-02-29T00:00:00"),
        ("2022-09-30T00:00:00", 39, "2025-12-30T00:00:00"),
        ("2024-12-01T00:00:00", 1, "2025-01-01T00:00:00"),
        ("1900-01-31T00:00:00", 1, "1900-02-28T00:00:00"),
        ("2000-01-31T00:00:00", 1, "2000-02-29T00:00:00"),
        ("2024-05-05T05:05:05", 0, "2024-05-05T05:05:05"),
    ],
)
def test_a_day_that_the_month_lacks_becomes_its_last(start: str, months: int, end: str) -> None:
    assert months_after(at(start), months) == at(end)


def test_what_lies_beyond_the_last_year_is_the_end_of_it() -> None:
    assert months_after(at("9998-06-01T00:00:00"), 39) == datetime.max.replace(tzinfo=UTC)


@pytest.mark.skipif(shutil.which("java") is None, reason="no JDK is installed")
def test_java_counts_the_same_months(tmp_path: Path) -> None:
    """Every day of nine years, which hold a leap day missed in none, 1 to 60 months on."""
    first = datetime(2019, 12, 25, 12, 34, 56, tzinfo=UTC)
    asked = [(first + timedelta(days=n), 1 + n * 7 % 60) for n in range(3300)]
    asked += [(first + timedelta(days=n), 39) for n in range(3300)]
    (tmp_path / "Months.java").write_text(JAVA)
    lines = "".join(f"{start.isoformat()} {months}\n" for start, months in asked)
    done = subprocess.run(
        ["java", str(tmp_path / "Months.java")],
        input=lines, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    told = [int(line) for line in done.stdout.split()]

    assert told == [int(months_after(start, months).timestamp()) for start, months in asked]


@settings(max_examples=40, deadline=None)
@given(start=MOMENTS, months=st.integers(0, 45))
def test_stepping_day_by_day_comes_to_the_same_end(start: datetime, months: int) -> None:
    """Walk over the calendar, counting the first days of months passed."""
    day, passed = start.replace(day=1), 0
    while passed < months:
        day += timedelta(days=1)
        passed += day.day == 1
    wanted = day.month
    while day.day < start.day and (day + timedelta(days=1)).month == wanted:
        day += timedelta(days=1)

    assert months_after(start, months) == day


@given(start=MOMENTS, span=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4000)))
def test_the_months_between_and_the_rest_give_the_end(start: datetime, span: timedelta) -> None:
    end = start + span
    months, rest = months_between(start, end)

    assert months_after(start, months) + rest == end
    assert rest >= timedelta()
    assert months_after(start, months + 1) > end


@given(start=MOMENTS, months=st.integers(0, 60))
def test_exactly_so_many_months_are_so_many_and_no_rest(start: datetime, months: int) -> None:
    assume(start.day <= 28)
    assert months_between(start, months_after(start, months)) == (months, timedelta())


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("2024-01-31T00:00:00", "0 days"),
        ("2024-01-31T00:00:01", "1 second"),
        ("2024-02-29T00:00:00", "1 month"),
        ("2024-03-01T00:00:00", "1 month and 1 day"),
        ("2027-04-30T00:00:05", "39 months and 5 seconds"),
        ("2027-05-02T00:00:05", "39 months and 2 days"),
    ],
)
def test_a_span_is_told_in_months_and_what_is_left(end: str, says: str) -> None:
    assert span_says(at("2024-01-31T00:00:00"), at(end)) == says
