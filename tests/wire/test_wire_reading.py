"""Reading a signed request: past one fault, and past any amount of malice."""

from __future__ import annotations

import base64
import copy
import pickle
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cases.keys import key_named
from conformance.wire.cached import cached_property
from conformance.wire.message import (
    Field,
    HeaderFields,
    Place,
    SignedPath,
    SignedRequest,
    UnsignedRequest,
)
from conformance.wire.parameters import KNOWN, parse_parameters
from conformance.wire.procedure import DOCUMENTED, Keys
from conformance.wire.reading import Expectation, Reading, read_base64

KEY = key_named("rsa-2048")
EXAMPLE = re.compile(
    r'keyId="[^"\\]*", ?algorithm="rsa-sha256", ?headers="\(request-target\) date digest", ?'
    r'signature="[A-Za-z0-9+/]+={0,2}"'
)
SIGNED = DOCUMENTED.sign(
    UnsignedRequest(
        method="GET", target="/api/ping", date=datetime(2019, 7, 3, tzinfo=UTC), key_id="c",
        base_path="/api",
    ),
    Keys(signing=KEY),
).signed  # fmt: skip
SAID = SIGNED.headers.first("signature") or ""
VIEWS = (
    "place", "carrier", "parameters", "covered", "signed_target", "expected_values",
    "expected_string", "signature", "verifies", "well_formed",
)  # fmt: skip


def reading(*fields: Field, place: Place | None = Place.SIGNATURE) -> Reading:
    """Return the signed request with `fields` in place of its Signature header."""
    kept = (
        ("Date", SIGNED.headers.first("date") or ""),
        ("Digest", SIGNED.headers.first("digest") or ""),
    )
    request = SignedRequest(
        method="GET", target="/api/ping", headers=HeaderFields((*kept, *fields))
    )
    return Reading(
        request=request,
        expected=Expectation(key=KEY.public_key(), key_id="c", base_path="/api", place=place),
    )


@pytest.mark.parametrize(
    "value",
    [
        f"Signature {SAID}",
        f"signature  Signature\t{SAID}",
        SAID.replace("keyId", "keyid"),
        SAID.replace('",', '";'),
        SAID.replace('",', '" '),
        SAID.replace('"', "'"),
        SAID.replace(" date ", ",  DATE, "),
        f'{SAID[:-1]}{" "}"',
        f"keyId=x,{SAID}",
    ],
    ids=[
        "scheme",
        "schemes",
        "name",
        "semicolons",
        "spaces",
        "apostrophes",
        "headers",
        "base64",
        "twice",
    ],
)
def test_past_one_fault_the_signature_is_still_seen_to_verify(value: str) -> None:
    assert reading(("Signature", value)).verifies is True


@pytest.mark.parametrize(
    "fields",
    [
        (("Authorization", f"Signature {SAID}"),),
        (("Authorization", SAID),),
        (("Authorization", "Bearer x"), ("Signature", SAID)),
        (("Signature", "keyId=old"), ("SIGNATURE", SAID)),
    ],
    ids=["authorization", "no scheme", "bearer beside", "repeated"],
)
def test_the_parameters_are_found_wherever_they_are(fields: tuple[Field, ...]) -> None:
    assert reading(*fields).verifies is True


_PIECE = st.sampled_from(
    ["keyId", "algorithm", "headers", "signature", "=", '"', ",", ", ", "c", "rsa-sha256", "\\",
     "(request-target) date digest", "(request-target) date", "AAAA", "QUI=", "==", "x", " "]
)  # fmt: skip
_QUOTED = st.lists(_PIECE, max_size=3).map("".join)


@given(
    st.builds('keyId="{}",algorithm="rsa-sha256", headers="{}",signature="{}"'.format,
              _QUOTED, st.one_of(st.just("(request-target) date digest"), _QUOTED), _QUOTED)
    | st.lists(_PIECE, max_size=14).map("".join)
)  # fmt: skip
def test_what_is_like_the_example_is_what_the_grammar_reads(value: str) -> None:
    """The form of the example is taken in one look; what it tells is what the grammar tells."""
    found = reading(("Signature", value))
    parsed = parse_parameters(value)
    if found.like_example:
        assert [item.name for item in parsed.parameters] == [*KNOWN]
        assert all(item.quoted for item in parsed.parameters)
        assert not parsed.malformed
        assert {name: found.parameter(name) for name in KNOWN} == {
            name: parsed.get(name) for name in KNOWN
        }
    else:
        assert EXAMPLE.fullmatch(value) is None


def test_the_signature_of_the_documents_is_like_the_example() -> None:
    assert reading(("Signature", SAID)).like_example
    assert reading(("Authorization", f"Signature {SAID}"), place=Place.AUTHORIZATION).like_example
    assert reading(("Signature", SAID.replace('",', '", '))).like_example
    assert not reading(("Signature", SAID.replace('",', '",  '))).like_example
    assert not reading().like_example


def test_a_reading_with_refusals_can_be_copied() -> None:
    read = reading(("Signature", "keyId=x, signature=-_-_"), ("Date", "now"))
    assert read.date_refusal is None
    assert read.signature_refusal is not None
    again = pickle.loads(pickle.dumps(read.signature_refusal))  # noqa: S301 - our own octets
    assert (again.reason, again.message) == (
        read.signature_refusal.reason, read.signature_refusal.message,
    )  # fmt: skip
    assert copy.deepcopy(read.signature_refusal).reason == again.reason


def test_a_view_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = map(str, range(9))
    monkeypatch.setattr("conformance.wire.reading.digest", lambda _: next(numbers))
    read = Reading(request=SIGNED)
    assert [read.digest, read.digest, Reading(request=SIGNED).digest] == ["0", "0", "1"]
    assert isinstance(Reading.digest, cached_property)


def test_the_place_is_told_by_the_request_where_nobody_knows_it() -> None:
    assert reading(("Signature", SAID), place=None).place is Place.SIGNATURE
    token = reading(("Authorization", f"Signature {SAID}"), place=None)
    assert token.place is Place.AUTHORIZATION
    both = reading(("Authorization", "Bearer x"), ("Signature", SAID), place=None)
    assert both.place is Place.SIGNATURE


def test_nobody_can_tell_without_a_key() -> None:
    assert Reading(request=SIGNED).verifies is None


def test_nothing_verifies_without_a_signature_or_a_covered_header() -> None:
    assert reading().verifies is False
    bare = SignedRequest(method="GET", target="/", headers=HeaderFields((("Signature", SAID),)))
    read = Reading(request=bare, expected=Expectation(key=KEY.public_key()))
    assert read.expected_string is None
    assert read.verifies is False


def test_the_prefix_is_signed_as_the_profile_says() -> None:
    relative = Reading(request=SIGNED, expected=Expectation(base_path="/api"))
    full = Reading(
        request=SIGNED, expected=Expectation(base_path="/api", signed_path=SignedPath.FULL)
    )
    assert (relative.signed_target, full.signed_target) == ("/ping", "/api/ping")


@pytest.mark.parametrize(
    "mangle",
    [
        lambda raw: base64.b64encode(raw).decode(),
        lambda raw: base64.encodebytes(raw).decode(),
        lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
        lambda raw: base64.b64encode(raw).decode().rstrip("="),
        bytes.hex,
        lambda raw: raw.hex().upper(),
        lambda raw: (
            base64.b64encode(raw).decode()[:76] + "\\n" + base64.b64encode(raw).decode()[76:]
        ),
    ],
    ids=["plain", "wrapped", "base64url", "unpadded", "hex", "HEX", "escaped line end"],
)
def test_base64_is_read_whatever_way_it_is_mangled(mangle: object) -> None:
    raw = bytes(range(255, -1, -1))
    assert callable(mangle)
    assert read_base64(mangle(raw)) == raw


@given(st.text(max_size=60))
def test_no_text_makes_base64_raise(text: str) -> None:
    assert read_base64(text) is None or isinstance(read_base64(text), bytes)


HEADER_TEXT = st.text(
    st.sampled_from("abkeyIdsignature=,\"\\ \t;:'()é\x00\u20ac"), max_size=60
) | st.just(SAID)


@given(
    st.lists(
        st.tuples(st.sampled_from(["Signature", "Authorization", "Date", "x"]), HEADER_TEXT),
        max_size=4,
    )
)
def test_no_header_makes_a_reading_raise(fields: list[Field]) -> None:
    for place in (*Place, None):
        read = reading(*fields, place=place)
        for view in VIEWS:
            getattr(read, view)
        assert read.verifies in {True, False}


@pytest.mark.parametrize(
    "piece",
    [
        "Signature ",
        "keyid= ",
        "signature= ",
        'keyid="',
        "keyid='",
        "sig:",
        "'",
        "`x",
        "a b ",
        "\\n",
    ],
    ids=repr,
)
def test_a_hostile_header_is_read_in_linear_time(piece: str) -> None:
    """A moment for a quarter of a megabyte; going back again and again would take hours."""
    begun = time.perf_counter()
    for end in ('"', "'", "x"):
        read = reading(("Signature", "signature=a" + piece * (80_000 // len(piece)) + end))
        for view in VIEWS:
            getattr(read, view)
    assert time.perf_counter() - begun < 15
