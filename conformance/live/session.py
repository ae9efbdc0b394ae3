"""One partner calling the API: signs, sends, keeps the token, and puts every exchange on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote_plus, urlsplit

from conformance.client.credentials import Credentials
from conformance.client.message import Answer, Trouble
from conformance.client.transport import Transport
from conformance.live.draft import Draft, Presents, Way
from conformance.live.message import Sent
from conformance.live.pace import Pace
from conformance.live.record import entry
from conformance.live.time import Time
from conformance.redaction import Redactor
from conformance.wire.message import (
    Field,
    HeaderFields,
    Place,
    SignedPath,
    SignedRequest,
    UnsignedRequest,
)
from conformance.wire.procedure import Keys

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path
MOST_RETRIES: Final = 3
"""Second tries of a whole run: an API that needs more is not judged by its better moments."""

Open = Callable[[Presents, Way], Transport]
"""Opens a way to the API."""


@dataclass(kw_only=True)
class Session:
    """Calls the API as one partner.

    `record` is called with each exchange as a line of the evidence, without secrets.
    """

    base_url: str
    credentials: Credentials
    open: Open
    time: Time
    pace: Pace
    redactor: Redactor
    signed_path: SignedPath = SignedPath.RELATIVE
    record: Callable[[str], None] = lambda _: None
    token: str = ""
    renew_at: float | None = None
    """When the token is to be renewed, by the time's `monotonic`."""
    offset: timedelta = timedelta()
    """How far the server's clock is ahead of this machine's."""
    retries: int = MOST_RETRIES
    answered_s: float = 0.0
    """How long the API took in all, in seconds."""
    local: str = ""
    """This machine's own address, as the API is called from it."""
    last: Answer | None = None
    _ways: dict[tuple[Presents, Way], Transport] = field(default_factory=dict)
    _seen: datetime | None = None
    _count: int = 0

    @property
    def base_path(self) -> str:
        """The gateway's prefix."""
        return urlsplit(self.base_url).path

    @property
    def origin(self) -> str:
        """Scheme and authority of the API."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def now(self) -> datetime:
        """Return the moment that the server's clock shows, as far as is known."""
        return self.time.now() + self.offset

    def token_draft(self, secret: str | None = None) -> Draft:
        """Return the request for a token; `secret` stands in for the right one."""
        form = (("client_id", self.credentials.client_id),
                ("client_secret", secret or self.credentials.client_secret))  # fmt: skip
        return Draft(
            method="POST",
            path=TOKEN_PATH,
            body="&".join(f"{name}={quote_plus(value)}" for name, value in form).encode(),
            headers=(("Content-Type", "application/x-www-form-urlencoded"),),
            place=Place.AUTHORIZATION,
        )

    def sign(self, draft: Draft) -> SignedRequest:
        """Return `draft` as it goes on the wire."""
        signing = draft.procedure.sign(
            UnsignedRequest(
                method=draft.method,
                target=self.base_path + draft.path,
                date=self.now() + draft.ahead,
                key_id=self.credentials.client_id,
                body=draft.body,
                place=draft.place,
                base_path=self.base_path,
                signed_path=self.signed_path,
            ),
            Keys(signing=self.credentials.signing.key, tls=self.credentials.tls.key),
        )
        fields: list[Field] = [("Subscription-Key", self.credentials.subscription_key)]
        bearer = self.token if draft.bearer is None else draft.bearer
        if draft.place is Place.SIGNATURE and bearer:
            fields.append(("Authorization", bearer if " " in bearer else f"Bearer {bearer}"))
        request = SignedRequest(
            method=draft.method,
            target=self.base_path + draft.path,
            headers=HeaderFields((*fields, *signing.headers, *draft.headers)),
            body=draft.body,
        )
        for edit in draft.edits:
            request = edit(request)
        return request

    def send(self, name: str, draft: Draft, *, paced: bool = True) -> Sent:
        """Sign `draft` and send it; `name` is what the evidence calls it."""
        if paced:
            self.pace.admit()
        return self.deliver(name, self.sign(draft), draft.presents, draft.way)

    def deliver(
        self,
        name: str,
        request: SignedRequest,
        presents: Presents = Presents.REGISTERED,
        way: Way = Way.USUAL,
    ) -> Sent:
        """Send a signed request as it stands, and put the exchange on record."""
        transport = self.way(presents, way)
        started, began = self.time.now(), self.time.monotonic()
        outcome, fields = transport.send(request)
        took = timedelta(seconds=self.time.monotonic() - began)
        return self.keep(
            name, request, outcome, fields,
            started=started, began=began, took=took, presents=presents, way=way,
        )  # fmt: skip

    def keep(
        self,
        name: str,
        request: SignedRequest,
        outcome: Answer | Trouble,
        fields: Iterable[Field],
        *,
        started: datetime,
        began: float,
        took: timedelta,
        presents: Presents = Presents.REGISTERED,
        way: Way = Way.USUAL,
    ) -> Sent:
        """Put what was sent, the moment `began` by the time's `monotonic`, on record."""
        self.pace.count(began)
        self._count += 1
        evidence = f"{self._count:03}-{name}"
        if isinstance(outcome, Answer) and request.target == self.base_path + TOKEN_PATH:
            self.redactor.learn(_tokens_in(outcome))
        self.answered_s += took.total_seconds()
        self.record(
            entry(
                evidence, request, fields, outcome,
                origin=self.origin, started=started, took=took, redactor=self.redactor,
                presents=presents, way=way,
            )
        )  # fmt: skip
        before = self._seen
        if isinstance(outcome, Trouble):
            return Sent(request=request, evidence=evidence, took=took, trouble=outcome,
                        before=before)  # fmt: skip
        self._heed(outcome)
        return Sent(request=request, evidence=evidence, took=took, answer=outcome, before=before)

    def retry(self) -> bool:
        """Take one of the second tries that are left; False when there is none."""
        if self.retries <= 0:
            return False
        self.retries -= 1
        return True

    def _heed(self, answer: Answer) -> None:
        """Keep what an answer says of the server's clock, and of when to send again."""
        self.last = answer
        self._seen = answer.date
        remaining = _whole(answer.headers.first("ratelimit-remaining"))
        wait = _whole(answer.headers.first("retry-after"))
        if (answer.status == 429 and not _is_of_crefo(answer)) or remaining == 0:
            reset = _whole(answer.headers.first("ratelimit-reset"))
            wait = max((item for item in (wait, reset) if item is not None), default=None)
        elif answer.status != 503:
            wait = None
        if wait:
            self.pace.hold(timedelta(seconds=wait))

    def way(self, presents: Presents, way: Way) -> Transport:
        """Return a way to the API, opened when it is first asked for."""
        if (presents, way) not in self._ways:
            self._ways[presents, way] = self.open(presents, way)
        return self._ways[presents, way]

    def close(self) -> None:
        """End every connection."""
        for transport in self._ways.values():
            transport.close()


def _tokens_in(answer: Answer) -> list[str]:
    """Return the tokens that an answer grants, so that none is put on record."""
    try:
        found = answer.json()
    except ValueError:
        return []
    values = found.items() if isinstance(found, dict) else ()
    return [value for name, value in values if isinstance(value, str) and name.endswith("_token")]


def _is_of_crefo(answer: Answer) -> bool:
    """Tell whether it is one crefo id that has to wait, and not this address."""
    return "crefo" in answer.title.lower()


def _whole(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text[:6]) if text.isascii() and text.isdecimal() else None
