"""The tree of golden vectors as documents: files, bodies, moments."""

from __future__ import annotations

import base64
import functools
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from conformance.data import VECTORS
from conformance.errors import DataError

Made = TypeVar("Made")

KEYS: Final = "keys"
"""The folder of the test keys."""


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON file of the tree, parsed."""

    path: Path
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Which of the schema's forms it has; empty when it does not say."""
        return str(self.content.get("kind", ""))

    @property
    def id(self) -> str:
        """Topic and name, as the path says: `body/crlf-ended`."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def topic(self) -> str:
        """The folder that it is in."""
        return self.path.parent.name

    @property
    def says(self) -> str:
        """What it is about, in one sentence."""
        return str(self.content.get("says", ""))

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements that it was made for."""
        return tuple(self.content.get("requirements", ()))

    def read(self, make: Callable[[Mapping[str, Any]], Made]) -> Made:
        """Return what `make` makes of the content.

        Raises:
            DataError: a field is missing or of a wrong form; the sentence names the file.
        """
        try:
            return make(self.content)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"the vector {self.path} is broken: {type(error).__name__} {error}",
                hint="compare it with schemas/vector.schema.json, or install the suite anew",
            ) from error


@functools.cache
def documents(root: Path = VECTORS) -> tuple[Document, ...]:
    """Return every vector below `root`, by topic and name; keys are none.

    Raises:
        DataError: there is no such folder, or a file is unreadable or no JSON object.
    """
    try:
        topics = [entry.path for entry in os.scandir(root) if entry.is_dir() and entry.name != KEYS]
        paths = [entry.path for topic in topics for entry in os.scandir(topic)]
    except OSError as error:
        raise DataError(f"the vectors in {root} cannot be read: {error.strerror}") from error
    found = tuple(document(Path(path)) for path in sorted(paths) if path.endswith(".json"))
    if not found:
        raise DataError(f"there are no vectors in {root}", hint="install the suite anew")
    return found


def document(path: Path) -> Document:
    """Return the file at `path`.

    Raises:
        DataError: it is unreadable or no JSON object.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"the vector {path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"the vector {path} is no JSON object")
    return Document(path, content)


def octets_of(body: Mapping[str, Any]) -> bytes:
    """Return the octets of a `body`: text as UTF-8 or Base64, repeated `times` times."""
    once = (
        base64.b64decode(body["base64"], validate=True)
        if "base64" in body
        else str(body["text"]).encode("utf-8")
    )
    return once * int(body.get("times", 1))


def moment_of(text: str) -> datetime:
    """Return the moment that an ISO 8601 `text` names, aware."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment
