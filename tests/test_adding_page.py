"""docs/adding.md: its examples are put where the page says, and do what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```python\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the package with every example put at the end of its file."""
    for folder in ("conformance", "schemas", "vectors"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for name, example in BLOCKS.items():
        path = tmp_path / name
        path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{example}", encoding="utf-8")
    return tmp_path


def run(checkout: Path, script: str, *, folder: str = ".") -> object:
    """Return what `script` prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=checkout / folder, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SIGNED = """
import json, sys
sys.path.insert(0, "")
from datetime import UTC, datetime
from conformance.cases.keys import key_named
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.rules import judge
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import Keys
from conformance.wire.reading import Expectation

key = key_named("rsa-2048")

def judged(year, *mistakes):
    date = datetime(year, 7, 3, tzinfo=UTC)
    request = UnsignedRequest(method="GET", target="/ping", date=date, key_id="c")
    signed = breed([MISTAKES[item] for item in mistakes]).sign(request, Keys(signing=key)).signed
    return judge(signed, Expectation(key=key.public_key(), key_id="c", date=date))
"""


def test_each_example_is_short() -> None:
    assert len(BLOCKS) == 7
    assert all(len(example.splitlines()) <= 7 for example in BLOCKS.values())


def test_the_mistake_is_bred_found_and_named(checkout: Path) -> None:
    script = """
found = judged(2019, "string-tabs")
print(json.dumps([[item.requirement for item in found.findings],
                  [(item.mistake, item.proved, item.says) for item in found.causes]]))
"""
    assert run(checkout, SIGNED + script) == [
        ["STR-005"],
        [["string-tabs", True, "the lines are joined with tabs"]],
    ]


def test_the_rule_finds_what_breaks_it_and_leaves_alone_what_does_not(checkout: Path) -> None:
    script = """
print(json.dumps([[(item.requirement, item.observed) for item in judged(year).findings]
                  for year in (1999, 2000)]))
"""
    assert run(checkout, SIGNED + script) == [[["DATE-900", "1999"]], []]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_row_becomes_a_vector(checkout: Path) -> None:
    script = """
import json, sys
sys.path.insert(0, "")
from source import requests, targets
targets.TABLE = (targets.ROW,)
print(json.dumps([item for item in requests.vectors() if item["id"] == "target/query-comma"]))
"""
    vectors = run(checkout, script, folder="vectors")
    assert isinstance(vectors, list)
    (vector,) = vectors
    assert vector["expect"]["request_target"] == "get /ping?ids=1,2"
    assert vector["expect"]["signature"]


def test_the_reaction_judges_stories_by_what_was_sent(checkout: Path) -> None:
    script = """
import json, sys
sys.path.insert(0, "")
from types import SimpleNamespace as Plain
from conformance.stories.reactions import REACTIONS
from conformance.wire.message import HeaderFields

(reaction,) = [item for item in REACTIONS if item.requirement == "CALL-900"]
def story(*headers):
    return Plain(api=[Plain(request=Plain(headers=HeaderFields(headers)))])
print(json.dumps([reaction.says, reaction.concerns(Plain(api=[])),
                  [item.finding.reason for item in reaction.judge(story())],
                  list(reaction.judge(story(("User-Agent", "it"))))]))
"""
    assert run(checkout, script) == ["Each request has a User-Agent.", False, ["no-name"], []]


def test_the_case_the_probe_and_the_deviation_are_complete(checkout: Path) -> None:
    script = """
import json, sys
sys.path.insert(0, "")
from conformance.catalogue import load_catalogue
from conformance.data import schema
from conformance.probes import access
from conformance.probes.listing import PROBES
from conformance.sandbox import behaviour, deviation
from conformance.stories.cases import load_cases, token
from conformance.wire.message import HeaderFields, SignedRequest

catalogue, probe = load_catalogue(), access.PROBE
right = SignedRequest(method="GET", target="/ping", body=b"",
                      headers=HeaderFields((("Subscription-Key", "key"),)))
named = {*token.CASE.requirements, probe.requirement, *deviation.DEVIATION.breaks}
assert named <= set(catalogue.requirements), named
assert schema(probe.expects.schema)
print(json.dumps([
    token.CASE.check_id, token.CASE.id in load_cases(),
    probe.id in {item.id for item in PROBES},
    dict(probe.draft(None).edits[0](right).headers),
    deviation.DEVIATION.change(behaviour.DOCUMENTED).skew.total_seconds(),
]))
"""
    assert run(checkout, script) == [
        "story:token/short-lived",
        False,
        False,
        {"Subscription-Key": ""},
        240.0,
    ]
