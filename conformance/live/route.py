"""The way to the API: the host's addresses, its certificate in words, and the caller's address."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from cryptography import x509

from conformance.client.message import Answer
from conformance.wire.visible import visible

_TELLING: Final = (
    "x-client-ip", "x-real-ip", "true-client-ip", "x-forwarded-for", "x-azure-clientip",
    "cf-connecting-ip",
)  # fmt: skip
"""Header fields in which gateways and proxies name the address that a request came from."""

_LOOKS_LIKE_ADDRESS: Final = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:])"
)
_READ: Final = 4096
"""Octets of a body in which an address is looked for."""


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of `host`, each once, as the machine's resolver gives them.

    Raises:
        OSError: it has none.
        UnicodeError: it is no name of a host.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def certificate_says(certificate: x509.Certificate | None) -> str:
    """Return for whom a server's certificate is, who issued it, and until when it is valid."""
    if certificate is None:
        return "a certificate that cannot be read"
    issuer = visible(certificate.issuer.rfc4514_string() or "nobody", limit=120)
    subject = visible(certificate.subject.rfc4514_string() or "no name", limit=120)
    return (
        f"certificate of {subject}, issued by {issuer}, "
        f"valid until {certificate.not_valid_after_utc:%Y-%m-%d}"
    )


def address_told(answer: Answer) -> str:
    """Return the address that `answer` says it came from, where it does; else nothing.

    A refusal of the address may name it in its body, a gateway in a header field.
    """
    for name in _TELLING:
        for found in _addresses_in(answer.headers.first(name) or ""):
            return found
    if answer.status == 403:
        for found in _addresses_in(answer.body[:_READ].decode("utf-8", "replace")):
            return found
    return ""


def _addresses_in(text: str) -> Iterator[str]:
    for match in _LOOKS_LIKE_ADDRESS.finditer(text):
        with suppress(ValueError):
            yield str(ip_address(match[0]))
