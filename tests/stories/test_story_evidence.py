"""Stories as evidence: what is read again is what was written, and is judged the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.redaction import Redactor
from conformance.stories.evidence import line_of, read_stories
from conformance.stories.judging import judge_story
from conformance.stories.story import Story
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
