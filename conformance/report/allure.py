"""What Allure is told of a test while it runs: requirement, level, description, links, evidence.

Everything here does nothing unless pytest writes Allure results (`--alluredir`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import allure
from allure_commons import plugin_manager

from conformance.catalogue import Catalogue, Level, Requirement
from conformance.redaction import Redactor
from conformance.report.check import Check
from conformance.report.excerpt import octets_of, request_of
from conformance.report.wording import check_says
from conformance.rules.finding import Judgement

_DYNAMIC: Final[Any] = allure.dynamic
"""Allure's way to label the test that runs, which has no types."""

SEVERITIES: Final = {
    Level.MUST: allure.severity_level.CRITICAL,
    Level.SHOULD: allure.severity_level.MINOR,
}


def is_written() -> bool:
    """Tell whether this run of pytest writes Allure results."""
    return bool(plugin_manager.hook.report_result.get_hookimpls())


def describe(requirements: Sequence[Requirement], catalogue: Catalogue, *, says: str = "") -> None:
    """Label the test that runs with what it is about.

    `says` is what the case is about, where the test has one. The severity is that of the most
    binding requirement.
    """
    if not requirements or not is_written():
        return
    first = requirements[0]
    topic = catalogue.topics.get(first.topic)
    _DYNAMIC.feature(topic.title if topic else first.topic)
    _DYNAMIC.story(*(f"{item.id} {item.title}" for item in requirements))
    _DYNAMIC.tag(*(item.id for item in requirements), first.level.value)
    levels = {item.level for item in requirements}
    _DYNAMIC.severity(SEVERITIES[Level.MUST if Level.MUST in levels else Level.SHOULD])
    told = [says] if says else []
    told += [f"**{item.id}** ({item.level}): {item.text}" for item in requirements]
    _DYNAMIC.description("\n\n".join(told))
    for source in dict.fromkeys(source for item in requirements for source in item.sources):
        if source.url:
            _DYNAMIC.link(source.url, name=str(source))


def attach_checks(checks: Sequence[Check]) -> None:
    """Attach what `checks` saw, and both strings of each cause."""
    if not is_written():
        return
    for check in checks:
        lines = check_says(check)
        if lines:
            _attach("\n".join(lines), f"{check.requirement}: {check.reason or check.outcome}")
    seen = dict.fromkeys(item for check in checks for item in check.diagnosis)
    for diagnosis in seen:
        _attach(diagnosis.expected, f"{diagnosis.mistake}: {diagnosis.stage} expected")
        _attach(diagnosis.observed, f"{diagnosis.mistake}: {diagnosis.stage} observed")


def attach_request(judgement: Judgement, redactor: Redactor) -> None:
    """Attach the signed request that `judgement` is about, and the string it should have signed."""
    if is_written():
        _attach(request_of(judgement.request, redactor), "request")
        _attach(octets_of(judgement.signing_string, redactor), "signing string expected")


def attach_exchange(name: str, request: str, response: str, faults: Sequence[str]) -> None:
    """Attach an exchange with the API, redacted already, and how its body breaks the schema."""
    if is_written():
        _attach(request, f"{name}: request")
        _attach(response, f"{name}: response")
        _attach("\n".join(faults), f"{name}: schema errors")


def _attach(text: str, name: str) -> None:
    """Attach `text`, if there is any, with each of its line ends shown and made."""
    if text:
        allure.attach(
            text.replace("\\n", "\\n\n"), name=name,
            attachment_type=allure.attachment_type.TEXT,
        )  # fmt: skip
