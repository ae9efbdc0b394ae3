"""How the suite speaks to an implementation, whatever way it is reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


class Refused(Exception):  # noqa: N818 - the protocol's word
    """Raised by a signer in Python that declines a request on purpose."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Adapter(Protocol):
    """An implementation under test. Opened by `adapters.open_adapter`, closed by `close`."""

    hello: Hello

    def sign(self, order: SignOrder) -> Answer:
        """Sign one request. Never raises for what the adapter does: that is an `Answer`."""

    def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
        """Sign each of `orders`, as many in flight as `hello` allows; answers in their order."""

    def close(self) -> None:
        """Say `bye`, stop the process and everything it started. May be called twice."""
