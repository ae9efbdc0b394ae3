"""The tree of vectors as files: schema, pages, keys, and what must be among them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.cases.specimens import load_specimens
from conformance.cases.tree import documents
from conformance.cases.vectors import load_vectors
from conformance.catalogue import Side, load_catalogue
from conformance.data import VECTORS, schema
from conformance.wire.message import SignedPath

VALIDATOR = Draft202012Validator(schema("vector"))
TOPICS = sorted(path.parent.name for path in VECTORS.glob("*/README.md"))
FILES = sorted(VECTORS.glob("*/*.json"))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema("vector"))


@pytest.mark.parametrize("topic", TOPICS)
def test_every_file_of_a_topic_fits_the_schema(topic: str) -> None:
    found = {
        path.name: [error.message for error in VALIDATOR.iter_errors(json.loads(path.read_bytes()))]
        for path in FILES
        if path.parent.name == topic
    }
    assert found
    assert not {name: errors for name, errors in found.items() if errors}


@pytest.mark.parametrize(
    "breakage",
    [
        {"kind": "sing"},
        {"says": ""},
        {"unknown": 1},
        {"requirements": ["dig-002"]},
        {"refusal": "maybe"},
        {"request": {}},
        {"expect": {"accepted": True}},
    ],
    ids=lambda breakage: next(iter(breakage)),
)
def test_the_schema_refuses_a_broken_vector(breakage: dict[str, object]) -> None:
    right = json.loads((VECTORS / "body/empty.json").read_bytes())
    assert VALIDATOR.is_valid(right)
    assert not VALIDATOR.is_valid(right | breakage)


def test_every_folder_with_vectors_has_a_page_that_the_front_page_names() -> None:
    front = (VECTORS / "README.md").read_text(encoding="utf-8")
    assert {path.parent.name for path in FILES} == set(TOPICS)
    assert set(re.findall(r"\]\(([a-z0-9-]+)/README\.md\)", front)) == set(TOPICS)


def test_a_file_is_ascii_and_is_called_as_it_says() -> None:
    """Editors and version control cannot change what is ASCII, composed letters least of all."""
    for path in FILES:
        text = path.read_text(encoding="ascii")
        assert json.loads(text)["id"] == f"{path.parent.name}/{path.stem}"
        assert "\r" not in text
        assert text.endswith("}\n")


def test_no_file_holds_a_key_in_pem() -> None:
    for path in VECTORS.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert b"PRIVATE KEY-----" not in path.read_bytes(), path


@pytest.mark.parametrize("path", sorted(VECTORS.glob("keys/*.json")), ids=lambda path: path.stem)
def test_the_numbers_of_a_key_belong_together(path: Path) -> None:
    content = json.loads(path.read_bytes())
    n, e, d, p, q, dp, dq, qi = (
        int(content[name], 16) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi")
    )
    assert p * q == n
    assert n.bit_length() == content["bits"]
    assert e * d % (p - 1) == e * d % (q - 1) == 1
    assert (dp, dq) == (d % (p - 1), d % (q - 1))
    assert qi * q % p == 1


def test_every_requirement_that_is_named_is_in_the_catalogue() -> None:
    named = {name for item in documents() for name in item.requirements}
    assert named <= set(load_catalogue().requirements)


def test_every_requirement_of_a_signer_has_a_vector_but_those_that_one_request_cannot_show() -> (
    None
):
    signers = {
        item.id for item in load_catalogue().requirements.values() if Side.SIGNER in item.sides
    }
    named = {name for item in documents() for name in item.requirements}
    assert signers - named == {
        "SIG-002",  # which key: rsa-sha256/key-other is SIG-001 to a verifier
        "SIG-004",  # reuse takes two requests
        "STR-007",  # white space of headers is signing-string's, as STR-008
    }


def test_there_is_at_least_what_a_signer_must_be_asked() -> None:
    """Every corner that the project promises; fewer is a loss."""
    topics = Counter(vector.topic for vector in load_vectors())
    bodies = {len(vector.case.body) for vector in load_vectors() if vector.topic == "body"}
    months = {vector.case.date.month for vector in load_vectors() if vector.topic == "date"}
    targets = {vector.case.target for vector in load_vectors()}
    assert topics["body"] >= 30
    assert topics["target"] >= 70
    assert {0, 65536, 65537, 1_048_576} <= bodies
    assert months == set(range(1, 13))
    assert {
        "/", "/ping?", "/ping??", "/ping?a=1&a=2", "/ping?=1", "/a+b", "/a%20b", "/a%2Fb",
        "/100%25", "/%c3%a4", "/%C3%A4", "//ping", "/a/../b", "/ping/", "/!$'()*,",
    } <= targets  # fmt: skip
    assert max(map(len, targets)) >= 2000
    assert {vector.case.key for vector in load_vectors()} == {"rsa-2048", "rsa-3072", "rsa-4096"}


def test_a_signed_path_is_asked_the_way_that_is_in_force() -> None:
    relative, full = (load_vectors(signed) for signed in SignedPath)
    assert len(relative) == len(full)
    assert {v.signed_path for v in relative} == {SignedPath.RELATIVE}
    assert {v.signed_path for v in full if v.topic == "signed-path"} == {SignedPath.FULL}


def test_every_refusal_but_a_verifiers_names_a_requirement_and_a_reason() -> None:
    refused = [item for item in load_specimens() if not item.expected.accepted]
    assert len(refused) > 200
    for item in refused:
        assert item.expected.reason
        assert item.expected.requirement or item.id.startswith("rsa-sha256/")
