"""The catalogue read from its TOML files, with every promise of their form checked.

`documents.toml` names the documents and their sections, `<topic>.toml` holds the requirements
of a topic, `quirks.toml` the quirks. They lie beside this module, in a checkout as in the wheel.
"""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar

from conformance.catalogue.requirement import (
    Catalogue,
    Level,
    Quirk,
    Requirement,
    Side,
    Source,
    Topic,
)
from conformance.errors import DataError

FOLDER: Final = Path(__file__).parent
"""Where the files of the catalogue are."""

TOPICS: Final = (
    "digest",
    "date",
    "request-target",
    "signing-string",
    "signature",
    "header",
    "client",
    "certificate",
    "api",
)
"""The topics in the order in which they are shown; each is a file."""

_REQUIREMENT_ID: Final = re.compile(r"[A-Z]+(?:-[A-Z]+)*-\d{3}")
_QUIRK_ID: Final = re.compile(r"Q[1-9]\d*")


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Identified)
E = TypeVar("E", bound=StrEnum)


@functools.cache
def load_catalogue() -> Catalogue:
    """Return the catalogue of this version; read once a process.

    Raises:
        DataError: a file of the catalogue is missing or broken.
    """
    return read_catalogue(FOLDER)


def read_catalogue(folder: Path, topics: Iterable[str] = TOPICS) -> Catalogue:
    """Return the catalogue that `folder` holds for `topics`.

    Raises:
        DataError: a file is missing or no TOML, a key is missing, unknown or of a wrong type, an
            id stands twice or is malformed, a level, side, section or requirement is unknown.
    """
    digest = hashlib.sha256()
    sections = _sections(_read(folder / "documents.toml", digest.update))
    found_topics: list[Topic] = []
    requirements: list[Requirement] = []
    for name in topics:
        table = _read(folder / f"{name}.toml", digest.update)
        found_topics.append(Topic(id=name, title=table.text("title")))
        default = table.optional("unchecked")
        requirements += (
            _requirement(entry, name, default, sections) for entry in table.entries("requirement")
        )
        table.finish()
    table = _read(folder / "quirks.toml", digest.update)
    by_id = _by_id(requirements, _REQUIREMENT_ID)
    quirks = [_quirk(entry, by_id) for entry in table.entries("quirk")]
    table.finish()
    return Catalogue(
        topics=MappingProxyType({topic.id: topic for topic in found_topics}),
        requirements=by_id,
        quirks=_by_id(quirks, _QUIRK_ID),
        digest=digest.hexdigest(),
    )


class _Table:
    """A TOML table whose keys are asked for by type; what was not asked for is an error."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = dict(values)
        self.where = where

    def _take(self, key: str, kind: type[Any], *, needed: bool) -> Any:
        value = self._values.pop(key, None)
        if value is None and not needed:
            return None
        if type(value) is not kind or value in ("", []):
            raise DataError(f"{self.where}: '{key}' is missing, empty or not a {kind.__name__}")
        return value

    def text(self, key: str) -> str:
        """Take a text that must be there."""
        return str(self._take(key, str, needed=True))

    def optional(self, key: str) -> str | None:
        """Take a text that may be absent."""
        value = self._take(key, str, needed=False)
        return None if value is None else str(value)

    def texts(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        """Take a list of different texts."""
        values = self._take(key, list, needed=needed) or []
        if not all(isinstance(value, str) for value in values) or len(set(values)) < len(values):
            raise DataError(f"{self.where}: '{key}' must be a list of different texts")
        return tuple(values)

    def flag(self, key: str) -> bool:
        """Take true or false; an absent one is false."""
        return bool(self._take(key, bool, needed=False))

    def entries(self, key: str) -> Iterable[_Table]:
        """Take an array of tables, each known by its id in what is said of it."""
        for number, values in enumerate(self._take(key, list, needed=True), start=1):
            if not isinstance(values, dict):
                raise DataError(f"{self.where}: '{key}' must be tables ([[{key}]])")
            entry = _Table(values, f"{self.where}: {values.get('id', f'{key} {number}')}")
            yield entry
            entry.finish()

    def left(self) -> tuple[str, ...]:
        """Return the keys that nobody took yet."""
        return tuple(self._values)

    def table(self, key: str) -> _Table:
        """Take a table."""
        return _Table(self._take(key, dict, needed=True), f"{self.where}: {key}")

    def tables(self) -> Iterable[tuple[str, _Table]]:
        """Take everything that is left, which must be tables."""
        return [(key, self.table(key)) for key in self.left()]

    def finish(self) -> None:
        """Refuse the keys that nobody asked for."""
        if self._values:
            raise DataError(f"{self.where}: unknown key '{next(iter(self._values))}'")


def _read(path: Path, also: Callable[[bytes], None]) -> _Table:
    try:
        content = path.read_bytes()
        values = tomllib.loads(content.decode())
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} of the catalogue cannot be read: {error}") from error
    also(content)
    return _Table(values, path.name)


def _sections(documents: _Table) -> Mapping[str, Source]:
    """Return each section under `<document>/<section>`."""
    found = {}
    for key, document in documents.tables():
        title, url = document.text("title"), document.optional("url") or ""
        sections = document.table("sections")
        document.finish()
        for name in sections.left():
            heading, *anchor = sections.texts(name)
            if len(anchor) != (1 if url else 0):
                raise DataError(f"{sections.where}: '{name}' needs a heading and an anchor")
            found[f"{key}/{name}"] = Source(
                document=title, section=heading, url="#".join((url, *anchor))
            )
    return found


def _requirement(
    entry: _Table, topic: str, unchecked: str | None, sections: Mapping[str, Source]
) -> Requirement:
    return Requirement(
        id=entry.text("id"),
        title=entry.text("title"),
        topic=topic,
        level=_choice(Level, entry.text("level"), entry.where),
        sides=frozenset(_choice(Side, side, entry.where) for side in entry.texts("sides")),
        text=entry.text("text"),
        sources=tuple(_section(name, sections, entry.where) for name in entry.texts("sources")),
        derived=entry.flag("derived"),
        hint=entry.optional("hint") or "",
        allowed=entry.texts("allowed", needed=False),
        forbidden=entry.texts("forbidden", needed=False),
        unchecked=entry.optional("unchecked") or unchecked,
    )


def _quirk(entry: _Table, requirements: Mapping[str, Requirement]) -> Quirk:
    quirk = Quirk(
        id=entry.text("id"),
        title=entry.text("title"),
        text=entry.text("text"),
        default=entry.text("default"),
        settings=entry.texts("settings", needed=False),
        requirements=entry.texts("requirements"),
    )
    for requirement in quirk.requirements:
        if requirement not in requirements:
            raise DataError(f"{entry.where}: there is no requirement '{requirement}'")
    return quirk


def _choice(kind: type[E], value: str, where: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise DataError(f"{where}: unknown {kind.__name__.lower()} '{value}'") from None


def _section(name: str, sections: Mapping[str, Source], where: str) -> Source:
    if name not in sections:
        raise DataError(f"{where}: there is no section '{name}' in documents.toml")
    return sections[name]


def _by_id(things: Iterable[T], form: re.Pattern[str]) -> Mapping[str, T]:
    found: dict[str, T] = {}
    for thing in things:
        if not form.fullmatch(thing.id):
            raise DataError(f"the id '{thing.id}' of the catalogue is malformed")
        if thing.id in found:
            raise DataError(f"the id '{thing.id}' stands twice in the catalogue")
        found[thing.id] = thing
    return MappingProxyType(found)
