"""The cases: every requirement of a client is told by one, and each speaks of known things."""

from __future__ import annotations

import pytest

from conformance.catalogue import Side, load_catalogue
from conformance.rules import RULES
from conformance.stories.case import ClientCase
from conformance.stories.cases import load_cases
from conformance.stories.cases.wire import is_rewritten
from conformance.stories.reactions import REACTIONS

CATALOGUE = load_catalogue()
CASES = load_cases()
OF_CLIENTS = [item.id for item in CATALOGUE.requirements.values() if Side.CLIENT in item.sides]


@pytest.mark.parametrize("requirement", OF_CLIENTS)
def test_every_requirement_of_a_client_is_told_by_a_case_and_judged(requirement: str) -> None:
    assert any(requirement in case.requirements for case in CASES.values())
    judged = {reaction.requirement for reaction in REACTIONS} | set(RULES)
    assert requirement in judged


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case_tells_of_requirements_of_clients_in_words_for_people(case: ClientCase) -> None:
    assert set(case.requirements) <= set(OF_CLIENTS)
    assert case.requirements
    assert case.asks
    assert all((case.says, case.armed_says, case.should))


def test_each_behaviour_has_its_reactions_written_down() -> None:
    """Whoever is told that a reaction is forbidden must be able to read what is allowed."""
    for requirement in {reaction.requirement for reaction in REACTIONS}:
        item = CATALOGUE.requirements[requirement]
        if item.topic == "client":
            assert item.allowed, requirement
            assert item.forbidden, requirement


@pytest.mark.parametrize(
    ("target", "rewritten"),
    [
        ("/ping", False), ("/ping?a=1", False), ("/a%20b", False), ("/%C3%A4", False),
        ("/a+b?x=%2B", False), ("/a%2Fb", False), ("/...", False), ("/ping?a=/../b//c", False),
        ("/ping?", True), ("/a//b", True), ("/a/../b", True), ("/a/.", True), ("/%c3%a4", True),
        ("/%7Eada", True), ("/%70ing", True), ("/%C3%a4", True), ("/a%2fb", True),
    ],
)  # fmt: skip
def test_a_client_may_decline_what_libraries_rewrite(target: str, *, rewritten: bool) -> None:
    assert is_rewritten(target) == rewritten


def test_the_wire_has_the_corners_of_the_vectors() -> None:
    wired = [case for case in CASES.values() if case.id.startswith("wire/")]

    assert len(wired) >= 120
    assert any(case.asks[0].target == "/a/../b" for case in wired)
    assert any(len(case.asks[0].body) == 1 << 20 for case in wired)
