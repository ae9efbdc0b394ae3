"""How a test ends: what its checks saw, for pytest, for Allure and for a person who reads it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import pytest

from conformance.catalogue import Catalogue
from conformance.report.check import Check, Outcome
from conformance.report.wording import check_says, counted, story_says, without_markdown
from conformance.run.bench import Bench
from conformance.run.suite import SuiteRun

_AMISS: Final = (Outcome.FAIL, Outcome.ERROR)
_SHOWN: Final = (Outcome.PASS, Outcome.WARN)


def conclude(bench: Bench, checks: Sequence[Check], *, says: str = "") -> None:
    """End the test that runs by what its `checks` saw; `says` is what its case is about.

    It fails when a requirement is broken or the adapter broke, and is skipped when nothing could
    be shown; a warning passes.
    """
    _tell_allure(bench, checks, says)
    amiss = [check for check in checks if check.outcome in _AMISS]
    if amiss:
        pytest.fail(text_of(bench, amiss), pytrace=False)
    if not any(check.outcome in _SHOWN for check in checks):
        reasons = dict.fromkeys(check.observed or check.reason for check in checks)
        pytest.skip("; ".join(reason for reason in reasons if reason) or "nothing could be shown")


def conclude_checks(run: SuiteRun, checks: Sequence[Check]) -> None:
    """End the test that runs by what was seen of the API, or of certificates.

    It fails when a promise is broken, and is skipped when nothing could be shown of one.
    """
    _tell_allure_of_exchanges(run, checks)
    amiss = [check for check in checks if check.outcome in _AMISS]
    if amiss:
        pytest.fail("\n".join(_said(run.catalogue, amiss)), pytrace=False)
    unclear = [check for check in checks if check.outcome not in _SHOWN]
    if unclear or not checks:
        reasons = dict.fromkeys(check.observed or check.reason for check in unclear)
        pytest.skip("; ".join(reason for reason in reasons if reason) or "nothing could be shown")


def conclude_story(run: SuiteRun, checks: Sequence[Check], *, says: str = "") -> None:
    """End the test that runs by what the story of a client shows; `says` is what it is about.

    It fails when a requirement is broken or the adapter broke, and is skipped when nothing could
    be shown.
    """
    _describe(run.catalogue, checks, says)
    amiss = [check for check in checks if check.outcome in _AMISS]
    if amiss:
        told = next((story_says(check.story) for check in amiss if check.story), [])
        pytest.fail("\n".join([*_said(run.catalogue, amiss), *told]), pytrace=False)
    if not any(check.outcome in _SHOWN for check in checks):
        reasons = dict.fromkeys(check.observed or check.reason for check in checks)
        pytest.skip("; ".join(reason for reason in reasons if reason) or "nothing could be shown")


def text_of(bench: Bench, checks: Sequence[Check]) -> str:
    """Return what `checks` saw amiss, each requirement with its cause, then the request."""
    lines = _said(bench.run.catalogue, checks)
    for evidence in dict.fromkeys(name for check in checks for name in check.evidence):
        request = bench.request_of(evidence)
        if request:
            lines += ["", f"{evidence}:", *(f"  {line}".rstrip() for line in request.splitlines())]
    return "\n".join(lines)


def _said(catalogue: Catalogue, checks: Sequence[Check]) -> list[str]:
    """Return what `checks` say in lines, each under its requirement."""
    lines: list[str] = []
    for check in checks:
        requirement = catalogue.requirements.get(check.requirement)
        title = without_markdown(requirement.title) if requirement else ""
        count = f" · {check.broken} of {counted(check.cases, 'case')}" if check.cases > 1 else ""
        lines += [f"{check.requirement} {title}{count}".rstrip()]
        lines += [f"  {line}" for line in check_says(check)]
    return lines


def _tell_allure(bench: Bench, checks: Sequence[Check], says: str) -> None:
    if not _describe(bench.run.catalogue, checks, says):
        return
    from conformance.report import allure  # noqa: PLC0415 - only where pytest has loaded it

    for evidence in dict.fromkeys(name for check in checks for name in check.evidence):
        judgement = bench.judgement_of(evidence)
        if judgement is not None:
            allure.attach_request(judgement, bench.run.redactor)


def _tell_allure_of_exchanges(run: SuiteRun, checks: Sequence[Check]) -> None:
    if not _describe(run.catalogue, checks):
        return
    from conformance.report import allure  # noqa: PLC0415 - only where pytest has loaded it
    from conformance.run.exhibit import exhibits  # noqa: PLC0415 - not where nothing is sent

    for check in checks:
        for item in exhibits(check, run.exchanges, strict=run.strict):
            allure.attach_exchange(item.name, item.request, item.response, item.faults)


def _describe(catalogue: Catalogue, checks: Sequence[Check], says: str = "") -> bool:
    """Tell Allure what the test is about and what it saw; return whether Allure listens."""
    if "allure_commons" not in sys.modules:
        return False
    from conformance.report import allure  # noqa: PLC0415 - only where pytest has loaded it

    known = catalogue.requirements
    concerned = [known[check.requirement] for check in checks if check.requirement in known]
    allure.describe(concerned, catalogue, says=says)
    allure.attach_checks(checks)
    return True
