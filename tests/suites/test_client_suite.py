"""The client suite as a person meets it: what is selected, how a failing story reads, verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import conformance.run.staged
import conformance.stories.playing  # noqa: F401 - what is loaded is not loaded for each run
from conformance.catalogue import load_catalogue
from conformance.cli import main
from conformance.report.restoried import checks_again
from conformance.stories.cases import load_cases
from conformance.stories.evidence import read_stories

CASES = load_cases()
SUITE = ("--pyargs", "conformance.suites.client")
IMPATIENT = "python:tests.faulty.clients.faulty:RetriesA429AtOnce"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.chdir(tmp_path)


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["check", "--plan", "client", *arguments])
    return code, capsys.readouterr().out


def report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("reports/readiness.json").read_text("utf-8"))
    return found


def test_there_is_a_test_for_each_case(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*SUITE, "--collect-only", "-q")

    found = {line.partition("::")[2] for line in result.outlines if "::" in line}
    assert found == {f"test_story[{name}]" for name in CASES}


def test_a_requirement_selects_the_cases_that_tell_of_it(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*SUITE, "--collect-only", "-q", "-k", "RATE-001")

    found = {line.partition("::")[2] for line in result.outlines if "::" in line}
    assert found == {
        f"test_story[{name}]" for name, case in CASES.items() if "RATE-001" in case.requirements
    }


def test_a_failing_story_is_told_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = check(capsys, "--adapter", IMPATIENT, "-k", "RATE-001")

    assert code == 1
    words = " ".join(out.split())
    assert "RATE-001 It waits after a 429" in words
    assert "armed" in words
    assert "gets 429 with RateLimit-Reset: " in words
    assert "sandbox 429 Rate limit is exceeded." in words
    assert "breaks RATE-001 <- wrong" in words
    assert "should wait at least that long" in words
    assert "expected at least" in words
    assert "--plan client --replay story:wait/" in words


def test_one_case_is_replayed_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = check(capsys, "--adapter", IMPATIENT, "--replay", "story:wait/rate-limit")

    assert code == 1
    assert "asked 1 story of the client, in" in " ".join(out.split())
    played = [
        item["id"]
        for requirement in report()["requirements"]
        for item in requirement["checks"]
        if item["outcome"] != "not_run"
    ]
    assert set(played) == {"story:wait/rate-limit"}


def test_an_unknown_case_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", "--plan", "client", "--replay", "story:no/such"])

    assert code == 2
    assert "there is no case no/such of a client" in capsys.readouterr().err


def test_an_adapter_without_send_is_incomplete_and_told_how_to_add_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out = check(
        capsys, "--adapter", "python:tests.faulty.handwritten.date:one_digit_day", "-k", "call"
    )

    assert code == 4
    words = " ".join(out.split())
    assert "the adapter offers no `send`" in words
    assert "docs/clients.md says how to add it" in words


def test_the_evidence_judges_again_what_the_report_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever has the file of stories needs neither client nor sandbox."""
    check(capsys, "--adapter", IMPATIENT, "-k", "wait/rate-limit or call/ping")

    lines = Path("reports/stories.jsonl").read_bytes().splitlines()
    again = {key: item.outcome.value for key, item in checks_again(lines, load_catalogue()).items()}

    said = {
        (item["id"], item["requirement"]): item["outcome"]
        for requirement in report()["requirements"]
        for item in requirement["checks"]
        if item["reason"] != "deselected"
    }
    assert again == said
    assert again["story:wait/rate-limit", "RATE-001"] == "fail"
    assert again["story:call/ping", "SIG-001"] == "pass"
    with pytest.raises(ValueError, match="is told twice"):
        checks_again([*lines, lines[0]], load_catalogue())


def test_no_secret_of_a_case_is_in_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    """The evidence has them, since they were hashed and signed; nothing that people read has."""
    _, out = check(capsys, "--adapter", IMPATIENT, "-k", "RATE-001 or SEC-001")

    lines = Path("reports/stories.jsonl").read_bytes().splitlines()
    texts = [out, *(path.read_text("utf-8") for path in Path("reports").iterdir()
                    if path.name != "stories.jsonl")]  # fmt: skip
    for _, story in read_stories(lines):
        assert story is not None
        tokens = [call.answered("access_token") for call in story.tokens]
        for secret in (story.registered.client_secret, story.registered.subscription_key, *tokens):
            assert not secret or all(secret not in text for text in texts)


@pytest.mark.slow
def test_the_reference_client_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = check(capsys, "--adapter", "reference")

    assert code == 0, out
    assert out.startswith("READY")
    assert all(item["outcome"] == "pass" for item in report()["requirements"])
