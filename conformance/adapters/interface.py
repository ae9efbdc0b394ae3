"""How the suite speaks to an implementation, whatever way it is reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from conformance.errors import AdapterError
from conformance.wire.message import HeaderFields, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What an adapter said of itself (`hello`)."""

    name: str
    language: str
    version: str = ""
    can: frozenset[str] = frozenset()
    cert_pem: str | None = None
    max_in_flight: int = 1

    @property
    def has_clock(self) -> bool:
        """Whether it honours the date that it is given."""
        return "clock" in self.can

    @property
    def sends(self) -> bool:
        """Whether it makes whole calls, and not signatures alone."""
        return "send" in self.can

    @property
    def has_keys(self) -> bool:
        """Whether it honours the key file that it is given."""
        return "keys" in self.can


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOrder:
    """The operands of `sign`; `date` is an IMF-fixdate, `key_file` a PKCS#8 PEM file."""

    method: str
    url: str
    base_url: str
    target: str
    date: str
    body: bytes
    key_id: str
    key_file: Path
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOrder:
    """The operands of `send`: one whole call, and all that a client needs to make it.

    `target` is path and query below `base_url`. The files are PEM; `deadline` is how long the
    client may take for the call, its token and its retries together. The secrets are left out of
    its `repr`.
    """

    method: str
    target: str
    body: bytes
    base_url: str
    token_url: str
    ca_file: Path
    tls_cert_file: Path
    tls_key_file: Path
    sign_cert_file: Path
    sign_key_file: Path
    client_id: str
    client_secret: str = field(repr=False)
    subscription_key: str = field(repr=False)
    deadline: timedelta


class AnswerKind(StrEnum):
    """The four answers of the adapter protocol."""

    OK = "ok"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one order.

    `headers` and `said` (the signing string, where the adapter gave it) belong to `ok`; `message`
    to the other three. `error` is there for `error`: what broke, with its hint and detail; the
    adapter's own `error` answers come as such too. Where it was not asked any more because it had
    broken too often, `error` is an `AdapterGoneError`: the case is `not_run`. `took` is the time
    from the order to the answer, without what was spent on an earlier answer meanwhile: times of
    requests in flight together add up to the time that passed.
    """

    kind: AnswerKind
    headers: HeaderFields = HeaderFields()  # noqa: RUF009 - frozen
    said: bytes | None = None
    message: str = ""
    error: AdapterError | None = None
    took: timedelta = timedelta()


class SendOutcome(StrEnum):
    """What a client made of a call, by its own account."""

    SUCCESS = "success"
    API_ERROR = "api_error"
    TRANSPORT_ERROR = "transport_error"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a `send`, by the client's own account: what it did is judged on the wire.

    `outcome` is there for `ok`, and `status`, the last HTTP status, where the client told it.
    `message` and `error` are as in `Answer`.
    """

    kind: AnswerKind
    outcome: SendOutcome | None = None
    status: int | None = None
    message: str = ""
    error: AdapterError | None = None


class Sending(Protocol):
    """A call that a client is making."""

    def result(self) -> Sent:
        """Wait for what becomes of it. Never raises for what the client does."""


class Refused(Exception):  # noqa: N818 - the protocol's word
    """Raised by a signer in Python that declines a request on purpose."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class SigningAdapter(Protocol):
    """What an implementation under test must offer to be asked for signed requests."""

    hello: Hello

    def sign(self, order: SignOrder) -> Answer:
        """Sign one request. Never raises for what the adapter does: that is an `Answer`."""

    def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
        """Sign each of `orders`, as many in flight as `hello` allows; answers in their order."""


class Adapter(SigningAdapter, Protocol):
    """An implementation under test. Opened by `adapters.open_adapter`, closed by `close`."""

    def send(self, order: SendOrder) -> Sending:
        """Let the client make a whole call; others may be begun before its result is asked for.

        As many run at once as `hello` allows; the rest waits. One that does not come back well
        after its deadline ends in an error.
        """

    def close(self) -> None:
        """Say `bye`, stop the process and everything it started. May be called twice."""
