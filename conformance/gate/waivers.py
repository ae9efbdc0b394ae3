"""Waivers: failures that somebody answers for, until a day, by exact ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from conformance.catalogue import Catalogue
from conformance.errors import ConfigError
from conformance.gate.tables import read_table
from conformance.report.check import Check, Outcome
from conformance.report.model import AppliedWaiver
from conformance.report.waiving import unwaivable
from conformance.wire.shown import shown
from conformance.wire.visible import visible

LONGEST: Final = timedelta(days=90)
"""How far from now a waiver may expire."""

_DAY_LENGTH: Final = len("2026-11-22")

Key = tuple[str, str, str]
"""Requirement, check and reason code of a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One entry of `waivers.toml`; without a `client_id` it is for every partner."""

    requirement: str
    check: str
    reason_code: str
    reason: str
    owner: str
    ticket: str
    expires: datetime
    client_id: str = ""

    @property
    def key(self) -> Key:
        """The failure that it is about."""
        return self.requirement, self.check, self.reason_code

    def __str__(self) -> str:
        """Name it in a sentence."""
        whose = f" of {visible(self.client_id, limit=80)}" if self.client_id else ""
        names = (visible(name, limit=120) for name in self.key)
        return f"the waiver of {' '.join(names)}{whose}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """What waivers do to the checks of one report."""

    applied: tuple[AppliedWaiver, ...] = ()
    used: frozenset[Waiver] = frozenset()

    @property
    def keys(self) -> frozenset[Key]:
        """The failures that are waived."""
        return frozenset((item.requirement, item.check, item.reason_code) for item in self.applied)


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Return the entries of the file at `path`.

    Raises:
        ConfigError: an entry lacks something, or is not of its form.
        UsageError: the file cannot be read.
    """
    entries = read_table(path, "waivers").get("waiver", [])
    return tuple(_entry(entry, f"{shown(str(path), 300)}, waiver {number}")
                 for number, entry in enumerate(entries, start=1))  # fmt: skip


def faults(
    waivers: Sequence[Waiver],
    *,
    catalogue: Catalogue,
    now: datetime,
    never: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Return what is wrong with `waivers` themselves, a sentence each.

    `never` says which requirements cannot be waived beside those that nobody can waive.
    """
    refused = {**(never or {}), **unwaivable()}
    found = []
    seen: set[tuple[Key, str]] = set()
    for waiver in waivers:
        if (waiver.key, waiver.client_id) in seen:
            found.append(f"{waiver} stands there twice")
        seen.add((waiver.key, waiver.client_id))
        if waiver.requirement not in catalogue.requirements:
            found.append(f"{waiver} is for a requirement that the catalogue does not know")
        if waiver.requirement in refused:
            found.append(f"{waiver} cannot be: {refused[waiver.requirement]}")
        if waiver.expires <= now:
            found.append(f"{waiver} expired on {waiver.expires:%Y-%m-%d}")
        elif waiver.expires - now > LONGEST + timedelta(days=1):
            found.append(
                f"{waiver} lasts until {waiver.expires:%Y-%m-%d}, more than {LONGEST.days} days"
            )
    return tuple(found)


def apply(
    waivers: Iterable[Waiver],
    checks: Iterable[Check],
    *,
    client_id: str = "",
    softened: bool = False,
) -> Waived:
    """Return which of `waivers` cover failures of `checks`.

    Only a `fail` can be waived, never an error or what was not shown; `softened` failures, those
    of a SHOULD, where the policy counts them. `client_id` is whose checks they are.
    """
    wanted = {Outcome.FAIL, Outcome.WARN} if softened else {Outcome.FAIL}
    failed = {
        (check.requirement, check.id, check.reason) for check in checks if check.outcome in wanted
    }
    used = [
        waiver for waiver in waivers if waiver.key in failed and waiver.client_id in ("", client_id)
    ]
    return Waived(
        applied=tuple(
            AppliedWaiver(
                requirement=item.requirement, check=item.check, reason_code=item.reason_code,
                reason=item.reason, owner=item.owner, ticket=item.ticket, expires=item.expires,
            )
            for item in used
        ),
        used=frozenset(used),
    )  # fmt: skip


def unused(waivers: Iterable[Waiver], used: Iterable[Waiver]) -> tuple[str, ...]:
    """Return a sentence for each of `waivers` that covers nothing."""
    known = set(used)
    return tuple(f"{waiver} covers no failure" for waiver in waivers if waiver not in known)


def sound_waivers(path: Path, *, catalogue: Catalogue, now: datetime) -> tuple[Waiver, ...]:
    """Return the entries of the file at `path`, for a run that is to apply them.

    Raises:
        ConfigError: one of them cannot stand: unknown, double, expired, too long, or for what
            cannot be waived.
        UsageError: the file cannot be read.
    """
    waivers = load_waivers(path)
    for fault in faults(waivers, catalogue=catalogue, now=now):
        raise ConfigError(fault, hint=f"Mend or remove the entry in {shown(str(path))}.")
    return waivers


def _entry(entry: dict[str, Any], place: str) -> Waiver:
    text = str(entry["expires"])
    try:
        expires = datetime.fromisoformat(text)
    except ValueError:
        expires = None
    if expires is not None and len(text) == _DAY_LENGTH:
        expires = datetime.combine(expires.date(), time(23, 59, 59), UTC)
    if expires is None or expires.tzinfo is None:
        raise ConfigError(
            f"{place}: expires is '{visible(text, limit=40)}', which is no day and no moment",
            hint="Write a day, such as 2026-12-31: the waiver holds until it ends, in UTC.",
        )
    return Waiver(**{**entry, "expires": expires})
