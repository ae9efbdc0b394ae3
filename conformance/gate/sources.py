"""What is handed in: reports, bundles, and folders of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import Final

from conformance.errors import UsageError
from conformance.report.filename import READINESS
from conformance.wire.shown import shown

MOST: Final = 20_000
"""Files that are judged in one go."""


class Kind(StrEnum):
    """What a file is taken for."""

    REPORT = "report"
    BUNDLE = "bundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that was handed in; `name` is its path below the folder that was named, or all of it.

    `alone` tells a file that was named itself from one that was found in a folder.
    """

    path: Path
    name: str
    kind: Kind
    alone: bool = True


def find_sources(paths: Iterable[Path]) -> tuple[Source, ...]:
    """Return the reports and bundles at `paths`, those of a folder in the order of their names.

    In a folder, at any depth, a bundle is what ends in `.zip`, a report is called
    `readiness.json`.

    Raises:
        UsageError: there is nothing at a path, or a folder holds neither.
    """
    found: list[Source] = []
    for path in paths:
        named = shown(str(path), 300)
        if path.is_dir():
            files = _in_folder(path)
            if not files:
                raise UsageError(
                    f"{named} holds no bundle and no {READINESS}",
                    hint="Name the report, the bundle, or the folder that they are in.",
                )
            found += files
        elif path.exists():
            found.append(Source(path=path, name=named, kind=_kind(path)))
        else:
            raise UsageError(f"{named} does not exist", hint="Check the path.")
    if len(found) > MOST:
        raise UsageError(
            f"there are more than {MOST:,} files to judge", hint="Judge fewer in one go."
        )
    return tuple(found)


def _in_folder(folder: Path) -> list[Source]:
    files = list(islice(chain(folder.rglob("*.zip"), folder.rglob(READINESS)), MOST + 1))
    return [
        Source(
            path=path,
            name=shown(str(path.relative_to(folder)), 300),
            kind=Kind.BUNDLE if path.suffix == ".zip" else Kind.REPORT,
            alone=False,
        )
        for path in sorted(files)
        if path.is_file()
    ]


def _kind(path: Path) -> Kind:
    """Return what the file at `path` is: a zip file by its first octets, or by its name."""
    try:
        with path.open("rb") as file:
            starts = file.read(2) == b"PK"
    except OSError:
        starts = False  # whoever reads it says why it cannot be read
    return Kind.BUNDLE if starts or path.suffix == ".zip" else Kind.REPORT
