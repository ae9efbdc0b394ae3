"""The page for people, read by a real browser.

Each tab fails its test when the page logs an error, opens a dialog or asks any other origin.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from conformance.sandbox.exchange import Incident
from conformance.sandbox.running import Sandbox
from tests.sandbox.browser import Scheme, Tab, open_tab, running_browser
from tests.sandbox.calling import Caller, exchange

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

NARROW = 360
Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, sandbox: Sandbox) -> Iterator[Open]:
    """Give what opens the page in a tab of its own."""
    with ExitStack() as tabs:

        def opened(*, scheme: Scheme = "light", width: int = 1280) -> Tab:
            tab = tabs.enter_context(open_tab(browser, sandbox, scheme=scheme, width=width))
            tab.go()
            tab.live()
            return tab

        yield opened


def noted(sandbox: Sandbox) -> int:
    """Return the number of the newest entry."""
    return sandbox.record.entries()[-1].number


def send_wrong(caller: Caller) -> int:
    """Send a request that was signed without its query; return its number."""
    assert caller.send(caller.prepare("GET", "/ping?x=1", signed_path="/ping")).status == 401
    return noted(caller.sandbox)


def send_right(caller: Caller) -> int:
    assert caller.send(caller.prepare()).status == 200
    return noted(caller.sandbox)


def test_requests_arrive_newest_first_without_reloading(open_page: Open, caller: Caller) -> None:
    first = noted(caller.sandbox)
    tab = open_page()
    tab.page.wait_for_selector(f"#entry-{first}")
    tab.page.evaluate("window.isTheSame = true")
    second, third = send_right(caller), send_wrong(caller)
    tab.page.wait_for_selector(f"#entry-{third}")
    assert tab.rows() == [third, second, first]
    assert tab.page.evaluate("window.isTheSame") is True
    row = tab.page.inner_text(f"#entry-{third}")
    for said in ("401", "GET /partner-api/ping?x=1", "TGT-003", "the query is left out"):
        assert said in row


def test_a_click_shows_why_and_what_to_change(open_page: Open, caller: Caller) -> None:
    number = send_wrong(caller)
    tab = open_page()
    told = tab.open(number)
    for said in (
        "TGT-003 the query is left out of the signing string",
        "What to change: sign path and query together",
        "first difference at octet 27",
        "Signature could not be successfully verified.",
        "API-SIG-001",
        "✕ broken",
        "✓ pass",
        "not concerned",
        f"Host: localhost:{caller.sandbox.port}",
    ):
        assert said in told
    expected, signed = tab.page.locator(".compared tr.differs td").all()
    assert expected.locator("mark").all_inner_texts() == ["?"]
    assert signed.locator("mark").all_inner_texts() == ["\\n"]
    assert expected.inner_text() == "(request-target): get /ping?x=1\\n"


def test_a_passing_request_shows_one_signing_string_twice(open_page: Open, caller: Caller) -> None:
    tab = open_page()
    told = tab.open(send_right(caller))
    assert "Nothing found wrong" in told
    assert "octet for octet" in told
    assert tab.page.locator("mark").count() == 0
    assert "broken" not in tab.page.inner_text(".rules")


def test_a_rule_that_cannot_tell_says_why(open_page: Open, caller: Caller) -> None:
    caller.send(caller.prepare().without("Signature"))
    tab = open_page()
    told = tab.open(noted(caller.sandbox))
    assert "HDR-001 no Signature header is sent" in told
    row = tab.page.inner_text(".rules tr:has(th:text('SIG-001'))")
    assert "? cannot tell" in row
    assert "the signature cannot be verified" in row


def test_all_of_it_works_by_keyboard(open_page: Open, caller: Caller) -> None:
    right, wrong = send_right(caller), send_wrong(caller)
    tab = open_page()
    tab.page.wait_for_selector(f"#entry-{wrong}")
    keys = tab.page.keyboard
    keys.press("/")
    assert tab.focused() == "search"
    keys.press("Escape")
    assert tab.focused() == "rows"
    assert tab.page.evaluate("getComputedStyle(rows).outlineStyle") == "solid"
    keys.press("ArrowDown")
    assert "TGT-003" in tab.shown(wrong)
    assert tab.page.get_attribute("#rows", "aria-activedescendant") == f"entry-{wrong}"
    keys.press("ArrowDown")
    assert "Nothing found wrong" in tab.shown(right)
    keys.press("Home")
    tab.shown(wrong)
    keys.press("Enter")
    assert tab.focused() == "H2"
    keys.press("Escape")
    assert tab.focused() == "rows"
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    keys.press("ArrowRight")
    assert tab.page.is_checked("[name=filter][value=refused]")
    assert tab.rows() == [wrong]


def test_filter_and_search_narrow_the_list(open_page: Open, caller: Caller) -> None:
    token = noted(caller.sandbox)
    right, wrong = send_right(caller), send_wrong(caller)
    caller.send(caller.prepare("GET", "/nothing"))
    unknown = noted(caller.sandbox)
    tab = open_page()
    tab.page.wait_for_selector(f"#entry-{unknown}")
    for choice, rows in {
        "refused": [unknown, wrong],
        "passed": [right, token],
        "findings": [wrong],
        "all": [unknown, wrong, right, token],
    }.items():
        tab.page.check(f"[name=filter][value={choice}]", force=True)
        assert tab.rows() == rows
        assert str(len(rows)) in tab.page.inner_text(f"label:has([value={choice}])")
    tab.page.fill("#search", "PING tgt-003")
    assert tab.rows() == [wrong]
    tab.page.fill("#search", "nowhere")
    assert tab.page.inner_text("#none") == "No request is like that."


def test_the_newest_is_opened_where_that_is_asked_for(open_page: Open, caller: Caller) -> None:
    tab = open_page()
    tab.page.check("#follow")
    assert "TGT-003" in tab.shown(send_wrong(caller))
    assert "Nothing found wrong" in tab.shown(send_right(caller))


def test_hostile_values_are_text(open_page: Open, caller: Caller) -> None:
    attack = "<script>window.owned=1</script><img src=x onerror=window.owned=1>"
    turned = "\u202e".encode().decode("latin-1")
    more = (("X-Attack", attack), ("X-Turned", f"a{turned}b"), ("X-Long", "\xff" * 8192))
    body = f'{attack}\0\u202e\u200b{{"a": 1}}'.encode()
    path = "/<svg/onload=window.owned=1>"
    caller.send(caller.prepare("POST", path, body, more=more, key_id=attack))
    number = noted(caller.sandbox)
    tab = open_page()
    told = tab.open(number)
    assert f"X-Attack: {attack}" in told
    assert "X-Turned: a\\xe2\\x80\\xaeb" in told
    assert told.count("\\xff") == 8192
    assert f'{attack}\\u{{0}}\\u{{202e}}\\u{{200b}}{{"a": 1}}' in told
    assert path in tab.page.inner_text(f"#entry-{number}")
    assert tab.page.locator("#panes :is(script, img, svg)").count() == 0
    assert tab.page.evaluate("window.owned") is None
    assert not re.search("[\u202e\u200b\0]", tab.page.content())


def test_secrets_are_nowhere_on_the_page(open_page: Open, caller: Caller) -> None:
    tab = open_page()
    caller.send(caller.token_request())
    tab.open(noted(caller.sandbox))
    tab.open(send_right(caller))
    content = tab.page.content()
    assert "<redacted:" in tab.page.inner_text("#detail")
    for secret in (
        caller.client_secret, caller.subscription_key, caller.token, caller.sandbox.control_token,
    ):  # fmt: skip
        assert secret not in content


def test_a_connection_without_a_request_is_told(open_page: Open, caller: Caller) -> None:
    tab = open_page()
    with caller.connect() as connection:
        connection.sendall(b"noise\r\n\r\n")
        connection.recv(100)
    told = tab.open(noted(caller.sandbox))
    assert "A connection without a request" in told
    assert "No HTTP/1.1" in told


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", NARROW)])
def test_everybody_can_read_it(open_page: Open, caller: Caller, scheme: Scheme, width: int) -> None:
    """WCAG 2 AA by axe: contrast, names, roles, order of headings; nothing wider than the tab."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    caller.send(caller.prepare().without("Date"))
    number = send_wrong(caller)
    tab = open_page(scheme=scheme, width=width)
    tab.page.wait_for_selector(f"#entry-{number}")
    faults: list[Any] = []
    if width == NARROW:
        faults += axe.run(tab.page).response["violations"]
    tab.open(number)
    faults += axe.run(tab.page).response["violations"]
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.page.is_visible("#rows") == (width > NARROW)
    if width == NARROW:
        tab.page.click(".back")
        assert tab.page.is_visible("#rows")
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    ground = str(tab.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    is_dark = sum(map(int, re.findall(r"\d+", ground))) < 200
    assert is_dark == (scheme == "dark")


def test_on_paper_the_request_stands_alone(open_page: Open, caller: Caller) -> None:
    tab = open_page()
    tab.open(send_wrong(caller))
    tab.page.emulate_media(media="print")
    assert tab.page.is_visible(".compared")
    assert not tab.page.is_visible("#rows")


def test_five_hundred_requests_leave_it_quick(open_page: Open, caller: Caller) -> None:
    tab = open_page()
    right = caller.prepare().octets
    wrong = caller.prepare("GET", "/ping?x=1", signed_path="/ping").octets
    with caller.connect() as connection:
        for _ in range(250):
            exchange(connection, right)
            exchange(connection, wrong)
    last = noted(caller.sandbox)
    tab.page.wait_for_selector(f"#entry-{last}")
    assert len(tab.rows()) == 501
    took = tab.page.evaluate(
        """() => {
            const began = performance.now();
            document.querySelector("[name=filter][value=refused]").click();
            document.body.getBoundingClientRect();
            return performance.now() - began;
        }"""
    )
    assert took < 500
    assert len(tab.rows()) == 250
    tab.page.focus("#rows")
    for _ in range(20):
        tab.page.keyboard.press("ArrowDown")
    assert "TGT-003" in tab.shown(last - 38)


def test_the_list_is_bounded(open_page: Open, sandbox: Sandbox) -> None:
    tab = open_page()
    for _ in range(1100):
        sandbox.record.note(Incident(at=sandbox.clock.now(), address="127.0.0.1", says="noise"))
    last = noted(sandbox)
    tab.page.wait_for_selector(f"#entry-{last}")
    tab.page.wait_for_function("document.querySelectorAll('.row').length === 1000")
    assert tab.page.locator(".row").first.get_attribute("data-number") == str(last)


def test_an_empty_list_says_how_to_begin(open_page: Open, sandbox: Sandbox) -> None:
    tab = open_page()
    told = tab.page.inner_text("#panes")
    for said in (
        "No request has come yet.",
        sandbox.base_url,
        str(sandbox.ca_file),
        f"curl --cacert {sandbox.ca_file}",
        f"lendico-conformance sandbox --port {sandbox.port} --directory {sandbox.directory}",
    ):
        assert said in told
    command = tab.page.locator(".command pre").first.inner_text()
    answered = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert b'"status":' in answered.stdout
    assert "AUTH-002 there is no bearer token" in tab.page.locator(".row").inner_text()
