"""Sign vectors: requests, one corner each, with every stage of signing them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from source import bodies, dates, targets
from source.signing import (
    BASE_URL,
    PREFIX,
    b64,
    body_of,
    date_of,
    digest_of,
    octets,
    parameters,
    sign,
    string_of,
)

Vector = dict[str, Any]

PLAIN = {
    "method": "GET",
    "base_url": BASE_URL,
    "target": "/ping",
    "signed_path": "relative",
    "date": "2019-07-03T08:28:28Z",
    "key_id": "client-1",
    "key": "rsa-2048",
    "place": "signature",
    "body": {"text": ""},
}
"""A request without corners; a vector changes what it is about."""

TOKEN = {"method": "POST", "target": "/oauth2/token", "place": "authorization"}


def vectors() -> Iterator[Vector]:
    """Yield every sign vector."""
    yield _sign(
        "security/example", "the signing string that Security.md prints",
        ("STR-001", "STR-003", "STR-004", "STR-005", "STR-006", "SIG-001", "HDR-001"),
        target="/greetings/single",
    )  # fmt: skip
    for name, says, body in bodies.TABLE:
        yield _sign(
            f"body/{name}", says, ("DIG-003",) if name == "empty" else ("DIG-002",),
            method="POST", target="/applications", body=body,
        )  # fmt: skip
    for name, says, target, requirements in targets.TABLE:
        yield _sign(f"target/{name}", says, requirements, target=target)
    for name, says, moment in dates.TABLE:
        yield _sign(f"date/{name}", says, ("DATE-001", "DATE-002", "DATE-004"), date=moment)
    yield from _methods()
    yield from _keys()
    yield from _key_ids()
    yield from _token_requests()
    yield from _signed_paths()


def _sign(
    vector_id: str,
    says: str,
    requirements: tuple[str, ...],
    *,
    refusal: str = "wrong",
    **changes: Any,
) -> Vector:
    request = PLAIN | changes
    return {
        "id": vector_id,
        "kind": "sign",
        "says": says,
        "requirements": list(requirements),
        "refusal": refusal,
        "request": request,
        "expect": _stages(request),
    }


def _stages(request: dict[str, Any]) -> dict[str, Any]:
    """Return what each stage makes of `request`."""
    body = octets(request["body"])
    digest, date = digest_of(body), date_of(request["date"])
    path = PREFIX * (request["signed_path"] == "full") + request["target"]
    target = f"{request['method'].lower()} {path}"
    string = string_of(("(request-target)", target), ("date", date), ("digest", digest))
    signature = b64(sign(request["key"], string.encode("ascii")))
    token = request["place"] == "authorization"
    carried = parameters(
        ("keyId", request["key_id"]),
        ("algorithm", "rsa-sha256"),
        ("headers", "(request-target) date digest"),
        ("signature", signature),
        separator=", " if token else ",",
    )
    return {
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "digest": digest,
        "date": date,
        "request_target": target,
        "signing_string": string,
        "signing_string_base64": b64(string.encode("ascii")),
        "signature": signature,
        "headers": [
            ["Date", date],
            ["Digest", digest],
            ["Authorization", f"Signature {carried}"] if token else ["Signature", carried],
        ],
    }


def _methods() -> Iterator[Vector]:
    body = body_of('{"a":1}')
    for method, more, refusal in (
        ("GET", {}, "wrong"), ("HEAD", {}, "wrong"), ("DELETE", {}, "wrong"),
        ("OPTIONS", {}, "wrong"), ("POST", {"body": body}, "wrong"),
         ("PUT", {"body": body}, "wrong"),
        ("PATCH", {"body": body}, "wrong"), ("TRACE", {}, "allowed"), ("CONNECT", {}, "allowed"),
        ("PROPFIND", {"body": body}, "allowed"), ("M-SEARCH", {}, "allowed"),
        ("Greet", {}, "allowed"),
    ):  # fmt: skip
        unusual = "; a client that knows no such method may refuse" if refusal == "allowed" else ""
        yield _sign(
            f"method/{method.lower()}",
            f"the method {method} in lower case, the path as it is{unusual}",
            ("TGT-001", "TGT-002"), refusal=refusal, method=method, target="/Applications", **more,
        )  # fmt: skip


def _keys() -> Iterator[Vector]:
    for bits in (2048, 3072, 4096):
        size = f"a key of {bits} bits, a signature of {bits // 8} octets"
        wanted = ("SIG-001", "SIG-003")
        yield _sign(f"key-size/rsa-{bits}-get", size, wanted, key=f"rsa-{bits}")
        yield _sign(
            f"key-size/rsa-{bits}-post", f"{size}, and a body", wanted, key=f"rsa-{bits}",
            method="POST", target="/applications?draft=true", body=body_of('{"hello": "world"}'),
        )  # fmt: skip


def _key_ids() -> Iterator[Vector]:
    for name, says, key_id in (
        (
            "uuid",
            "a client id as OAuth2 servers issue them",
            "6f1b5c1e-2b1f-4b83-9d0c-3f6f0f0c9a77",
        ),
        ("upper-case", "letter case is kept", "CLIENT-1"),
        ("comma", "a comma between quotes separates nothing", "client,1"),
        ("equals", "an equals sign between quotes is text", "client=1"),
        ("space", "a space between quotes is text", "client 1"),
        ("signature-word", "a client may be called Signature", "Signature"),
    ):
        yield _sign(f"key-id/{name}", says, ("HDR-002", "HDR-003"), key_id=key_id)


def _token_requests() -> Iterator[Vector]:
    wanted = ("AUTH-001", "DIG-002")
    for name, says, key_id, form in (
        ("plain", "client id and secret in a form body", "client-1",
         "client_id=client-1&client_secret=s3cret"),
        ("encoded-secret", "a secret whose signs are percent-encoded is hashed as encoded",
         "client-1",
         "client_id=client-1&client_secret=a%26b%3Dc%2Bd%25%20e"),
        ("plus-for-space", "a space written as + is hashed as +", "client-1",
         "client_id=client-1&client_secret=a+b"),
        ("non-ascii-secret", "a secret beyond ASCII, percent-encoded as UTF-8", "client-1",
         "client_id=client-1&client_secret=%C3%A4%E2%82%AC"),
        ("other-order", "the form in another order is another body", "client-1",
         "client_secret=s3cret&client_id=client-1"),
        ("uuid", "a client id as OAuth2 servers issue them", "6f1b5c1e-2b1f-4b83-9d0c-3f6f0f0c9a77",
         "client_id=6f1b5c1e-2b1f-4b83-9d0c-3f6f0f0c9a77&client_secret=s3cret"),
    ):  # fmt: skip
        yield _sign(f"token/{name}", says, wanted, key_id=key_id, body=body_of(form), **TOKEN)


def _signed_paths() -> Iterator[Vector]:
    for name, says, target in (
        ("path", "a path", "/ping"),
        ("root", "the root below the prefix", "/"),
        ("query", "a path with a query", "/applications?a=1"),
        ("prefix-twice", "a path that begins like the prefix", "/partner-api/ping"),
        ("prefix-longer", "a segment that only begins like the prefix", "/partner-apis"),
    ):
        for signed in ("relative", "full"):
            how = "without" if signed == "relative" else "with"
            yield _sign(
                f"signed-path/{signed}-{name}", f"{says}, signed {how} the gateway prefix",
                ("TGT-005",), target=target, signed_path=signed,
            )  # fmt: skip
