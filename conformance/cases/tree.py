"""The tree of golden vectors as documents: files, bodies, moments, keys."""

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

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
)

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


@functools.cache
def key_named(name: str) -> RSAPrivateKey:
    """Return the test key `name`.

    Raises:
        DataError: there is no such key, or its file is broken.
    """
    return document(VECTORS / KEYS / f"{name}.json").read(_key)


def _key(content: Mapping[str, Any]) -> RSAPrivateKey:
    number = {name: int(content[name], 16) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi")}
    numbers = RSAPrivateNumbers(
        p=number["p"], q=number["q"], d=number["d"],
        dmp1=number["dp"], dmq1=number["dq"], iqmp=number["qi"],
        public_numbers=RSAPublicNumbers(e=number["e"], n=number["n"]),
    )  # fmt: skip
    # Our own tests prove the numbers; proving them at each start would cost 0.1 s a key.
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)
