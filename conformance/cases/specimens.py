"""Specimens: requests, headers and signatures with the judgement that each must get.

They are the kinds of the vectors' tree that nobody is asked to sign: what a verifier, or this
suite itself, must accept or refuse, and for which reason.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance.cases.case import Case
from conformance.cases.tree import Document, documents, moment_of, octets_of
from conformance.cases.vectors import PREFIX, case_of
from conformance.wire.message import HeaderFields, SignedPath, SignedRequest, header_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The judgement: accepted, or refused for `reason`, which breaks `requirement`.

    `requirement` is empty where a verifier says no more than yes or no.
    """

    accepted: bool
    requirement: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """What every specimen has; `id` is `<topic>/<name>`."""

    id: str
    says: str
    requirements: tuple[str, ...]
    expected: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderSpecimen(Specimen):
    """A signed request as sent in answer to `case`."""

    case: Case
    base_url: str
    signed_path: SignedPath
    headers: HeaderFields

    @property
    def request(self) -> SignedRequest:
        """The request as a verifier behind the gateway sees it, without the gateway prefix."""
        case = self.case
        return SignedRequest(
            method=case.method, target=case.target, headers=self.headers, body=case.body
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySpecimen(Specimen):
    """A message, and what claims to be its `rsa-sha256` signature by the test key `key`."""

    key: str
    message: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StringSpecimen(Specimen):
    """Header fields, the names to sign (None: no `headers` parameter), and what comes of it.

    `string` and its Base64 `signature` by the test key `key` are None where a named header is
    absent.
    """

    method: str
    target: str
    headers: HeaderFields
    covered: tuple[str, ...] | None
    key: str
    string: bytes | None
    signature: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateSpecimen(Specimen):
    """The value of a `Date` header; `moment` is what it names when it is right."""

    value: str
    moment: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkewSpecimen(Specimen):
    """The value of a `Date` header that arrives at the moment `now`."""

    value: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSpecimen(Specimen):
    """A body and the value of a `Digest` header; `sha256` is the body's hash as published."""

    body: bytes
    value: str
    sha256: bytes | None


@functools.cache
def load_specimens() -> tuple[Specimen, ...]:
    """Return every specimen, by topic and name.

    Raises:
        DataError: a file is missing or broken; the sentence names it.
    """
    return tuple(
        document.read(functools.partial(_MAKERS[document.kind], document))
        for document in documents()
        if document.kind in _MAKERS
    )


def _common(document: Document) -> dict[str, Any]:
    content = document.content
    expect = content["expect"]
    return {
        "id": document.id,
        "says": content["says"],
        "requirements": tuple(content["requirements"]),
        "expected": Expected(
            accepted=expect["accepted"],
            requirement=expect.get("requirement", ""),
            reason=expect.get("reason", ""),
        ),
    }


def _header(document: Document, content: Mapping[str, Any]) -> Specimen:
    request = content["request"]
    return HeaderSpecimen(
        **_common(document),
        case=case_of(PREFIX + document.id, content),
        base_url=request["base_url"],
        signed_path=SignedPath(request["signed_path"]),
        headers=header_fields(content["headers"]),
    )


def _verify(document: Document, content: Mapping[str, Any]) -> Specimen:
    return VerifySpecimen(
        **_common(document),
        key=content["key"],
        message=octets_of(content["message"]),
        signature=bytes.fromhex(content["signature_hex"]),
    )


def _string(document: Document, content: Mapping[str, Any]) -> Specimen:
    expect, covered = content["expect"], content["covered"]
    string = expect.get("signing_string_base64")
    return StringSpecimen(
        **_common(document),
        method=content["method"],
        target=content["target"],
        headers=header_fields(content["headers"]),
        covered=None if covered is None else tuple(covered),
        key=content["key"],
        string=None if string is None else base64.b64decode(string, validate=True),
        signature=expect.get("signature"),
    )


def _date(document: Document, content: Mapping[str, Any]) -> Specimen:
    moment = content["expect"].get("moment")
    return DateSpecimen(
        **_common(document),
        value=content["value"],
        moment=None if moment is None else moment_of(moment),
    )


def _skew(document: Document, content: Mapping[str, Any]) -> Specimen:
    return SkewSpecimen(**_common(document), value=content["value"], now=moment_of(content["now"]))


def _digest(document: Document, content: Mapping[str, Any]) -> Specimen:
    published = content["expect"].get("body_sha256")
    return DigestSpecimen(
        **_common(document),
        body=octets_of(content["body"]),
        value=content["value"],
        sha256=None if published is None else bytes.fromhex(published),
    )


_MAKERS: Mapping[str, Callable[[Document, Mapping[str, Any]], Specimen]] = {
    "header": _header,
    "verify": _verify,
    "string": _string,
    "date": _date,
    "skew": _skew,
    "digest": _digest,
}
