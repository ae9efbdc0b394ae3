"""Time lines, charts and stories: where things stand, also when the figures are absurd."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conformance.rendering.chart import MOST, drawing
from conformance.rendering.comparison import AROUND, compared
from conformance.rendering.page import html
from conformance.rendering.story import MOST as MOST_STEPS
from conformance.rendering.story import diagram, stories
from conformance.rendering.text import Piece, pieces, shown
from conformance.rendering.timeline import time_line
from conformance.report.check import Actor, Outcome
from conformance.report.model import Point
from conformance.report.verdict import WORST_FIRST
from tests.rendering.samples import (
    CATALOGUE,
    LIMIT,
    MOMENT,
    NEUTRAL,
    SKEW,
    STORM,
    certificate,
    check,
    full,
    report,
    result,
    results,
    steps,
)

FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "days", "state", "says"),
    [
        (-200, 730, "good", "530 days left"),
        (-200, 261, "good", "61 days left"),
        (-200, 260, "warn", "60 days left: renew it now"),
        (-200, 201, "warn", "1 day left: renew it now"),
        (-200, 200, "bad", "expired 0 days ago"),
        (-200, 190, "bad", "expired 10 days ago"),
        (3, 700, "bad", "not valid for another 4 days"),
    ],
)
def test_a_certificate_says_how_long_it_is_good_for(
    begins: int, days: int, state: str, says: str
) -> None:
    line = time_line((certificate("tls", MOMENT + timedelta(days=begins), days),), MOMENT)
    assert line is not None
    assert (line.bars[0].state, line.bars[0].says) == (state, says)


def test_the_time_line_is_in_proportion() -> None:
    line = time_line((certificate("tls", MOMENT - timedelta(days=100), 400),), MOMENT)
    assert line is not None
    (bar,) = line.bars
    span = bar.ends - bar.begins
    assert line.today - bar.begins == pytest.approx(span * 100 / 400, abs=0.1)
    assert bar.ends - bar.renew == pytest.approx(span * 60 / 400, abs=0.1)
    assert [mark.says for mark in line.years] == ["2027"]


def test_no_certificates_have_no_time_line() -> None:
    assert time_line((), MOMENT) is None


@pytest.mark.parametrize(("begins", "expires"), [(FIRST, LAST), (LAST, FIRST), (LAST, LAST)])
def test_absurd_dates_stay_on_the_line(begins: datetime, expires: datetime) -> None:
    item = replace(certificate("tls", MOMENT, 1), valid_from=begins, expires=expires)
    line = time_line((item,), MOMENT)
    assert line is not None
    places = [line.today, *(mark.at for mark in line.years)]
    places += [place for bar in line.bars for place in (bar.begins, bar.renew, bar.ends)]
    assert all(0 <= place <= 100 for place in places)
    assert len(line.years) <= 9
    subject = replace(full().subject, certificates=(item,))
    assert html(replace(full(), subject=subject, expires=expires), CATALOGUE)


def test_the_skew_boundary_lies_on_a_line_with_the_documented_one() -> None:
    drawn = drawing(SKEW)
    assert drawn.is_line
    low, high = drawn.documented
    assert (low.says, high.says) == ("-180 s", "+180 s")
    assert drawn.band == (low.at, high.at)
    assert [dot.point.kind == "accepted" for dot in drawn.dots] == [dot.good for dot in drawn.dots]


def test_a_rate_limit_goes_over_time_and_a_429_is_told_apart() -> None:
    drawn = drawing(LIMIT)
    assert not drawn.is_line
    assert sum(not dot.good for dot in drawn.dots) == 3
    first, last = drawn.dots[0], drawn.dots[29]
    assert first.x < last.x
    assert first.y < last.y, "less remaining lies lower"
    assert [tick.says for tick in drawn.rows] == ["0", "10", "20"]


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(0.0, 0.0)],
        [(5.0, 5.0), (5.0, 5.0)],
        [(math.inf, 1.0), (math.nan, 1.0), (1e308, -1e308)],
        [(1e-300, 1e-300), (2e-300, 0.0)],
        [(-1e14, 1e14), (1e14, -1e14)],
        [(float(at), float(at)) for at in range(5000)],
    ],
)
def test_absurd_measurements_are_drawn_inside_or_left_out(
    points: list[tuple[float, float]],
) -> None:
    made = tuple(Point(x=x, y=y, kind="200") for x, y in points)
    for chart in (replace(SKEW, points=made), replace(LIMIT, points=made)):
        drawn = drawing(chart)
        assert len(drawn.dots) <= MOST
        assert len(drawn.dots) + drawn.left_out == len(points)
        assert all(0 <= place <= 100 for dot in drawn.dots for place in (dot.x, dot.y))
        assert all(0 <= tick.at <= 100 for tick in (*drawn.columns, *drawn.rows))
        assert len(drawn.columns) <= 8
        assert html(replace(full(), charts=(chart,)), CATALOGUE)


def test_a_message_goes_from_the_client_to_the_server_and_back() -> None:
    drawn = diagram(STORM.steps)
    lanes = dict(drawn.lanes)
    assert list(lanes) == [Actor.SUITE, Actor.CLIENT, Actor.SANDBOX]
    told, request, answer = drawn.beats[:3]
    assert (told.lane, told.toward) == (lanes[Actor.SUITE], lanes[Actor.CLIENT])
    assert (request.lane, request.toward) == (lanes[Actor.CLIENT], lanes[Actor.SANDBOX])
    assert (answer.lane, answer.toward) == (lanes[Actor.SANDBOX], lanes[Actor.CLIENT])
    assert [round(beat.waited, 2) for beat in drawn.beats if beat.waited] == [2.06]


@pytest.mark.parametrize(
    ("says", "toward"),
    [
        ("POST /oauth2/token", Actor.SANDBOX),
        ("M-SEARCH /a", Actor.SANDBOX),
        ("OPTIONS *", Actor.SANDBOX),
        ("GET http://elsewhere/", Actor.SANDBOX),
        ("says success with status 200", Actor.SUITE),
        ("no request: the client broke the handshake off", None),
    ],
)
def test_what_a_client_sends_nobody_has_no_arrow(says: str, toward: Actor | None) -> None:
    told = (*STORM.steps, *steps((3.0, Actor.CLIENT, says, NEUTRAL)))
    drawn = diagram(told)
    lanes = dict(drawn.lanes)
    assert drawn.beats[-1].toward == (lanes[toward] if toward else None)


def test_the_first_stories_that_went_wrong_stand_unfolded() -> None:
    wrong = [
        result(item, [check(item, Outcome.FAIL, id=f"story:{item}", story=STORM)])
        for item in ("RATE-001", "RATE-002", "TOK-001", "TOK-002", "TOK-003")
        if item in CATALOGUE.requirements
    ]
    told = stories(report(results(*wrong)), WORST_FIRST)
    assert [item.opens for item in told] == [True] * 3 + [False] * (len(wrong) - 3)


def test_a_long_wait_is_drawn_short() -> None:
    points = tuple(Point(x=x, y=1800 - x, kind="200") for x in (0.0, 1.0, 2.0, 62.0))
    drawn = drawing(replace(LIMIT, points=points))
    assert drawn.gap is not None
    assert drawn.gap.says == "60"
    places = [dot.x for dot in drawn.dots]
    assert places == sorted(places)
    assert places[2] - places[0] > 50
    assert all(places[2] >= tick.at or tick.at >= places[3] for tick in drawn.columns)
    assert min(float(tick.says.replace(",", "")) for tick in drawn.rows) > 1000, "zoomed in"


def test_a_storm_is_told_up_to_a_limit() -> None:
    drawn = diagram(steps(*((0.1 * n, Actor.CLIENT, "GET /", NEUTRAL) for n in range(5000))))
    assert len(drawn.beats) == MOST_STEPS
    assert drawn.left_out == 5000 - MOST_STEPS


def test_a_story_that_several_requirements_are_judged_by_is_told_once() -> None:
    shared = [
        result(item, [check(item, outcome, id="story:calm", story=STORM)])
        for item, outcome in (("RATE-001", Outcome.PASS), ("RATE-002", Outcome.FAIL))
    ]
    (told,) = stories(report(results(*shared)), WORST_FIRST)
    assert [item.requirement for item in told.checks] == ["RATE-001", "RATE-002"]
    assert told.outcome is Outcome.FAIL


def test_a_comparison_shows_the_lines_around_the_first_difference() -> None:
    lines = [f"line {number}" for number in range(5000)]
    other = [*lines[:3000], "another", *lines[3001:]]
    found = compared("\\n".join(lines), "\\n".join(other))
    assert len(found.rows) == 2 * AROUND + 1
    assert found.before + len(found.rows) + found.after == 5000
    assert [row.number for row in found.rows if row.differs] == [3001]
    assert any(piece.marked for row in found.rows for piece in row.observed)


def test_a_string_that_ends_early_is_marked_at_its_end() -> None:
    (row,) = compared("abc", "ab").rows
    assert row.expected[-1] == Piece(text="c", marked=True)
    assert row.observed[-1] == Piece(text="end", name="the end", marked=True)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a b", []),
        ("a  b", ["2 spaces"]),
        (" a", ["a space"]),
        ("a\\r\\n", ["carriage return", "line feed"]),
        ("\\xe4\\\\n", ["octet e4"]),
        ("\\t\\x20", ["tab", "space"]),
    ],
)
def test_what_would_be_overlooked_has_a_name(text: str, names: list[str]) -> None:
    found = pieces(text)
    assert [piece.name for piece in found if piece.name] == names
    assert "".join(piece.text for piece in found).replace("·", " ") == text


@pytest.mark.parametrize("text", ["", "plain", "Bücher, 書籍, ספר, كتاب", "e\u0301", "two\nlines"])
def test_letters_of_all_languages_stay(text: str) -> None:
    assert shown(text) == text


def test_a_long_text_says_how_much_is_missing() -> None:
    assert shown("x" * 30, 10) == "xxxxxxxxxx… (20 characters more)"
