"""What must hold, and where the documents leave a choice: the types of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "MUST"
    """Broken, it blocks."""
    SHOULD = "SHOULD"
    """Broken, it warns."""


class Side(StrEnum):
    """Whose duty a requirement is."""

    SIGNER = "signer"
    """A function that signs a request."""
    CLIENT = "client"
    """A program that calls the API."""
    MATERIAL = "material"
    """Certificates, keys and their files."""
    API = "api"
    """The Partner API itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The place in a document that a requirement comes from."""

    document: str
    """The title of the document."""
    section: str
    """The heading of the section, with its number where it has one."""
    url: str = ""
    """The public address of the section; empty where there is none."""

    def __str__(self) -> str:
        """Name document and section."""
        return f"{self.document}, {self.section}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that can be true or false of somebody's system.

    `id` is permanent: never reused, never renumbered. `title` and `text` are Markdown on one
    line each; `hint` says what mends a failure, as far as that can be said beforehand.
    """

    id: str
    title: str
    topic: str
    """The id of its topic, such as `digest`."""
    level: Level
    sides: frozenset[Side]
    text: str
    sources: tuple[Source, ...]
    derived: bool = False
    """Whether it follows from the sources without being said there in so many words."""
    hint: str = ""
    allowed: tuple[str, ...] = ()
    """Of a client's behaviour: reactions that keep the requirement, one sentence each."""
    forbidden: tuple[str, ...] = ()
    """Reactions that break it."""
    unchecked: str | None = None
    """Why this version has no check of it; None where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A group of requirements that belong together."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """A place where the documents disagree or leave a choice, and what the suite does there.

    `settings` names the settings that choose otherwise; `requirements` the ids it bears on.
    """

    id: str
    title: str
    text: str
    default: str
    settings: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every topic, requirement and quirk, by id and in the order in which they are shown.

    `digest` is the SHA-256, in hex, of the files the catalogue was read from: two reports with
    the same digest speak of the same requirements.
    """

    topics: Mapping[str, Topic]
    requirements: Mapping[str, Requirement]
    quirks: Mapping[str, Quirk]
    digest: str

    def quirks_of(self, requirement: str) -> tuple[Quirk, ...]:
        """Return the quirks that bear on the requirement with this id."""
        return tuple(quirk for quirk in self.quirks.values() if requirement in quirk.requirements)
