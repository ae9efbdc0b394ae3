"""`requirements` shows every requirement with its checks, and nothing is left without either."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cases.vectors import load_vectors
from conformance.catalogue import Level, Requirement, Side, load_catalogue
from conformance.cli import main
from conformance.cli.coverage import Coverage, coverage
from conformance.cli.requirement_views import as_cards, as_markdown, as_table
from conformance.rules import RULES
from conformance.wire.message import SignedPath

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue()
COVERAGE = coverage(CATALOGUE)
each_requirement = pytest.mark.parametrize(
    "requirement", CATALOGUE.requirements.values(), ids=CATALOGUE.requirements
)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["requirements", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def records(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    whole = json.loads(shown(capsys, "--format", "json", *arguments))
    return {item["id"]: item for item in whole["requirements"]}


@each_requirement
def test_a_requirement_has_a_check_or_a_reason_why_none_and_never_both(
    requirement: Requirement,
) -> None:
    assert COVERAGE[requirement.id].checked != bool(requirement.unchecked)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_judges_a_requirement_of_the_signer(name: str) -> None:
    assert Side.SIGNER in CATALOGUE.requirements[name].sides


def test_a_vector_is_made_for_requirements_that_are_checked() -> None:
    named = {name for vector in load_vectors() for name in vector.case.requirements}

    assert named
    for name in named:
        assert COVERAGE[name].checked, name


def test_every_vector_that_names_a_requirement_is_counted_for_it() -> None:
    expected: dict[str, set[str]] = {}
    for vector in (*load_vectors(SignedPath.RELATIVE), *load_vectors(SignedPath.FULL)):
        for name in vector.case.requirements:
            expected.setdefault(name, set()).add(vector.id)

    assert {name: set(item.vectors) for name, item in COVERAGE.items() if item.vectors} == expected


def test_a_vector_alone_is_no_check() -> None:
    """What judges is the rule; a vector only asks."""
    assert not Coverage(vectors=("body/empty",)).checked
    assert Coverage(rule="x").checked


def test_the_page_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    """`make docs` writes it anew."""
    page = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")

    assert page == shown(capsys, "--format", "markdown")


def test_every_link_inside_the_page_leads_somewhere(capsys: pytest.CaptureFixture[str]) -> None:
    page = shown(capsys, "--format", "markdown")
    anchors = set(re.findall(r'<a id="([^"]+)"></a>', page)) | {"quirks"}

    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors
    assert set(CATALOGUE.requirements) | set(CATALOGUE.quirks) <= anchors


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    whole = json.loads(shown(capsys, "--format", "json"))

    assert whole["catalogue_sha256"] == CATALOGUE.digest
    assert [item["id"] for item in whole["requirements"]] == list(CATALOGUE.requirements)
    assert [item["id"] for item in whole["quirks"]] == list(CATALOGUE.quirks)
    first = whole["requirements"][0]
    assert first["id"] == "DIG-001"
    assert first["level"] == "MUST"
    assert first["sides"] == ["signer", "client"]
    assert first["rule"]["name"]
    assert first["suites"] == ["offline", "client"]
    assert first["unchecked"] is None
    assert first["sources"][0]["url"].endswith(
        "#1-calculate-the-digest-of-the-body-of-your-request"
    )


def test_the_table_has_a_line_for_each_under_its_topic(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys).splitlines()
    rows = [line.split() for line in lines if line.startswith("  ")]
    headings = [line for line in lines[:-1] if line and not line.startswith(" ")]

    assert [row[0] for row in rows] == list(CATALOGUE.requirements)
    assert headings == [topic.title for topic in CATALOGUE.topics.values()]
    checked = sum(item.checked for item in COVERAGE.values())
    assert lines[-1] == f"{len(rows)} requirements, {checked} of them checked by this version."


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--side", "material"), {f"CERT-00{n}" for n in range(1, 10)}),
        (("--side", "signer", "--level", "SHOULD"), {"STR-003"}),
        (("--level", "should", "--side", "Client"), {"STR-003", "TOK-002", "RATE-002"}),
        (("--topic", "digest"), {f"DIG-00{n}" for n in range(1, 5)}),
        (("--topic", "digest", "--side", "api"), set()),
        (("sig-001", "DIG-002"), {"SIG-001", "DIG-002"}),
        (("DIG-002", "STR-003", "--level", "SHOULD"), {"STR-003"}),
    ],
)
def test_filters_and_ids_choose(
    arguments: tuple[str, ...], expected: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(records(capsys, *arguments)) == expected


def test_the_quirks_shown_are_those_that_bear_on_what_was_chosen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = json.loads(shown(capsys, "--format", "json", "TGT-005"))

    assert [quirk["id"] for quirk in whole["quirks"]] == ["Q3"]
    assert whole["quirks"][0]["settings"] == ["signed_path"]


def test_a_card_tells_all_of_a_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    card = shown(capsys, "tgt-005")
    requirement = CATALOGUE.requirements["TGT-005"]

    words = " ".join(card.split())
    assert card.startswith(f"TGT-005  {requirement.title}\n  MUST for signer and client, ")
    for part in (requirement.text, requirement.hint, RULES["TGT-005"].says, "signed_path"):
        assert " ".join(part.split()) in words
    for source in requirement.sources:
        assert source.url in card
    assert "unchecked" not in card


def test_a_card_tells_why_a_requirement_is_not_checked() -> None:
    unchecked = replace(CATALOGUE.requirements["SUB-001"], unchecked="Nobody has looked yet.")
    card = as_cards([(unchecked, Coverage())], CATALOGUE)

    assert "  unchecked Nobody has looked yet." in card
    assert "  rule " not in card


def test_a_card_tells_which_reactions_are_allowed_and_which_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    card = " ".join(shown(capsys, "RATE-001").split())

    assert "allowed Wait `RateLimit-Reset` seconds or longer" in card
    assert "forbidden Any request to the API before that" in card
    assert "wait/rate-limit-token" in card


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("DIG-01", "Did you mean DIG-001"),
        ("hdr-007", "HDR-00"),
        ("???", "Run 'lendico-conformance requirements' for the list."),
    ],
)
def test_an_unknown_id_is_told_with_the_nearest(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["requirements", name]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert f"error: there is no requirement '{name}'\nhint: " in err
    assert hint in err


def test_the_views_can_show_nothing_at_all() -> None:
    assert as_table([], CATALOGUE).strip() == "0 requirements, 0 of them checked by this version."
    assert as_cards([], CATALOGUE) == ""
    assert "# Requirements" in as_markdown([], CATALOGUE)


def test_the_levels_of_the_table_are_those_of_the_catalogue(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [line.split() for line in shown(capsys).splitlines() if line.startswith("  ")]

    assert {row[0] for row in rows if row[1] == Level.SHOULD} == {
        item.id for item in CATALOGUE.requirements.values() if item.level is Level.SHOULD
    }
