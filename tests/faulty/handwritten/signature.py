"""Signers that sign the right string in a wrong way, or write the signature wrongly."""

# ruff: noqa: D401 - a docstring says what the signer does to the message

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import partial
from typing import Unpack
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512

from tests.faulty.handwritten import occasion as on
from tests.faulty.handwritten.entry import faulty
from tests.faulty.handwritten.right import (
    Headers,
    Order,
    another_key,
    lines_of,
    private_key,
    rsa_sha256,
    sent,
)


def _octets(order: Order) -> bytes:
    return "\n".join(lines_of(order)).encode()


def _right(order: Order) -> bytes:
    return rsa_sha256(order, _octets(order))


def pss(**order: Unpack[Order]) -> Headers:
    """RSASSA-PSS, the padding of newer schemes."""
    padding = PSS(mgf=MGF1(SHA256()), salt_length=32)
    return sent(order, private_key(order).sign(_octets(order), padding, SHA256()))


def sha1(**order: Unpack[Order]) -> Headers:
    """`SHA1withRSA`."""
    return sent(order, private_key(order).sign(_octets(order), PKCS1v15(), SHA1()))  # noqa: S303


def sha512(**order: Unpack[Order]) -> Headers:
    """`SHA512withRSA`."""
    return sent(order, private_key(order).sign(_octets(order), PKCS1v15(), SHA512()))


def _encrypted_privately(order: Order, message: bytes) -> bytes:
    """Return `message`, padded as for a signature and raised to the private exponent."""
    key = private_key(order)
    numbers = key.private_numbers()
    size = key.key_size // 8
    block = b"\0\1" + b"\xff" * (size - len(message) - 3) + b"\0" + message
    power = pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n)
    return power.to_bytes(size)


def no_digest_info(**order: Unpack[Order]) -> Headers:
    """`openssl_private_encrypt(hash)`: the hash alone, nothing that says which hash it is."""
    return sent(order, _encrypted_privately(order, hashlib.sha256(_octets(order)).digest()))


def no_digest_info_hexadecimal(**order: Unpack[Order]) -> Headers:
    """The same with the hash in hexadecimal."""
    text = hashlib.sha256(_octets(order)).hexdigest()
    return sent(order, _encrypted_privately(order, text.encode()))


def other_key(**order: Unpack[Order]) -> Headers:
    """The keystore holds two keys, and this is the one for TLS."""
    return sent(order, another_key().sign(_octets(order), PKCS1v15(), SHA256()))


def wrapped(**order: Unpack[Order]) -> Headers:
    """Base64 for mail: a line break after every 76 characters and at the end."""
    return sent(order, base64.encodebytes(_right(order)).decode())


def base64_for_urls(**order: Unpack[Order]) -> Headers:
    """Base64 of the URL-safe alphabet, without padding, as in a JWT."""
    return sent(order, base64.urlsafe_b64encode(_right(order)).decode().rstrip("="))


def hexadecimal(**order: Unpack[Order]) -> Headers:
    """The signature is written in hexadecimal."""
    return sent(order, _right(order).hex())


def no_padding(**order: Unpack[Order]) -> Headers:
    """The `=` at the end are missing."""
    return sent(order, base64.b64encode(_right(order)).decode().rstrip("="))


def cut(**order: Unpack[Order]) -> Headers:
    """A column of 255 characters cut the Base64."""
    return sent(order, base64.b64encode(_right(order)).decode()[:255])


def empty(**order: Unpack[Order]) -> Headers:
    """Signing failed, the error was swallowed, nothing was left to send."""
    return sent(order, "")


def hash_signed(**order: Unpack[Order]) -> Headers:
    """The string is hashed first, and what signs it hashes again."""
    return sent(order, rsa_sha256(order, hashlib.sha256(_octets(order)).digest()))


def hash_signed_hexadecimal(**order: Unpack[Order]) -> Headers:
    """The hexadecimal hash of the string is what is signed."""
    return sent(order, rsa_sha256(order, hashlib.sha256(_octets(order)).hexdigest()))


def base64_signed(**order: Unpack[Order]) -> Headers:
    """The string is put into Base64, and that is signed."""
    return sent(order, rsa_sha256(order, base64.b64encode(_octets(order))))


def body_signed(**order: Unpack[Order]) -> Headers:
    """The body is signed, not the signing string."""
    return sent(order, rsa_sha256(order, order["body"]))


def hmac_with_client_id(**order: Unpack[Order]) -> Headers:
    """A shared secret where a key pair was asked for: HMAC-SHA256."""
    return sent(order, hmac.digest(order["key_id"].encode(), _octets(order), "sha256"))


def backwards(**order: Unpack[Order]) -> Headers:
    """Windows' CryptSignHash gives the octets in reverse."""
    return sent(order, _right(order)[::-1])


def percent_encoded(**order: Unpack[Order]) -> Headers:
    """The Base64 is percent-encoded for a header that nobody decodes."""
    return sent(order, quote(base64.b64encode(_right(order)).decode(), safe=""))


def base64_twice(**order: Unpack[Order]) -> Headers:
    """What the library gave was Base64 already."""
    return sent(order, base64.b64encode(base64.b64encode(_right(order))).decode())


def python_repr(**order: Unpack[Order]) -> Headers:
    """`str()` of octets: b, a quotation mark, the Base64, a quotation mark."""
    return sent(order, str(base64.b64encode(_right(order))))


def not_encoded(**order: Unpack[Order]) -> Headers:
    """The octets themselves stand in the header, as PHP's `openssl_sign` gives them."""
    return sent(order, _right(order).decode("latin-1"))


def not_encoded_as_text(**order: Unpack[Order]) -> Headers:
    """The octets are made a text, and that is sent: no Base64 at all."""
    return sent(order, _right(order).decode(errors="replace"))


def through_text(**order: Unpack[Order]) -> Headers:
    """The octets go through a text before Base64, and are spoilt."""
    return sent(order, _right(order).decode(errors="replace").encode())


def digest_signed(**order: Unpack[Order]) -> Headers:
    """The value of the `Digest` header alone is signed."""
    return sent(order, rsa_sha256(order, lines_of(order)[2].removeprefix("digest: ")))


_wrong = partial(faulty, stage="signature")

FAULTY = (
    _wrong(pss, "SIG-001", "PSS"),
    _wrong(sha1, "SIG-001", "SHA-?1"),
    _wrong(sha512, "SIG-001", "SHA-?512"),
    _wrong(no_digest_info, "SIG-001", "DigestInfo|raw"),
    _wrong(no_digest_info_hexadecimal, "SIG-001", "DigestInfo|raw|hex", listed=False),
    _wrong(other_key, "SIG-002", "key"),
    _wrong(wrapped, "SIG-003", "wrap|line|Base64"),
    _wrong(base64_for_urls, "SIG-003", "url|alphabet|Base64"),
    _wrong(hexadecimal, "SIG-003", "hex"),
    _wrong(no_padding, "SIG-003", "padding|=", on.PADDED_SIGNATURE),
    _wrong(cut, "SIG-003", "cut|short|length|Base64"),
    _wrong(empty, "SIG-001 SIG-003", "empty"),
    _wrong(hash_signed, "SIG-001", "twice|double|hash|signature", listed=False),
    _wrong(hash_signed_hexadecimal, "SIG-001", "twice|double|hash|hex|signature", listed=False),
    _wrong(base64_signed, "SIG-001", "Base64|signature", listed=False),
    _wrong(body_signed, "SIG-001 STR-001", "body|signature", listed=False),
    _wrong(digest_signed, "SIG-001 STR-001 STR-004", "digest|string|signature", listed=False),
    _wrong(hmac_with_client_id, "SIG-001 SIG-003", "HMAC|key|length", listed=False),
    _wrong(backwards, "SIG-001 SIG-003", "reverse|backward|endian|key", listed=False),
    _wrong(percent_encoded, "SIG-003", "percent|encod|Base64", listed=False),
    _wrong(base64_twice, "SIG-001 SIG-003", "twice|Base64|length", listed=False),
    _wrong(python_repr, "SIG-003", "repr|b'|Base64", listed=False),
    _wrong(not_encoded, "SIG-003", "without Base64"),
    _wrong(not_encoded_as_text, "SIG-003", "without Base64"),
    _wrong(through_text, "SIG-001 SIG-003", "text|length|octet", listed=False),
)
