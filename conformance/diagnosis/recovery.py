"""What a signature says of itself: the public key gives back the octets that were signed.

RSASSA-PKCS1-v1_5 is deterministic and reversible (RFC 8017, section 8.2): the block under the
signature holds the hash of the signed string, and the name of the hash algorithm. Padding, key and
algorithm are thereby known at once, and from then on a hypothesis about the string costs one hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Fingerprint = Callable[[bytes], bytes]
"""From a signing string to what would stand in the signature, had that string been signed."""

_DIGEST_INFOS: Final = {
    bytes.fromhex("3031300d060960864801650304020105000420"): "sha256",
    bytes.fromhex("3021300906052b0e03021a05000414"): "sha1",
    bytes.fromhex("3051300d060960864801650304020305000440"): "sha512",
    bytes.fromhex("3041300d060960864801650304020205000430"): "sha384",
    bytes.fromhex("302d300d06096086480165030402040500041c"): "sha224",
    bytes.fromhex("3020300c06082a864886f70d020505000410"): "md5",
}
"""DigestInfo in DER up to the hash itself (RFC 8017, section 9.2, note 1)."""

_PSS: Final = (
    ("sha256", "sha256"), ("sha256", "sha1"), ("sha1", "sha1"), ("sha512", "sha512"),
    ("sha384", "sha384"),
)  # fmt: skip
"""Hashes of PSS, and of its mask; Java's default for the mask is SHA-1."""

_HEX: Final = re.compile(rb"[0-9a-fA-F]{64}\Z")


def _hasher(name: str) -> Fingerprint:
    if name == "sha256":
        sha256 = hashlib.sha256
        return lambda data: sha256(data).digest()
    return lambda data: hashlib.new(name, data, usedforsecurity=False).digest()


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of `data`."""
    return hashlib.sha256(data).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What stands under a signature.

    `value` is found, for the right signing string, by one of `fingerprints`; each of them comes
    with the mistake that it would prove, None for the documented way. `scheme` is in words.
    `certain` is false where the form under the signature could be there by chance: only a string
    that fits then proves it.
    """

    scheme: str
    value: bytes
    fingerprints: tuple[tuple[str | None, Fingerprint], ...]
    certain: bool = True

    def proves(self, string: bytes) -> tuple[bool, str | None]:
        """Tell whether `string` was signed, and by which mistake of the signature stage if any."""
        for mistake, fingerprint in self.fingerprints:
            if fingerprint(string) == self.value:
                return True, mistake
        return False, None


def recover(signature: bytes, key: RSAPublicKey) -> Recovered | None:
    """Return what `key` makes of `signature`; None when it makes nothing of it.

    None means that the signature was made with another key, or is no RSA signature at all: another
    key's signature shows one of the forms that count as certain once in 2**64 times.
    """
    if len(signature) != (key.key_size + 7) // 8:
        return None
    try:
        data = key.recover_data_from_signature(signature, PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        return _without_type_1_padding(signature, key)
    return _from_block(data, most=len(signature) - 11)


def bare_hash(signature: bytes) -> Recovered | None:
    """Return what 32 octets in place of a signature may be: the hash of the string, unsigned."""
    if len(signature) != 32:
        return None
    return Recovered(
        scheme="a bare hash",
        value=signature,
        fingerprints=(("signature-bare-hash", sha256),),
        certain=False,
    )


def _from_block(data: bytes, most: int) -> Recovered:
    """Tell what a block holds; `most` octets fit into one."""
    for prefix, name in _DIGEST_INFOS.items():
        if data.startswith(prefix) and len(data) == len(prefix) + prefix[-1]:
            return _signed_hash(name, data[len(prefix) :])
    if len(data) == 32:
        return Recovered(
            scheme="PKCS#1 v1.5 without DigestInfo", value=data,
            fingerprints=(("signature-no-digest-info", sha256),),
        )  # fmt: skip
    if _HEX.match(data):
        return Recovered(
            scheme="PKCS#1 v1.5 around a hexadecimal hash", value=data.lower(),
            fingerprints=(
                ("signature-hex-hash-encrypted", lambda text: sha256(text).hex().encode()),
            ),
        )  # fmt: skip
    return Recovered(
        scheme="PKCS#1 v1.5 around other octets", value=data,
        fingerprints=(("signature-string-encrypted", lambda text: text[:most]),),
    )  # fmt: skip


def _signed_hash(name: str, value: bytes) -> Recovered:
    fingerprint = _hasher(name)
    if name != "sha256":
        return Recovered(
            scheme=f"PKCS#1 v1.5 with {name}", value=value,
            fingerprints=((f"signature-{name}", fingerprint),),
        )  # fmt: skip
    if value.endswith(bytes(12)):
        return Recovered(
            scheme="PKCS#1 v1.5 with a filled-up SHA-1", value=value,
            fingerprints=(("signature-sha1-prehashed-as-sha256", _filled_sha1),),
        )  # fmt: skip
    return Recovered(
        scheme="PKCS#1 v1.5 with sha256", value=value,
        fingerprints=(
            (None, fingerprint),
            ("signature-hashed-twice", lambda text: sha256(sha256(text))),
            ("signature-hex-hash-signed", lambda text: sha256(sha256(text).hex().encode())),
            ("signature-base64-hash-signed", lambda text: sha256(base64.b64encode(sha256(text)))),
            ("signature-base64-string-signed", lambda text: sha256(base64.b64encode(text))),
        ),
    )  # fmt: skip


def _filled_sha1(text: bytes) -> bytes:
    return hashlib.sha1(text, usedforsecurity=False).digest().ljust(32, b"\0")


def _without_type_1_padding(signature: bytes, key: RSAPublicKey) -> Recovered | None:
    """Look for PSS, and for a bare hash, under a signature that is not PKCS#1 v1.5."""
    numbers = key.public_numbers()
    number = int.from_bytes(signature, "big")
    if not 1 < number < numbers.n:  # 0 and 1 stay what they are under any key
        return None
    block = pow(number, numbers.e, numbers.n).to_bytes(len(signature), "big")
    if not any(block[:-32]):
        return Recovered(
            scheme="RSA without padding", value=block[-32:],
            fingerprints=(("signature-unpadded", sha256),),
        )  # fmt: skip
    found = sorted(_pss(block, key.key_size - 1), key=lambda item: not item.certain)
    return found[0] if found else None


def _pss(block: bytes, bits: int) -> Iterator[Recovered]:
    """Undo EMSA-PSS (RFC 8017, section 9.1.2, steps 4 to 13) for each likely hash."""
    if block[-1] != 0xBC:
        return
    for name, mask_name in _PSS:
        hasher = _hasher(name)
        size = len(hasher(b""))
        masked, hashed = block[: -size - 1], block[-size - 1 : -1]
        mask = _mgf1(hashed, len(masked), _hasher(mask_name))
        data = bytearray(left ^ right for left, right in zip(masked, mask, strict=True))
        data[0] &= 0xFF >> (8 * len(block) - bits)
        salt_at = bytes(data).find(b"\1")
        if salt_at < 0 or any(data[:salt_at]):
            continue
        salt = bytes(data[salt_at + 1 :])
        yield Recovered(
            scheme=f"PSS with {name}", value=hashed,
            fingerprints=(("signature-pss", _pss_fingerprint(hasher, salt)),),
            certain=salt_at >= 8,
        )  # fmt: skip


def _pss_fingerprint(hasher: Fingerprint, salt: bytes) -> Fingerprint:
    return lambda text: hasher(bytes(8) + hasher(text) + salt)


def _mgf1(seed: bytes, length: int, hasher: Fingerprint) -> bytes:
    """Return the mask that MGF1 makes of `seed`: RFC 8017, appendix B.2.1."""
    blocks = -(-length // len(hasher(b"")))
    return b"".join(hasher(seed + n.to_bytes(4, "big")) for n in range(blocks))[:length]
