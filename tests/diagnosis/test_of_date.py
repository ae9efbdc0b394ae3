"""Why a `Date` header is what it is: forms, other moments, and moments kept from before."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistakes.date import central_european
from conformance.diagnosis.of_date import explain_date, right_moment
from conformance.diagnosis.registry import MISTAKES, breed, of_stage
from conformance.diagnosis.slot import unsigned
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import SignedRequest, UnsignedRequest
from conformance.wire.procedure import Stage
from conformance.wire.reading import Expectation, Reading
from tests.rules.hostile import KEYS
from tests.rules.specimen import DATE, MOMENT, expected, sent, with_field

AFTERNOON = datetime(2021, 1, 3, 15, 4, 5, tzinfo=UTC)


def explain(
    request: SignedRequest, expectation: Expectation, earlier: Container[datetime] = ()
) -> list[Cause]:
    reading = Reading(request=request, expected=expectation)
    return list(explain_date(reading, unsigned(reading), earlier))


def ids(causes: list[Cause]) -> list[str]:
    return [cause.mistake for cause in causes]


SHOWN = [
    mistake
    for mistake in of_stage(Stage.DATE)
    if mistake.breaks in {"DATE-001", "DATE-002"} and mistake.id != "date-not-sent"
]


@pytest.mark.parametrize("mistake", SHOWN, ids=lambda item: item.id)
@pytest.mark.parametrize("told", [True, False], ids=["date asked for", "own clock"])
def test_a_form_is_recognised_whether_or_not_the_moment_is_known(
    mistake: object, told: bool
) -> None:
    item = MISTAKES[getattr(mistake, "id", "")]
    early = datetime(2024, 12, 30, 15, 4, 5, tzinfo=UTC)
    for moment in (AFTERNOON, early, MOMENT):
        asked = UnsignedRequest(method="GET", target="/", date=moment, key_id="c")
        signed = breed([item]).sign(asked, KEYS).signed
        if signed.headers == breed([]).sign(asked, KEYS).signed.headers:
            continue
        if signed.headers.all("date") == breed([]).sign(asked, KEYS).signed.headers.all("date"):
            continue
        expectation = expected(
            date=moment if told else None, now=None if told else moment + timedelta(seconds=20)
        )
        causes = explain(signed, expectation)
        if not told and Reading(request=signed, expected=expectation).moment is not None:
            continue  # read as a date, and judged as one
        named = {name for cause in causes for name in (cause.mistake, *cause.same_as)}
        assert item.id in named, (moment, causes)
        assert all(cause.proved for cause in causes)


def test_a_right_date_needs_no_explanation() -> None:
    assert explain(sent(), expected()) == []
    assert explain(sent(), expected(date=None, now=MOMENT)) == []
    assert explain(sent(), expected(date=None, now=None)) == []


def test_a_moment_within_the_skew_needs_none_and_one_beyond_does() -> None:
    for seconds, hours in ((180, 0), (-180, 0), (3600 + 180, 1), (3600 - 180, 1)):
        now = MOMENT - timedelta(seconds=seconds)
        causes = explain(sent(), expected(date=None, now=now))
        assert ids(causes) == ([f"date-local-time-{hours:+}"] if hours else [])
    assert explain(sent(), expected(date=None, now=MOMENT - timedelta(seconds=181))) == []


def test_local_time_is_proved_only_against_the_very_moment() -> None:
    hour = timedelta(hours=2)
    (told,) = explain(sent(), expected(date=MOMENT - hour))
    assert (told.mistake, told.proved, told.requirement) == ("date-local-time-+2", True, "DATE-001")
    (own,) = explain(sent(), expected(date=None, now=MOMENT - hour))
    assert (own.mistake, own.proved, own.requirement) == ("date-local-time-+2", False, "DATE-003")
    assert own.observed == DATE.encode()
    assert own.expected == format_imf_fixdate(MOMENT - hour).encode()


def test_a_moment_kept_from_before_is_recognised() -> None:
    asked = MOMENT + timedelta(minutes=17)
    (cause,) = explain(sent(), expected(date=asked), {MOMENT})
    assert (cause.mistake, cause.requirement) == ("date-reused", "DATE-001")
    (own,) = explain(sent(), expected(date=None, now=asked), {MOMENT})
    assert (own.mistake, own.requirement) == ("date-reused", "DATE-003")
    assert explain(sent(), expected(date=asked), {asked}) == []


def test_summer_time_is_that_of_berlin() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for year in range(1970, 2038):
        for day in range(0, 365, 3):
            for hour in (0, 1, 12):
                at = datetime(year, 1, 1, hour, tzinfo=UTC) + timedelta(days=day)
                assert central_european(at) == at.astimezone(berlin).utcoffset(), at


def test_local_time_of_summer_and_winter_may_be_one_mistake() -> None:
    summer = explain(sent(), expected(date=MOMENT - timedelta(hours=2)))
    assert "date-local-time-central-europe" in summer[0].same_as
    winter = datetime(2021, 1, 3, 15, 4, 5, tzinfo=UTC)
    for hours, fits in ((1, True), (2, False)):
        date = format_imf_fixdate(winter + timedelta(hours=hours))
        for expectation in (expected(date=winter), expected(date=None, now=winter)):
            (cause,) = explain(sent(date=date), expectation)
            assert cause.mistake == f"date-local-time-{hours:+}"
            assert ("date-local-time-central-europe" in cause.same_as) == fits


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Wed, 3 Jul 2019 10:28:28 +0200", ["date-java-rfc-1123"]),
        ("Wed, 3 Jul 2019 03:28:28 -0500", ["date-java-rfc-1123"]),
        ("Wed, 03 Jul 2019 10:28:28 +0200", ["date-local-offset"]),
        ("Wed, 03 Jul 2019 13:58:28 +0530", ["date-local-offset"]),
    ],
)
def test_local_time_with_its_offset_is_named_whatever_the_offset(
    text: str, named: list[str]
) -> None:
    for expectation in (expected(), expected(date=None, now=MOMENT)):
        (cause,) = explain(sent(date=text), expectation)
        assert [cause.mistake, *cause.same_as] == named
        assert cause.proved
        assert cause.expected == f"Date: {DATE}".encode()
        assert cause.observed == f"Date: {text}".encode()
        assert "'GMT'\", Locale.ENGLISH)" in cause.mend


def test_a_day_of_two_digits_leaves_open_who_wrote_the_local_time() -> None:
    asked = expected(date=MOMENT + timedelta(days=12))
    (cause,) = explain(sent(date="Mon, 15 Jul 2019 10:28:28 +0200"), asked)
    assert [cause.mistake, *cause.same_as] == ["date-local-offset", "date-java-rfc-1123"]


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 3 Jul 2019 10:28:29 +0200",
        "Thu, 3 Jul 2019 10:28:28 +0200",
        "Wed, 3 Abc 2019 10:28:28 +0200",
        "Wed, 3 Jul 2019 25:28:28 +0200",
        "Wed, 3 Jul 2019 10:28:28 +02000",
    ],
)
def test_local_time_of_another_moment_is_not_told_for_that_asked(text: str) -> None:
    assert "date-java-rfc-1123" not in ids(explain(sent(date=text), expected()))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (DATE.replace("Wed", "Mi."), "date-names-local"),
        (DATE.replace("Jul", "Xyz"), "date-names-local"),
        (DATE.replace("Wed", "Mon"), "date-weekday"),
    ],
)
def test_a_form_that_no_mistake_makes_is_told_by_its_grammar(text: str, cause: str) -> None:
    (found,) = explain(sent(date=text), expected())
    assert found.mistake == cause
    assert (found.expected, found.observed) == (DATE.encode(), text.encode())


@pytest.mark.parametrize("text", ["", "tomorrow", "2019", "25:61:61", "99:99:99 32 9999", "\xff"])
def test_a_text_that_is_no_date_is_left_unexplained(text: str) -> None:
    request = with_field(sent(), "Date", text)
    assert explain(request, expected()) == []
    assert explain(request, expected(date=None, now=MOMENT)) == []


def test_two_dates_and_none_are_explained_as_such() -> None:
    twice = with_field(sent(), "Date", DATE, DATE)
    assert ids(explain(twice, expected())) == ["date-sent-twice"]
    none = with_field(sent(), "Date")
    assert ids(explain(none, expected())) == ["date-not-sent"]
    other = with_field(with_field(sent(), "Date"), "X-Date", DATE)
    assert ids(explain(other, expected())) == ["date-in-x-date"]
    uncovered = with_field(sent(names="(request-target) digest"), "Date")
    assert ids(explain(uncovered, expected())) == ["date-absent"]


def test_the_right_moment_is_the_one_called_for_and_no_other() -> None:
    def moment(expectation: Expectation, request: SignedRequest | None = None) -> object:
        return right_moment(Reading(request=request or sent(), expected=expectation))

    assert moment(expected()) == MOMENT
    assert moment(expected(date=MOMENT + timedelta(microseconds=5))) == MOMENT
    assert moment(expected(date=MOMENT + timedelta(seconds=1))) is None
    assert moment(expected(date=None, now=MOMENT + timedelta(seconds=180))) == MOMENT
    assert moment(expected(date=None, now=MOMENT + timedelta(seconds=181))) is None
    assert moment(expected(date=None, now=None)) == MOMENT
    assert moment(expected(), with_field(sent(), "Date")) is None
