"""Failing cases kept between runs, so that the next run tries them first."""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from conformance.cases.case import Case, Refusal
from conformance.errors import UsageError
from conformance.wire.message import Place
from conformance.wire.visible import visible

DIRECTORY: Final = Path(".lendico-conformance", "failures")
"""Where failing cases are kept unless told otherwise, below the current directory."""

PREFIX: Final = "stored/"
"""What the id of a stored case starts with; the rest is its name in the store."""

_NAME: Final = re.compile(r"[0-9a-f]{12}\Z")
_LARGEST: Final = 4 * 1024 * 1024
_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a store holds: its cases, the newest first, and a sentence for each file skipped."""

    cases: tuple[Case, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailureStore:
    """Cases as JSON files in `directory`, each named by a hash of what it asks."""

    directory: Path = DIRECTORY

    def save(self, case: Case) -> Case:
        """Store `case` and return it under the id by which it is found again, `stored/<name>`.

        The same request is stored once, whatever it was called.

        Raises:
            UsageError: the directory cannot be written.
        """
        document = _document(case)
        name = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12]
        stored = replace(case, id=PREFIX + name)
        text = json.dumps({"id": stored.id, **document}, indent=2) + "\n"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            half = self.directory / f".{name}.half"
            half.write_text(text, encoding="ascii")
            half.replace(self._path(name))
        except OSError as error:
            raise UsageError(
                f"the failing case {name} cannot be stored in {self.directory}: {error.strerror}",
                hint="make that directory writable",
            ) from error
        return stored

    def load(self, name: str) -> Case:
        """Return the case called `name`, with or without `stored/` in front.

        Raises:
            UsageError: there is none, or its file is broken.
        """
        bare = name.removeprefix(PREFIX)
        if not _NAME.match(bare) or not self._path(bare).is_file():
            raise UsageError(
                f"no failing case {visible(name, limit=60)!r} is stored in {self.directory}",
                hint=self._hint(bare),
            )
        return _read(self._path(bare))

    def load_all(self) -> Stored:
        """Return the newest cases, a hundred at most, and a sentence for each file left out."""
        cases, notes = [], []
        paths = self._paths()
        if (older := len(paths) - _MOST) > 0:
            notes.append(f"{older} older failing cases in {self.directory} are left out")
        for path in paths[:_MOST]:
            try:
                cases.append(_read(path))
            except UsageError as error:
                notes.append(error.message)
        return Stored(cases=tuple(cases), notes=tuple(notes))

    def discard(self, case: Case) -> None:
        """Forget `case`, which fails no more; one that is not stored is no error."""
        name = case.id.removeprefix(PREFIX)
        if _NAME.match(name):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.json"

    def _paths(self) -> list[Path]:
        """Return the files of the store, the newest first."""
        try:
            found = [path for path in self.directory.iterdir() if _NAME.match(path.stem)]
            dated = [(-path.stat().st_mtime_ns, path.name, path) for path in found]
        except OSError:
            return []
        return [path for _, _, path in sorted(dated) if path.suffix == ".json"]

    def _hint(self, name: str) -> str:
        names = [path.stem for path in self._paths()]
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        if close:
            return f"did you mean {close[0]}?"
        return f"stored are: {', '.join(names[:5])}" if names else "nothing is stored there yet"


def _document(case: Case) -> dict[str, Any]:
    return {
        "method": case.method,
        "target": case.target,
        "date": case.date.isoformat(),
        "body_base64": base64.b64encode(case.body).decode("ascii"),
        "key_id": case.key_id,
        "place": case.place.value,
        "key": case.key,
        "refusal": case.refusal.value,
    }


def _read(path: Path) -> Case:
    """Return the case in `path`; raise UsageError, naming the file, where it holds none."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST)
        return _case(PREFIX + path.stem, json.loads(raw))
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {visible(str(error), limit=120)}"
    raise UsageError(f"the stored case {path} is broken ({reason})", hint="delete that file")


def _case(case_id: str, document: Any) -> Case:
    texts = {name: document[name] for name in ("method", "target", "key_id")}
    key = document["key"]
    if not all(isinstance(text, str) for text in (*texts.values(), key or "")):
        raise TypeError("a field is no text")
    date = datetime.fromisoformat(document["date"])
    if date.tzinfo is None:
        raise ValueError("the date has no zone")
    return Case(
        id=case_id, date=date, key=key, **texts,
        body=base64.b64decode(document["body_base64"], validate=True),
        place=Place(document["place"]), refusal=Refusal(document["refusal"]),
        says="it failed in an earlier run",
    )  # fmt: skip
