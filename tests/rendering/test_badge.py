"""The badge: well-formed, legible, and right about the verdict."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from conformance.rendering.badge import badge
from conformance.report.model import Verdict
from tests.rendering.samples import ready

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("verdict", Verdict)
def test_it_says_plan_and_verdict_to_eyes_and_ears(verdict: Verdict) -> None:
    root = ET.fromstring(badge(replace(ready(), verdict=verdict)))  # noqa: S314 - our own
    texts = [item.text for item in root.iter(f"{SVG}text")]
    shown = verdict.value.replace("_", " ")
    assert texts == ["partner api · signer", shown]
    assert root.get("aria-label") == f"partner api · signer: {shown}"
    assert root.findtext(f"{SVG}title") == root.get("aria-label")


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("verdict", Verdict)
def test_white_is_legible_on_it(verdict: Verdict) -> None:
    """At least 4.5 to 1, as WCAG 2 AA asks."""
    root = ET.fromstring(badge(replace(ready(), verdict=verdict)))  # noqa: S314 - our own
    shapes = (*root.iter(f"{SVG}rect"), *root.iter(f"{SVG}path"))
    grounds = [item.get("fill", "") for item in shapes]
    assert len(grounds) == 2
    assert all(1.05 / (_luminance(ground) + 0.05) >= 4.5 for ground in grounds)


def test_several_stand_on_one_page() -> None:
    """Nothing in it is named, so that nothing is taken from the badge before it."""
    assert " id=" not in badge(ready())


def test_a_plan_that_is_markup_stays_text() -> None:
    root = ET.fromstring(badge(replace(ready(), plan='"><script>')))  # noqa: S314 - our own
    assert not list(root.iter(f"{SVG}script"))
