"""A challenge: what Lendico hands a partner so that an old run cannot be shown again.

Its nonce draws some of the cases of the partner's run. Whoever holds the challenge's file can
draw them again and see whether the evidence has them. A challenge is good for one bundle: once a
bundle has been accepted, a mark beside Lendico's own file says which.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from conformance.cases.case import Case
from conformance.cases.challenged import challenged
from conformance.errors import UsageError
from conformance.files import read_limited, write_whole
from conformance.gate.refusal import RefusalError
from conformance.report.plain import from_plain, to_plain
from conformance.report.strict import strict_json
from conformance.wire.shown import shown
from conformance.wire.visible import visible

VERSION: Final = "1.0"
VALID_FOR: Final = timedelta(days=14)
"""How long a challenge may be answered, unless told otherwise."""

LIMIT: Final = 4096
"""Octets that the file of a challenge may have."""

USED: Final = ".used"
"""What is added to a challenge's file name to mark what answered it."""

_HINT: Final = "Take the file as `challenge create` wrote it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What is to be answered, by whom (a client id, or anybody when empty), and until when.

    `id` is the beginning of the SHA-256 of all the rest: nothing of it can be changed unseen.
    """

    version: str = VERSION
    id: str
    nonce: str
    partner: str
    created: datetime
    expires: datetime

    def cases(self) -> tuple[Case, ...]:
        """Return the cases that a run must ask."""
        return challenged(self.nonce)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A challenge in the hands of the one who set it, and where its file is."""

    challenge: Challenge
    path: Path

    def used_by(self) -> str:
        """Return the digest of the bundle that answered it; empty when none has.

        Raises:
            UsageError: the mark cannot be read.
        """
        mark = _mark(self.path)
        if not mark.exists():
            return ""
        return read_limited(mark, "mark of a challenge", 200).decode("ascii", "replace").strip()

    def use(self, digest: str) -> None:
        """Mark it as answered by the bundle with `digest`; doing it again changes nothing.

        Raises:
            RefusalError: another bundle answered it meanwhile.
            UsageError: the mark cannot be written.
        """
        mark = _mark(self.path)
        half = mark.with_name(f".{mark.name}.{secrets.token_hex(4)}.half")
        try:
            half.write_text(f"{digest}\n", "ascii")
            os.link(half, mark)  # unlike a renamed file, it never takes the place of another
        except FileExistsError:
            if self.used_by() != digest:
                raise replayed(self.challenge) from None
        except OSError as error:
            raise UsageError(
                f"{shown(str(mark))} cannot be written: {error.strerror}",
                hint="Keep challenges where the gate may write: it marks those that were answered.",
            ) from None
        finally:
            with contextlib.suppress(OSError):
                half.unlink()


def new_challenge(
    now: datetime, *, partner: str = "", valid_for: timedelta = VALID_FOR
) -> Challenge:
    """Return a fresh challenge for the client id `partner`, or for anybody."""
    created = now.replace(microsecond=0)
    nonce, expires = secrets.token_hex(32), created + valid_for
    return Challenge(
        id=_id(VERSION, nonce, partner, created, expires),
        nonce=nonce, partner=partner, created=created, expires=expires,
    )  # fmt: skip


def write_challenge(challenge: Challenge, path: Path) -> None:
    """Write `challenge` into a new file.

    Raises:
        UsageError: the file is there already, or cannot be written.
    """
    if path.exists():
        raise UsageError(
            f"{shown(str(path))} is there already",
            hint="Name another file: a challenge that was handed out must stay as it is.",
        )
    write_whole(path, (json.dumps(to_plain(challenge), indent=2) + "\n").encode())


def read_challenge(path: Path) -> Challenge:
    """Return the challenge in the file at `path`.

    Raises:
        UsageError: the file cannot be read, or is no challenge, or was changed.
    """
    data = read_limited(path, "challenge", LIMIT)
    name = shown(str(path), 300)
    try:
        found = from_plain(Challenge, strict_json(data))
        known = _id(found.version, found.nonce, found.partner, found.created, found.expires)
        bytes.fromhex(found.nonce)
    except (ValueError, TypeError):
        raise UsageError(
            f"{name} is no challenge: what is in it is no JSON, or has other fields", hint=_HINT
        ) from None
    if found.version != VERSION:
        raise UsageError(
            f"{name} is a challenge of version {visible(found.version, limit=20)}, "
            f"and this suite knows {VERSION}",
            hint="Take a suite of the version that made it, or a later one.",
        )
    if found.id != known:
        raise UsageError(f"the challenge in {name} was changed", hint=_HINT)
    return found


def challenge_for(client_id: str, path: Path, now: datetime) -> Challenge:
    """Return the challenge in the file at `path`, that the partner `client_id` is to answer now.

    Raises:
        UsageError: it cannot be read, has expired, or is for another partner.
    """
    challenge = read_challenge(path)
    if now > challenge.expires:
        raise UsageError(
            f"the challenge in {shown(str(path), 300)} expired on "
            f"{challenge.expires:%Y-%m-%d %H:%M UTC}",
            hint="Ask for a new one.",
        )
    if challenge.partner not in ("", client_id):
        raise UsageError(
            f"the challenge is for the client id {visible(challenge.partner, limit=80)}, and "
            f"partner.key_id is {visible(client_id, limit=80) or 'not set'}",
            hint="Set partner.key_id in conformance.toml, or ask for a challenge of your own.",
        )
    return challenge


def held_challenges(paths: Iterable[Path]) -> Mapping[str, Held]:
    """Return the challenges in `paths`, by id; a folder stands for the `.json` files in it.

    Raises:
        UsageError: a file cannot be read or is no challenge.
    """
    files = [
        file
        for path in paths
        for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])
    ]
    held = (Held(challenge=read_challenge(file), path=file) for file in files)
    return {item.challenge.id: item for item in held}


def replayed(challenge: Challenge) -> RefusalError:
    """Return the refusal of a second bundle for `challenge`."""
    return RefusalError(
        "challenge-replayed",
        f"the challenge {challenge.id} was answered by another bundle already",
        hint="Set a new challenge with `challenge create`, and ask for a new run.",
    )


def _mark(path: Path) -> Path:
    return path.with_name(path.name + USED)


def _id(version: str, nonce: str, partner: str, created: datetime, expires: datetime) -> str:
    parts: list[Any] = [version, nonce, partner, to_plain(created), to_plain(expires)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
