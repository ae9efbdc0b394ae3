"""The boundary of the date is found to the second, and a clock's rounding breaks no promise."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from conformance.client.message import Answer, Trouble, TroubleKind
from conformance.probes.probe import Sight
from conformance.probes.series import Shown
from conformance.probes.skew import search_boundary
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.message import SignedRequest
from tests.probes.scripted import START, Api, pong, scripted, told

DETAIL = "Difference between current GMT time and the Date header is more than 3 minutes allowed]."


def api(behind: float, ahead: float, *, whole: bool = True) -> Api:
    """Return an API that lets dates pass up to so many seconds; `whole` cuts its own clock."""

    def answer(request: SignedRequest, now: datetime) -> Answer:
        date = parse_imf_fixdate(request.headers.first("date") or "")
        clock = now.replace(microsecond=0) if whole else now
        off = (date - clock).total_seconds()
        if off > ahead or -off > behind:
            return told(401, "Unauthorized", DETAIL)
        return pong()

    return answer


def broken(shown: Shown) -> set[str]:
    return {name for name, seen in shown.seen.items() if seen.sight is Sight.BROKEN}


def held(shown: Shown) -> set[str]:
    return {name for name, seen in shown.seen.items() if seen.sight is Sight.HELD}


BOTH = {"API-DATE-001", "API-DATE-002"}


@pytest.mark.parametrize(
    ("behind", "ahead", "expected"),
    [
        (180, 180, set()),
        (300, 300, {"API-DATE-001"}),
        (181, 180, {"API-DATE-001"}),
        (180, 181, {"API-DATE-001"}),
        (10**9, 10**9, {"API-DATE-001"}),
        (120, 120, {"API-DATE-002"}),
        (180, 179, {"API-DATE-002"}),
        (178, 180, {"API-DATE-002"}),
        (180, -1, {"API-DATE-002"}),
        (120, 300, BOTH),
    ],
)
def test_another_boundary_breaks_its_promise(
    behind: float, ahead: float, expected: set[str]
) -> None:
    prober, _ = scripted(api(behind, ahead))
    assert broken(search_boundary(prober)) == expected


@pytest.mark.parametrize("off", [7, 60, 120, 179, 180, 181, 299, 300, 1000, 5000])
def test_the_boundary_is_found_to_the_second(off: int) -> None:
    prober, script = scripted(api(off, off))
    shown = search_boundary(prober)
    said = next(iter(shown.seen.values())).observed
    assert said == "; ".join(
        f"{side}: accepted up to {off:,} s, refused from {off + 1:,} s on"
        for side in ("behind", "ahead")
    )
    assert len(script.sent) <= 60


def test_a_right_api_takes_a_handful_of_requests() -> None:
    prober, script = scripted(api(180, 180))
    assert held(search_boundary(prober)) == BOTH
    assert len(script.sent) <= 12


@pytest.mark.parametrize("phase", [0.0, 0.2, 0.49, 0.5, 0.73, 0.97])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("per_second", [5, 1, 0.3])
def test_neither_rounding_nor_a_slow_pace_looks_like_a_broken_promise(
    phase: float, whole: bool, per_second: float
) -> None:
    """A server that compares with fractions may refuse what shows 180 s behind, rightly."""
    prober, _ = scripted(
        api(180, 180, whole=whole), start=START + timedelta(seconds=phase), per_second=per_second
    )
    assert held(search_boundary(prober)) == BOTH


@pytest.mark.parametrize("offset", [-0.9, 0.6, 40])
def test_a_machine_whose_clock_is_off_finds_the_server_s_boundary(offset: float) -> None:
    """What counts is the server's own clock, wherever this machine's is."""
    prober, script = scripted(api(180, 180))
    script.ahead = timedelta(seconds=offset)
    prober.session.offset = timedelta(seconds=round(offset) if abs(offset) > 1 else 0)
    assert held(search_boundary(prober)) == BOTH


def test_without_a_server_s_date_only_what_is_certain_is_said() -> None:
    prober, _ = scripted(api(180, 180), dated=False)
    assert held(search_boundary(prober)) == BOTH
    prober, _ = scripted(api(300, 300), dated=False)
    assert broken(search_boundary(prober)) == {"API-DATE-001"}


def test_trouble_on_the_way_shows_nothing() -> None:
    trouble = Trouble(kind=TroubleKind.SILENCE, says="no answer")
    prober, _ = scripted(lambda *_: trouble)
    shown = search_boundary(prober)
    assert {seen.sight for seen in shown.seen.values()} == {Sight.UNCLEAR}


def test_what_was_broken_before_the_trouble_stays_broken() -> None:
    """A boundary that is too wide was seen, whatever came after."""
    numbers = iter(range(1000))
    inner = api(300, 300)

    def answer(request: SignedRequest, now: datetime) -> Answer | Trouble:
        if next(numbers) > 3:
            return Trouble(kind=TroubleKind.CUT_OFF, says="cut off")
        return inner(request, now)

    shown = search_boundary(scripted(answer)[0])
    assert shown.seen["API-DATE-001"].sight is Sight.BROKEN
    assert shown.seen["API-DATE-002"].sight is Sight.UNCLEAR


def test_the_drawing_has_both_sides_of_the_boundary() -> None:
    shown = search_boundary(scripted(api(180, 180))[0])
    assert shown.measurement is not None
    points = {point.x: point.kind for point in shown.measurement.points}
    assert shown.measurement.id == "skew-boundary"
    assert {points[-181], points[181]} == {"refused"}
    assert {points[-180], points[180]} == {"accepted"}
    assert list(points) == sorted(points)
