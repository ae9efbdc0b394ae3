"""DATE-001 to DATE-004: what breaks each, and what is near it and does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.rules.specimen import (
    BODY,
    DATE,
    MOMENT,
    causes,
    digest,
    expected,
    judged,
    reasons,
    sent,
    with_field,
)


def test_no_date_header_leaves_the_other_rules_of_the_date_undetermined() -> None:
    judgement = judged(with_field(sent(), "Date"))
    (finding,) = judgement.broken("DATE-001")
    assert DATE in finding.expected
    assert judgement.undetermined["DATE-002"]
    assert not judgement.holds("DATE-002")


def test_two_dates_are_one_too_many() -> None:
    string = (
        f"(request-target): post /Applications?status=open\ndate: {DATE}, {DATE}\n"
        f"digest: {digest(BODY)}"
    )
    judgement = judged(with_field(sent(string=string), "Date", DATE, DATE))
    assert reasons(judgement) == [("DATE-001", "date-repeated")]
    assert judgement.findings[0].observed == "2 Date headers"


@pytest.mark.parametrize("value", [f" {DATE}", f"{DATE}  ", f"\t{DATE}"])
def test_white_space_around_the_date_belongs_to_http(value: str) -> None:
    assert not judged(with_field(sent(), "Date", value)).findings


@pytest.mark.parametrize(
    ("value", "reason", "cause"),
    [
        (DATE.replace("GMT", "+0000"), "date-zone", "date-zone-numeric"),
        (DATE.replace("GMT", "Z"), "date-zone", "date-zone-z"),
        (DATE.replace("03", "3"), "date-day-digits", "date-day-digits"),
        (DATE.replace("Jul", "Juli"), "date-month-name", None),
        ("2019-07-03T08:28:28Z", "date-iso-8601", "date-iso-8601"),
        ("Wednesday, 03-Jul-19 08:28:28 GMT", "date-rfc-850", "date-rfc-850"),
        ("Wed Jul 03 08:28:28 2019", "date-asctime", "date-asctime"),
        (DATE.upper(), "date-day-name", "date-upper-case"),
        ("1562142508", "date-format", "date-unix-time"),
        ("next Tuesday", "date-format", None),
        ("", "date-empty", None),
    ],
)
def test_a_date_in_another_form_is_named_with_both_texts(
    value: str, reason: str, cause: str | None
) -> None:
    judgement = judged(sent(date=value))
    (finding,) = judgement.broken("DATE-001")
    assert (finding.reason, finding.expected) == (reason, DATE)
    assert finding.observed == value
    if cause is not None:
        assert causes(judgement) == [cause]
        assert judgement.causes[0].proved


def test_a_date_other_than_the_one_asked_for_breaks_the_first_rule() -> None:
    judgement = judged(sent(date="Wed, 03 Jul 2019 08:28:29 GMT"))
    assert reasons(judgement) == [("DATE-001", "date-other-moment")]
    assert judgement.findings[0].expected == DATE


def test_fractions_of_the_moment_asked_for_cannot_be_sent() -> None:
    assert not judged(sent(), expected(date=MOMENT + timedelta(microseconds=999_999))).findings


def test_the_wrong_weekday_breaks_the_second_rule_alone() -> None:
    judgement = judged(sent(date=DATE.replace("Wed", "Thu")))
    assert reasons(judgement) == [("DATE-002", "date-weekday")]
    assert causes(judgement) == ["date-weekday"]


def test_a_date_in_another_form_says_nothing_about_weekdays() -> None:
    judgement = judged(sent(date="2019-07-03T08:28:28Z"))
    assert not judgement.broken("DATE-002")
    assert not judgement.holds("DATE-002")


@pytest.mark.parametrize("seconds", [0, 1, -1, 179, -179, 180, -180])
def test_up_to_three_minutes_off_still_counts(seconds: int) -> None:
    now = MOMENT + timedelta(seconds=seconds)
    assert not judged(sent(), expected(date=None, now=now)).findings


@pytest.mark.parametrize(
    ("seconds", "side"), [(181, "behind"), (-181, "ahead"), (86_400, "behind"), (-86_400, "ahead")]
)
def test_more_than_three_minutes_off_is_refused_either_way(seconds: int, side: str) -> None:
    now = MOMENT + timedelta(seconds=seconds)
    (finding,) = judged(sent(), expected(date=None, now=now)).broken("DATE-003")
    assert finding.reason == "date-skew"
    assert f"{abs(seconds)} s {side}" in finding.observed


def test_fractions_of_now_are_not_held_against_the_date() -> None:
    now = MOMENT + timedelta(seconds=180, microseconds=900_000)
    assert not judged(sent(), expected(date=None, now=now)).findings


def test_a_wider_skew_is_taken_from_the_expectation() -> None:
    now = MOMENT + timedelta(minutes=5)
    assert not judged(sent(), expected(date=None, now=now, skew=timedelta(minutes=5))).findings


def test_a_signer_that_is_told_the_date_has_no_clock_to_judge() -> None:
    assert "DATE-003" in judged(sent()).silent


@pytest.mark.parametrize("hours", [1, 2, -5])
def test_local_time_under_the_name_of_gmt_is_told_by_its_hours(hours: int) -> None:
    now = MOMENT - timedelta(hours=hours, seconds=40)
    judgement = judged(sent(), expected(date=None, now=now))
    assert causes(judgement) == [f"date-local-time-{hours:+}"]
    assert not judgement.causes[0].proved  # whole hours off may have other reasons


def test_a_date_signed_that_is_not_the_date_sent_breaks_the_fourth_rule() -> None:
    earlier = DATE.replace(":28 GMT", ":27 GMT")
    string = f"(request-target): post /Applications?status=open\ndate: {earlier}\ndigest: "
    judgement = judged(sent(string=string + digest(BODY)))
    assert [requirement for requirement, _ in reasons(judgement)] == ["DATE-004"]
    (cause,) = judgement.causes
    assert (cause.mistake, cause.proved) == ("date-clock-read-twice", True)
    assert cause.observed == (string + digest(BODY)).encode()


@pytest.mark.parametrize("year", [1, 9999])
def test_dates_at_the_ends_of_the_calendar_are_judged_as_any(year: int) -> None:
    edge = datetime(year, 1, 1, tzinfo=UTC)
    date = f"{edge:%a, %d %b} {year:04} 00:00:00 GMT"
    assert not judged(sent(date=date), expected(date=edge)).findings
    assert judged(sent(date=date)).broken("DATE-001")
    assert judged(sent(date=date), expected(date=None, now=MOMENT)).broken("DATE-003")
