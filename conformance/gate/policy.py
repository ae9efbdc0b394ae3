"""The policy: what the one who decides asks of a report, beyond what the plan does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from conformance import __version__
from conformance.cases.profile import PROFILES
from conformance.catalogue import Level
from conformance.errors import ConfigError
from conformance.gate.refusal import RefusalError
from conformance.gate.tables import read_table
from conformance.report.model import VALID_FOR, Report
from conformance.report.verdict import owed_parts
from conformance.wire.reading import SKEW
from conformance.wire.shown import shown
from conformance.wire.visible import visible

_VERSION: Final = re.compile(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?![\d.])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a report must be. Empty means: what the report's own plan asks for, and no more.

    `levels` are those whose failure blocks; `oldest_suite` and `newest_suite` the versions of the
    suite that may have judged, both included; `profile` the smallest that counts;
    `never_waived` the requirements that cannot be waived, beside those that nobody can waive.
    """

    plan: str = ""
    levels: tuple[Level, ...] = (Level.MUST,)
    oldest_suite: str = ""
    newest_suite: str = __version__
    max_age: timedelta = VALID_FOR
    profile: str = ""
    challenge: bool = False
    """Whether a bundle must answer a challenge."""
    never_waived: tuple[str, ...] = ()

    @property
    def never(self) -> Mapping[str, str]:
        """Why each of `never_waived` cannot be waived."""
        return dict.fromkeys(self.never_waived, "the policy rules it out")

    def parts(self, report: Report) -> tuple[str, ...]:
        """Return the parts that must be shown, whatever `report` says was run."""
        return owed_parts(self.plan or report.plan, report.parts)

    def refuse(self, report: Report, now: datetime) -> None:
        """See that `report` is of the right age and version.

        Raises:
            RefusalError: it is too old, from the future, by a version of the suite that does not
                count, or of too few requests.
        """
        self._refuse_age(report, now)
        self._refuse_suite(report)
        names = list(PROFILES)
        allowed = names[names.index(self.profile) :] if self.profile else [*names, ""]
        if report.profile not in allowed and "offline" in self.parts(report):
            raise RefusalError(
                "profile-too-small",
                f"the report is of profile '{visible(report.profile, limit=40)}', and "
                f"{self.profile or 'one of the suite'} is asked for",
                hint=f"Run the check again with --profile {self.profile or 'default'}.",
            )

    def _refuse_age(self, report: Report, now: datetime) -> None:
        age = now - report.created
        if age < -SKEW:
            raise RefusalError(
                "from-the-future",
                f"the report was made at {report.created:%Y-%m-%d %H:%M:%S} UTC, which is still "
                "to come",
                hint="Set the clock of the machine that ran the check, and run it again.",
            )
        if age > self.max_age:
            raise RefusalError(
                "too-old",
                f"the report is of {report.created:%Y-%m-%d}, {age.days} days old; "
                f"{self.max_age.days} are allowed",
                hint="Run the check again.",
            )

    def _refuse_suite(self, report: Report) -> None:
        version = report.suite.version
        found = _number(version)
        if found is None:
            raise RefusalError(
                "suite-not-allowed",
                f"'{visible(version, limit=40)}' is no version of the suite",
                hint="Run the check again with a released version.",
            )
        if found == _number(__version__) and version != __version__:
            raise RefusalError(
                "suite-not-allowed",
                f"'{visible(version, limit=40)}' is no version of the suite: it is written "
                f"{__version__}",
                hint="Run the check again with a released version.",
            )
        oldest, newest = _number(self.oldest_suite), _number(self.newest_suite)
        if oldest is not None and found < oldest:
            raise RefusalError(
                "suite-not-allowed",
                f"the suite that judged is version {visible(version, limit=40)}; "
                f"{self.oldest_suite} is the oldest that counts",
                hint="Update the suite, and run the check again.",
            )
        if newest is not None and found > newest:
            raise RefusalError(
                "suite-not-allowed",
                f"the suite that judged is version {visible(version, limit=40)}; "
                f"{self.newest_suite} is the newest that counts here",
                hint="Update the suite that the gate runs, or name a newest_suite in the policy.",
            )


def load_policy(path: Path) -> Policy:
    """Return the policy in the file at `path`.

    Raises:
        ConfigError: something in it is not as it should be.
        UsageError: the file cannot be read.
    """
    table = read_table(path, "policy")
    for name in ("oldest_suite", "newest_suite"):
        if name in table and _number(table[name]) is None:
            raise ConfigError(
                f"{shown(str(path))}: {name} is no version",
                hint=f"Write it as the suite does: {__version__}.",
            )
    days = table.pop("max_age_days", None)
    if days is not None:
        table["max_age"] = timedelta(days=days)
    if "levels" in table:
        table["levels"] = tuple(Level(item) for item in table["levels"])
    return Policy(**{**table, "never_waived": tuple(table.get("never_waived", ()))})


def _number(version: str) -> tuple[int, int, int] | None:
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
