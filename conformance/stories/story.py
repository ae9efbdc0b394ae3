"""A story: what was asked of a client, and all that came over the wire, as values.

It holds whatever a judgement needs, so that anybody can judge it again. Its credentials were made
for the one case that it tells of and are worth nothing afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conformance.adapters.interface import AnswerKind, SendOutcome
from conformance.wire.message import HeaderFields, Place, SignedPath, SignedRequest

CUT_SHORT = frozenset({"stall", "reset", "truncated", "lost"})
"""The faults after which no whole answer comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Whom the sandbox takes the client for: its credentials and its two certificates' keys.

    The keys are in SubjectPublicKeyInfo, DER; the fingerprints are the SHA-256 of each certificate
    in DER, as hexadecimal text.
    """

    client_id: str
    client_secret: str
    subscription_key: str
    signing_key: bytes
    tls_key: bytes
    tls_fingerprint: str
    signing_fingerprint: str
    base_path: str
    signed_path: SignedPath = SignedPath.RELATIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One `send`: what the client was asked for, and what it says became of it.

    `at_s` and `answered_s` count from the beginning of the story. `gone` says that the adapter was
    not asked any more, `late` that it did not come back in time.
    """

    method: str
    target: str
    body: bytes = b""
    at_s: float = 0.0
    answered_s: float = 0.0
    deadline_s: float = 10.0
    kind: AnswerKind = AnswerKind.OK
    outcome: SendOutcome | None = None
    status: int | None = None
    message: str = ""
    hint: str = ""
    gone: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that arrived, and the answer it got.

    `during` is the number of the `Asked` that it came for; `ahead_s` how far the sandbox's clock
    was ahead. `host` is empty for the API itself, else the name of another host that it went to.
    `certificate` is the fingerprint of the client's certificate. `fault` is what was armed for it.
    """

    during: int
    at_s: float
    answered_s: float
    ahead_s: float = 0.0
    host: str = ""
    request: SignedRequest
    certificate: str | None = None
    is_token_request: bool = False
    status: int
    answer_headers: HeaderFields = HeaderFields()  # noqa: RUF009 - frozen
    answer_body: bytes = b""
    reasons: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def what(self) -> tuple[str, str]:
        """Method and target: of two requests with the same, the later is a retry."""
        return self.request.method, self.request.target

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.request.target.partition("?")[0]

    @property
    def place(self) -> Place:
        """Where its signature belongs."""
        return Place.AUTHORIZATION if self.is_token_request else Place.SIGNATURE

    @property
    def is_whole(self) -> bool:
        """Whether the client got a whole answer."""
        return self.fault not in CUT_SHORT

    @property
    def is_served(self) -> bool:
        """Whether a whole answer of success came."""
        return self.is_whole and 200 <= self.status < 300

    @property
    def refuses_token(self) -> bool:
        """Whether its answer says that the bearer token is missing, or not good any more."""
        refused = any(reason.startswith("bearer-") for reason in self.reasons)
        return self.status == 401 and self.is_whole and refused

    def answer(self) -> Any:
        """Return the answer's body parsed as JSON; None when it is none."""
        try:
            return json.loads(self.answer_body)
        except (ValueError, RecursionError):
            return None

    def answered(self, name: str) -> str:
        """Return a text of the JSON object that was answered; empty when there is none."""
        content = self.answer()
        value = content.get(name) if isinstance(content, dict) else None
        return value if isinstance(value, str) else ""

    def seconds(self, name: str) -> int | None:
        """Return the seconds in a header field of the answer."""
        value = self.answer_headers.first(name)
        return int(value) if value and value.isdecimal() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """A connection that came to no request, and why, in words."""

    during: int
    at_s: float
    says: str

    @property
    def is_plain_http(self) -> bool:
        """Whether the client spoke HTTP without TLS."""
        return "without TLS" in self.says

    @property
    def is_departure(self) -> bool:
        """Whether the client left after the handshake, for whatever reason of its own."""
        return "left without a request" in self.says


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened in one case, on a sandbox of its own.

    `began` is the client's time of day. `bad_certificate` says what is wrong with the server's
    certificate, empty where nothing is; with `spares_token` that of the token endpoint is good.
    """

    case: str
    began: datetime
    registered: Registered
    bad_certificate: str = ""
    spares_token: bool = False
    asked: tuple[Asked, ...] = ()
    calls: tuple[Call, ...] = ()
    mishaps: tuple[Mishap, ...] = ()

    @property
    def api(self) -> tuple[Call, ...]:
        """The requests that came to the API itself, in order."""
        return tuple(call for call in self.calls if not call.host)

    @property
    def tokens(self) -> tuple[Call, ...]:
        """The requests for a token."""
        return tuple(call for call in self.api if call.is_token_request)

    @property
    def resources(self) -> tuple[Call, ...]:
        """The requests to the API that are not for a token."""
        return tuple(call for call in self.api if not call.is_token_request)

    @property
    def applications(self) -> tuple[Call, ...]:
        """The applications that were submitted."""
        wanted = self.registered.base_path + "/applications"
        return tuple(
            call for call in self.resources if call.request.method == "POST" and call.path == wanted
        )

    def during(self, number: int) -> tuple[Call, ...]:
        """Return the requests to the API that came for one `send`."""
        return tuple(call for call in self.api if call.during == number)

    def answers(self, number: int) -> tuple[Call, ...]:
        """Return the requests that came for one `send`, to other hosts as well."""
        return tuple(call for call in self.calls if call.during == number)

    def repeats(self) -> Iterator[tuple[Call, Call]]:
        """Yield each request with the next of the same kind that came for the same `send`."""
        last: dict[tuple[int, tuple[str, str]], Call] = {}
        for call in self.api:
            key = call.during, call.what
            if key in last:
                yield last[key], call
            last[key] = call

    def moment(self, at_s: float, ahead_s: float = 0.0) -> datetime:
        """Return a moment of the story by a clock that is so far ahead of the client's."""
        return self.began + timedelta(seconds=at_s + ahead_s)

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all came over the wire."""
        return not self.calls and not self.mishaps


def header(fields: HeaderFields, name: str) -> str:
    """Return the value of the only header field of that name; empty when there is not just one."""
    values = fields.all(name)
    return values[0].strip(" \t") if len(values) == 1 else ""


def field_names(fields: HeaderFields) -> frozenset[str]:
    """Return the names of header fields, in lower case."""
    return frozenset(name.lower() for name, _ in fields)
