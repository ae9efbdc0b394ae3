"""The manifest: what a bundle holds, by SHA-256; the one text that the partner signs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from conformance.gate.archive import Archive
from conformance.gate.refusal import RefusalError
from conformance.report.filename import CERTIFICATES, EVIDENCE, EXCHANGES, READINESS, STORIES
from conformance.report.model import Report
from conformance.report.plain import from_plain, to_plain
from conformance.report.strict import strict_json
from conformance.wire.visible import visible

VERSION: Final = "1.0"
MANIFEST: Final = "manifest.json"
SUBMISSION: Final = "submission.json"
FILES: Final = (READINESS, EVIDENCE, STORIES, EXCHANGES, CERTIFICATES)
"""The files that a manifest may list."""

LIMIT: Final = 64 << 10
"""Octets of a manifest, and of a submission."""

_AGAIN: Final = "Make the bundle again with `bundle create`, from the files of one run."


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A file of the bundle."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Whose report it is, which challenge it answers (none when empty), and its files."""

    version: str = VERSION
    report: str
    created: datetime
    suite: str
    client_id: str
    challenge: str
    files: tuple[Listed, ...]


def manifest_of(report: Report, files: Mapping[str, bytes]) -> Manifest:
    """Return the manifest of `report` and its `files`, by name."""
    return Manifest(
        report=report.id,
        created=report.created,
        suite=report.suite.version,
        client_id=report.subject.client_id,
        challenge=report.challenge,
        files=tuple(
            Listed(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())
            for name, data in sorted(files.items())
        ),
    )


def octets_of(manifest: Manifest) -> bytes:
    """Return `manifest` as the octets that are signed."""
    return (json.dumps(to_plain(manifest), indent=1, ensure_ascii=True) + "\n").encode()


def read_manifest(archive: Archive) -> tuple[Manifest, bytes]:
    """Return the manifest of `archive`, and its octets as they were signed.

    Raises:
        RefusalError: there is none, or it cannot be read.
    """
    data = small_file(archive, MANIFEST)
    try:
        manifest = from_plain(Manifest, strict_json(data))
    except ValueError as error:
        raise RefusalError(
            "manifest-broken", f"the manifest cannot be read: {visible(str(error), limit=200)}",
            hint=_AGAIN,
        ) from None  # fmt: skip
    if manifest.version != VERSION:
        raise RefusalError(
            "bundle-version",
            f"the bundle is of version {visible(manifest.version, limit=20)}, "
            f"and this suite knows {VERSION}",
            hint="Make the bundle with the suite that the gate has, or update the gate.",
        )
    return manifest, data


def refuse_other_files(archive: Archive, manifest: Manifest) -> None:
    """See that the archive holds what the manifest lists, octet for octet, and nothing else.

    Raises:
        RefusalError: a file is missing, added, or another one.
    """
    listed = {item.name: item for item in manifest.files}
    if (
        len(listed) != len(manifest.files)
        or not set(listed) <= set(FILES)
        or READINESS not in listed
    ):
        raise RefusalError(
            "manifest-broken", "the manifest lists files that no bundle has, or lacks the report",
            hint=_AGAIN,
        )  # fmt: skip
    held = set(archive.entries) - {MANIFEST, SUBMISSION}
    for name in sorted(held ^ set(listed)):
        where = "in the bundle, but not in its manifest" if name in held else (
            "in the manifest, but not in the bundle"
        )  # fmt: skip
        raise RefusalError("files-differ", f"{name} is {where}", hint=_AGAIN)
    for name, item in listed.items():
        if archive.entries[name].size != item.size or archive.sha256(name) != item.sha256:
            raise RefusalError(
                "hash-differs", f"{name} is not the file that the manifest lists: its SHA-256 "
                "differs", hint=_AGAIN,
            )  # fmt: skip


def small_file(archive: Archive, name: str) -> bytes:
    """Return the octets of a file that every bundle has, and that is small.

    Raises:
        RefusalError: it is missing, or larger than any.
    """
    if name not in archive.entries:
        raise RefusalError("file-missing", f"the bundle has no {name}", hint=_AGAIN)
    if archive.entries[name].size > LIMIT:
        raise RefusalError("entry-too-large", f"{name} has more than {LIMIT:,} octets", hint=_AGAIN)
    return archive.read(name)
