"""Signed requests made by hand: no stage of them comes from the package under test."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.cases.keys import key_named
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.rules import Judgement, judge
from conformance.wire.message import Field, HeaderFields, Place, SignedRequest
from conformance.wire.reading import Expectation

KEY = key_named("rsa-2048")
OTHER_KEY = key_named("other-2048")
MOMENT = datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC)
DATE = "Wed, 03 Jul 2019 08:28:28 GMT"
BODY = b'{"amount": 1}'
NAMES = "(request-target) date digest"


def digest(body: bytes) -> str:
    """Return the right `Digest` header of `body`."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def signature(string: str | bytes, key: RSAPrivateKey = KEY) -> str:
    """Return the right signature of `string`."""
    octets = string if isinstance(string, bytes) else string.encode("latin-1")
    return base64.b64encode(key.sign(octets, PKCS1v15(), SHA256())).decode()


def parameters(text: str, *, names: str = NAMES, key_id: str = "client-1") -> str:
    """Return the parameters around the signature `text`."""
    return f'keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",signature="{text}"'


def sent(
    *,
    method: str = "POST",
    target: str = "/partner-api/Applications?status=open",
    body: bytes = BODY,
    date: str = DATE,
    digested: str | None = None,
    string: str | bytes | None = None,
    signed: str | None = None,
    names: str = NAMES,
    place: Place = Place.SIGNATURE,
    more: Sequence[Field] = (),
) -> SignedRequest:
    """Return a right request, but for what is given.

    `string` is signed instead of the right one; `signed` stands in place of the signature.
    """
    digested = digest(body) if digested is None else digested
    path = target.removeprefix("/partner-api")
    right = f"(request-target): {method.lower()} {path}\ndate: {date}\ndigest: {digested}"
    text = parameters(signature(right if string is None else string), names=names)
    text = text if signed is None else parameters(signed, names=names)
    carrier = (
        ("Signature", text) if place is Place.SIGNATURE else ("Authorization", f"Signature {text}")
    )
    fields = (("Date", date), ("Digest", digested), *more, carrier)
    return SignedRequest(method=method, target=target, headers=HeaderFields(fields), body=body)


def with_field(request: SignedRequest, name: str, *values: str) -> SignedRequest:
    """Return `request` with `values` in place of all fields called `name`; none leaves it out."""
    kept = tuple(field for field in request.headers if field[0].lower() != name.lower())
    put = tuple((name, value) for value in values)
    return replace(request, headers=HeaderFields((*kept, *put)))


def expected(place: Place = Place.SIGNATURE, **changes: object) -> Expectation:
    """Return what the request of `sent` is judged against, but for `changes`."""
    right = Expectation(
        key=KEY.public_key(), key_id="client-1", place=place, base_path="/partner-api",
        date=MOMENT, tls_key=OTHER_KEY.public_key(),
    )  # fmt: skip
    return replace(right, **changes)  # type: ignore[arg-type]


def judged(
    request: SignedRequest,
    expectation: Expectation | None = None,
    *,
    diagnostician: Diagnostician | None = None,
) -> Judgement:
    """Return what is said of `request`."""
    return judge(request, expectation or expected(), diagnostician=diagnostician)


def reasons(judgement: Judgement) -> list[tuple[str, str]]:
    """Return the requirement and reason of every finding."""
    return [(finding.requirement, finding.reason) for finding in judgement.findings]


def causes(judgement: Judgement) -> list[str]:
    """Return the ids of the causes, best first."""
    return [cause.mistake for cause in judgement.causes]


RIGHT_FIELDS = sent().headers.fields
"""The header fields of a right request."""
