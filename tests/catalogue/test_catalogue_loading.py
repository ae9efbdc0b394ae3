"""The loader refuses every broken form of the catalogue's files, and names the place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from conformance.catalogue import Level, Side, load_catalogue
from conformance.catalogue.loading import read_catalogue
from conformance.errors import DataError

DOCUMENTS = """
[page]
title = 'A page'
url = 'https://page.example/Page.html'
[page.sections]
top = ['The top', 'the-top']
[habit]
title = 'Good practice'
[habit.sections]
any = ['Any']
"""

TOPIC = """
title = 'Paint'

[[requirement]]
id = 'PAINT-001'
title = 'It is red'
level = 'MUST'
sides = ['signer', 'client']
text = 'The paint is red.'
sources = ['page/top', 'habit/any']
hint = 'Paint it red.'
"""

QUIRKS = """
[[quirk]]
id = 'Q1'
title = 'Red or crimson'
text = 'One page says red, the other crimson.'
default = 'Red.'
requirements = ['PAINT-001']
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a small catalogue that is in order."""
    (tmp_path / "documents.toml").write_text(DOCUMENTS)
    (tmp_path / "paint.toml").write_text(TOPIC)
    (tmp_path / "quirks.toml").write_text(QUIRKS)
    return tmp_path


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_requirement_is_read_whole(folder: Path) -> None:
    requirement = read_catalogue(folder, ["paint"]).requirements["PAINT-001"]

    assert requirement.title == "It is red"
    assert requirement.level is Level.MUST
    assert requirement.sides == {Side.SIGNER, Side.CLIENT}
    assert requirement.topic == "paint"
    assert requirement.hint == "Paint it red."
    assert requirement.unchecked is None
    assert not requirement.derived
    assert [str(source) for source in requirement.sources] == [
        "A page, The top",
        "Good practice, Any",
    ]
    assert [source.url for source in requirement.sources] == [
        "https://page.example/Page.html#the-top",
        "",
    ]


def test_the_reason_of_a_topic_holds_for_its_requirements_unless_they_have_their_own(
    folder: Path,
) -> None:
    change(folder, "paint.toml", "title = 'Paint'", "title = 'Paint'\nunchecked = 'No brush.'")
    other = TOPIC.replace("PAINT-001", "PAINT-002").split("\n\n", maxsplit=1)[1]
    with (folder / "paint.toml").open("a") as file:
        file.write(other + "unchecked = 'No light.'\n")

    requirements = read_catalogue(folder, ["paint"]).requirements

    assert requirements["PAINT-001"].unchecked == "No brush."
    assert requirements["PAINT-002"].unchecked == "No light."


def test_quirks_are_found_by_requirement(folder: Path) -> None:
    catalogue = read_catalogue(folder, ["paint"])

    assert [quirk.id for quirk in catalogue.quirks_of("PAINT-001")] == ["Q1"]
    assert catalogue.quirks_of("PAINT-002") == ()


def test_the_digest_tells_two_catalogues_apart(folder: Path) -> None:
    before = read_catalogue(folder, ["paint"]).digest
    again = read_catalogue(folder, ["paint"]).digest
    change(folder, "quirks.toml", "crimson", "scarlet")

    assert before == again
    assert before != read_catalogue(folder, ["paint"]).digest


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("paint.toml", "'signer'", "'server'", "paint.toml: PAINT-001: unknown side 'server'"),
        ("paint.toml", "'MUST'", "'MAY'", "PAINT-001: unknown level 'MAY'"),
        ("paint.toml", "page/top", "page/end", "PAINT-001: there is no section 'page/end'"),
        ("paint.toml", "text =", "texts =", "PAINT-001: 'text' is missing"),
        ("paint.toml", "hint =", "tip =", "PAINT-001: unknown key 'tip'"),
        ("paint.toml", "'It is red'", "''", "PAINT-001: 'title' is missing, empty"),
        ("paint.toml", "'It is red'", "7", "PAINT-001: 'title' is missing, empty or not a str"),
        ("paint.toml", "['signer', 'client']", "[]", "PAINT-001: 'sides' is missing, empty"),
        ("paint.toml", "'client'", "'signer'", "'sides' must be a list of different texts"),
        ("paint.toml", "'client'", "1", "'sides' must be a list of different texts"),
        ("paint.toml", "PAINT-001", "paint-1", "the id 'paint-1' of the catalogue is malformed"),
        ("paint.toml", "id = 'PAINT-001'", "", "requirement 1: 'id' is missing"),
        ("paint.toml", "hint =", "derived = 1\nhint =", "'derived' is missing, empty or not a"),
        ("paint.toml", "title = 'Paint'", "title = 'Paint", "paint.toml of the catalogue cannot"),
        ("paint.toml", "[[requirement]]", "[[rule]]", "paint.toml: 'requirement' is missing"),
        ("paint.toml", "title = 'Paint'", "title = 'P'\nmore = 1", "paint.toml: unknown key 'm"),
        ("quirks.toml", "PAINT-001", "PAINT-009", "Q1: there is no requirement 'PAINT-009'"),
        ("quirks.toml", "'Q1'", "'Q01'", "the id 'Q01' of the catalogue is malformed"),
        ("quirks.toml", "default =", "fallback =", "Q1: 'default' is missing"),
        ("quirks.toml", "[[quirk]]", "quirk = [1]\n[x]", "'quirk' must be tables"),
        ("documents.toml", "'The top', 'the-top'", "'The top'", "needs a heading and an anchor"),
        ("documents.toml", "['Any']", "['Any', 'any']", "needs a heading and an anchor"),
        ("documents.toml", "[habit]", "[habit]\nyear = 1", "habit: unknown key 'year'"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    folder: Path, file: str, old: str, new: str, says: str
) -> None:
    change(folder, file, old, new)

    with pytest.raises(DataError) as caught:
        read_catalogue(folder, ["paint"])

    assert says in caught.value.message


@pytest.mark.parametrize("file", ["paint.toml", "quirks.toml"])
def test_an_id_that_stands_twice_is_refused(folder: Path, file: str) -> None:
    path = folder / file
    text = path.read_text()
    path.write_text(text + text[text.index("[[") :])

    with pytest.raises(DataError, match="stands twice"):
        read_catalogue(folder, ["paint"])


def test_an_id_that_stands_in_two_topics_is_refused(folder: Path) -> None:
    (folder / "varnish.toml").write_text(TOPIC)

    with pytest.raises(DataError, match="'PAINT-001' stands twice"):
        read_catalogue(folder, ["paint", "varnish"])


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "quirks.toml").unlink()

    with pytest.raises(DataError, match=r"quirks\.toml"):
        read_catalogue(folder, ["paint"])


def test_a_file_that_is_no_utf_8_is_refused(folder: Path) -> None:
    (folder / "paint.toml").write_bytes(b"title = '\xff'\n")

    with pytest.raises(DataError, match=r"paint\.toml of the catalogue cannot be read"):
        read_catalogue(folder, ["paint"])


def test_the_catalogue_is_read_once_and_cannot_be_changed() -> None:
    catalogue = load_catalogue()

    assert load_catalogue() is catalogue
    with pytest.raises(TypeError):
        catalogue.requirements["DIG-001"] = None  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        catalogue.requirements["DIG-001"].text = ""  # type: ignore[misc]
