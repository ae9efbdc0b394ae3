"""The registry of mistakes: complete, well worded, harmless to run, and changing something."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.diagnosis import registry
from conformance.diagnosis.mistake import Given, Shelf
from conformance.diagnosis.registry import MISTAKES, SHELVES, breed, of_stage
from conformance.errors import DataError
from conformance.rules import RULES
from conformance.wire.message import Field, Place, SignedPath, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Procedure, SigningString, Stage
from tests.rules.hostile import KEYS

EDGES = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]

requests = st.builds(
    UnsignedRequest,
    method=st.sampled_from(["GET", "", "get", "\u0130", "I", "M-SEARCH", "\xe9"]),
    target=st.text(max_size=30)
    | st.sampled_from(["", "*", "?", "//", "/%", "/a?b=%", "/\ud800", "/a?" + "&" * 9, "/..", "#"]),
    date=st.datetimes(timezones=st.just(UTC)) | st.sampled_from(EDGES),
    key_id=st.sampled_from(["", "c", "\xe9", "\ud800", '"\\']),
    body=st.binary(max_size=30)
    | st.sampled_from([b"[1e999]", b'"\\ud800"', b"[" * 3000, b"1" * 5000, b"a=%ff", b"null", b"=",
                       b'{"a":1,"a":2}', b'{"\\ud800":1,"b":2}', b"\xef\xbb\xbf{}", b"NaN"]),
    place=st.sampled_from(list(Place)),
    base_path=st.sampled_from(["", "/api"]),
    signed_path=st.sampled_from(list(SignedPath)),
    further=st.sampled_from([(), (("X-A", ""), ("X-A", "1"), ("\ud800", "\ud800"))]),
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(requests, st.lists(st.sampled_from(sorted(MISTAKES)), min_size=1, max_size=3))
def test_any_mistakes_make_a_signer_that_signs_anything(
    request: UnsignedRequest, identities: list[str]
) -> None:
    signing = breed([MISTAKES[identity] for identity in identities]).sign(request, KEYS)
    assert isinstance(signing.signed.headers.fields, tuple)


ALL: tuple[UnsignedRequest, ...] = tuple(
    UnsignedRequest(
        method="POST", target=f"/api{target}", date=datetime(*date, tzinfo=UTC),
        key_id="Client-1a", body=body, place=place, base_path="/api", signed_path=path,
        further=further,
    )
    for target, body in [
        ("/Items", b'{"b": "\xc3\xa4/\xc3\xa9", "a": [1, 2]}\r\n'),
        ("/x/?b=1+2&a=%20&a=&c=%c3%a4%7e", b""),
        ("/a/../b//c/;p=1!$'()*,@:/", b"\xef\xbb\xbf\x00\xff\xfe bin \r\n"),
        ("/a??b=1&b=2", b"a" * 70_000),
        ("/?", b" e\xcc\x81\n "),
        ("/%C3%A4/\xe4?x=%20", b"a=b%20c&d=e"),
    ]
    for place in Place
    for path in SignedPath
    for date in [(2024, 12, 30, 15, 4, 5), (2019, 7, 3, 8, 28, 28)]
    for further in [(), (("X-Two", "1"), ("X-Two", "2"), ("X-Empty", ""), ("X-One", "a  b"))]
)  # fmt: skip
"""Requests in which every mistake that looks at one request alone must show."""

STATEFUL = {"date-reused", "digest-reused", "signature-reused"}


@pytest.mark.parametrize("identity", [item for item in MISTAKES if item not in STATEFUL])
def test_a_mistake_changes_something_in_some_request(identity: str) -> None:
    mistake = MISTAKES[identity]
    if mistake.stage is Stage.SIGNATURE:
        assert _sent([identity], ALL[0], sign=True) != _sent([], ALL[0], sign=True)
        return
    if identity == "target-method-turkish":
        request = replace(ALL[0], method="PING")
        assert _sent([identity], request) != _sent([], request)
        return
    if identity == "target-method-always-post":
        request = replace(ALL[0], method="GET")
        assert _sent([identity], request) != _sent([], request)
        return
    assert any(_sent([identity], request) != _sent([], request) for request in ALL)


def _sent(
    identities: list[str], request: UnsignedRequest, *, sign: bool = False
) -> tuple[bytes, tuple[Field, ...]]:
    procedure: Procedure = breed([MISTAKES[identity] for identity in identities])
    if not sign:
        procedure = replace(procedure, signature=lambda _data, _keys: "AAAA")
    signing = procedure.sign(request, KEYS)
    return signing.string.data, signing.headers.fields


@pytest.mark.parametrize("identity", sorted(STATEFUL))
def test_a_mistake_of_memory_shows_with_the_second_request(identity: str) -> None:
    faulty = breed([MISTAKES[identity]])
    one, two = ALL[0], ALL[18]
    assert faulty.sign(one, KEYS).signed == DOCUMENTED.sign(one, KEYS).signed
    assert faulty.sign(two, KEYS).signed != DOCUMENTED.sign(two, KEYS).signed
    assert breed([MISTAKES[identity]]).sign(two, KEYS).signed == DOCUMENTED.sign(two, KEYS).signed


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=lambda item: item.id)
def test_a_mistake_has_words_for_the_person_who_made_it(mistake: object) -> None:
    item = MISTAKES[getattr(mistake, "id", "")]
    assert re.fullmatch(r"[a-z]+([-+]+[A-Za-z0-9_]+)+", item.id)
    assert item.breaks in RULES
    for words in (item.says, item.mend):
        assert len(words) > 9
        assert not words.endswith(".")
        assert words == " ".join(words.split())
    assert item.source
    assert set(item.alike) <= set(MISTAKES)


def test_an_id_begins_with_its_stage() -> None:
    stages = {
        Stage.DIGEST: "digest", Stage.DATE: "date", Stage.REQUEST_TARGET: "target",
        Stage.SIGNING_STRING: "string", Stage.SIGNATURE: "signature", Stage.HEADER: "header",
    }  # fmt: skip
    assert all(item.id.startswith(f"{stages[item.stage]}-") for item in MISTAKES.values())


def test_the_registry_holds_every_shelf_in_the_order_of_the_stages() -> None:
    assert [item.id for shelf in SHELVES for item in shelf] == list(MISTAKES)
    assert [item for stage in Stage for item in of_stage(stage)] == list(MISTAKES.values())


def test_two_mistakes_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(Stage.DATE)
    put = shelf("x-y", breaks="DATE-001", says="s", mend="m")
    put(lambda value, _given: value)
    with pytest.raises(DataError, match="'x-y'"):
        put(lambda value, _given: value)
    monkeypatch.setattr(registry, "SHELVES", (shelf, shelf))
    with pytest.raises(DataError, match="'x-y'"):
        registry._gather()


def test_a_decorated_change_stays_the_function_that_it_was() -> None:
    shelf = Shelf(Stage.SIGNING_STRING)

    @shelf("string-none", breaks="STR-001", says="s", mend="m")
    def none(string: SigningString, _given: Given) -> SigningString:
        return replace(string, lines=())

    (mistake,) = shelf
    assert mistake.change is none
    assert (mistake.stage, mistake.source) == (Stage.SIGNING_STRING, "own")


def test_a_signer_without_mistakes_is_the_documented_one() -> None:
    for request in ALL[:4]:
        assert breed([]).sign(request, KEYS) == DOCUMENTED.sign(request, KEYS)


def test_a_mistake_of_one_stage_leaves_the_stages_before_it_alone() -> None:
    order = list(Stage)
    for mistake in MISTAKES.values():
        if mistake.id in STATEFUL or mistake.stage is Stage.SIGNATURE:
            continue
        right, wrong = (
            replace(procedure, signature=lambda _data, _keys: "AAAA").sign(ALL[0], KEYS)
            for procedure in (DOCUMENTED, breed([mistake]))
        )
        before = order[: order.index(mistake.stage)]
        fields = {"digest": "digest", "date": "date", "request target": "target",
                  "signing string": "string", "signature": "signature"}  # fmt: skip
        for stage in before:
            assert getattr(right, fields[stage.value]) == getattr(wrong, fields[stage.value])


def test_a_bred_signer_wants_the_digest_first() -> None:
    with pytest.raises(DataError, match="digest first"):
        breed([]).date(replace(ALL[0]))


@pytest.mark.parametrize(
    "name",
    [
        "signature-sha1", "signature-pss", "signature-hmac", "signature-bare-hash",
        "signature-hashed-twice", "signature-hex", "signature-wrapped", "signature-not-encoded",
        "string-literal-backslash-n", "digest-hex", "digest-base64-of-hex",
        "digest-not-encoded", "digest-json-compact", "date-local-time-+2", "date-zone-numeric",
        "date-local-offset", "date-iso-8601-milliseconds",
    ],
)  # fmt: skip
def test_hints_that_differ_by_language_do_not_leave_out_node(name: str) -> None:
    assert re.search("in (Node|JavaScript)|Node,", MISTAKES[name].mend)
