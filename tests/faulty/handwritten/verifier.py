"""A verifier of signed requests, written from the draft and Security.md and from nothing else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tests.faulty.handwritten.right import Headers, Order

STAGES = ("digest", "date", "request target", "signing string", "signature", "header")


class Fault(NamedTuple):
    """What the verifier objects to, and the stages whose mistakes may show so."""

    says: str
    stages: tuple[str, ...]


def values(fields: Headers, name: str) -> list[str]:
    """Return what every field of this name says, white space around it left out."""
    return [value.strip(" \t") for key, value in fields if key.lower() == name]


def signing_string(method: str, target: str, fields: Headers, names: list[str]) -> str:
    """Return the string of the draft, 2.3. Raises KeyError for a name whose header is absent."""
    lines = []
    for name in names:
        if name == "(request-target)":
            lines.append(f"{name}: {method.lower()} {target}")
        elif found := values(fields, name):
            lines.append(f"{name}: {', '.join(found)}")
        else:
            raise KeyError(name)
    return "\n".join(lines)


PARAMETER = r'[ \t]*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s",]+)[ \t]*'


def parsed(value: str) -> dict[str, list[str]] | None:
    """RFC 7235, 2.1: `name="value"` or `name=token`, by commas; None for anything else."""
    if not re.fullmatch(f"{PARAMETER}(,{PARAMETER})*", value):
        return None
    parameters: dict[str, list[str]] = {}
    for name, text in re.findall(PARAMETER, value):
        parameters.setdefault(name, []).append(text)
    return parameters


def digest_faults(order: Order, fields: Headers) -> list[Fault]:
    """Security.md, 1: one header, the SHA-256 of the body in Base64."""
    expected = "SHA-256=" + base64.b64encode(hashlib.sha256(order["body"]).digest()).decode()
    found = values(fields, "digest")
    return [] if found == [expected] else [Fault(f"Digest is {found}", ("digest",))]


def date_faults(order: Order, fields: Headers) -> list[Fault]:
    """Security.md, 2: one header, an IMF-fixdate no more than 3 minutes off."""
    found = values(fields, "date")
    try:
        (text,) = found
        date = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT")  # noqa: DTZ007
        now = datetime.strptime(order["date"], "%a, %d %b %Y %H:%M:%S GMT")  # noqa: DTZ007
    except ValueError:
        return [Fault(f"Date is {found}", ("date",))]
    if text != f"{date:%a, %d %b %Y %H:%M:%S} GMT" or abs((date - now).total_seconds()) > 180:
        return [Fault(f"Date is {found}", ("date",))]
    return []


def carried(order: Order, fields: Headers) -> str | None:
    """Return the parameters, from the one header field that may carry them."""
    signature, authorization = values(fields, "signature"), values(fields, "authorization")
    schemes = [value for value in authorization if not value.startswith("Bearer ")]
    if order["place"] == "signature":
        return signature[0] if len(signature) == 1 and not schemes else None
    if signature or len(schemes) != 1:
        return None
    match = re.fullmatch("signature +(.*)", schemes[0], re.IGNORECASE | re.DOTALL)
    return match[1] if match else None


def faults(order: Order, fields: Headers, key: rsa.RSAPublicKey) -> list[Fault]:
    """Return everything that is wrong with a signed request; nothing for a right one."""
    found = [*digest_faults(order, fields), *date_faults(order, fields)]
    in_header = ("header", "signature")
    value = carried(order, fields)
    parameters = parsed(value) if value is not None and value.isascii() else None
    if parameters is None:
        return [*found, Fault(f"no parameters in {value!r}", in_header)]
    four = [parameters.get(name, []) for name in ("keyId", "algorithm", "headers", "signature")]
    if any(len(texts) != 1 or not texts[0].startswith('"') for texts in four):
        return [*found, Fault(f"not the four parameters, once and quoted: {value!r}", in_header)]
    key_id, algorithm, names, signature = (
        re.sub(r"\\(.)", r"\1", texts[0][1:-1]) for texts in four
    )
    if key_id != order["key_id"]:
        found.append(Fault(f"keyId is {key_id}", ("header",)))
    if algorithm != "rsa-sha256":
        found.append(Fault(f"algorithm is {algorithm}", ("header",)))
    if not re.fullmatch(r"[^ A-Z,]+( [^ A-Z,]+)*", names):
        return [*found, Fault(f"headers is {names!r}", ("header",))]
    if not {"(request-target)", "date", "digest"} <= set(names.split(" ")):
        found.append(Fault(f"headers is {names!r}", ("digest", "date", *STAGES[2:4], "header")))
    return [*found, *signature_faults(order, fields, names, signature, key)]


def signature_faults(
    order: Order, fields: Headers, names: str, signature: str, key: rsa.RSAPublicKey
) -> list[Fault]:
    """Security.md, 3: RSASSA-PKCS1-v1_5 with SHA-256 over the signing string, in Base64."""
    if not re.fullmatch("[A-Za-z0-9+/]+={0,2}", signature):
        return [Fault(f"no Base64: {signature!r}", ("signature",))]
    try:
        octets = base64.b64decode(signature, validate=True)
        string = signing_string(order["method"], order["target"], fields, names.split(" "))
        key.verify(octets, string.encode(), PKCS1v15(), SHA256())
    except binascii.Error:
        return [Fault(f"no Base64: {signature!r}", ("signature",))]
    except KeyError as absent:
        return [Fault(f"signed, but not sent: {absent}", STAGES)]
    except InvalidSignature:
        return [Fault("the signature does not verify", ("date", *STAGES[2:]))]
    return []
