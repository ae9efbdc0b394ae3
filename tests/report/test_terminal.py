"""What a developer reads: the verdict and the cause first, at 80 columns, without surprises."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console

from conformance.adapters.interface import AnswerKind
from conformance.report.check import Check, Outcome
from conformance.report.model import Report, Stop, StopKind
from conformance.report.terminal import MOST_CAUSES, print_summary
from conformance.report.writing import Written
from tests.report.factory import (
    CATALOGUE,
    case,
    passing_checks,
    report,
    trial,
    trials,
    unanswered,
    wrong,
)

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def printed(made: Report, *, terminal: bool = False, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    colours: Literal["standard", "auto"] = "standard" if terminal else "auto"
    console = Console(file=file, force_terminal=terminal, width=80, color_system=colours)
    written = Written(readiness=Path("reports/readiness.json"), junit=Path("reports/junit.xml"))
    print_summary(console, made, CATALOGUE, written=written)
    return raw.getvalue().decode(encoding)


@pytest.fixture(scope="module")
def broken() -> Report:
    return report([*trials(37, wrong("string-crlf")), *trials(5)])


def test_the_verdict_comes_first_with_its_one_cause(broken: Report) -> None:
    told = " ".join(printed(broken).split())
    assert told.startswith("NOT_READY — 1 requirement broken, 1 cause: ")
    assert "CR LF (string-crlf, proved) · 37 cases" in told


def test_one_cause_is_told_once_with_both_strings_and_the_mark(broken: Report) -> None:
    lines = printed(broken).splitlines()
    assert sum("string-crlf, proved" in line for line in lines) <= 2, "headline and cause"
    at = next(number for number, line in enumerate(lines) if line.startswith("  expected"))
    expected, mark, _, _, signed, other = lines[at : at + 6]
    assert expected == r"  expected  (request-target): get /ping?x=1\n"
    assert signed == r"  signed    (request-target): get /ping?x=1\r\n"
    for line, caret in ((expected, mark), (signed, other)):
        place = caret.index("^")
        assert caret.strip() == "^^"
        assert line[place : place + 2] in (r"\n", r"\r")


def test_it_says_what_breaks_what_to_change_and_how_to_repeat(broken: Report) -> None:
    told = printed(broken)
    assert "  breaks    STR-005 Lines end in LF\n" in told
    assert "  change    " in told
    assert "  repeat    lendico-conformance check --seed 42 --replay generated/1\n" in told
    assert "  example   GET /ping?x=1, no body (generated/1)\n" in told


def test_each_requirement_stands_in_the_table_by_topic(broken: Report) -> None:
    told = printed(broken)
    assert told.index("\nDigest\n") < told.index("\nSigning string\n")
    for item in broken.requirements:
        assert len(re.findall(rf"{item.level} +{item.id} ", told)) == 1
    assert re.search(r"fail +MUST +STR-005 +Lines end in LF +1/1\n", told)


def test_the_end_says_where_the_reports_are(broken: Report) -> None:
    told = printed(broken)
    assert told.endswith("  report    reports/readiness.json\n  junit     reports/junit.xml\n")
    assert "verdict   NOT_READY, exit code 1" in told


@pytest.mark.parametrize("terminal", [False, True])
def test_no_line_is_wider_than_the_page_but_commands(broken: Report, *, terminal: bool) -> None:
    for line in ANSI.sub("", printed(broken, terminal=terminal)).splitlines():
        assert len(line) <= 80 or "repeat" in line


def test_colour_is_for_screens_only(broken: Report) -> None:
    assert "\x1b" not in printed(broken)
    coloured = printed(broken, terminal=True)
    assert "\x1b[" in coloured
    assert ANSI.sub("", coloured) == printed(broken)


def test_a_string_without_its_counterpart_stands_line_by_line(broken: Report) -> None:
    cause = replace(
        broken.causes[0], observed="", difference="", ruled_out=("the key", "the digest")
    )
    told = printed(replace(broken, causes=(cause,)))
    assert (
        "  expected  (request-target): get /ping?x=1\\n\n"
        "            date: Wed, 03 Jul 2019 08:28:29 GMT\\n\n"
        "            digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        "  ruled out the key\n"
        "            the digest\n"
    ) in told


def test_a_replayable_case_is_repeated_by_its_name() -> None:
    stored = trial(case(identity="stored/0123456789ab"), wrong("string-crlf"))
    assert "check --replay 0123456789ab\n" in printed(report([stored]))
    vector = trial(case(identity="vectors/digest/empty-body"), wrong("string-crlf"))
    assert "check --replay digest/empty-body\n" in printed(report([vector]))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("reference", ""),
        ("node 'my adapter.mjs'", " -- node 'my adapter.mjs'"),
        ("cmd:node a.mjs", " --adapter 'cmd:node a.mjs'"),
        ("http://127.0.0.1:9000/", " --adapter http://127.0.0.1:9000/"),
        ("signer --pin <redacted:configured:00000000>", ""),
        ("signer " + "x" * 300 + "…", ""),
    ],
)
def test_the_command_names_the_adapter_too(broken: Report, address: str, words: str) -> None:
    made = replace(broken, adapter=replace(broken.adapter, address=address))
    assert f"--replay generated/1{words}\n" in printed(made)


def test_ready_says_what_was_shown() -> None:
    told = printed(report(checks=passing_checks()))
    assert re.match(r"READY — \d+ requirements shown to hold in 1 request\n", told)
    assert "Not shown" not in told


def test_a_warning_is_told_and_does_not_block() -> None:
    checks = passing_checks()
    place = next(i for i, item in enumerate(checks) if item.requirement == "STR-003")
    checks[place] = Check(
        id="generated:STR-003", requirement="STR-003", outcome=Outcome.WARN, reason="other-order",
        observed="date digest",
    )  # fmt: skip
    told = printed(report(checks=checks))
    assert "1 warning" in told.splitlines()[0]
    assert "other-order: date digest" in told


def test_what_was_not_shown_is_listed_with_its_reason() -> None:
    checks = passing_checks()[2:]
    told = printed(report(checks=checks))
    assert told.startswith("INCOMPLETE — 2 requirements not shown\n")
    assert "  DIG-001, DIG-002: nothing in this run checked it\n" in told


def deselected(name: str, requirement: str) -> Check:
    return Check(
        id=name, requirement=requirement, outcome=Outcome.NOT_RUN, reason="deselected", cases=0
    )


def test_a_selection_says_what_of_it_held_and_not_what_it_left_out() -> None:
    checks = [
        deselected("generated:" + item.requirement, item.requirement) for item in passing_checks()
    ]
    ran = replace(checks[0], id="vector:a/b", outcome=Outcome.PASS, reason="", cases=1)
    told = printed(report(checks=[ran, *checks]))
    assert told.startswith("INCOMPLETE — nothing is broken in 1 request, but only a part was run\n")
    rows = [line for line in told.splitlines() if " MUST " in line or " SHOULD " in line]
    assert len(rows) == 1
    assert re.match(rf"  in part  MUST +{checks[0].requirement} .* 1/2$", rows[0])
    assert f"{len(checks) - 1} requirements left out\n" in told
    assert "Not shown" not in told


def test_what_a_client_declined_is_not_taken_for_a_selection() -> None:
    declined = replace(
        passing_checks()[0], outcome=Outcome.NOT_APPLICABLE, reason="declined", observed="it cannot"
    )
    told = printed(report(checks=[declined, *passing_checks()[1:]]))
    assert told.startswith("INCOMPLETE — 1 requirement not shown\n")
    assert f"  {declined.requirement}: declined: it cannot\n" in told


def test_what_is_broken_in_a_selection_is_no_less_so() -> None:
    checks = [deselected("generated:" + i.requirement, i.requirement) for i in passing_checks()]
    broken = replace(checks[0], id="vector:a/b", outcome=Outcome.FAIL, reason="digest-missing")
    told = printed(report(checks=[broken, *checks]))
    assert told.startswith("NOT_READY — 1 requirement broken")


def test_of_many_that_were_not_shown_some_are_named() -> None:
    told = " ".join(printed(report(checks=[])).split())
    assert re.search(r"DIG-001, .{50,80} and \d\d more: nothing in this run checked it", told)


def test_a_run_that_could_not_start_says_why_and_no_more() -> None:
    stop = Stop(kind=StopKind.INVALID, reason="no such file: adapter.mjs", hint="look for it")
    lines = printed(report(checks=[], stop=stop)).splitlines()
    assert lines[:3] == ["INVALID — no such file: adapter.mjs", "  do        look for it", ""]
    assert "  verdict   INVALID, exit code 2" in lines
    assert not any("DIG-001" in line for line in lines)


def test_an_early_end_is_told_with_what_to_do_and_the_detail() -> None:
    stop = Stop(
        kind=StopKind.ERROR, reason="the adapter ended with code 7", hint="look at its log",
        detail="Error: no key\n  at main",
    )  # fmt: skip
    lines = printed(report(stop=stop)).splitlines()
    assert lines[:4] == [
        "ERROR — the adapter ended with code 7",
        "  do        look at its log",
        "  | Error: no key",
        "  |   at main",
    ]


def test_an_adapter_that_broke_is_the_first_cause() -> None:
    seen = [*trials(3, wrong("string-crlf")), unanswered(case(9), AnswerKind.ERROR, "no memory")]
    told = printed(report(seen))
    assert told.startswith("ERROR — ")
    assert "1.  no memory (adapter-error) · 1 case" in told
    assert "string-crlf" in told


def test_of_many_requirements_that_a_cause_breaks_some_are_named() -> None:
    made = report(trials(3, wrong("string-crlf")))
    (cause,) = made.causes
    many = tuple(f"DIG-{number:03}" for number in range(1, 24))
    told = printed(replace(made, causes=(replace(cause, requirements=many),)))
    cause_lines = told.partition("example")[0].rstrip().splitlines()
    assert sum("DIG-" in line for line in cause_lines) == 8
    assert cause_lines[-1].strip() == "and 15 more"


def test_long_words_of_an_adapter_do_not_bury_the_rest() -> None:
    short, long = (
        printed(report([unanswered(case(1), AnswerKind.ERROR, words)])).splitlines()
        for words in ("no", "x" * 900_000)
    )
    assert len(long) < 4 * len(short)


def test_a_refusal_without_names_breaks_everything() -> None:
    told = printed(report([unanswered(case(1), AnswerKind.REFUSED, "no PATCH")]))
    assert "every requirement: a request that is not signed meets none" in told


def test_only_so_many_causes_are_told_at_length() -> None:
    seen = [
        unanswered(case(number), AnswerKind.REFUSED, f"not number {number}")
        for number in range(MOST_CAUSES + 3)
    ]
    told = printed(report(seen))
    assert f"\n{MOST_CAUSES}. the signer declined" in told
    assert f"\n{MOST_CAUSES + 1}. " not in told
    assert "3 causes more in the report" in told


@pytest.mark.parametrize("terminal", [False, True])
def test_hostile_text_is_neither_markup_nor_control(*, terminal: bool) -> None:
    hostile = "[bold red]boo[/bold red][link=file:///etc]x[/link] \x1b[2J\x07\r\u202e :warning:"
    told = printed(report([unanswered(case(1), AnswerKind.ERROR, hostile)]), terminal=terminal)
    flat = " ".join(ANSI.sub("", told).split())
    assert "[bold red]boo[/bold red][link=file:///etc]x[/link]" in flat
    assert ":warning:" in flat
    assert not {"\x07", "\r", "\u202e", "\x1b"} & set(ANSI.sub("", told))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_stream_that_cannot_write_it_gets_plain_signs(broken: Report, encoding: str) -> None:
    told = printed(broken, encoding=encoding)
    assert told.startswith("NOT_READY ")
    assert "37 cases" in " ".join(told.split())


RUNS: dict[str, Callable[[], Report]] = {
    "nothing": lambda: report(checks=[]),
    "long": lambda: report([trial(case(1, target="/" + "%c3" * 900), wrong("string-crlf"))]),
    "binary": lambda: report([trial(case(1, body=bytes(range(256))), wrong("digest-hex"))]),
    "two": lambda: report(trials(3, wrong("string-crlf", "digest-hex", "date-zone-z"))),
}


@pytest.mark.parametrize("name", RUNS)
def test_every_run_fits_the_page(name: str) -> None:
    for line in printed(RUNS[name]()).splitlines():
        assert len(line) <= 80
        assert line.isprintable()
