"""Mistakes of the signature stage: key, padding, hash, and how the octets are written."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import (
    MD5,
    SHA1,
    SHA256,
    SHA384,
    SHA512,
    HashAlgorithm,
)

from conformance.diagnosis.mistake import Given, Shelf
from conformance.errors import DataError
from conformance.wire.procedure import Keys, Stage

SHELF = Shelf(Stage.SIGNATURE)

_PKCS1: Final = (
    "sign with RSASSA-PKCS1-v1_5 and SHA-256: SHA256withRSA in Java, createSign('RSA-SHA256') in "
    "Node (the padding is right unless you set it), OPENSSL_ALGO_SHA256 in PHP, "
    "padding.PKCS1v15() and hashes.SHA256() in Python, rsa.SignPKCS1v15 with crypto.SHA256 in Go, "
    "openssl dgst -sha256 -sign in a shell, RSASignaturePadding.Pkcs1 in C#"
)
_ITSELF: Final = (
    "hand the signing string itself to the library's sign: it hashes by itself (SHA256withRSA in "
    "Java, createSign('RSA-SHA256') in Node, openssl_sign in PHP, SignData in C#)"
)
_PLAIN: Final = (
    "write the signature in standard Base64 with padding, on one line: .toString('base64') of the "
    "Buffer in Node, Base64.getEncoder() in Java, base64_encode in PHP, base64.b64encode in "
    "Python, Convert.ToBase64String in C#, base64.StdEncoding in Go, openssl base64 -A in a shell"
)


def _keys(given: Given) -> Keys:
    if given.keys is None:
        raise DataError("a mistake of the signature stage was tried without keys")
    return given.keys


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _signer(
    identity: str,
    says: str,
    sign: Callable[[bytes, RSAPrivateKey], bytes],
    *,
    breaks: str = "SIG-001",
    mend: str = _PKCS1,
    source: str = "own",
) -> None:
    @SHELF(f"signature-{identity}", breaks=breaks, says=says, mend=mend, source=source)
    def signed(_right: str, given: Given) -> str:
        return _text(sign(given.data, _keys(given).signing))


def _pss(salt: int) -> Callable[[bytes, RSAPrivateKey], bytes]:
    return lambda data, key: key.sign(
        data, padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=salt), SHA256()
    )


def _pkcs1(algorithm: HashAlgorithm) -> Callable[[bytes, RSAPrivateKey], bytes]:
    return lambda data, key: key.sign(data, padding.PKCS1v15(), algorithm)


def private_operation(block: bytes, key: RSAPrivateKey) -> bytes:
    """Raise `block` to the private exponent, without any padding (RFC 8017, section 5.2.1)."""
    numbers = key.private_numbers()
    value = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
    return value.to_bytes((key.key_size + 7) // 8, "big")


def pad_type_1(data: bytes, key: RSAPrivateKey) -> bytes:
    """Put `data` in a PKCS#1 v1.5 block of type 1, without a DigestInfo (RFC 8017, 9.2)."""
    size = (key.key_size + 7) // 8
    return b"\0\1" + b"\xff" * (size - len(data) - 3) + b"\0" + data


_signer("pss", "the signature is RSASSA-PSS", _pss(32), source="Wycheproof WrongPrimitive")
_signer(
    "sha1", "the signature is made with SHA-1", _pkcs1(SHA1()),  # noqa: S303
    source="Wycheproof WrongHash; node-http-signature#116",
)  # fmt: skip
_signer(
    "sha512", "the signature is made with SHA-512", _pkcs1(SHA512()),
    source="Wycheproof WrongHash",
)  # fmt: skip
_signer("sha384", "the signature is made with SHA-384", _pkcs1(SHA384()))
_signer("md5", "the signature is made with MD5", _pkcs1(MD5()))  # noqa: S303
_signer(
    "no-digest-info",
    "the bare hash is encrypted with the private key; the DigestInfo around it is missing",
    lambda data, key: private_operation(pad_type_1(hashlib.sha256(data).digest(), key), key),
    mend="call the library's sign, not encrypt, rsautl or Cipher RSA with the private key; "
    + _PKCS1,
    source="a provider's warning to its users",
)  # fmt: skip
_signer(
    "hex-hash-encrypted",
    "the hexadecimal text of the hash is encrypted with the private key",
    lambda data, key: private_operation(
        pad_type_1(hashlib.sha256(data).hexdigest().encode("ascii"), key), key
    ),
    mend="call the library's sign, not encrypt, with the signing string; " + _PKCS1,
)  # fmt: skip
_signer(
    "unpadded", "the bare hash is raised to the private exponent, without any padding",
    lambda data, key: private_operation(hashlib.sha256(data).digest(), key),
    mend="call the library's sign; " + _PKCS1,
)  # fmt: skip
_signer(
    "string-encrypted", "the signing string itself is encrypted with the private key, not its hash",
    lambda data, key: private_operation(
        pad_type_1(data[: (key.key_size + 7) // 8 - 11], key), key
    ),
    mend="call the library's sign, not encrypt, with the signing string; " + _PKCS1,
)  # fmt: skip
_signer(
    "hashed-twice", "the signing string is hashed twice before it is signed",
    lambda data, key: key.sign(hashlib.sha256(data).digest(), padding.PKCS1v15(), SHA256()),
    mend=_ITSELF,
)  # fmt: skip
_signer(
    "hex-hash-signed", "the hexadecimal text of the string's hash is signed, not the string",
    lambda data, key: key.sign(
        hashlib.sha256(data).hexdigest().encode("ascii"), padding.PKCS1v15(), SHA256()
    ),
    mend=_ITSELF,
)  # fmt: skip
_signer(
    "base64-hash-signed", "the Base64 text of the string's hash is signed, not the string",
    lambda data, key: key.sign(
        base64.b64encode(hashlib.sha256(data).digest()), padding.PKCS1v15(), SHA256()
    ),
    mend=_ITSELF,
)  # fmt: skip
_signer(
    "base64-string-signed", "the Base64 text of the signing string is signed, not the string",
    lambda data, key: key.sign(base64.b64encode(data), padding.PKCS1v15(), SHA256()),
    mend="hand the signing string itself to the library's sign",
)  # fmt: skip
_signer(
    "sha1-prehashed-as-sha256",
    "a SHA-1 hash is signed as if it were a SHA-256 one",
    lambda data, key: key.sign(
        hashlib.sha1(data, usedforsecurity=False).digest().ljust(32, b"\0"),
        padding.PKCS1v15(), utils.Prehashed(SHA256()),
    ),
    mend="hash the signing string with SHA-256; " + _PKCS1,
)  # fmt: skip


@SHELF(
    "signature-tls-key",
    breaks="SIG-002",
    says="the request is signed with the key of the TLS certificate",
    mend="sign with the private key of the HTTP signature certificate; the TLS key is for the "
    "connection only",
    source="the documented sample keeps both in one keystore",
)
def tls_key(text: str, given: Given) -> str:
    """Take the wrong one of the two keys."""
    key = _keys(given).tls
    return text if key is None else _text(_pkcs1(SHA256())(given.data, key))


@SHELF(
    "signature-other-key",
    breaks="SIG-002",
    says="the signature was not made with the key of the signing certificate",
    mend="check which key the signer loads: its public half must be that of the certificate you "
    "registered",
)
def other_key(_right: str, given: Given) -> str:
    """Sign with a key that nobody knows."""
    size = _keys(given).signing.key_size
    key = given.memory.setdefault(
        "other-key", rsa.generate_private_key(public_exponent=65537, key_size=size)
    )
    return _text(_pkcs1(SHA256())(given.data, key))


@SHELF(
    "signature-hmac",
    breaks="SIG-001",
    says="the signature has the 32 octets of an HMAC-SHA256, not the length of an RSA signature",
    mend=_PKCS1,
)
def hmac_sha256(_right: str, given: Given) -> str:
    """Use a shared secret."""
    secret = given.request.key_id.encode("utf-8", "surrogatepass")
    return _text(hmac.digest(secret, given.data, "sha256"))


@SHELF(
    "signature-bare-hash",
    breaks="SIG-001",
    says="the signature is only the hash of the signing string; no key is used",
    mend=_PKCS1,
)
def bare_hash(_right: str, given: Given) -> str:
    """Send the hash."""
    return _text(hashlib.sha256(given.data).digest())


@SHELF(
    "signature-reused",
    breaks="SIG-004",
    says="the signature is that of an earlier request",
    mend="sign every request anew; cache tokens, never signatures",
)
def reused(text: str, given: Given) -> str:
    """Sign once, when the signer starts."""
    kept: str = given.memory.setdefault("signature", text)
    return kept


def _written(
    identity: str, says: str, write: Callable[[bytes], str], *, source: str = "own"
) -> None:
    @SHELF(f"signature-{identity}", breaks="SIG-003", says=says, mend=_PLAIN, source=source)
    def written(text: str, _given: Given) -> str:
        try:
            return write(base64.b64decode(text))
        except ValueError:  # another mistake has left no Base64 to write in another way
            return text


def _wrap(text: str, width: int, end: str) -> str:
    return end.join(text[at : at + width] for at in range(0, len(text), width))


_written(
    "wrapped", "the Base64 text is wrapped with LF at 76 characters, with a line feed at its end",
    lambda octets: base64.encodebytes(octets).decode("ascii"),
    source="lanej/hmac#4, davidlumley/myob-api#37",
)  # fmt: skip
_written(
    "wrapped-64", "the Base64 text is wrapped with LF at 64 characters, as openssl does",
    lambda octets: _wrap(_text(octets), 64, "\n"),
)  # fmt: skip
_written(
    "wrapped-64-final", "the Base64 text is wrapped at 64 characters, with a line feed at its end",
    lambda octets: _wrap(_text(octets), 64, "\n") + "\n",
)  # fmt: skip
_written(
    "wrapped-76", "the Base64 text is wrapped with LF at 76 characters",
    lambda octets: _wrap(_text(octets), 76, "\n"),
)  # fmt: skip
_written(
    "wrapped-crlf", "the Base64 text is wrapped with CR LF at 76 characters, as MIME encoders do",
    lambda octets: _wrap(_text(octets), 76, "\r\n"),
)  # fmt: skip
_written("final-lf", "a line feed follows the Base64 text", lambda octets: _text(octets) + "\n")
_written(
    "wrapped-spaces", "the Base64 text is wrapped, and its line ends have become spaces",
    lambda octets: _wrap(_text(octets), 64, " "),
)  # fmt: skip
_written(
    "base64url", "the signature is base64url: - and _ stand for + and /",
    lambda octets: base64.urlsafe_b64encode(octets).decode("ascii"),
)  # fmt: skip
_written(
    "base64url-unpadded", "the signature is base64url without padding",
    lambda octets: base64.urlsafe_b64encode(octets).decode("ascii").rstrip("="),
)  # fmt: skip
_written("hex", "the signature is written in hexadecimal", lambda octets: octets.hex())
_written(
    "upper-hex", "the signature is written in hexadecimal", lambda octets: octets.hex().upper()
)
_written(
    "base64-of-hex", "the Base64 text holds the hexadecimal digits of the signature",
    lambda octets: _text(octets.hex().encode("ascii")),
)  # fmt: skip
_written(
    "base64-twice", "the signature is Base64-encoded twice",
    lambda octets: _text(_text(octets).encode("ascii")),
)  # fmt: skip
_written(
    "padding-cut", "the = at the end of the signature's Base64 is cut off",
    lambda octets: _text(octets).rstrip("="),
)  # fmt: skip
_written(
    "cut", "the signature is cut short", lambda octets: _text(octets)[: len(octets)],
)  # fmt: skip
_written(
    "reversed", "the octets of the signature stand in reverse order, as CryptoAPI gives them",
    lambda octets: _text(octets[::-1]),
)  # fmt: skip
_written(
    "through-text",
    "the signature's octets were made a text string and encoded again, which destroys them",
    lambda octets: _text(octets.decode("utf-8", "replace").encode("utf-8")),
)  # fmt: skip
_written(
    "percent-encoded", "the signature is percent-encoded",
    lambda octets: _text(octets).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
)  # fmt: skip
_written(
    "plus-as-space", "+ has become a space in the signature",
    lambda octets: _text(octets).replace("+", " "),
)  # fmt: skip
_written(
    "in-quotes", "the Base64 text stands in quotes of its own",
    lambda octets: f'"{_text(octets)}"',
)  # fmt: skip
_written(
    "bytes-literal", "the signature is the text of a Python bytes object, b'…'",
    lambda octets: f"b'{_text(octets)}'",
)  # fmt: skip

_RAW: Final = "the signature's raw octets stand in the header, put into text without Base64"
_written(
    "not-encoded", _RAW + ": as UTF-8, which destroys them",
    lambda octets: octets.decode("utf-8", "replace").encode("utf-8").decode("latin-1"),
    source="`${buffer}` in Node, new String(octets) in Java",
)  # fmt: skip
_written(
    "not-encoded-latin-1", _RAW + ": as Latin-1",
    lambda octets: octets.decode("latin-1").encode("utf-8").decode("latin-1"),
    source="toString('binary') in Node",
)  # fmt: skip
_written(
    "not-encoded-raw", _RAW + ": as they are", lambda octets: octets.decode("latin-1"),
    source="the result of openssl_sign in PHP",
)  # fmt: skip


@SHELF(
    "signature-empty",
    breaks="SIG-003",
    says="the signature is empty: signing failed, and the failure was swallowed",
    mend="let the request fail when signing fails; log the exception that was caught",
    source="the documented Java sample",
)
def empty(_right: str, _given: Given) -> str:
    """Carry on after an error."""
    return ""
