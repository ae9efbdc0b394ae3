"""A real browser for the tests of the page: headless Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import pytest

from conformance.sandbox.running import Sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page, Request

ALL_RUNTIMES: Final = bool(os.environ.get("CONFORMANCE_ALL_RUNTIMES"))
"""Set where every runtime must be there: a missing one then fails instead of being skipped."""

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

Scheme = Literal["light", "dark"]


def _missing(what: str) -> None:
    if ALL_RUNTIMES:
        pytest.fail(f"CONFORMANCE_ALL_RUNTIMES is set, but there is no {what}")
    pytest.skip(f"not on this machine: {what}")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start Chromium with a profile of its own; skip the test where there is none."""
    program = next((path for name in _NAMES if (path := shutil.which(name))), None)
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may not be installed
    except ModuleNotFoundError:
        _missing("playwright")
    if program is None:
        _missing("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(kw_only=True)
class Tab:
    """A tab on the page of a sandbox, and all that a page should never do."""

    page: Page
    sandbox: Sandbox
    complaints: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def watch(self) -> None:
        """Take note of errors, dialogs and requests to anywhere else from now on."""
        page = self.page
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", self._interrupted)
        page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))

    def _interrupted(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        self.asked.append(request)
        if not request.url.startswith((f"{self.sandbox.control_url}/", "data:")):
            self.complaints.append(f"asked {request.url}")

    def go(self, fragment: str | None = None) -> None:
        """Open the page, with the token unless another fragment is asked for."""
        url = self.sandbox.page_url
        assert url is not None
        self.page.goto(url if fragment is None else url.partition("#")[0] + fragment)

    def live(self) -> None:
        """Wait until the page hears of each request."""
        self.page.wait_for_selector("#live[data-state=live]")

    def open(self, number: int) -> str:
        """Click an entry, and return the text of its detail."""
        self.page.click(f"#entry-{number}")
        return self.shown(number)

    def shown(self, number: int) -> str:
        """Wait for the detail of an entry, and return its text."""
        self.page.wait_for_selector(f"#detail[data-number='{number}'] h2")
        return self.page.inner_text("#detail")

    def rows(self) -> list[int]:
        """Return the numbers of the rows that are shown, from the top."""
        shown = self.page.locator(".row:not([hidden])")
        return list(shown.evaluate_all("rows => rows.map(row => Number(row.dataset.number))"))

    def focused(self) -> str:
        """Return the id or the tag of what has the focus."""
        focus = "document.activeElement"
        return str(self.page.evaluate(f"{focus}.id || {focus}.tagName"))


@contextmanager
def open_tab(
    browser: Browser, sandbox: Sandbox, *, scheme: Scheme = "light", width: int = 1280
) -> Iterator[Tab]:
    """Give a tab of its own; it fails afterwards when the page complained of anything."""
    context = browser.new_context(
        ignore_https_errors=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    context.set_default_timeout(10_000)
    tab = Tab(page=context.new_page(), sandbox=sandbox)
    tab.watch()
    try:
        yield tab
        assert tab.complaints == []
    finally:
        context.close()
