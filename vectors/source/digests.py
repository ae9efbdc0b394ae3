"""Digest vectors: published hashes, and values of the `Digest` header, right and wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from source import bodies
from source.signing import b64, body_of, digest_of, octets

Vector = dict[str, Any]


def vectors() -> Iterator[Vector]:
    """Yield every digest vector."""
    yield from _published_digests()
    yield from _digests()
    yield from _digests_of_other_octets()


def _published_digests() -> Iterator[Vector]:
    for name, says, body, published in PUBLISHED:
        made = hashlib.sha256(octets(body)).hexdigest()
        if made != published:
            raise AssertionError(f"{name}: published is {published}, made is {made}")
        yield _digest(f"sha-256/{name}", says, body, digest_of(octets(body)), sha256=published)
    yield _digest(
        "security/empty-digest", "the digest of an empty body that Security.md prints", body_of(""),
        "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", sha256=PUBLISHED[0][3],
    )  # fmt: skip


PUBLISHED = (
    ("empty", "no octets (FIPS 180, example of an empty message)", body_of(""),
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "abc (FIPS 180-2, appendix B.1)", body_of("abc"),
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("two-blocks", "56 octets (FIPS 180-2, appendix B.2)",
     body_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ("million-a", "a million times a (FIPS 180-2, appendix B.3)", body_of("a", 1_000_000),
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ("112-octets", "112 octets (NIST's examples of SHA-512, hashed with SHA-256)",
     body_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
             "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
    ("one-octet", "one octet, BD (NIST's additional SHA-256 values, 1)", body_of(b"\xbd"),
     "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"),
    ("four-octets", "four octets (NIST's additional values, 2)", body_of(b"\xc9\x8c\x8e\x55"),
     "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"),
    ("55-zeros", "55 octets of zero: the most that one block holds (3)", body_of(b"\0", 55),
     "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"),
    ("56-zeros", "56 octets of zero: one more (4)", body_of(b"\0", 56),
     "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"),
    ("64-zeros", "64 octets of zero: one block (6)", body_of(b"\0", 64),
     "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"),
    ("1000-zeros", "1,000 octets of zero (7)", body_of(b"\0", 1000),
     "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"),
)  # fmt: skip


def _digest(
    vector_id: str, says: str, body: dict[str, Any], value: str, *,
    sha256: str | None = None, fault: str | None = None,
) -> Vector:  # fmt: skip
    empty = not octets(body)
    requirements = ["DIG-002", "DIG-003"] if empty else ["DIG-002"]
    expect: dict[str, Any] = {"accepted": fault is None}
    if sha256:
        expect["body_sha256"] = sha256
    if fault:
        requirement, _, reason = fault.partition(" ")
        expect |= {"requirement": requirement, "reason": reason}
        requirements = [requirement]
    return {
        "id": vector_id, "kind": "digest", "says": says, "requirements": requirements,
        "body": body, "value": value, "expect": expect,
    }  # fmt: skip


def _digests() -> Iterator[Vector]:
    text = '{"b":2,"a":1}'
    raw = hashlib.sha256(text.encode()).digest()
    right = b64(raw)
    sha_1 = b64(hashlib.sha1(text.encode()).digest())  # noqa: S324 - a wrong digest is wanted
    md5 = b64(hashlib.md5(text.encode()).digest())  # noqa: S324
    sha_512 = b64(hashlib.sha512(text.encode()).digest())
    for name, says, value, fault in (
        ("right", "right", f"SHA-256={right}", None),
        ("lower-case", "sha-256 in lower case", f"sha-256={right}",
         "DIG-004 digest-algorithm-case"),
        ("mixed-case", "Sha-256", f"Sha-256={right}", "DIG-004 digest-algorithm-case"),
        ("hyphen-missing", "SHA256", f"SHA256={right}", "DIG-004 digest-algorithm"),
        ("name-missing", "Base64 without a name", right, "DIG-004 digest-algorithm-missing"),
        ("empty", "nothing", "", "DIG-004 digest-algorithm-missing"),
        ("sha-512", "SHA-512 under its own name", f"SHA-512={sha_512}", "DIG-004 digest-algorithm"),
        ("two-algorithms", "two digests in one header", f"SHA-256={right},SHA-512={sha_512}",
         "DIG-004 digest-several"),
        ("content-digest", "the newer field's form, under the older name", f"sha-256=:{right}:",
         "DIG-004 digest-algorithm-case"),
        ("sha-1", "SHA-1 under the name of SHA-256", f"SHA-256={sha_1}", "DIG-002 digest-length"),
        ("md5", "MD5 under the name of SHA-256", f"SHA-256={md5}", "DIG-002 digest-length"),
        ("sha-512-renamed", "SHA-512 under the name of SHA-256", f"SHA-256={sha_512}",
         "DIG-002 digest-length"),
        ("base64-missing", "no hash after the name", "SHA-256=", "DIG-002 base64-empty"),
        ("hex", "hexadecimal", f"SHA-256={raw.hex()}", "DIG-002 base64-hex"),
        ("hex-upper-case", "hexadecimal in upper case", f"SHA-256={raw.hex().upper()}",
         "DIG-002 base64-hex"),
        ("base64-of-hex", "Base64 of the hexadecimal text", f"SHA-256={b64(raw.hex().encode())}",
         "DIG-002 digest-length"),
        ("base64url", "base64url", "SHA-256=" + base64.urlsafe_b64encode(raw).decode(),
         "DIG-002 base64-url"),
        ("unpadded", "the padding left out", f"SHA-256={right.rstrip('=')}",
         "DIG-002 base64-padding"),
        ("space-inside", "wrapped, the line end made a space", f"SHA-256={right[:32]} {right[32:]}",
         "DIG-002 base64-white-space"),
        ("colons", "colons around the Base64 text", f"SHA-256=:{right}:",
         "DIG-002 base64-alphabet"),
        ("quotes", "quotes around the Base64 text", f'SHA-256="{right}"',
         "DIG-002 base64-alphabet"),
        ("unused-bits", "the last character says more than it may",
         f"SHA-256={right[:-2]}{chr(ord(right[-2]) + 1)}=", "DIG-002 base64-bits"),
        ("of-nothing", "the hash of nothing", digest_of(b""), "DIG-002 digest-mismatch"),
        ("of-lf-ended", "the hash of the body with an LF after it", digest_of(f"{text}\n".encode()),
         "DIG-002 digest-mismatch"),
        ("of-json-spaced", "the hash of the JSON written anew", digest_of(b'{"b": 2, "a": 1}'),
         "DIG-002 digest-mismatch"),
        ("of-json-sorted", "the hash of the JSON sorted", digest_of(b'{"a":1,"b":2}'),
         "DIG-002 digest-mismatch"),
        ("of-undefined", "the hash of the word undefined", digest_of(b"undefined"),
         "DIG-002 digest-mismatch"),
    ):  # fmt: skip
        yield _digest(f"digest-header/{name}", says, body_of(text), value, fault=fault)


def _digests_of_other_octets() -> Iterator[Vector]:
    table = {name: octets(body) for name, _, body in bodies.TABLE}
    for name, says, body, hashed in (
        ("empty-of-lf", "the hash of a line feed for an empty body", body_of(""), b"\n"),
        ("empty-of-null", "the hash of null for an empty body", body_of(""), b"null"),
        ("empty-of-braces", "the hash of {} for an empty body", body_of(""), b"{}"),
        ("crlf-as-lf", "the hash of the body with CR LF made LF", body_of("a\r\nb"), b"a\nb"),
        ("trimmed", "the hash of the body trimmed", body_of(" a\n"), b"a"),
        ("bom-cut", "the hash without the byte order mark", body_of(table["utf-8-bom"]),
         b'{"a":1}'),
        ("latin-1", "the hash of the text in ISO 8859-1", body_of("\u00e4"), b"\xe4"),
        ("utf-8-from-latin-1", "the hash of octets taken for ISO 8859-1 and written as UTF-8",
         body_of(b"\xe4"), b"\xc3\xa4"),
        ("replaced", "the hash with U+FFFD for what is no UTF-8", body_of(b"\xff\xfe"),
         b"\xef\xbf\xbd\xef\xbf\xbd"),
        ("nfc", "the hash of the text normalised", body_of("a\u0308"), b"\xc3\xa4"),
        ("first-block", "the hash of the first 64 KiB", body_of("x", 65537), b"x" * 65536),
    ):  # fmt: skip
        requirement = "DIG-002" if octets(body) else "DIG-003"
        yield _digest(
            f"digest-header/{name}",
            says,
            body,
            digest_of(hashed),
            fault=f"{requirement} digest-mismatch",
        )
