"""The catalogue itself: nothing lost, everything said."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from conformance.catalogue import Level, Quirk, Requirement, Side, load_catalogue
from conformance.catalogue.loading import FOLDER, TOPICS

# Ids are permanent. This list only ever grows; what stands here was in a release.
GIVEN = {
    "DIG": 4,
    "DATE": 5,
    "TGT": 5,
    "STR": 8,
    "SIG": 4,
    "HDR": 5,
    "AUTH": 2,
    "SUB": 1,
    "TLS": 2,
    "TOK": 3,
    "RATE": 2,
    "CREFO": 1,
    "IDEM": 1,
    "RETRY": 1,
    "SEC": 1,
    "ERR": 1,
    "CERT": 9,
    "API-PING": 1,
    "API-TOK": 1,
    "API-IP": 1,
    "API-RATE": 3,
    "API-CREFO": 2,
    "API-SUB": 2,
    "API-TLS": 2,
    "API-DIG": 2,
    "API-DATE": 3,
    "API-SIG": 3,
    "API-AUTH": 1,
    "API-ERR": 1,
    "API-IDEM": 1,
    "API-VAL": 1,
}
SHOULD = {
    "STR-003",
    "TOK-002",
    "RATE-002",
    "CERT-007",
    "CERT-009",
    "API-CREFO-002",
    "API-IDEM-001",
    "API-VAL-001",
}
CLIENT_ONLY_WITH_A_SIGNING_PREFIX = {"DATE-005", "AUTH-002", "SUB-001"}

CATALOGUE = load_catalogue()
requirements = pytest.mark.parametrize(
    "requirement", CATALOGUE.requirements.values(), ids=CATALOGUE.requirements
)
quirks = pytest.mark.parametrize("quirk", CATALOGUE.quirks.values(), ids=CATALOGUE.quirks)


def test_every_id_ever_given_is_there_and_no_number_was_skipped() -> None:
    given = {f"{prefix}-{n:03}" for prefix, last in GIVEN.items() for n in range(1, last + 1)}

    assert set(CATALOGUE.requirements) == given
    assert list(CATALOGUE.quirks) == [f"Q{number}" for number in range(1, 18)]


def test_the_levels_are_those_of_the_documents() -> None:
    should = {item.id for item in CATALOGUE.requirements.values() if item.level is Level.SHOULD}

    assert should == SHOULD


def test_the_sides_follow_the_topics() -> None:
    sides = {
        "client": {Side.CLIENT},
        "certificate": {Side.MATERIAL},
        "api": {Side.API},
    }
    for requirement in CATALOGUE.requirements.values():
        expected = sides.get(requirement.topic, {Side.SIGNER, Side.CLIENT})
        if requirement.id in CLIENT_ONLY_WITH_A_SIGNING_PREFIX:
            expected = {Side.CLIENT}
        elif requirement.id == "STR-008":
            expected = {Side.SIGNER}
        assert requirement.sides == expected, requirement.id


def test_every_file_of_the_folder_is_listed() -> None:
    files = {path.stem for path in FOLDER.glob("*.toml")}

    assert files == {*TOPICS, "documents", "quirks"}


def test_every_topic_has_requirements_and_they_stand_together() -> None:
    seen = [item.topic for item in CATALOGUE.requirements.values()]

    assert list(dict.fromkeys(seen)) == list(TOPICS)
    assert seen == sorted(seen, key=TOPICS.index)


@requirements
def test_a_requirement_reads_well(requirement: Requirement) -> None:
    """Title and text can stand in a table, a heading and a sentence."""
    assert len(requirement.title) <= 60
    assert not requirement.title.endswith(".")
    assert requirement.text.endswith(".")
    assert not requirement.hint or requirement.hint.endswith((".", "`"))
    for text in (requirement.title, requirement.text, requirement.hint):
        assert text.isascii()
        assert text.isprintable()
        assert text.count("`") % 2 == 0
        assert text == " ".join(text.split())


@requirements
def test_what_a_partner_can_mend_has_a_hint(requirement: Requirement) -> None:
    assert bool(requirement.hint) != (Side.API in requirement.sides)


@requirements
def test_every_source_is_a_public_page(requirement: Requirement) -> None:
    for source in requirement.sources:
        if source.document == "Good practice":
            continue
        address = urlsplit(source.url)
        assert address.scheme == "https"
        assert address.hostname in {"lendico.github.io", "datatracker.ietf.org"}
        assert re.fullmatch(r"[a-z0-9.-]+", address.fragment)


@quirks
def test_a_quirk_reads_well(quirk: Quirk) -> None:
    assert quirk.requirements
    for text in (quirk.text, quirk.default):
        assert text.endswith(".")
        assert text.isascii()


def test_the_anchors_are_those_that_the_pages_make_of_their_headings() -> None:
    """The pages of lendico.github.io name a heading by its words, without punctuation."""
    for requirement in CATALOGUE.requirements.values():
        for source in requirement.sources:
            if "lendico" not in source.url or source.section in {
                "Tips and common mistakes",
                "Common Errors",
            }:
                continue
            words = re.sub(r"[^a-z0-9 -]", "", source.section.lower()).replace(" ", "-")
            assert source.url.endswith(f"#{words}"), source
