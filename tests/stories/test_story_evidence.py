"""Stories as evidence: what is read again is what was written, and is judged the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.catalogue import load_catalogue
from conformance.redaction import Redactor
from conformance.report.restoried import checks_again
from conformance.stories.evidence import line_of, read_stories
from conformance.stories.judging import differs, judge_story
from conformance.stories.story import Story
from conformance.wire.message import SignedPath
from tests.stories.conftest import Tell

SOME = ("call/ping", "wait/rate-limit", "tls/self-signed", "application/answer-lost",
        "redirect/token", "wire/body/all-octets", "call/clock-far-behind")  # fmt: skip


@pytest.mark.parametrize("case", SOME)
def test_a_story_read_again_is_the_same_and_judged_the_same(tell: Tell, case: str) -> None:
    story = tell(case)
    ((identity, again),) = read_stories([line_of(story, Redactor())])

    assert identity == f"story:{case}"
    assert again == story
    judged = judge_story(again)
    assert judged.held == judge_story(story).held
    assert not judged.seen


def test_a_story_that_was_tampered_with_is_judged_by_what_it_says_now(tell: Tell) -> None:
    text = line_of(tell("call/ping"), Redactor()).replace("/partner-api/ping", "/partner-api/pong")
    ((_, story),) = read_stories([text])

    assert story is not None
    assert {item.finding.requirement for item in judge_story(story).seen} == {"TGT-004"}


def test_a_configured_secret_withholds_the_story(tell: Tell) -> None:
    story = tell("call/ping")
    line = line_of(story, Redactor([story.registered.client_secret]))

    assert story.registered.client_secret not in line
    assert [*read_stories([line])] == [("story:call/ping", None)]


def test_a_body_beyond_all_bounds_withholds_the_story(tell: Tell) -> None:
    story = tell("call/ping")
    call = story.calls[-1]
    huge = replace(call, request=replace(call.request, body=b"x" * (3 << 20)))

    line = line_of(replace(story, calls=(huge,)), Redactor())

    assert len(line) < 200
    assert "too large" in line


def _broken_lines(story: Story) -> list[str]:
    good = json.loads(line_of(story, Redactor()))
    lines = ["{", "[]", '{"id":"story:x"}', '{"id":"vector:x","story":{}}', "[" * 5000]
    for path, value in (
        (("began",), "yesterday"), (("began",), "2026-01-01T00:00:00"), (("case",), "other"),
        (("calls", 0, "at_s"), "soon"), (("calls", 0, "request", "body"), "%%%"),
        (("calls", 0, "request", "headers"), [["a"]]), (("asked", 0, "kind"), "fine"),
        (("calls", 0, "more"), 1), (("registered", "signing_key"), 5),
    ):  # fmt: skip
        wrong = json.loads(json.dumps(good))
        place = wrong["story"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        lines.append(json.dumps(wrong))
    return lines


def test_a_broken_line_is_refused_with_its_number_and_a_sentence(tell: Tell) -> None:
    for line in _broken_lines(tell("call/ping")):
        with pytest.raises(ValueError, match=r"line 2 is no story: ."):
            [*read_stories(["\n", line])]


def _changed(story: Story, *path: str | int, to: object) -> str:
    record = json.loads(line_of(story, Redactor()))
    place = record["story"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(record)


HOSTILE: list[tuple[tuple[str | int, ...], object]] = [
    (("calls", -1, "at_s"), 1e300), (("calls", -1, "at_s"), float("nan")),
    (("calls", -1, "ahead_s"), float("inf")), (("calls", -1, "ahead_s"), -1e8),
    (("calls", -1, "during"), -1), (("calls", -1, "during"), 2), (("calls", -1, "during"), 0.5),
    (("calls", -1, "status"), 200.5), (("asked", 0, "deadline_s"), 1e300),
    (("calls",), [{}] * 501), (("calls",), 5),
    (("began",), "9999-12-31T23:59:59-23:00"), (("registered", "signing_key"), "AAAA"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), HOSTILE)
def test_numbers_and_keys_that_no_run_leaves_end_in_a_sentence(
    tell: Tell, path: tuple[str | int, ...], value: object
) -> None:
    line = _changed(tell("call/ping"), *path, to=value)
    with pytest.raises(ValueError, match=r"line 1 is no story: .|cannot be judged: ."):
        checks_again([line], load_catalogue())


OF_ANOTHER: list[tuple[str, tuple[str | int, ...], object, str]] = [
    ("call/ping", ("asked", 0, "target"), "/version", "request that was asked for"),
    ("call/ping", ("asked", 0, "deadline_s"), 60, "request that was asked for"),
    ("call/ping", ("calls", -1, "ahead_s"), 240, "clock"),
    ("call/ping", ("registered", "base_path"), "", "gateway prefix"),
    ("call/ping", ("registered", "signed_path"), "full", "way of signing paths"),
    ("tls/self-signed", ("bad_certificate",), "", "certificate of the server"),
    ("tls/self-signed", ("spares_token",), True, "certificate of the server"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "path", "value", "says"), OF_ANOTHER)
def test_a_story_of_something_else_than_its_case(
    tell: Tell, case: str, path: tuple[str | int, ...], value: object, says: str
) -> None:
    line = _changed(tell(case), *path, to=value)
    with pytest.raises(ValueError, match=f"is not what the suite asks: it has another {says}"):
        checks_again([line], load_catalogue(), signed_path=SignedPath.RELATIVE)


def test_an_easy_story_is_not_taken_for_a_hard_one(tell: Tell) -> None:
    line = _changed(tell("call/ping"), "case", to="wire/body/all-octets")
    line = line.replace("story:call/ping", "story:wire/body/all-octets")
    with pytest.raises(ValueError, match="is not what the suite asks"):
        checks_again([line], load_catalogue())


def test_a_request_that_came_after_the_answer_is_compared_with_what_was_asked(tell: Tell) -> None:
    """Else a client could be told to have come late, and whatever it sent would do."""
    story = tell("wire/body/all-octets")
    late = tuple(replace(call, during=1) for call in tell("call/ping").calls)

    assert differs(replace(story, calls=late)) == "the method GET"


def test_a_client_that_lost_its_head_is_withheld(tell: Tell) -> None:
    story = tell("call/ping")
    line = line_of(replace(story, calls=story.calls[-1:] * 501), Redactor())

    assert [*read_stories([line])] == [("story:call/ping", None)]
    assert "more requests" in line
