"""A client's stories in a bundle are judged again: what they do not show is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator

import pytest

from conformance.adapters import open_adapter
from conformance.catalogue import load_catalogue
from conformance.clock import SystemClock
from conformance.gate.decision import Decision, Ruling
from conformance.redaction import Redactor
from conformance.report.plain import to_plain
from conformance.report.storied import StoryTeller
from conformance.stories.cases import load_cases
from conformance.stories.evidence import line_of
from conformance.stories.judging import judge_story
from conformance.stories.playing import Playing
from conformance.stories.story import Story
from conformance.wire.message import SignedPath
from tests.gate.handed import Partner, Plain, decided

CASE = "call/ping"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    adapter = open_adapter("reference", clock=SystemClock())
    playing = Playing(
        adapter, tmp_path_factory.mktemp("partners"), clock=SystemClock(),
        signed_path=SignedPath.RELATIVE,
    )  # fmt: skip
    yield playing.alone(load_cases()[CASE])
    adapter.close()


@pytest.fixture
def with_story(somebody: Partner, story: Story) -> Callable[[str], Decision]:
    """Return what decides on a bundle whose report tells of `story`, and whose file is given."""
    checks = StoryTeller(catalogue=load_catalogue()).checks(
        load_cases()[CASE], story, judge_story(story)
    )

    def decide(lines: str) -> Decision:
        (somebody.reports / "stories.jsonl").write_text(lines)
        file = somebody.reports / "readiness.json"
        report: Plain = json.loads(file.read_text())
        report["parts"].append("client")
        known = {item["id"]: item for item in report["requirements"]}
        for check in checks:
            if check.requirement in known:
                known[check.requirement]["checks"].append(to_plain(check))
        digest = hashlib.sha256(lines.encode()).hexdigest()
        report["evidence"].append({"file": "stories.jsonl", "exchanges": 1, "sha256": digest})
        file.write_text(json.dumps(report))
        return decided(somebody.bundle(), somebody.certificate)

    return decide


def test_a_story_that_bears_the_report_out_is_proved(
    with_story: Callable[[str], Decision], story: Story
) -> None:
    decision = with_story(line_of(story, Redactor()))
    assert not decision.refused, decision
    assert any("and 1 story judged again" in step.says for step in decision.steps)
    assert decision.ruling is Ruling.INCOMPLETE, "the other stories of a client are missing"


def test_a_story_that_shows_a_fault_which_the_report_denies(
    with_story: Callable[[str], Decision], story: Story
) -> None:
    edited = line_of(story, Redactor()).replace("/partner-api/ping", "/partner-api/pong")
    assert with_story(edited).refused == "check-contradicted"


def test_a_story_that_is_left_out(with_story: Callable[[str], Decision]) -> None:
    assert with_story("").refused == "evidence-missing"


@pytest.mark.parametrize("make", [lambda line: line * 2, lambda line: line[:50], lambda _: "[" * 9])
def test_lines_that_no_run_leaves(
    with_story: Callable[[str], Decision], story: Story, make: Callable[[str], str]
) -> None:
    assert with_story(make(line_of(story, Redactor()))).refused == "evidence-broken"


def test_a_withheld_story_shows_nothing(
    with_story: Callable[[str], Decision], story: Story
) -> None:
    line = json.dumps({"id": f"story:{story.case}", "withheld": "a secret"}) + "\n"
    assert with_story(line).refused == "evidence-missing"
