"""The overview in a real browser: hostile partners, both colour schemes, narrow and wide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.gate.comparison import Change, Turn
from conformance.gate.decision import EXIT_CODES, Decision, Ruling, Step
from conformance.gate.gating import Gated
from conformance.gate.overview import overview_page
from conformance.report.check import Outcome
from conformance.report.model import AppliedWaiver, Blocker, Certificate
from tests.gate.handed import NOW
from tests.sandbox.browser import running_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\u202egnp"


def decisions() -> Iterator[Decision]:
    """Yield a decision of each kind, with long and hostile words."""
    for number, ruling in enumerate(Ruling):
        ready = Decision(
            source=f"partners/{number}.zip", ruling=ruling, exit_code=EXIT_CODES[ruling],
            says="30 requirements hold", partner=f"Partner {number}", client_id=f"client-{number}",
            created=NOW, plan="readiness", suite="0.1.0", compared=True,
            steps=(Step(name="zip", says="4 files"),),
            certificates=(
                Certificate(
                    use="tls", sha256="0" * 64, valid_from=NOW,
                    expires=NOW + timedelta(days=number * 40 - 5),
                ),
            ),
        )  # fmt: skip
        yield ready
    yield replace(
        ready, ruling=Ruling.REGRESSION, partner=HOSTILE, client_id=HOSTILE, source=HOSTILE,
        says=HOSTILE * 20, hint=HOSTILE,
        blocking=(Blocker(requirement=HOSTILE, outcome=Outcome.FAIL, says=HOSTILE),) * 3,
        changes=(
            Change(
                turn=Turn.WORSE, requirement="DIG-002", before="pass", after="fail",
                checks=(HOSTILE,) * 9, says=HOSTILE,
            ),
        ),
        waivers=(
            AppliedWaiver(
                requirement="X", check=HOSTILE, reason_code="y", reason=HOSTILE, owner=HOSTILE,
                ticket="'\"><b>", expires=NOW,
            ),
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open the overview; the test fails when it asks for anything, logs or complains."""
    file = tmp_path / "overview.html"
    gated = Gated(decisions=tuple(decisions()), faults=(HOSTILE,))
    file.write_text(overview_page(gated, NOW), encoding="utf-8")
    complaints: list[str] = []
    context = browser.new_context(
        color_scheme=request.param, viewport={"width": 1280, "height": 900}
    )
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(dialog.message))
    opened.on("request", lambda asked: complaints.append(asked.url))
    opened.goto(file.as_uri())
    yield opened
    context.close()
    assert complaints == [file.as_uri()]


def test_every_partner_has_a_row_the_worst_first(page: Page) -> None:
    rulings = page.locator("tbody .ruling").all_inner_texts()

    assert rulings == [
        "INVALID", "ERROR", "REGRESSION", "REGRESSION", "NOT_READY", "INCOMPLETE",
        "READY_WITH_WAIVERS", "READY",
    ]  # fmt: skip
    assert page.locator("h1").inner_text() == "2 of 8 ready"


def test_hostile_words_are_words(page: Page) -> None:
    assert "owned" not in page.title()
    assert page.locator("script, img").count() == 0
    assert "<script>" in page.locator("tbody").inner_text()
    assert "\u202e" not in page.content()


def test_details_unfold_without_a_script(page: Page) -> None:
    row = page.locator("tr", has_text="onerror").first
    folded = row.locator("summary", has_text="All that blocks")
    folded.focus()
    page.keyboard.press("Enter")

    assert row.locator("details[open] li").count() == 3


def test_nothing_runs_over_the_edge(page: Page) -> None:
    """On a narrow screen the table scrolls within its frame, the page does not."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_can_be_told_from_its_ground(page: Page) -> None:
    """Each badge has the contrast of 4.5 to 1 that WCAG asks for."""
    script = """() => [...document.querySelectorAll('.ruling, .soon, .quiet')].map(item => {
        const ground = element => {
            const found = getComputedStyle(element).backgroundColor
            return /, 0\\)$|^transparent/.test(found) && element.parentElement
                ? ground(element.parentElement) : found
        }
        return [getComputedStyle(item).color, ground(item)]
    })"""
    for front, back in page.evaluate(script):
        assert _contrast(front, back) >= 4.5, (front, back)


def _contrast(front: str, back: str) -> float:
    light, dark = sorted((_luminance(front), _luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(part.split(".")[0]) / 255 for part in colour[4:-1].split(", ")[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
              for part in channels]  # fmt: skip
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
