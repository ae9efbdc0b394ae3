"""Vectors and specimens as values, and a tree that is broken."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.cases import vectors
from conformance.cases.case import Refusal
from conformance.cases.keys import key_named
from conformance.cases.specimens import load_specimens
from conformance.cases.tree import Document, document, documents, octets_of
from conformance.cases.vectors import Vector, load_vectors, vector_key
from conformance.data import VECTORS
from conformance.errors import DataError
from conformance.wire.message import Place


def by_id(vector_id: str) -> Vector:
    return {vector.id: vector for vector in load_vectors()}[vector_id]


def test_a_vector_is_a_case_with_its_golden_answer() -> None:
    vector = by_id("token/plain")
    assert vector.topic == "token"
    assert vector.case.id == "vectors/token/plain"
    assert vector.case.place is Place.AUTHORIZATION
    assert vector.case.body == b"client_id=client-1&client_secret=s3cret"
    assert vector.case.requirements == ("AUTH-001", "DIG-002")
    assert vector.stages.headers.first("authorization") is not None
    assert len(vector.stages.body_sha256) == 32


def test_a_large_body_is_unfolded() -> None:
    assert by_id("body/1-mib-binary").case.body == bytes(range(256)) * 4096
    assert octets_of({"text": "ä", "times": 2}) == "ää".encode()


def test_a_method_that_few_know_may_be_refused() -> None:
    assert by_id("method/propfind").case.refusal is Refusal.ALLOWED
    assert by_id("method/get").case.refusal is Refusal.WRONG


def test_vectors_and_specimens_share_the_tree_between_them() -> None:
    asked = {item.id for item in load_vectors()}
    judged = {item.id for item in load_specimens()}
    others = {item.id for item in documents()} - asked - judged
    assert not asked & judged
    assert all(name.startswith("signed-path/full-") for name in others)


def test_the_tree_is_read_in_a_moment() -> None:
    documents.cache_clear()
    begun = time.process_time()
    documents()
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("name", ["rsa-2048", "rsa-3072", "rsa-4096", "other-2048", "draft-1024"])
def test_a_key_signs_and_is_made_once(name: str) -> None:
    key = vector_key(name)
    key.public_key().verify(key.sign(b"x", PKCS1v15(), SHA256()), b"x", PKCS1v15(), SHA256())
    assert vector_key(name) is key is key_named(name)


def test_an_unknown_key_is_an_error_that_names_the_file() -> None:
    with pytest.raises(DataError, match=r"keys.*none\.json cannot be read"):
        vector_key("none")


def test_a_tree_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        documents(tmp_path / "absent")
    with pytest.raises(DataError, match="there are no vectors in"):
        documents(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "[" * 100_000], ids=["empty", "cut", "list", "deep"]
)
def test_a_file_that_is_no_object_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "body" / "bad.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(DataError, match=r"bad\.json"):
        documents(tmp_path)


def without(content: dict[str, Any], *path: str) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return {name: value for name, value in content.items() if name != first}
    return content | {first: without(content[first], *rest)}


@pytest.mark.parametrize(
    "change",
    [
        lambda content: without(content, "request", "method"),
        lambda content: without(content, "expect", "signing_string"),
        lambda content: content | {"request": content["request"] | {"date": "yesterday"}},
        lambda content: content | {"request": content["request"] | {"date": "2019-07-03T08:28:28"}},
        lambda content: content | {"request": content["request"] | {"place": "body"}},
        lambda content: content | {"request": content["request"] | {"body": {"base64": "?"}}},
        lambda content: content | {"request": content["request"] | {"body": {}}},
        lambda content: content | {"request": []},
        lambda content: content | {"refusal": "maybe"},
        lambda content: content | {"expect": content["expect"] | {"body_sha256": "xyz"}},
        lambda content: content | {"expect": content["expect"] | {"headers": [["Date"]]}},
    ],
    ids=["field", "stage", "date", "zone", "place", "base64", "body", "request", "refusal", "hash",
    "pair"],
)  # fmt: skip
def test_a_broken_vector_is_an_error_that_names_the_file(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    right = json.loads((VECTORS / "body/empty.json").read_bytes())
    broken = Document(Path("vectors/body/empty.json"), change(right))
    with pytest.raises(DataError, match=r"vectors/body/empty\.json is broken"):
        broken.read(lambda content: vectors._vector("body/empty", content))


def test_a_file_reads_like_its_document() -> None:
    item = document(VECTORS / "body/empty.json")
    assert (item.id, item.kind, item.topic) == ("body/empty", "sign", "body")
    assert item.requirements == ("DIG-003",)
    assert item.says
