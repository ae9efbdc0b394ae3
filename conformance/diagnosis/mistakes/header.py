"""Mistakes of the header stage: where the parameters stand, and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from conformance.diagnosis.mistake import Given, Shelf
from conformance.wire.message import Place
from conformance.wire.parameters import Parameter
from conformance.wire.procedure import SignatureHeader, Stage

SHELF = Shelf(Stage.HEADER)

_LIKE: Final = (
    'write keyId="…",algorithm="rsa-sha256",headers="(request-target) date digest",signature="…"'
)


def _so(
    identity: str,
    breaks: str,
    says: str,
    mend: str,
    change: Callable[[SignatureHeader, Given], SignatureHeader],
    *,
    source: str = "own",
) -> None:
    SHELF(f"header-{identity}", breaks=breaks, says=says, mend=mend, source=source)(change)


def _edit(
    name: str, change: Callable[[Parameter], Parameter | None]
) -> Callable[[SignatureHeader, Given], SignatureHeader]:
    """Change one parameter; None leaves it out."""

    def edited(header: SignatureHeader, _given: Given) -> SignatureHeader:
        changed = (change(item) if item.name == name else item for item in header.parameters)
        return replace(header, parameters=tuple(item for item in changed if item is not None))

    return edited


def _value(
    name: str, change: Callable[[str], str]
) -> Callable[[SignatureHeader, Given], SignatureHeader]:
    return _edit(name, lambda item: replace(item, value=change(item.value)))


def _signature_place(
    change: Callable[[SignatureHeader], SignatureHeader],
) -> Callable[[SignatureHeader, Given], SignatureHeader]:
    """Change API requests only."""
    return lambda header, given: (
        change(header) if given.request.place is Place.SIGNATURE else header
    )


def _token_place(
    change: Callable[[SignatureHeader], SignatureHeader],
) -> Callable[[SignatureHeader, Given], SignatureHeader]:
    """Change the token request only."""
    return lambda header, given: (
        change(header) if given.request.place is Place.AUTHORIZATION else header
    )


def _and_also(header: SignatureHeader, name: str, prefix: str) -> SignatureHeader:
    other = replace(header, name=name, prefix=prefix, more=())
    return replace(header, more=(*header.more, *other.fields))


_so(
    "scheme-in-signature", "HDR-001", "the word Signature stands in front of the parameters, "
    "as it belongs in Authorization only",
    "write Signature: keyId=… without the word Signature in front of keyId",
    _signature_place(lambda header: replace(header, prefix="Signature ")),
    source="mastodon#14556, tomitribe#13",
)  # fmt: skip
_so(
    "api-request-in-authorization", "HDR-001",
    "an API request carries its signature in Authorization instead of Signature",
    "send Signature: keyId=…; Authorization is for the bearer token",
    _signature_place(lambda header: replace(header, name="Authorization", prefix="Signature ")),
)  # fmt: skip
_so(
    "x-signature", "HDR-001", "the signature is sent as X-Signature, not as Signature",
    "call the header Signature",
    _signature_place(lambda header: replace(header, name="X-Signature")),
)  # fmt: skip
_so(
    "not-sent", "HDR-001", "no Signature header is sent",
    "add the Signature header to the request: " + _LIKE,
    _signature_place(lambda header: replace(header, name="")),
)  # fmt: skip
_so(
    "token-not-sent", "AUTH-001",
    "the token request is not signed at all: it has no Authorization header",
    "send Authorization: Signature keyId=… with the token request",
    _token_place(lambda header: replace(header, name="")),
)  # fmt: skip
_so(
    "sent-twice", "HDR-001", "two Signature headers are sent",
    "send one Signature header: replace it instead of adding to it",
    _signature_place(lambda header: _and_also(header, "Signature", "")),
)  # fmt: skip
_so(
    "token-scheme-missing", "AUTH-001",
    "Authorization lacks the word Signature in front of the parameters",
    "write Authorization: Signature keyId=…",
    _token_place(lambda header: replace(header, prefix="")),
    source="go-fed/httpsig#3",
)  # fmt: skip
_so(
    "token-in-signature", "AUTH-001",
    "the token request carries its signature in Signature instead of Authorization",
    "send Authorization: Signature keyId=… with the token request, and no Signature header",
    _token_place(lambda header: replace(header, name="Signature", prefix="")),
    source="node-http-signature#65",
)  # fmt: skip
_so(
    "token-in-both", "AUTH-001",
    "the token request carries both an Authorization and a Signature header",
    "send Authorization: Signature keyId=… with the token request, and no Signature header",
    _token_place(lambda header: _and_also(header, "Signature", "")),
    source="node-http-signature#65",
)  # fmt: skip
_so(
    "token-sent-twice",
    "AUTH-001",
    "two Authorization headers are sent",
    "send one Authorization header: replace it instead of adding to it",
    _token_place(lambda header: _and_also(header, "Authorization", "Signature ")),
)
_so(
    "token-bearer", "AUTH-001", "the signature is sent as a bearer token",
    "write Authorization: Signature keyId=…",
    _token_place(lambda header: replace(header, prefix="Bearer ")),
)  # fmt: skip
_CASE: Final = 'lower-case the names: headers="(request-target) date digest"'
_so(
    "headers-capitalised", "HDR-005", "the names in headers are capitalised", _CASE,
    _value("headers", lambda value: value.replace("date", "Date").replace("digest", "Digest")),
    source="node-http-signature#23",
)  # fmt: skip
_so(
    "headers-upper-case", "HDR-005", "the names in headers are in upper case", _CASE,
    _value("headers", str.upper),
)  # fmt: skip
_so(
    "headers-trailing-space", "HDR-005", "a space follows the last name in headers",
    "separate the names with one space, with none around them",
    _value("headers", lambda value: f"{value} "), source="adamcin/httpsig-java#2",
)  # fmt: skip
_so(
    "headers-leading-space", "HDR-005", "a space stands before the first name in headers",
    "separate the names with one space, with none around them",
    _value("headers", lambda value: f" {value}"),
)  # fmt: skip
_so(
    "headers-two-spaces", "HDR-005", "the names in headers are separated by two spaces",
    "separate the names with one space",
    _value("headers", lambda value: value.replace(" ", "  ")),
)  # fmt: skip
_so(
    "headers-commas", "HDR-005", "the names in headers are separated by commas",
    "separate the names with one space", _value("headers", lambda value: value.replace(" ", ",")),
    source="node-http-signature#23",
)  # fmt: skip
_so(
    "headers-commas-spaces", "HDR-005", "the names in headers are separated by commas and spaces",
    "separate the names with one space",
    _value("headers", lambda value: value.replace(" ", ", ")),
)  # fmt: skip
_so(
    "headers-semicolons", "HDR-005", "the names in headers are separated by semicolons",
    "separate the names with one space", _value("headers", lambda value: value.replace(" ", ";")),
)  # fmt: skip


def _algorithm(name: str, identity: str) -> None:
    _so(
        f"algorithm-{identity}", "HDR-004", f"algorithm is {name}", 'write algorithm="rsa-sha256"',
        _value("algorithm", lambda _: name), source="tomitribe/http-signatures-java#41",
    )  # fmt: skip


for _name, _identity in (
    ("hs2019", "hs2019"), ("SHA256withRSA", "java"), ("RSA-SHA256", "upper-case"),
    ("RS256", "jwa"), ("rsa-sha512", "rsa-sha512"), ("rsa-sha1", "rsa-sha1"),
    ("rsa-v1_5-sha256", "rfc-9421"), ("hmac-sha256", "hmac-sha256"), ("sha256", "sha256"),
    ("sha-256", "sha-256"), ("rsa", "rsa"), ("ecdsa-sha256", "ecdsa-sha256"),
    ("rsa_sha256", "underscore"),
):  # fmt: skip
    _algorithm(_name, _identity)


def _missing(name: str) -> None:
    _so(
        f"{name.lower()}-missing", "HDR-004" if name == "algorithm" else "HDR-002",
        f"the parameter {name} is missing", _LIKE, _edit(name, lambda _: None),
    )  # fmt: skip


for _name in ("keyId", "algorithm", "headers", "signature"):
    _missing(_name)


def _misspelt(name: str, wrong: str) -> None:
    _so(
        f"{name.lower()}-spelt-{wrong}", "HDR-002", f"{name} is spelt {wrong}",
        f"write {name}, in exactly these letters",
        _edit(name, lambda item: replace(item, name=wrong)),
        source="w3c-ccg/http-signatures#63",
    )  # fmt: skip


for _name, _wrong in (
    ("keyId", "keyid"), ("keyId", "KeyId"), ("keyId", "keyID"), ("keyId", "key_id"),
    ("keyId", "key-id"), ("headers", "Headers"), ("headers", "header"),
    ("algorithm", "Algorithm"), ("algorithm", "alg"), ("signature", "Signature"),
    ("signature", "sig"),
):  # fmt: skip
    _misspelt(_name, _wrong)


def _unquoted(name: str) -> None:
    _so(
        f"{name.lower()}-unquoted", "HDR-002", f"the value of {name} is not quoted", _LIKE,
        _edit(name, lambda item: replace(item, quoted=False)),
    )  # fmt: skip


for _name in ("keyId", "algorithm", "signature"):
    _unquoted(_name)


def _everywhere(
    change: Callable[[SignatureHeader], SignatureHeader],
) -> Callable[[SignatureHeader, Given], SignatureHeader]:
    return lambda header, _given: change(header)


_so(
    "unquoted", "HDR-002", "the values are not quoted", _LIKE,
    _everywhere(
        lambda header: replace(
            header, parameters=tuple(replace(item, quoted=False) for item in header.parameters)
        )
    ),
)  # fmt: skip
_so(
    "single-quotes", "HDR-002", "the values stand in single quotes", _LIKE,
    _everywhere(
        lambda header: replace(
            header,
            parameters=tuple(
                replace(item, quoted=False, value=f"'{item.value}'") for item in header.parameters
            ),
        )
    ),
)  # fmt: skip
_so(
    "semicolons", "HDR-002", "the parameters are separated by semicolons",
    "separate the parameters with commas",
    _everywhere(lambda header: replace(header, separator=";")),
)  # fmt: skip
_so(
    "separated-by-spaces", "HDR-002", "the parameters are separated by spaces",
    "separate the parameters with commas",
    _everywhere(lambda header: replace(header, separator=" ")),
)  # fmt: skip


def _repeated(name: str) -> None:
    def repeated(header: SignatureHeader, _given: Given) -> SignatureHeader:
        again = tuple(item for item in header.parameters if item.name == name)
        return replace(header, parameters=header.parameters + again)

    _so(
        f"{name.lower()}-twice", "HDR-002", f"the parameter {name} is sent twice",
        "send each parameter once", repeated, source="w3c-ccg/http-signatures#63",
    )  # fmt: skip


for _name in ("keyId", "algorithm", "headers", "signature"):
    _repeated(_name)


def _key_id(identity: str, says: str, change: Callable[[str], str]) -> None:
    _so(
        f"key-id-{identity}", "HDR-003", says, "put the client id in keyId, nothing else",
        _value("keyId", change), source="the documents' former eIDAS wording",
    )  # fmt: skip


_key_id(
    "serial-number", "keyId is the certificate's serial number, not the client id",
    lambda _: "SN=5e4299be,CA=C=DE",
)  # fmt: skip
_key_id(
    "fingerprint", "keyId is a fingerprint, not the client id",
    lambda _: "SHA256:" + "0f" * 32,
)  # fmt: skip
_key_id("empty", "keyId is empty", lambda _: "")
_key_id("placeholder", "keyId is still the placeholder of the documents", lambda _: "[CLIENT_ID]")
_key_id("in-brackets", "keyId stands in brackets", lambda value: f"[{value}]")
_key_id("upper-case", "keyId is the client id in upper case", str.upper)
_key_id("lower-case", "keyId is the client id in lower case", str.lower)
_key_id("quoted-twice", "keyId stands in quotes within its quotes", lambda value: f'"{value}"')


_so(
    "headers-names-unsigned", "STR-002", "headers names content-type, which is not signed",
    "name exactly the lines that are signed",
    _value("headers", lambda value: f"{value} content-type"),
)  # fmt: skip
_so(
    "headers-hides-digest", "STR-002", "digest is signed, but headers does not name it",
    "name exactly the lines that are signed",
    _value("headers", lambda value: value.replace(" digest", "")),
)  # fmt: skip
_so(
    "headers-hides-target", "STR-002", "(request-target) is signed, but headers does not name it",
    "name exactly the lines that are signed",
    _value("headers", lambda value: value.removeprefix("(request-target) ")),
)  # fmt: skip
_so(
    "headers-reordered", "STR-002",
    "the lines stand in the order (request-target), date, digest, but headers names another one",
    "name the lines in the very order in which they are signed",
    _value("headers", lambda value: " ".join(reversed(value.split(" ")))),
)  # fmt: skip
_so(
    "headers-target-bare", "HDR-005", "headers names request-target without its parentheses",
    "write (request-target) with its parentheses",
    _value("headers", lambda value: value.replace("(request-target)", "request-target")),
)  # fmt: skip
