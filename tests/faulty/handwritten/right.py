"""A right signer, in pieces. Each wrong one is made of these and gets one thing wrong."""

from __future__ import annotations

import base64
import hashlib
import json
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict, Unpack

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

if TYPE_CHECKING:
    from datetime import datetime

Headers = list[tuple[str, str]]
"""Header fields in the order in which they are sent."""

NAMES = "(request-target) date digest"


class Order(TypedDict):
    """What a signer is handed: the operands of `sign`, as keyword arguments.

    `date` is an IMF-fixdate, `key_file` a PKCS#8 PEM file, `place` is `signature` or
    `authorization`; `target` is `url` without the gateway prefix that ends `base_url`.
    """

    method: str
    url: str
    base_url: str
    target: str
    date: str
    body: bytes
    key_id: str
    key_file: str | Path
    place: str


class Sign(Protocol):
    """A signer: takes an order, gives the header fields that it would send."""

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Sign one request."""


class Remembering:
    """A signer with a memory; a new one of its class has none yet."""

    def __call__(self, **order: Unpack[Order]) -> Headers:
        """Sign one request."""
        raise NotImplementedError


def moment(order: Order) -> datetime:
    """Return the date of `order`, aware, in UTC."""
    return parsedate_to_datetime(order["date"])


def printed_by_javascript(body: bytes) -> bytes:
    """Return JSON as JavaScript prints it again; what is no JSON as it is."""
    try:
        value = json.loads(body, parse_float=lambda text: _as_printed(float(text)))
    except ValueError:
        return body
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _as_printed(number: float) -> float:
    return int(number) if number.is_integer() else number


@lru_cache(maxsize=8)
def _loaded(pem: bytes) -> RSAPrivateKey:
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def private_key(order: Order) -> RSAPrivateKey:
    """Return the key that `order` is to be signed with."""
    return _loaded(Path(order["key_file"]).read_bytes())


@lru_cache(maxsize=1)
def another_key() -> RSAPrivateKey:
    """Return a key that belongs to no certificate anybody registered, made once a process."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def base64_text(octets: bytes) -> str:
    """Return padded standard Base64 on one line."""
    return base64.b64encode(octets).decode()


def digest_of(body: bytes) -> str:
    """Return the value of `Digest` for these octets."""
    return "SHA-256=" + base64_text(hashlib.sha256(body).digest())


def lines_of(
    order: Order,
    *,
    method: str | None = None,
    target: str | None = None,
    date: str | None = None,
    digest: str | None = None,
) -> list[str]:
    """Return the three lines to sign, right but for the values that are given."""
    method = order["method"].lower() if method is None else method
    target = order["target"] if target is None else target
    date = order["date"] if date is None else date
    digest = digest_of(order["body"]) if digest is None else digest
    return [f"(request-target): {method} {target}", f"date: {date}", f"digest: {digest}"]


def rsa_sha256(order: Order, text: str | bytes) -> bytes:
    """Return the RSASSA-PKCS1-v1_5 signature with SHA-256 of `text`."""
    octets = text.encode() if isinstance(text, str) else text
    return private_key(order).sign(octets, PKCS1v15(), SHA256())


def quoted(value: str) -> str:
    r"""Return a quoted-string, `"` and `\` escaped."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parameters(order: Order, signature: str, *, names: str = NAMES) -> str:
    """Return the four parameters as Security.md shows them."""
    key_id = quoted(order["key_id"])
    return f'keyId={key_id},algorithm="rsa-sha256",headers="{names}",signature="{signature}"'


def carrier(order: Order, value: str) -> tuple[str, str]:
    """Return the header field that carries the parameters at the place asked for."""
    if order["place"] == "authorization":
        return ("Authorization", "Signature " + value)
    return ("Signature", value)


def dated(order: Order, *, date: str | None = None, digest: str | None = None) -> Headers:
    """Return the `Date` and `Digest` fields, right but for the values that are given."""
    return [
        ("Date", order["date"] if date is None else date),
        ("Digest", digest_of(order["body"]) if digest is None else digest),
    ]


def sent(order: Order, signature: bytes | str) -> Headers:
    """Return all fields of a right signer, with this signature (octets, or text as it stands)."""
    text = signature if isinstance(signature, str) else base64_text(signature)
    return [*dated(order), carrier(order, parameters(order, text))]


def sent_over(order: Order, string: str | bytes, *, names: str = NAMES) -> Headers:
    """Return all fields of a right signer that took `string` for the signing string."""
    value = parameters(order, base64_text(rsa_sha256(order, string)), names=names)
    return [*dated(order), carrier(order, value)]


def signed(
    order: Order,
    *,
    method: str | None = None,
    target: str | None = None,
    date: str | None = None,
    digest: str | None = None,
) -> Headers:
    """Sign, and send, with these values in place of the right ones."""
    string = "\n".join(lines_of(order, method=method, target=target, date=date, digest=digest))
    value = parameters(order, base64_text(rsa_sha256(order, string)))
    return [*dated(order, date=date, digest=digest), carrier(order, value)]


def right(**order: Unpack[Order]) -> Headers:
    """Sign the documented way."""
    return signed(order)
