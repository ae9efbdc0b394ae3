"""Who gets to the page's data, and what the page itself may do."""

from __future__ import annotations

import base64
import hashlib
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.sandbox.exchange import Incident
from conformance.sandbox.page.document import PATH, page
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.sandbox.browser import open_tab, running_browser
from tests.sandbox.calling import Caller

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


class Inline(HTMLParser):
    """Collects the inline elements of a page, and whatever it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.loads: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside = f"{tag} {given.get('type', '')}".strip()
        self.loads += [str(given[name]) for name in ("src", "href") if name in given]

    def handle_data(self, data: str) -> None:
        self.texts[self._inside] = self.texts.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = ""


def inline() -> Inline:
    parsed = Inline()
    parsed.feed(page().body.decode())
    return parsed


def test_the_policy_names_the_very_script_and_style() -> None:
    policy = dict(part.split(" ", 1) for part in page().policy.split("; "))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in page().policy
    for directive, element in (("script-src", "script module"), ("style-src", "style")):
        digest = hashlib.sha256(inline().texts[element].encode()).digest()
        assert policy[directive] == f"'sha256-{base64.b64encode(digest).decode()}'"


def test_the_page_is_one_file_that_loads_nothing() -> None:
    assert [address for address in inline().loads if not address.startswith("data:")] == []
    assert "{{" not in page().body.decode()


def test_the_scripts_never_make_elements_from_text() -> None:
    script = inline().texts["script module"]
    assert len(script) > 10_000
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", script)


def test_the_page_itself_needs_no_token_and_holds_no_data(caller: Caller) -> None:
    sandbox = caller.sandbox
    assert sandbox.control_url is not None
    port = int(sandbox.control_url.rpartition(":")[2])
    with caller.connect(None, port=port) as connection:
        connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        received = b""
        while b"</html>" not in received:
            received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    for field in (b"Content-Security-Policy: default-src 'none';", b"Referrer-Policy: no-referrer"):
        assert field in head
    for secret in (sandbox.control_token, caller.client_id, str(sandbox.directory)):
        assert secret.encode() not in body


@pytest.mark.slow
def test_a_wrong_token_shows_nothing_until_the_right_one_is_given(
    browser: Browser, caller: Caller
) -> None:
    with open_tab(browser, caller.sandbox) as tab:
        tab.go("#token=wrong")
        tab.page.wait_for_selector("#gate")
        assert "The token is not the one of this run" in tab.page.inner_text("#gate-why")
        assert not tab.page.is_visible("#panes")
        assert tab.rows() == []
        assert tab.focused() == "token"
        assert ["401" in complaint for complaint in tab.complaints] == [True]
        tab.complaints.clear()
        tab.page.fill("#token", caller.sandbox.control_token)
        tab.page.keyboard.press("Enter")
        tab.live()
        assert not tab.page.is_visible("#gate")
        tab.page.wait_for_selector(".row")


@pytest.mark.slow
def test_the_token_leaves_the_address_and_outlives_a_reload(
    browser: Browser, caller: Caller
) -> None:
    number = caller.sandbox.record.entries()[-1].number
    with open_tab(browser, caller.sandbox) as tab:
        tab.go()
        tab.live()
        tab.open(number)
        assert tab.page.url == f"{caller.sandbox.control_url}{PATH}#{number}"
        tab.page.reload()
        tab.shown(number)
        for request in tab.asked:
            assert caller.sandbox.control_token not in request.url
            assert not request.headers.get("referer")


@pytest.mark.slow
def test_the_policy_holds_in_the_browser(browser: Browser, sandbox: Sandbox) -> None:
    tries = {
        "document.body.innerHTML = '<b>x</b>'": "TrustedHTML",
        "fetch('https://127.0.0.1:1/')": "Failed to fetch",
    }
    with open_tab(browser, sandbox) as tab:
        tab.go()
        tab.live()
        for script, says in tries.items():
            told = tab.page.evaluate(
                f"(async () => {{ try {{ await ({script}); return '' }} "
                "catch (error) { return String(error) } })()"
            )
            assert says in told
        assert all("Security Policy" in text or "Trusted" in text for text in tab.complaints)
        tab.complaints.clear()


@pytest.mark.slow
def test_a_hidden_tab_lets_go_and_catches_up(browser: Browser, sandbox: Sandbox) -> None:
    def hide(state: str) -> str:
        return (
            "Object.defineProperty("
            f"document, 'hidden', {{configurable: true, get: () => {state}}});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )

    with open_tab(browser, sandbox) as tab:
        tab.go()
        tab.live()
        tab.page.evaluate(hide("true"))
        tab.page.wait_for_selector("#live[data-state=connecting]")
        sandbox.record.note(Incident(at=sandbox.clock.now(), address="127.0.0.1", says="noise"))
        number = sandbox.record.entries()[-1].number
        assert number not in tab.rows()
        tab.page.evaluate(hide("false"))
        tab.page.wait_for_selector(f"#entry-{number}")


@pytest.mark.slow
def test_a_sandbox_started_anew_asks_for_its_new_token(
    browser: Browser, settings: SandboxSettings
) -> None:
    with ExitStack() as tabs:
        with running_sandbox(replace(settings, control_port=0)) as first:
            assert first.control_url is not None
            again = replace(settings, control_port=int(first.control_url.rpartition(":")[2]))
            tab = tabs.enter_context(open_tab(browser, first))
            tab.go()
            tab.live()
        tab.page.wait_for_selector("#live[data-state=lost]")
        with running_sandbox(again):
            tab.page.wait_for_selector("#gate")
        assert "started anew" in tab.page.inner_text("#gate-why")
        assert all("Failed to load resource" in complaint for complaint in tab.complaints)
        tab.complaints.clear()


def announced(directory: Path, *, terminal: bool) -> str:
    """Return the line that tells of the page, as the command prints it to a terminal or a pipe."""
    command = [sys.executable, "-m", "conformance", "sandbox", "--port", "0", "--control-port", "0"]
    reader, writer = pty.openpty() if terminal else os.pipe()
    with subprocess.Popen(
        [*command, "--directory", str(directory)], stdout=writer, stdin=subprocess.DEVNULL
    ) as process:
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8", errors="replace") as lines:
            line = next(line for line in lines if PATH in line)
            process.terminate()
    return line


def test_the_token_is_printed_to_a_terminal_and_to_nothing_else(directory: Path) -> None:
    assert re.search(
        rf"https://localhost:\d+{PATH}#token=[\w-]{{32}}", announced(directory, terminal=True)
    )
    piped = announced(directory, terminal=False)
    assert "token=" not in piped
    assert "which asks for the token" in piped
