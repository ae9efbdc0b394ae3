"""Vectors: cases with their golden answers, every stage of signing among them.

The answers come from openssl and from code that knows nothing of this package; see
`vectors/README.md`. The tree's other kinds, which are judged and not asked, are in `specimens`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from conformance.cases.case import Case, Refusal
from conformance.cases.keys import key_named
from conformance.cases.tree import documents, moment_of, octets_of
from conformance.wire.message import HeaderFields, Place, SignedPath, header_fields

PREFIX: Final = "vectors/"
"""What the id of a vector's case starts with; the vector's own id follows."""

_SIGNED_PATH: Final = "signed-path"
"""The topic that holds each case twice, once a way of signing the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """What each stage of signing makes of a vector's case."""

    body_sha256: bytes
    digest: str
    date: str
    request_target: str
    signing_string: bytes
    signature: str
    headers: HeaderFields
    """Date, Digest, and the header that carries the signature: one right way to send them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A case with its golden answer.

    `id` is `<topic>/<name>`, which is also where its file is. `stages` hold when the request is
    signed with the key of the case, below `base_url`, and with `signed_path` as it is here.
    """

    id: str
    case: Case
    base_url: str
    signed_path: SignedPath
    stages: Stages

    @property
    def topic(self) -> str:
        """The folder that it is in."""
        return self.id.partition("/")[0]


def load_vectors(signed_path: SignedPath = SignedPath.RELATIVE) -> tuple[Vector, ...]:
    """Return every vector that can be asked where `signed_path` is in force, by topic and name.

    Raises:
        DataError: a file is missing or broken; the sentence names it.
    """
    return tuple(
        vector
        for vector in _every_vector()
        if vector.topic != _SIGNED_PATH or vector.signed_path is signed_path
    )


def vector_key(name: str) -> RSAPrivateKey:
    """Return the test key that vectors call `name`, such as `rsa-2048`.

    Raises:
        DataError: there is no such key, or its file is broken.
    """
    return key_named(name)


def case_of(case_id: str, content: Mapping[str, Any]) -> Case:
    """Return the case in the `request` of a vector's document.

    Raises:
        KeyError, TypeError, ValueError: a field is missing or of a wrong form.
    """
    request = content["request"]
    return Case(
        id=case_id,
        method=request["method"],
        target=request["target"],
        date=moment_of(request["date"]),
        body=octets_of(request["body"]),
        key_id=request["key_id"],
        place=Place(request["place"]),
        key=request["key"],
        refusal=Refusal(content.get("refusal", Refusal.WRONG)),
        requirements=tuple(content["requirements"]),
        says=content["says"],
    )


@functools.cache
def _every_vector() -> tuple[Vector, ...]:
    return tuple(
        document.read(functools.partial(_vector, document.id))
        for document in documents()
        if document.kind == "sign"
    )


def _vector(vector_id: str, content: Mapping[str, Any]) -> Vector:
    request, expect = content["request"], content["expect"]
    return Vector(
        id=vector_id,
        case=case_of(PREFIX + vector_id, content),
        base_url=request["base_url"],
        signed_path=SignedPath(request["signed_path"]),
        stages=Stages(
            body_sha256=bytes.fromhex(expect["body_sha256"]),
            digest=expect["digest"],
            date=expect["date"],
            request_target=expect["request_target"],
            signing_string=expect["signing_string"].encode("latin-1"),
            signature=expect["signature"],
            headers=header_fields(expect["headers"]),
        ),
    )
