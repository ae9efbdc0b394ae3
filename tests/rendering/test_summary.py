"""The summary for pull requests, judged by GitHub's own Markdown library."""

from __future__ import annotations

import html as entities
import re
from collections import Counter
from dataclasses import replace

import cmarkgfm  # type: ignore[import-untyped]
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]

from conformance.rendering.markdown import block, code, markdown, prose
from conformance.rendering.text import shown
from tests.rendering.hostile import ALL, ATTACKS, poisoned
from tests.rendering.samples import CATALOGUE, SAMPLES, full, not_ready


def as_html(text: str) -> str:
    """Return `text` as GitHub's library makes it, raw HTML and all."""
    made: str = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    return made


def shape(page: str) -> Counter[str]:
    return Counter(re.findall(r"<([a-z0-9]+)", page))


def text_of(page: str) -> str:
    return entities.unescape(re.sub(r"<[^>]*>", "", page)).replace("\u200b", "").strip()


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_prose_shows_the_very_text_and_means_nothing_else(attack: str) -> None:
    text = " ".join(attack.split())
    page = as_html(prose(text, 10_000))
    assert shape(page) == Counter({"p": 1})
    if shown(text) == text:
        assert text_of(page) == text


@pytest.mark.parametrize(
    "text", ["1. x", "- x", "+ x", "# x", "> x", "    x", "---", "===", "a\n\nb"]
)
def test_prose_begins_no_block(text: str) -> None:
    assert shape(as_html(prose(text))) == Counter({"p": 1})


@pytest.mark.parametrize(
    "text", ["a`b", "```", "` `` ```", "`x", "x`", "<b>@you</b> #1 https://x.example"]
)
def test_code_ends_where_its_text_ends(text: str) -> None:
    page = as_html(code(text))
    assert shape(page) == Counter({"p": 1, "code": 1})
    assert text_of(page) == text
    page = as_html("\n".join(block(f"{text}\n````\n~~~")))
    assert shape(page) == Counter({"pre": 1, "code": 1})


def test_nobody_is_mentioned_and_no_issue_is_linked() -> None:
    made = prose("@everyone #1 org/repo#22 GH-2 a@b.example")
    assert not re.search(r"@[A-Za-z]|#[0-9]|GH\\?-[0-9]", made)


def test_hostile_text_adds_nothing_to_a_summary() -> None:
    """The same elements as with a harmless text; no link, no image, no script."""
    plain = as_html(markdown(poisoned("word"), CATALOGUE))
    hostile = as_html(markdown(poisoned(ALL), CATALOGUE))
    assert shape(hostile) - shape(plain) == Counter()
    assert not {"a", "img", "script", "iframe", "svg"}.intersection(shape(hostile))


def test_a_bar_in_a_title_ends_no_cell() -> None:
    report = not_ready()
    requirements = tuple(replace(item, title="a | b `|` c") for item in report.requirements)
    page = as_html(markdown(replace(report, requirements=requirements), CATALOGUE))
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    assert len(rows) > 3
    assert {row.count("<t") for row in rows} == {4}


def test_it_says_what_blocks_and_how_to_mend_and_repeat_it() -> None:
    text = text_of(as_html(markdown(not_ready(), CATALOGUE)))
    for said in (
        "NOT READY", "2 requirements broken", "lines end in CR LF", "Breaks STR-005 in 188 cases",
        "join the lines with a single LF (0x0A)", "--replay target/query",
        "the lines stand in another order",
    ):  # fmt: skip
        assert said in text


@pytest.mark.parametrize(("name", "says"), [
    ("ready", "READY"), ("invalid", "install it, or give its path"),
    ("error", "HSM session lost"), ("full", "until 2026-12-22: The gateway in front"),
])  # fmt: skip
def test_every_verdict_has_its_summary(name: str, says: str) -> None:
    assert says in text_of(as_html(markdown(SAMPLES[name](), CATALOGUE)))


def test_a_summary_fits_into_a_comment() -> None:
    """GitHub takes 65,536 characters."""
    cause = not_ready().causes[0]
    many = replace(full(), causes=tuple(replace(cause, mistake=f"m-{n}") for n in range(100)))
    assert len(markdown(many, CATALOGUE)) < 65_536
