"""Verify vectors: signatures that RSASSA-PKCS1-v1_5 accepts, and the many that it must refuse.

Right signatures come from openssl. Forged ones are made with the private key as bare integers, so
that what a verifier finds under the signature is what the vector says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from source.signing import body_of, numbers, raw, sign

Vector = dict[str, Any]

KEY = "rsa-2048"
MESSAGE = (
    b"(request-target): get /ping\ndate: Wed, 03 Jul 2019 08:28:28 GMT\n"
    b"digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
)
COUNT_OF_LEADING_ZERO = 576
"""Where to begin to look for a signature that begins with a zero octet; lower is only slower."""

HASH = hashlib.sha256(MESSAGE).digest()

SHA_1, SHA_256, SHA_384, SHA_512, MD5, SHA_512_256 = (
    bytes.fromhex(text)
    for text in (
        "06052b0e03021a", "0609608648016503040201", "0609608648016503040202",
        "0609608648016503040203", "06082a864886f70d0205", "0609608648016503040206",
    )
)  # fmt: skip
NULL = b"\x05\x00"


def vectors() -> Iterator[Vector]:
    """Yield every verify vector."""
    yield from _right()
    for name, says, info in _digest_infos():
        yield _verify(f"digest-info-{name}", says, _raw(_padded(info)), "digest-info")
    for name, says, info in _hashes():
        yield _verify(f"hash-{name}", says, _raw(_padded(info)), "hash")
    for name, says, encoded in _paddings():
        yield _verify(f"padding-{name}", says, _raw(encoded), "padding")
    yield from _integers()
    yield from _strangers()


def _verify(
    name: str, says: str, signature: bytes, reason: str | None, *,
    key: str = KEY, message: bytes = MESSAGE,
) -> Vector:  # fmt: skip
    expect = {"accepted": True} if reason is None else {"accepted": False, "reason": reason}
    return {
        "id": f"rsa-sha256/{name}",
        "kind": "verify",
        "says": says,
        "requirements": ["SIG-001"],
        "key": key,
        "message": body_of(message.decode("ascii")),
        "signature_hex": signature.hex(),
        "expect": expect,
    }


def _right() -> Iterator[Vector]:
    for key in ("rsa-2048", "rsa-3072", "rsa-4096"):
        yield _verify(f"valid-{key}", f"right, by {key}", sign(key, MESSAGE), None, key=key)
    yield _verify("valid-empty-message", "right, of nothing", sign(KEY, b""), None, message=b"")
    message, signature = _with_leading_zero()
    yield _verify(
        "valid-leading-zero", "right, and its first octet happens to be zero", signature, None,
        message=message,
    )  # fmt: skip
    yield _verify(
        "leading-zero-cut", "the zero octet in front cut off, as a number is written",
        signature[1:], "length", message=message,
    )  # fmt: skip


def _with_leading_zero() -> tuple[bytes, bytes]:
    """Return a message whose signature begins with a zero octet; one in 256 does."""
    for count in range(COUNT_OF_LEADING_ZERO, 10_000):
        message = MESSAGE + f"\nx-count: {count}".encode()
        signature = _raw(_padded(_info(hashlib.sha256(message).digest())))
        if signature[0] == 0:
            return message, sign(KEY, message)
    raise AssertionError("no signature begins with a zero octet")


def _tlv(tag: int, content: bytes, length: bytes | None = None) -> bytes:
    """Return one DER value; `length` replaces the octets of its length."""
    return bytes([tag]) + (bytes([len(content)]) if length is None else length) + content


def _info(
    hashed: bytes = HASH, oid: bytes = SHA_256, null: bytes = NULL, *, tag: int = 0x30,
    hash_tag: int = 0x04, long: str = "", tail: bytes = b"",
) -> bytes:  # fmt: skip
    """Return a DigestInfo; `long` names the part whose length takes two octets, as BER allows."""

    def length(name: str, content: bytes) -> bytes | None:
        return bytes([0x81, len(content)]) if long == name else None

    algorithm = oid + null
    digest = _tlv(hash_tag, hashed, length("digest", hashed))
    inner = _tlv(0x30, algorithm, length("algorithm", algorithm)) + digest + tail
    return _tlv(tag, inner, length("whole", inner))


def _padded(info: bytes, octets: int = 256) -> bytes:
    """Return EMSA-PKCS1-v1_5 of a DigestInfo (RFC 8017, section 9.2)."""
    return b"\x00\x01" + b"\xff" * (octets - 3 - len(info)) + b"\x00" + info


def _raw(encoded: bytes) -> bytes:
    return raw(KEY, int.from_bytes(encoded, "big")).to_bytes(256, "big")


def _digest_infos() -> Iterator[tuple[str, str, bytes]]:
    right = _info()
    yield "null-missing", "the NULL after the OID left out", _info(null=b"")
    yield "null-empty-sequence", "an empty SEQUENCE for NULL", _info(null=b"\x30\x00")
    yield "null-with-content", "a NULL that has content", _info(null=b"\x05\x01\x00")
    yield "null-twice", "NULL twice", _info(null=NULL * 2)
    yield "null-long-length", "the length of NULL in two octets", _info(null=b"\x05\x81\x00")
    yield "ber-length-whole", "the length of the whole in two octets", _info(long="whole")
    yield "ber-length-algorithm", "that of the algorithm", _info(long="algorithm")
    yield "ber-length-digest", "that of the hash", _info(long="digest")
    yield "ber-length-oid", "that of the OID", _info(oid=b"\x06\x81\x09" + SHA_256[2:])
    yield "ber-indefinite", "an indefinite length", b"\x30\x80" + right[2:] + b"\0\0"
    yield "ber-constructed", "the hash as a constructed string", _info(_tlv(4, HASH), hash_tag=0x24)
    yield "length-too-long", "the whole one octet longer than it is", b"\x30\x32" + right[2:]
    yield "length-too-short", "the whole one octet shorter", b"\x30\x30" + right[2:]
    yield "digest-length-too-long", "the hash one octet longer", right[:17] + b"\x04\x21" + HASH
    yield "digest-cut", "the last octet of the hash cut off", _info(HASH[:-1])
    yield "digest-longer", "an octet more after the hash, counted in", _info(HASH + b"\0")
    yield "digest-empty", "no hash at all", _info(b"")
    yield "digest-as-bit-string", "the hash as a BIT STRING", _info(b"\0" + HASH, hash_tag=3)
    yield "set-for-sequence", "SET for SEQUENCE", _info(tag=0x31)
    yield "garbage-inside", "a further value inside", _info(tail=NULL)
    yield "garbage-after", "two octets after the DigestInfo", right + b"\0\0"
    yield "garbage-long", "eight octets of padding, then garbage to the end", _garbage(right)
    yield "none", "the bare hash, without a DigestInfo", HASH
    yield "hex-hash", "the hash in hexadecimal, without a DigestInfo", HASH.hex().encode()
    yield "message", "the message itself, cut to fit, neither hashed nor wrapped", MESSAGE[:200]
    yield "empty", "nothing after the padding", b""


def _garbage(info: bytes) -> bytes:
    """Return what makes the padding eight octets long (Bleichenbacher's forgery of 2006)."""
    return info + b"\xa5" * (256 - 3 - 8 - len(info))


def _hashes() -> Iterator[tuple[str, str, bytes]]:
    yield "sha-1", "SHA-1", _info(hashlib.sha1(MESSAGE).digest(), SHA_1)  # noqa: S324
    yield "md5", "MD5", _info(hashlib.md5(MESSAGE).digest(), MD5)  # noqa: S324
    yield "sha-384", "SHA-384", _info(hashlib.sha384(MESSAGE).digest(), SHA_384)
    yield "sha-512", "SHA-512", _info(hashlib.sha512(MESSAGE).digest(), SHA_512)
    yield "oid-sha-1", "the right hash called SHA-1", _info(oid=SHA_1)
    yield "oid-sha-384", "the right hash called SHA-384", _info(oid=SHA_384)
    yield "oid-sha-512-256", "the right hash called SHA-512/256", _info(oid=SHA_512_256)
    yield "oid-empty", "an empty OID", _info(oid=b"\x06\x00")
    yield (
        "oid-longer",
        "the OID of SHA-256 with an arc more",
        _info(oid=b"\x06\x0a" + SHA_256[2:] + b"\0"),
    )
    yield (
        "sha-1-under-sha-256",
        "a SHA-1 hash called SHA-256",
        _info(
            hashlib.sha1(MESSAGE).digest()  # noqa: S324
        ),
    )
    yield "twice", "the hash of the hash", _info(hashlib.sha256(HASH).digest())
    yield (
        "of-hex",
        "the hash of the hash's hexadecimal text",
        _info(hashlib.sha256(HASH.hex().encode()).digest()),
    )
    yield "zero", "a hash of zeros", _info(bytes(32))


def _paddings() -> Iterator[tuple[str, str, bytes]]:
    right, info = _padded(_info()), _info()
    yield "block-type-0", "block type 0", b"\0\0" + b"\0" * 202 + info
    yield (
        "block-type-2",
        "block type 2, random octets as for encryption",
        (b"\0\2" + (b"\x5a\xc3" * 101)[:202] + b"\0" + info),
    )
    yield "block-type-ff", "block type 255", b"\0\xff" + right[2:]
    yield "first-octet-1", "1 instead of 0 in front", b"\1" + right[1:]
    yield (
        "octet-in-the-middle",
        "one octet of padding is not FF",
        right[:99] + b"\xfe" + right[100:],
    )
    yield (
        "first-octet-of-padding",
        "the first octet of padding is 7F",
        right[:2] + b"\x7f" + right[3:],
    )
    yield (
        "last-octet-of-padding",
        "the last octet of padding is FE",
        right[:203] + b"\xfe" + right[204:],
    )
    yield "no-separator", "no zero between padding and DigestInfo", right[:204] + b"\xff" + info
    yield "separator-1", "1 for the zero between padding and DigestInfo", right[:204] + b"\1" + info
    yield "two-separators", "a zero too much", right[:203] + b"\0\0" + info
    yield "one-octet-short", "the whole one octet shorter than the key", b"\0" + _padded(info, 255)
    yield "none", "no padding, garbage after the DigestInfo", b"\0\1\0" + info + b"\xa5" * 202
    yield (
        "seven-octets",
        "seven octets of padding, garbage after",
        (b"\0\1" + b"\xff" * 7 + b"\0" + info + b"\xa5" * 195),
    )
    yield "missing", "a DigestInfo with zeros in front", info.rjust(256, b"\0")


def _integers() -> Iterator[Vector]:
    right, n = sign(KEY, MESSAGE), numbers(KEY)["n"]
    number = int.from_bytes(right, "big")
    for name, says, value, reason in (
        ("zero", "the number 0", 0, "range"),
        ("one", "the number 1", 1, "range"),
        ("modulus-less-1", "the modulus less 1", n - 1, "range"),
        ("modulus", "the modulus itself", n, "range"),
        ("negated", "the modulus less the signature", n - number, "range"),
        ("plus-modulus", "the signature plus the modulus: the same number to a careless verifier",
         number + n, "range"),
        ("all-ones", "the largest number of 2048 bits", (1 << 2048) - 1, "range"),
    ):  # fmt: skip
        size = max(256, (value.bit_length() + 7) // 8)
        yield _verify(f"number-{name}", says, value.to_bytes(size, "big"), reason)
    for name, says, signature in (
        ("empty", "no octets", b""),
        ("zero-in-front", "a zero octet in front", b"\0" + right),
        ("zero-after", "a zero octet after it", right + b"\0"),
        ("first-cut", "the first octet cut off", right[1:]),
        ("last-cut", "the last octet cut off", right[:-1]),
        ("twice", "twice in a row", right * 2),
        ("half", "the first half", right[:128]),
    ):
        yield _verify(f"length-{name}", says, signature, "length")
    for name, says, signature in (
        (
            "first-bit",
            "the lowest bit of the first octet flipped",
            bytes([right[0] ^ 1]) + right[1:],
        ),
        (
            "last-bit",
            "the lowest bit of the last octet flipped",
            right[:-1] + bytes([right[-1] ^ 1]),
        ),
        ("reversed", "the octets in reverse", right[::-1]),
        ("encoded", "what should have been raised to the private exponent", _padded(_info())),
    ):
        yield _verify(f"altered-{name}", says, signature, "altered")


def _strangers() -> Iterator[Vector]:
    right = sign(KEY, MESSAGE)
    for name, says, message in (
        ("lf-after", "an LF after the last line", MESSAGE + b"\n"),
        ("cr-lf", "lines that end in CR LF", MESSAGE.replace(b"\n", b"\r\n")),
        ("other-path", "another path", MESSAGE.replace(b"/ping", b"/pong")),
        ("empty", "nothing", b""),
    ):
        yield _verify(f"message-{name}", f"the signature is of another message: {says}", right,
                      "message", message=message)  # fmt: skip
    yield _verify(
        "key-other", "made with another key of the same size", sign("other-2048", MESSAGE), "key"
    )
    pss = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:0")
    yield _verify(
        "scheme-pss", "RSASSA-PSS instead of PKCS1-v1_5", sign(KEY, MESSAGE, *pss), "scheme"
    )
    yield _verify(
        "scheme-openssl-sha-1",
        "SHA-1 as openssl signs it",
        sign(KEY, MESSAGE, hashed="-sha1"),
        "hash",
    )
