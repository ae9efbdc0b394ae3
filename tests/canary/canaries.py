"""Secrets that no output may hold, and the search for them in every form that they may take."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

CLIENT_SECRET = 'cAnArY-client+secret/=&%41"<f8>'
SUBSCRIPTION_KEY = "c0ffee5ca1ab1e0decafbadca7a10e55"
PASSWORD = "cAnArY-p4ssword with+spaces/&"
TOKEN = "cAnArY-t0ken_that-was.1ssued~by+the/API=="


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that was found, and where."""

    secret: str
    form: str
    place: str


def forms(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what `secret` may look like: as it is, halved, escaped, encoded."""
    yield "raw", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    for shift in range(3):
        core = _base64_core(secret, shift)
        yield "base64", core
        yield "base64url", core.replace(b"+", b"-").replace(b"/", b"_")
    if not secret.isascii():
        return
    text = secret.decode()
    half = len(text) // 2
    yield "first half", text[:half].encode()
    yield "second half", text[half:].encode()
    yield "percent", quote(text, safe="").encode()
    yield "percent, lower", re.sub("%..", lambda m: m[0].lower(), quote(text, safe="")).encode()
    yield "form", quote_plus(text).encode()
    yield "json", json.dumps(text)[1:-1].encode()
    yield "html", html.escape(text).encode()
    yield "utf-16", text.encode("utf-16-le")


def _base64_core(secret: bytes, shift: int) -> bytes:
    """Return the characters of Base64 that `secret` decides, `shift` octets into a group of 3."""
    encoded = base64.b64encode(b"\0" * shift + secret)
    return encoded[(shift * 8 + 5) // 6 : (shift + len(secret)) * 8 // 6]


def key_secrets(key: RSAPrivateKey) -> Iterator[bytes]:
    """Yield what only the private key knows: its numbers, and the lines of its PEM forms."""
    numbers = key.private_numbers()
    for number in (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp):
        octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
        yield octets[:24]
        yield octets[-24:]
        yield str(number).encode()[:40]
    public = numbers.public_numbers.n.to_bytes(key.key_size // 8, "big")
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        clear = key.private_bytes(Encoding.DER, form, NoEncryption())
        private = clear[clear.index(public) + len(public) + 8 :]
        yield from (private[place : place + 48] for place in range(0, len(private) - 48, 48))


class Search:
    """Looks for secrets, by name, in octets, files and archives."""

    def __init__(self, secrets: Iterable[tuple[str, bytes]]) -> None:
        self.wanted = {
            form: (name, kind) for name, secret in secrets for kind, form in forms(secret)
        }
        assert all(len(form) >= 10 for form in self.wanted), "too short to tell from other text"
        self._any = re.compile(b"|".join(map(re.escape, self.wanted)))

    def octets(self, data: bytes, place: str) -> Iterator[Leak]:
        """Yield what is found in `data`; in what an archive holds, too."""
        for match in self._any.finditer(data):
            name, form = self.wanted[match[0]]
            yield Leak(name, form, place)
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for member in archive.namelist():
                    yield from self.octets(archive.read(member), f"{place}!{member}")

    def tree(self, root: Path) -> Iterator[Leak]:
        """Yield what is found in the files below `root`, and in their names."""
        for path in sorted(root.rglob("*")):
            yield from self.octets(str(path).encode(), f"the name of {path}")
            if path.is_file():
                yield from self.octets(path.read_bytes(), str(path))
