"""A connection that came about: with whom, from where, and what the server showed of itself."""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass

from cryptography import x509

from conformance.material.parsing import certificate_in_der


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A connection over TLS; `peer` is the server's address or the proxy's, `local` our own."""

    peer: str
    local: str
    version: str
    certificate: x509.Certificate | None


def reached_over(connection: ssl.SSLSocket) -> Reached:
    """Return what is known of a connection whose handshake is over."""
    certificate = None
    with suppress(ValueError, ssl.SSLError):
        found = connection.getpeercert(binary_form=True)
        certificate = certificate_in_der(found) if found else None
    return Reached(
        peer=_named(connection.getpeername()),
        local=str(connection.getsockname()[0]),
        version=(connection.version() or "TLS").replace("TLSv", "TLS "),
        certificate=certificate,
    )


def _named(address: object) -> str:
    """Return host and port of a socket's address."""
    host, port = address[:2] if isinstance(address, tuple) else (str(address), 0)
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
