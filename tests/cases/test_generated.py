"""Generated cases: as many as asked for, all different, the same for a seed, full of corners."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from conformance.cases import corner
from conformance.cases.case import Case, Refusal
from conformance.cases.generated import (
    bodies,
    cases,
    collect,
    dates,
    seed_of,
    stream,
    targets,
)
from conformance.cases.profile import PROFILES
from conformance.wire.message import Place

MANY = collect(2000, 7)
PLAINEST = Case(
    id="generated/0", method="GET", target="/", date=corner.PLAINEST_DATE, key_id="client-1"
)


def content(case: Case) -> tuple[object, ...]:
    return (case.method, case.target, case.date, case.body, case.key_id, case.place)


def test_the_profiles_ask_for_at_least_what_they_promise() -> None:
    assert PROFILES["quick"] >= 200
    assert PROFILES["default"] >= 1000
    assert PROFILES["thorough"] >= 10_000


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 255, 256, 257, 600])
def test_there_are_as_many_as_asked_for_and_no_two_alike(count: int) -> None:
    found = collect(count, 3)
    assert len(found) == count
    assert len({content(case) for case in found}) == count
    assert [case.id for case in found] == [f"generated/{number}" for number in range(count)]


def test_a_seed_draws_the_same_cases_again_and_another_others() -> None:
    assert collect(300, 42) == collect(300, 42)
    ours, others = ({content(case) for case in collect(300, seed)} for seed in (42, 43))
    assert len(ours & others) < 20


def test_fewer_cases_are_the_first_of_more() -> None:
    """So `generated/17` is one case in each profile."""
    assert collect(300, 1)[:200] == collect(200, 1) == list(islice(stream(1), 200))


def test_the_plainest_request_comes_first() -> None:
    assert collect(1, 99) == [PLAINEST]


def test_a_seed_means_the_same_in_a_process_with_other_modules_loaded(tmp_path: Path) -> None:
    """Hypothesis draws constants from modules that it finds; none of them may get in."""
    (tmp_path / "signer.py").write_text("KEYS = [b'" + "a" * 28 + "', b'secret', 77777, 'text']\n")
    program = (
        "import signer, hashlib; from conformance.cases.generated import collect; "
        "print(hashlib.sha256(repr(collect(300, 42)).encode()).hexdigest())"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), root])},
        capture_output=True,
        text=True,
        check=True,
    )
    here = hashlib.sha256(repr(collect(300, 42)).encode()).hexdigest()
    assert done.stdout.strip() == here


def test_random_numbers_of_others_are_left_alone() -> None:
    program = (
        "import random; from conformance.cases.generated import collect; random.seed(5); "
        "a = random.random(); random.seed(5); collect(20, 1); assert a == random.random()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_challenge_has_its_say_and_none_changes_nothing() -> None:
    assert seed_of(42) == 42
    assert seed_of(42, "a") == seed_of(42, "a")
    assert len({seed_of(42), seed_of(42, "a"), seed_of(43, "a"), seed_of(42, "b")}) == 4


@pytest.mark.parametrize(
    "pattern",
    [
        r"\?$", r"\?\?", r"&&|\?&|&$", r"[?&]=", r"\+", r"%20", r"%2F", r"%2f", r"%25", r"%c3%a4",
        r"%C3%A4", r"//", r"/\.\.(/|\?|$)", r"/\./", r"/(\?|$)", r";", r"[A-Z]{3}", r"!\$'\(\)\*",
        r"x{2000}", r"%00", r"%0D%0A", r"~", r"%7E", r"a%CC%88",
    ],
)  # fmt: skip
def test_the_corners_of_targets_are_all_there_and_none_rules(pattern: str) -> None:
    hits = sum(bool(re.search(pattern, case.target)) for case in MANY)
    assert 5 <= hits <= len(MANY) // 2


@pytest.mark.parametrize(
    "piece",
    [
        b"\r\n", b"\n", "ä".encode(), "a\u0308".encode(), b"\xe4", b"\xef\xbb\xbf", b"\0", b"{}",
        b"\xff", b" ", "\U0001f600".encode(), b"=" * 76,
    ],
)  # fmt: skip
def test_the_corners_of_bodies_are_all_there(piece: bytes) -> None:
    assert sum(piece in case.body for case in MANY) >= 3


def test_methods_dates_keys_and_places_are_mixed() -> None:
    methods = Counter(case.method for case in MANY)
    assert set(methods) == set(corner.METHODS)
    assert sum(case.place is Place.AUTHORIZATION for case in MANY) in range(50, 250)
    assert {case.key_id for case in MANY} == set(corner.KEY_IDS)
    assert set(corner.DATES) <= {case.date for case in MANY}
    assert len({case.date for case in MANY}) > 300
    assert sum(len(case.body) > 65536 for case in MANY) in range(1, 30)


def test_most_cases_are_short_enough_to_read() -> None:
    """Corners show best when few of them meet."""
    short = sum(len(case.target) < 60 and len(case.body) < 60 for case in MANY)
    assert short > len(MANY) * 0.7


@given(cases())
def test_every_case_is_a_request_that_can_be_sent(case: Case) -> None:
    assert re.fullmatch(r"/[!-~]*", case.target)
    assert not set('#<>"\\^`{|}[] ') & set(case.target)
    assert not re.search(r"%(?![0-9A-Fa-f]{2})", case.target)
    assert re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", case.method)
    assert re.fullmatch(r"[ !#-\[\]-~]+", case.key_id)
    assert case.date.tzinfo is UTC
    assert case.date.microsecond == 0
    assert not case.body or case.method not in corner.BODILESS
    assert (case.refusal is Refusal.ALLOWED) is (case.method in corner.UNUSUAL)


@given(cases())
def test_a_token_request_is_one(case: Case) -> None:
    if case.place is Place.AUTHORIZATION:
        assert (case.method, case.target) == ("POST", "/oauth2/token")
        assert re.fullmatch(rb"client_id=[^&]+&client_secret=[^&]+", case.body)


@given(st.binary(max_size=corner.TAPE + 5))
def test_octets_that_are_missing_count_as_zero_and_those_past_the_end_as_nothing(
    tape: bytes,
) -> None:
    padded = tape.ljust(corner.TAPE, b"\0")
    assert corner.request_of(tape) == corner.request_of(padded) == corner.request_of(padded + b"x")


def test_an_empty_tape_is_the_plainest_of_everything() -> None:
    assert corner.target_of(b"") == "/"
    assert corner.body_of(b"") == b""
    assert corner.date_of(b"") == corner.PLAINEST_DATE
    assert corner.secret_of(b"") == "s3cret"


def test_hypothesis_shrinks_towards_the_plainest() -> None:
    """A partner's own property tests can draw from these strategies, and get small examples."""
    assert find(cases(), lambda _: True) == PLAINEST
    assert find(cases(), lambda case: "+" in case.target).target in {"/a+b", "/?z=+", "/?z=a+b"}
    assert find(targets(), lambda target: "%c3" in target) in {"/%c3%a4", "/?z=%c3%a4"}
    assert find(bodies(), lambda body: b"\r" in body) in {b"\r", b"\r\n"}
    assert find(dates(), lambda date: date.month == 12).month == 12


def test_tables_are_no_longer_than_an_octet_can_reach() -> None:
    for table in (corner.SEGMENTS, corner.QUERY_PARTS, corner.BODY_PIECES):
        assert len(table) <= 64
        assert len(set(table)) == len(table)
    assert len(corner.DATES) <= 256
