"""Keys, stages and signatures, written down a second time, apart from the package.

Numbers become keys through `openssl asn1parse`, signatures come from `openssl dgst -sign`. The
stages are those of Security.md, in as few lines as they need.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

KEYS = Path(__file__).parent.parent / "keys"
NAMES = ("n", "e", "d", "p", "q", "dp", "dq", "qi")
"""The numbers of an RSA key in the order of RFC 8017, appendix A.1.2."""

BASE_URL = "https://api.example/partner-api"
PREFIX = "/partner-api"


class OpenSSLError(Exception):
    """The openssl command is not there, or refused."""


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    """Run the openssl command and return what it printed."""
    try:
        done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=False)
    except OSError as error:
        raise OpenSSLError(f"the openssl command cannot be run: {error}") from error
    if done.returncode:
        raise OpenSSLError(f"openssl {arguments[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


@functools.cache
def numbers(name: str) -> Mapping[str, int]:
    """Return the numbers of the test key `name`."""
    document = json.loads((KEYS / f"{name}.json").read_text(encoding="ascii"))
    return {number: int(document[number], 16) for number in NAMES}


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder of this run; it goes when the run ends."""
    return tempfile.TemporaryDirectory()


@functools.cache
def _der(key: str) -> str:
    """Return the path of the key `key` as DER, for as long as the run lasts."""
    values = numbers(key)
    fields = "\n".join(f"{name}=INTEGER:0x{values[name]:x}" for name in NAMES)
    config, der = Path(_folder().name, f"{key}.cnf"), Path(_folder().name, f"{key}.der")
    config.write_text(f"asn1=SEQUENCE:key\n[key]\nversion=INTEGER:0\n{fields}\n", encoding="ascii")
    openssl("asn1parse", "-genconf", str(config), "-noout", "-out", str(der))
    return str(der)


def sign(key: str, message: bytes, *options: str, hashed: str = "-sha256") -> bytes:
    """Return openssl's signature of `message`."""
    der = _der(key)
    return openssl("dgst", hashed, "-keyform", "DER", "-sign", der, *options, data=message)


def raw(key: str, number: int) -> int:
    """Return `number` raised to the private exponent, by the Chinese remainder theorem."""
    values = numbers(key)
    p, q = values["p"], values["q"]
    by_p, by_q = pow(number, values["dp"], p), pow(number, values["dq"], q)
    return by_q + (by_p - by_q) * values["qi"] % p * q


def octets(body: Mapping[str, Any]) -> bytes:
    """Return the octets that a `body` of the vectors stands for."""
    once = base64.b64decode(body["base64"]) if "base64" in body else body["text"].encode()
    return once * int(body.get("times", 1))


def body_of(data: bytes | str, times: int = 1) -> dict[str, Any]:
    """Return `data` as a `body` of the vectors: text where it is text, Base64 where it is not."""
    body: dict[str, Any]
    body = {"text": data} if isinstance(data, str) else {"base64": b64(data)}
    return body | ({"times": times} if times > 1 else {})


def b64(data: bytes) -> str:
    """Return `data` in padded standard Base64."""
    return base64.b64encode(data).decode("ascii")


def digest_of(body: bytes) -> str:
    """Return the value of the `Digest` header."""
    return "SHA-256=" + b64(hashlib.sha256(body).digest())


def date_of(moment: str) -> str:
    """Return the value of the `Date` header for an ISO 8601 moment in UTC."""
    return format_datetime(datetime.fromisoformat(moment), usegmt=True)


def string_of(*lines: tuple[str, str]) -> str:
    """Return the signing string."""
    return "\n".join(f"{name}: {value}" for name, value in lines)


def parameters(*pairs: tuple[str, str], separator: str = ",") -> str:
    """Return signature parameters, quoted, with no escapes."""
    return separator.join(f'{name}="{value}"' for name, value in pairs)
