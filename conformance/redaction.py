"""Secrets kept out of everything that is written or shown.

A secret is replaced where it is captured by `<redacted:kind:fingerprint>`. The fingerprint is
keyed by the run: equal secrets of one run stay recognisable, and nobody can try passwords on it.
The `Signature …` value of a signer is no secret and stays.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets as random_source
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import quote, quote_plus

from conformance.wire.message import HeaderFields
from conformance.wire.visible import visible

PART: Final = 6
"""Characters of a configured secret by which one is recognised that was cut off."""

SHORTEST: Final = 4
"""Configured secrets of fewer characters are not looked for: they are part of too many words."""

SECRET_HEADERS: Final = frozenset(
    {
        "subscription-key", "ocp-apim-subscription-key", "x-api-key", "api-key", "x-auth-token",
        "cookie", "set-cookie", "proxy-authorization", "x-client-secret",
    }
)  # fmt: skip

_CUT: Final = re.compile(r"…|\.\.\. \(\d+ octets\)|\Z")
"""Where a text was cut, or ends: the beginning of a secret may stand before it."""

_PEM: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_CREDENTIAL: Final = r"[A-Za-z0-9._~+/=-]"
_LEAD: Final = r"""["']?\s*[:=,]\s*["']?"""
_VALUE: Final = r"""[^\s"'&,;<>\\]+"""
_PATTERNS: Final = (
    (
        "token",
        re.compile(rf"(?i)(\bauthorization{_LEAD}(?!signature\b)[a-z-]+ +)({_CREDENTIAL}+)"),
    ),
    ("token", re.compile(rf"(?i)(\b(?:bearer|basic) +)({_CREDENTIAL}{{8,}})")),
    ("token", re.compile(r"()(\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?)")),
    (
        "secret",
        re.compile(
            r"(?i)(\b(?:client_secret|client_assertion|access_token|refresh_token|id_token"
            rf"|passw(?:or)?d|passphrase|pwd){_LEAD})({_VALUE})"
        ),
    ),
    (
        "key",
        re.compile(rf"(?i)(\b(?:(?:ocp-apim-)?subscription-key|x?-?api[-_]key){_LEAD})({_VALUE})"),
    ),
)
_HINTS: Final = (
    "auth", "bearer", "basic", "eyj", "secret", "assert", "token", "passw", "passphrase", "pwd",
    "-key", "_key",
)  # fmt: skip
"""Of these a text, in lower case, must have one for any pattern to match: most have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A secret that was kept out; equal fingerprints are equal secrets."""

    kind: str
    fingerprint: str
    count: int


class Redactor:
    """Replaces secrets: those that were configured, and those that look like one.

    `key` keys the fingerprints; test workers of one run are handed the same.
    """

    def __init__(self, configured: Iterable[str] = (), *, key: bytes | None = None) -> None:
        self.key = key or random_source.token_bytes(32)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._originals: dict[str, str] = {}
        self.learn(configured)

    def learn(self, configured: Iterable[str]) -> None:
        """Keep these secrets out too, from now on."""
        self._originals |= {
            form: secret
            for secret in configured
            if len(secret) >= SHORTEST
            for form in _forms(secret)
        }
        longest_first = sorted(self._originals, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self._octets = tuple(form.encode() for form in longest_first)

    @property
    def redactions(self) -> tuple[Redaction, ...]:
        """What was kept out so far, each secret once."""
        return tuple(
            Redaction(kind=kind, fingerprint=fingerprint, count=count)
            for (kind, fingerprint), count in sorted(self._counts.items())
        )

    def mask(self, kind: str, secret: str) -> str:
        """Return what stands in place of `secret`."""
        raw = secret.encode("utf-8", "surrogatepass")
        fingerprint = hmac.new(self.key, raw, hashlib.sha256).hexdigest()[:8]
        self._counts[kind, fingerprint] += 1
        return f"<redacted:{kind}:{fingerprint}>"

    def configured(self, text: str) -> str:
        """Return `text` without configured secrets and private keys."""
        if self._known is not None:
            text = self._known.sub(
                lambda match: self.mask("configured", self._originals[match[0]]), text
            )
            text = self._without_parts(text)
        if "PRIVATE KEY-----" in text:
            text = _PEM.sub(lambda match: self.mask("private-key", match[0]), text)
        return text

    def _without_parts(self, text: str) -> str:
        """Return `text` without the beginnings of secrets that were cut off in it."""
        for match in reversed([*_CUT.finditer(text)]):
            end = match.start()
            for form, secret in self._originals.items():
                begin = text.find(form[:PART], max(0, end - len(form) + 1), end)
                if begin >= 0 and len(form) > PART and form.startswith(text[begin:end]):
                    text = text[:begin] + self.mask("configured", secret) + text[end:]
                    break
        return text

    def text(self, text: str) -> str:
        """Return `text` without configured secrets, tokens, keys and passwords.

        It is for text from outside: patterns cannot tell a token from prose about one. Doing it
        again changes nothing.
        """
        text = self.configured(text)
        lowered = text.lower()
        if not any(hint in lowered for hint in _HINTS):
            return text
        for kind, pattern in _PATTERNS:
            text = pattern.sub(partial(self._masked, kind), text)
        return text

    def _masked(self, kind: str, match: re.Match[str]) -> str:
        """Return what leads to a secret, and the mask in its place."""
        return match[1] + self.mask(kind, match[2])

    def headers(self, fields: HeaderFields) -> tuple[HeaderFields, tuple[str, ...]]:
        """Return `fields` without secrets, and the lower-cased names of those that had some."""
        cleaned = tuple((name, self._header(name, value)) for name, value in fields)
        names = tuple(
            name.lower()
            for (name, before), (_, after) in zip(fields, cleaned, strict=True)
            if before != after
        )
        return HeaderFields(cleaned), names

    def _header(self, name: str, value: str) -> str:
        lowered = name.lower()
        if lowered in SECRET_HEADERS:
            return self.mask("header", value)
        if lowered == "authorization":
            scheme, _, rest = value.strip().partition(" ")
            signs = scheme.lower() == "signature" or "keyid" in value.lower()
            if scheme.lower() in ("bearer", "basic") or not signs:
                return f"{scheme} {self.mask('token', rest)}" if rest else self.mask("token", value)
        return self.text(value)

    def holds_secret(self, data: bytes) -> bool:
        """Tell whether `data` has a configured secret or a private key in it."""
        return b"PRIVATE KEY-----" in data or any(form in data for form in self._octets)


def _forms(secret: str) -> set[str]:
    """Return the ways in which `secret` may stand in a text: plain, escaped, percent-encoded."""
    quoted = json.dumps(secret)[1:-1]
    escaped = (quoted, visible(secret), visible(quoted))
    return {secret, *escaped, quote(secret, safe=""), quote_plus(secret)}
