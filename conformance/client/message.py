"""What comes back from the API, or why nothing did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from conformance.errors import WireError
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.message import HeaderFields


class TroubleKind(StrEnum):
    """Why a request has no answer."""

    DNS = "dns"
    """The host's name has no address."""
    REFUSED = "connection-refused"
    """Nothing listens there, or the way to it is barred."""
    TIMEOUT = "no-connection"
    """No connection came about in time."""
    CERTIFICATE = "server-certificate"
    """The server's certificate is untrusted, expired or for another host."""
    HANDSHAKE = "tls-handshake"
    """The TLS handshake failed for another reason; a server that wants another certificate, say."""
    SILENCE = "silence"
    """Connected, and no answer in time."""
    CUT_OFF = "cut-off"
    """The connection ended before the answer did."""
    TOO_LARGE = "too-large"
    """The answer is larger than any of the API's."""
    NO_HTTP = "no-http"
    """What came is no HTTP answer."""
    PROXY = "proxy"
    """The proxy did not let it pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why there is no answer, in one sentence, and what to do about it."""

    kind: TroubleKind
    says: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server sent back; `body` is whole."""

    status: int
    headers: HeaderFields
    body: bytes = b""
    reason: str = ""

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters."""
        return (self.headers.first("content-type") or "").partition(";")[0].strip().lower()

    @property
    def is_html(self) -> bool:
        """Whether it is a page, which the API never answers with."""
        beginning = self.body[:200].lstrip().lower()
        return "html" in self.media_type or beginning.startswith((b"<!doctype", b"<html"))

    @property
    def date(self) -> datetime | None:
        """The server's clock, to the second; None when it does not tell."""
        try:
            return parse_imf_fixdate((self.headers.first("date") or "").strip())
        except WireError:
            return None

    def json(self) -> Any:
        """Return the body parsed as JSON.

        Raises:
            ValueError: it is no JSON in UTF-8.
        """
        try:
            return json.loads(self.body.decode("utf-8"))
        except RecursionError:
            raise ValueError("nested too deeply") from None

    @property
    def title(self) -> str:
        """The title of the problem that it tells; empty when it tells none."""
        try:
            found = self.json()
        except ValueError:
            return ""
        title = found.get("title") if isinstance(found, dict) else None
        return title if isinstance(title, str) else ""
