"""What can be waived at all, and how an entry of `waivers.toml` is written."""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from conformance.catalogue import Level
from conformance.errors import DataError
from conformance.report.check import Check, Outcome
from conformance.report.model import Report

_DATA: Final = Path(__file__).parent / "unwaivable.toml"


@functools.cache
def unwaivable() -> Mapping[str, str]:
    """Return why a requirement cannot be waived, by its id; all others can.

    Raises:
        DataError: the list cannot be read.
    """
    try:
        groups = tomllib.loads(_DATA.read_text(encoding="utf-8"))["group"]
        found = {name: group["reason"] for group in groups for name in group["requirements"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{_DATA} cannot be read: {error}") from error
    return MappingProxyType(found)


def entry_of(check: Check) -> str:
    """Return the entry that would waive the failure of `check`, for its owner to complete."""
    known = {
        "requirement": check.requirement, "check": check.id, "reason_code": check.reason,
        "reason": "", "owner": "", "ticket": "", "expires": "",
    }  # fmt: skip
    lines = (f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in known.items())
    return "\n".join(["[[waiver]]", *lines])


def waivable_failures(report: Report) -> tuple[Check, ...]:
    """Return the failures that block `report` and that a waiver could cover.

    There are none where something blocks that cannot be waived: an entry would change nothing.
    """
    failed = [
        check
        for result in report.requirements
        if result.level is Level.MUST and result.outcome is Outcome.FAIL and not result.waived
        for check in result.checks
        if check.outcome is Outcome.FAIL
    ]
    if any(check.requirement in unwaivable() for check in failed):
        return ()
    return tuple(failed)
