"""Header vectors: whole requests with one thing wrong, or unusual and right."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Iterator
from typing import Any

from source.requests import PLAIN, TOKEN
from source.signing import (
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
Fields = list[list[str]]

COVERED = "(request-target) date digest"
FORM: dict[str, Any] = {**TOKEN, "body": body_of("client_id=client-1&client_secret=s3cret")}


class Request:
    """A request signed as the documents ask, from which a vector takes what it needs."""

    def __init__(
        self, date: str = "", digest: str = "", covered: str = COVERED, **changes: Any
    ) -> None:
        self.request = PLAIN | changes
        self.date = date or date_of(self.request["date"])
        self.digest = digest or digest_of(octets(self.request["body"]))
        values = {
            "(request-target)": f"{self.request['method'].lower()} {self.request['target']}",
            "date": self.date,
            "digest": self.digest,
        }
        string = string_of(*((name, values[name]) for name in covered.split()))
        self.signature = b64(sign(self.request["key"], string.encode("latin-1")))
        self.covered = covered

    def parameters(self, separator: str = ",", **changes: str | None) -> str:
        """Return the parameters, some changed, or left out for None."""
        values: dict[str, str | None] = {
            "keyId": self.request["key_id"], "algorithm": "rsa-sha256", "headers": self.covered,
            "signature": self.signature,
        } | changes  # fmt: skip
        pairs = ((name, value) for name, value in values.items() if value is not None)
        return parameters(*pairs, separator=separator)

    def fields(self, *more: tuple[str, str]) -> Fields:
        """Return Date and Digest, then `more`."""
        return [["Date", self.date], ["Digest", self.digest], *(list(field) for field in more)]

    def vector(
        self, vector_id: str, says: str, fields: Fields, fault: tuple[str, str] | None = None,
        requirements: tuple[str, ...] = (),
    ) -> Vector:  # fmt: skip
        """Return the vector: `fault` is requirement and reason, None for what is right."""
        expect: dict[str, Any] = {"accepted": fault is None}
        if fault:
            expect |= {"requirement": fault[0], "reason": fault[1]}
        return {
            "id": vector_id,
            "kind": "header",
            "says": says,
            "requirements": [fault[0]] if fault else list(requirements),
            "request": self.request,
            "headers": fields,
            "expect": expect,
        }


def vectors() -> Iterator[Vector]:
    """Yield every header vector."""
    yield from _harmless()
    yield from _parameter_faults()
    yield from _signature_header_faults()
    yield from _authorization_faults()
    yield from _signature_faults()


def _harmless() -> Iterator[Vector]:
    ping, token = Request(), Request(**FORM)
    said = ping.parameters()
    key_id, algorithm, headers, signature = _parts(ping)
    wanted = ("HDR-001", "HDR-002")
    for name, says, field in (
        ("as-documented", "the form of Security.md's example", ("Signature", said)),
        ("spaces-after-commas", "spaces after commas mean nothing",
         ("Signature", ping.parameters(", "))),
        ("white-space-around-commas", "spaces and tabs around commas mean nothing",
         ("Signature", ping.parameters(" \t,\t "))),
        ("other-order", "parameters stand in any order",
         ("Signature", f"{signature},{headers},{key_id},{algorithm}")),
        ("name-lower-case", "header names have no letter case", ("signature", said)),
        ("name-upper-case", "header names have no letter case", ("SIGNATURE", said)),
        ("outer-white-space", "white space around a header's value is no part of it",
         ("Signature", f" \t{said} ")),
        ("unknown-parameter", "a parameter that nobody knows is passed over",
         ("Signature", f'{said},version="1"')),
        ("quoted-pair", "a backslash between quotes stands for what follows it",
         ("Signature", ping.parameters(keyId="client\\-1"))),
        ("equals-spaced", "white space around the equals sign is allowed in auth-params",
         ("Signature", said.replace("=", " = ", 1))),
    ):  # fmt: skip
        yield ping.vector(f"header/{name}", says, ping.fields(field), requirements=wanted)
    yield ping.vector(
        "header/bearer-beside", "a bearer token beside the signature is as it should be",
        ping.fields(("Authorization", "Bearer abc"), ("Signature", said)), requirements=wanted,
    )  # fmt: skip
    yield ping.vector(
        "header/signature-first", "the order of header fields means nothing",
        [["Signature", said], *ping.fields()[::-1]], requirements=wanted,
    )  # fmt: skip
    for name, says, separator in (
        ("as-documented", "the form of Security.md's example, spaces after commas", ", "),
        ("no-spaces", "without spaces after the commas", ","),
    ):
        yield token.vector(
            f"authorization/{name}", says,
            token.fields(("Authorization", f"Signature {token.parameters(separator)}")),
            requirements=("AUTH-001", "HDR-002"),
        )  # fmt: skip


def _parameter_faults() -> Iterator[Vector]:
    ping = Request()
    said = ping.parameters()
    key_id, algorithm, headers, signature = _parts(ping)
    bare = Request(covered="date")
    for name, says, value, fault in (
        ("key-id-missing", "keyId is left out", ping.parameters(keyId=None),
         "HDR-002 parameter-missing"),
        ("algorithm-missing", "algorithm is left out", ping.parameters(algorithm=None),
         "HDR-004 algorithm-missing"),
        ("headers-missing", "headers is left out, so that only the date is signed",
         bare.parameters(headers=None), "HDR-002 parameter-missing"),
        ("signature-missing", "signature is left out", ping.parameters(signature=None),
         "HDR-002 parameter-missing"),
        ("empty-header", "a header with no parameter at all", "", "HDR-002 parameter-missing"),
        ("key-id-lower-case", "keyid instead of keyId", said.replace("keyId", "keyid"),
         "HDR-002 parameter-misspelt"),
        ("key-id-upper-case", "KeyId instead of keyId", said.replace("keyId", "KeyId"),
         "HDR-002 parameter-misspelt"),
        ("signature-upper-case", "Signature instead of signature",
         said.replace("signature=", "Signature="), "HDR-002 parameter-misspelt"),
        ("headers-upper-case-name", "Headers instead of headers",
         said.replace("headers=", "Headers="),
         "HDR-002 parameter-misspelt"),
        ("key-id-twice", "keyId twice", f"{key_id},{said}", "HDR-002 parameter-repeated"),
        ("signature-twice", "signature twice", f"{said},{signature}", "HDR-002 parameter-repeated"),
        ("algorithm-unquoted", "algorithm without quotes",
         said.replace('"rsa-sha256"', "rsa-sha256"),
         "HDR-002 parameter-unquoted"),
        ("key-id-unquoted", "keyId without quotes", said.replace('"client-1"', "client-1"),
         "HDR-002 parameter-unquoted"),
        ("comma-missing", "no comma between two parameters",
         said.replace('",algorithm', '" algorithm'),
         "HDR-002 parameter-malformed"),
        ("semicolons", "semicolons instead of commas", said.replace('",', '";'),
         "HDR-002 parameter-malformed"),
        ("quote-open", "a quote that is never closed", said.removesuffix('"'),
         "HDR-002 parameter-malformed"),
        ("single-quotes", "apostrophes instead of quotes", f"{key_id},{algorithm},{signature},"
         + headers.replace('"', "'"), "HDR-002 parameter-malformed"),
        ("colon-for-equals", "a colon instead of the equals sign", said.replace("keyId=", "keyId:"),
         "HDR-002 parameter-malformed"),
        ("key-id-empty", "an empty keyId", ping.parameters(keyId=""), "HDR-003 key-id"),
        ("key-id-serial", "a certificate's serial number for keyId",
         ping.parameters(keyId="SN=4f2a,CA=CN=Example"), "HDR-003 key-id"),
        ("key-id-other-case", "the client id in another letter case",
         ping.parameters(keyId="Client-1"),
         "HDR-003 key-id"),
        ("key-id-outer-space", "a space after the client id", ping.parameters(keyId="client-1 "),
         "HDR-003 key-id"),
        ("algorithm-hs2019", "the name of a later draft", ping.parameters(algorithm="hs2019"),
         "HDR-004 algorithm"),
        ("algorithm-upper-case", "RSA-SHA256 in upper case",
         ping.parameters(algorithm="RSA-SHA256"),
         "HDR-004 algorithm"),
        ("algorithm-java-name", "Java's name of the algorithm",
         ping.parameters(algorithm="SHA256withRSA"), "HDR-004 algorithm"),
        ("algorithm-sha-512", "another algorithm", ping.parameters(algorithm="rsa-sha512"),
         "HDR-004 algorithm"),
        ("algorithm-empty", "an empty algorithm", ping.parameters(algorithm=""),
         "HDR-004 algorithm"),
        ("headers-upper-case", "names in headers that are not lower case",
         ping.parameters(headers="(request-target) Date Digest"), "HDR-005 headers-upper-case"),
        ("headers-commas", "commas between the names",
         ping.parameters(headers="(request-target),date,digest"), "HDR-005 headers-separator"),
        ("headers-semicolons", "semicolons between the names",
         ping.parameters(headers="(request-target);date;digest"), "HDR-005 headers-separator"),
        ("headers-two-spaces", "two spaces between names",
         ping.parameters(headers="(request-target)  date digest"), "HDR-005 headers-spacing"),
        ("headers-space-after", "a space after the last name",
         ping.parameters(headers=f"{COVERED} "), "HDR-005 headers-spacing"),
        ("headers-space-before", "a space in front of the first name",
         ping.parameters(headers=f" {COVERED}"), "HDR-005 headers-spacing"),
        ("headers-tab", "a tab between names",
         ping.parameters(headers="(request-target)\tdate digest"), "HDR-005 headers-spacing"),
    ):  # fmt: skip
        yield ping.vector(
            f"header/{name}", says, ping.fields(("Signature", value)), fault_of(fault)
        )


def _signature_header_faults() -> Iterator[Vector]:
    ping = Request()
    said = ping.parameters()
    for name, says, more, reason in (
        ("missing", "no Signature header", (), "signature-header-missing"),
        ("repeated", "the Signature header twice", (("Signature", said), ("Signature", said)),
         "signature-header-repeated"),
        ("scheme", "the word Signature in front of the parameters",
         (("Signature", f"Signature {said}"),), "signature-header-scheme"),
        ("in-authorization", "an API request signed in Authorization",
         (("Authorization", f"Signature {said}"),), "signature-in-authorization"),
    ):  # fmt: skip
        yield ping.vector(
            f"header/signature-header-{name}", says, ping.fields(*more), ("HDR-001", reason)
        )


def _authorization_faults() -> Iterator[Vector]:
    token = Request(**FORM)
    said = token.parameters(", ")
    signed = ("Authorization", f"Signature {said}")
    for name, says, more, reason in (
        ("missing", "a token request without a signature", (), "authorization-missing"),
        ("in-signature-header", "a token request signed in Signature", (("Signature", said),),
         "authorization-missing"),
        ("no-scheme", "the parameters without the word Signature", (("Authorization", said),),
         "authorization-no-scheme"),
        ("both-headers", "a Signature header as well", (signed, ("Signature", said)),
         "authorization-and-signature"),
        ("repeated", "two Authorization headers", (signed, signed), "authorization-repeated"),
    ):  # fmt: skip
        yield token.vector(f"authorization/{name}", says, token.fields(*more), ("AUTH-001", reason))


def _signature_faults() -> Iterator[Vector]:
    ping = Request()
    right = ping.signature
    raw = base64.b64decode(right)
    for name, says, value, reason in (
        ("empty", "an empty signature, as a swallowed error leaves", "", "base64-empty"),
        ("wrapped", "Base64 wrapped at 64 characters, the line ends made spaces",
         " ".join(textwrap.wrap(right, 64)), "base64-white-space"),
        ("space-after", "a space after the Base64 text", f"{right} ", "base64-white-space"),
        ("base64url", "base64url", base64.urlsafe_b64encode(raw).decode(), "base64-url"),
        ("base64url-unpadded", "base64url without padding",
         base64.urlsafe_b64encode(raw).decode().rstrip("="), "base64-url"),
        ("hex", "hexadecimal", raw.hex(), "base64-hex"),
        ("hex-upper-case", "hexadecimal in upper case", raw.hex().upper(), "base64-hex"),
        ("unpadded", "the padding left out", right.rstrip("="), "base64-padding"),
        ("half-padded", "half of the padding left out", right[:-1], "base64-padding"),
        ("cut", "cut after 100 characters and three", right[:103], "base64-padding"),
        ("other-characters", "percent-encoded Base64", right.replace("=", "%3D"),
         "base64-alphabet"),
        ("unused-bits", "the last character says more than it may",
         right[:-3] + _next(right[-3]) + "==", "base64-bits"),
    ):  # fmt: skip
        yield ping.vector(
            f"signature/{name}", says, ping.fields(("Signature", ping.parameters(signature=value))),
            ("SIG-003", reason),
        )  # fmt: skip


def _parts(request: Request) -> list[str]:
    return request.parameters("\0").split("\0")


def fault_of(words: str) -> tuple[str, str]:
    """Return requirement and reason of a fault in words."""
    requirement, _, reason = words.partition(" ")
    return requirement, reason


def _next(character: str) -> str:
    """Return the character of Base64 that follows one whose lowest bit is not set."""
    return chr(ord(character) + 1)
