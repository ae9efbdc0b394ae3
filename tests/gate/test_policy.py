"""The policy: what may be asked beyond the plan, and how it is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from conformance import __version__
from conformance.catalogue import Level
from conformance.errors import ConfigError, UsageError
from conformance.gate.challenge import read_challenge
from conformance.gate.gating import Gate, run_gate
from conformance.gate.policy import Policy, load_policy
from conformance.gate.reading import read_report
from conformance.gate.refusal import RefusalError
from conformance.gate.tables import read_table
from conformance.report.model import Report, Suite
from tests.gate.handed import NOW, Partner

EVERY_KEY = """
plan = "readiness"
levels = ["MUST", "SHOULD"]
oldest_suite = "0.1.0"
newest_suite = "0.3"
max_age_days = 30
profile = "default"
challenge = true
never_waived = ["DATE-001"]
"""


@pytest.fixture(scope="module")
def report(finished: Partner) -> Report:
    return read_report(finished.reports / "readiness.json")


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text)
    return path


def reason(policy: Policy, report: Report) -> str:
    try:
        policy.refuse(report, NOW)
    except RefusalError as refusal:
        return refusal.reason if refusal.hint else "no hint"
    return ""


def test_every_key_is_read(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, EVERY_KEY)) == Policy(
        plan="readiness", levels=(Level.MUST, Level.SHOULD), oldest_suite="0.1.0",
        newest_suite="0.3", max_age=timedelta(days=30), profile="default", challenge=True,
        never_waived=("DATE-001",),
    )  # fmt: skip


def test_an_empty_policy_asks_what_none_asks(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, "")) == Policy()


def test_the_policy_of_the_page_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/gate.md").read_text("utf-8")
    text = next(part for part in page.split("```toml\n")[1:] if "max_age_days" in part)

    assert load_policy(written(tmp_path, text.split("```")[0])).challenge


def test_what_is_no_text_and_no_challenge_is_told_in_words(tmp_path: Path) -> None:
    """Nobody who hands a wrong file over knows what a codec or a key error is."""
    path = tmp_path / "file"
    path.write_bytes(b"\xdf\x00")
    with pytest.raises(ConfigError, match="file is no TOML: it is no text in UTF-8"):
        load_policy(path)
    path.write_text('{"a": 1}')
    with pytest.raises(UsageError, match="file is no challenge: what is in it is no JSON, or has"):
        read_challenge(path)


@pytest.mark.parametrize(
    "text",
    ['plan = "all"', 'levels = ["SHOULD"]', "levels = []", 'oldest_suite = "new"',
     'newest_suite = "1"', "max_age_days = 0", "max_age_days = 1.5", 'profile = "tiny"',
     "challenge = 1", "never_waived = 1", "unknown = 1", "plan", "max_age_days = 99999"],
)  # fmt: skip
def test_what_is_no_policy_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_policy(written(tmp_path, text))

    assert "policy.toml" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("version", "policy", "expected"),
    [
        (__version__, Policy(), ""),
        ("0.0.9", Policy(), ""),
        ("0.0.9", Policy(oldest_suite="0.1.0"), "suite-not-allowed"),
        ("0.10.0", Policy(newest_suite="0.9.0"), "suite-not-allowed"),
        ("0.9.0", Policy(newest_suite="0.10.0"), ""),
        ("99.0.0", Policy(), "suite-not-allowed"),
        ("0.1.0.1", Policy(), "suite-not-allowed"),
        ("", Policy(), "suite-not-allowed"),
        ("new\x1b[31m", Policy(), "suite-not-allowed"),
    ],
)
def test_versions_are_compared_by_number(
    report: Report, version: str, policy: Policy, expected: str
) -> None:
    judged = replace(report, suite=Suite(version=version, catalogue_sha256=""))

    assert reason(policy, judged) == expected


def test_a_report_is_as_old_as_its_day_says_not_as_it_claims(report: Report) -> None:
    """The end of its validity is computed, not read."""
    old = replace(report, created=NOW - timedelta(days=91), expires=NOW + timedelta(days=999))

    assert reason(Policy(), old) == "too-old"
    assert reason(Policy(max_age=timedelta(days=92)), old) == ""
    assert reason(Policy(), replace(report, created=NOW + timedelta(hours=1))) == "from-the-future"
    assert reason(Policy(), replace(report, created=NOW + timedelta(minutes=2))) == ""


def test_the_profile_must_be_large_enough(report: Report) -> None:
    assert reason(Policy(profile="quick"), report) == ""
    assert reason(Policy(profile="default"), report) == "profile-too-small"
    assert reason(Policy(), replace(report, profile="none")) == "profile-too-small"
    assert reason(Policy(profile="quick"), replace(report, profile="")) == "profile-too-small"


def test_a_list_that_is_none_is_told_how_to_write_it(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text('[waiver]\nrequirement = "' + "x" * 400 + '"\n')
    with pytest.raises(ConfigError, match=r"waiver: it is to be a list: write \[\[waiver\]\]$"):
        read_table(path, "waivers")
    path.write_text('levels = "MUST"\n')
    with pytest.raises(ConfigError, match=r"levels: it is to be a list: write levels = \[...\]$"):
        read_table(path, "policy")


def test_a_typo_in_what_cannot_be_waived_protects_nothing_and_is_refused() -> None:
    gate = Gate(now=NOW, policy=Policy(never_waived=("DATE-01",)))
    with pytest.raises(ConfigError, match=r"never_waived names DATE-01,") as told:
        run_gate([], gate)
    assert "requirements" in told.value.hint
    run_gate([], replace(gate, policy=Policy(never_waived=("DATE-001",))))
