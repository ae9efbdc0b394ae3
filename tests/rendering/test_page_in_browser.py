"""The page in a real browser: it runs nothing of a stranger's, asks nobody, and can be read by all.

Each tab fails its test when the page logs, opens a dialog or asks for anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.rendering.page import html
from tests.rendering.hostile import poisoned
from tests.rendering.samples import CATALOGUE, SAMPLES
from tests.sandbox.browser import Scheme, running_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

NARROW = 360
UNFOLD = "document.querySelectorAll('{}').forEach(item => {{ item.open = true }})"
Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, made in SAMPLES.items():
        (folder / f"{name}.html").write_text(html(made(), CATALOGUE), encoding="utf-8")
    (folder / "hostile.html").write_text(html(poisoned(), CATALOGUE), encoding="utf-8")
    return folder


@pytest.fixture
def open_page(browser: Browser, pages: Path) -> Iterator[Open]:
    complaints: list[str] = []
    with ExitStack() as tabs:

        def opened(
            name: str, *, scheme: Scheme = "light", width: int = 1280, scripts: bool = True,
            fragment: str = "",
        ) -> Page:  # fmt: skip
            context = browser.new_context(
                color_scheme=scheme, viewport={"width": width, "height": 800},
                java_script_enabled=scripts,
            )  # fmt: skip
            tabs.callback(context.close)
            page = context.new_page()
            page.on("console", lambda said: complaints.append(said.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("dialog", lambda dialog: complaints.append(dialog.message))
            page.on("request", lambda asked: _note(asked.url, complaints))
            page.goto(f"{(pages / name).as_uri()}.html{fragment}")
            return page

        yield opened
    assert complaints == []


def _note(url: str, complaints: list[str]) -> None:
    if not url.startswith(("file:", "data:")):
        complaints.append(f"asked {url}")


def _shown(page: Page) -> list[str]:
    rows = page.locator(".requirement:visible")
    return list(rows.evaluate_all("rows => rows.map(row => row.id)"))


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [
        ("ready", "light", NARROW), ("not_ready", "dark", 1280), ("invalid", "light", 1280),
        ("error", "dark", NARROW),
        ("waived", "light", 800), ("incomplete", "dark", 800),
        ("full", "light", 1280), ("full", "dark", NARROW),
        ("hostile", "light", NARROW),
    ],
)  # fmt: skip
def test_everybody_can_read_it(open_page: Open, name: str, scheme: Scheme, width: int) -> None:
    """WCAG 2 AA by axe, with all that matters unfolded; nothing wider than the window."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(name, scheme=scheme, width=width)
    page.evaluate(UNFOLD.format("[data-blocks], .story, figure details, #DIG-001"))
    faults: list[Any] = axe.run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in faults] == []
    page.evaluate(UNFOLD.format("details"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_script_of_a_hostile_report_runs(open_page: Open) -> None:
    page = open_page("hostile")
    page.evaluate(UNFOLD.format("details"))
    page.mouse.move(400, 400)
    for _ in range(30):
        page.keyboard.press("Tab")
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.querySelectorAll('iframe, img, object, base').length") == 0
    assert page.evaluate("document.scripts.length") == 1


def test_requirements_are_filtered_and_searched(open_page: Open) -> None:
    page = open_page("not_ready")
    every = _shown(page)
    page.check("input[name=outcome][value=fail]")
    assert _shown(page) == ["DIG-002", "STR-005"]
    assert page.inner_text("#found") == f"2 of {len(every)} requirements"
    page.select_option("#by-topic", label="Digest")
    assert _shown(page) == ["DIG-002"]
    page.check("input[name=outcome][value='']")
    page.select_option("#by-topic", value="")
    page.select_option("#by-level", value="SHOULD")
    assert _shown(page) == ["STR-003"]
    page.select_option("#by-level", value="")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("imf-fixdate")
    assert _shown(page) == ["DATE-001"]
    assert page.locator(".topic:visible").count() == 1


def test_a_link_to_a_folded_or_hidden_requirement_opens_it(open_page: Open) -> None:
    page = open_page("not_ready", fragment="#STR-005")
    assert page.evaluate("document.getElementById('STR-005').open")
    page.check("input[name=outcome][value=pass]")
    page.click("#cause-2 a.id")
    assert page.is_visible("#DIG-002 .body")
    assert page.is_visible("#DATE-001")


def test_the_command_is_copied(open_page: Open) -> None:
    page = open_page("not_ready")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#cause-1 .copy")
    page.wait_for_function("document.querySelector('#cause-1 .copy').innerText.includes('Copied')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "lendico-conformance check --replay target/query -- java -jar signer.jar"


def test_without_scripts_it_is_a_plain_page(open_page: Open) -> None:
    page = open_page("not_ready", scripts=False)
    assert page.is_visible("#cause-1")
    assert not page.is_visible("#filters")
    assert not page.is_visible(".copy")
    page.click("#DIG-001 summary")
    assert page.is_visible("#DIG-001 .body")


def test_print_unfolds_what_blocks_and_folds_it_again(open_page: Open) -> None:
    page = open_page("not_ready")
    opened = "[...document.querySelectorAll('.requirement[open]')].map(item => item.id)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(opened) == ["DIG-002", "STR-005"]
    page.emulate_media(media="print")
    assert not page.is_visible("nav")
    assert not page.is_visible("#filters")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(opened) == []


def test_it_can_be_used_by_keyboard_alone(open_page: Open) -> None:
    page = open_page("ready")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#DIG-001 summary")
    page.keyboard.press("Enter")
    assert page.is_visible("#DIG-001 .body")
    page.focus("#unfold")
    page.keyboard.press("Space")
    assert page.get_attribute("#unfold", "aria-pressed") == "true"
    assert page.is_visible("#TGT-001 .body")
