"""A compact client in one file, with a seam wherever a client can go wrong.

It shares no code with the suite or its reference client: `http.client`, `ssl` and `cryptography`
alone. What is wrong with a faulty client is the one seam that it replaces.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import ssl
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

Headers = list[tuple[str, str]]
FORM = "application/x-www-form-urlencoded"


@dataclass(kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def seconds(self, name: str) -> int:
        return int(self.headers.get(name, "0"))


@dataclass(kw_only=True)
class Order:
    """One whole call that the client is asked for."""

    fields: dict[str, Any]
    ends: float
    tries: int = 0
    renewed: int = 0
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def left(self) -> float:
        return max(self.ends - time.monotonic(), 0.01)

    def __getattr__(self, name: str) -> Any:
        return self.fields[name]

    @property
    def is_application(self) -> bool:
        return bool(self.fields["method"] == "POST")


@dataclass(kw_only=True)
class Token:
    text: str
    ends: float


@lru_cache(16)
def private_key(path: str) -> RSAPrivateKey:
    with open(path, "rb") as file:  # noqa: PTH123 - a client of its own
        key = load_pem_private_key(file.read(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


class CompactClient:
    """Right in every respect."""

    name = "compact"
    can = ("send",)
    max_in_flight = 12
    pace = 0.036
    """Seconds between two requests of one partner."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens: dict[str, Token] = {}
        self._turns: dict[str, float] = {}

    def send(self, **fields: Any) -> dict[str, Any]:
        deadline = int(fields["deadline_ms"]) / 1000
        order = Order(fields=fields, ends=time.monotonic() + deadline)
        try:
            answer = self.call(order)
        except TimeoutError:
            return {"outcome": "gave_up"}
        except (OSError, http.client.HTTPException):
            return {"outcome": "transport_error"}
        return self.told(answer)

    def told(self, answer: Answer) -> dict[str, Any]:
        if not answer.status:
            return {"outcome": "transport_error"}
        good = 200 <= answer.status < 300
        return {"outcome": "success" if good else "api_error", "status": answer.status}

    # The call and its retries

    def call(self, order: Order) -> Answer:
        """Send the request until there is nothing more to be done about its answer."""
        while True:
            token = self.token(order)
            if isinstance(token, Answer):
                return token
            try:
                answer = self.attempt(order, token)
            except (http.client.HTTPException, ConnectionError, ssl.SSLEOFError):
                if not self.repeats_lost(order):
                    raise
                continue
            order.tries += 1
            wait = self.again(order, answer)
            if wait is None:
                return answer
            self.sleep(order, wait)

    def again(self, order: Order, answer: Answer) -> float | None:
        """Return how long to wait before another try; None for no other try."""
        title = str(answer.problem.get("title", ""))
        if answer.status == 401 and title == "Unauthorized" and self.of_token(answer):
            return self.renew(order)
        if order.tries > 1:
            return None
        if answer.status == 429 and "crefo" not in title:
            return self.throttled(answer)
        if answer.status == 503 and "retry-after" in answer.headers:
            return self.unavailable(answer)
        return None

    def of_token(self, answer: Answer) -> bool:
        return "Date header" not in str(answer.problem.get("detail", ""))

    def renew(self, order: Order) -> float | None:
        self.forget(order)
        order.renewed += 1
        return 0.0 if order.renewed == 1 else None

    def throttled(self, answer: Answer) -> float | None:
        return float(answer.seconds("ratelimit-reset"))

    def unavailable(self, answer: Answer) -> float | None:
        return float(answer.seconds("retry-after"))

    def repeats_lost(self, order: Order) -> bool:
        order.tries += 1
        return order.tries == 1

    def sleep(self, order: Order, wait: float) -> None:
        if wait >= order.left:
            raise TimeoutError
        time.sleep(wait)

    # The token

    def token(self, order: Order) -> str | Answer:
        known = self._tokens.get(order.client_id)
        if known is not None and time.monotonic() < known.ends:
            return known.text
        answer = self.ask_token(order)
        if answer.status == 429 and order.tries == 0:
            self.sleep(order, self.throttled(answer) or 0.0)
            answer = self.ask_token(order)
        text = answer.problem.get("access_token")
        if answer.status != 200 or not text:
            return answer if answer.status != 200 else Answer(status=0, headers={}, body=b"")
        self.keep(order, str(text), float(answer.problem["expires_in"]))
        return str(text)

    def keep(self, order: Order, text: str, lasts: float) -> None:
        self._tokens[order.client_id] = Token(text=text, ends=time.monotonic() + lasts * 0.9)

    def forget(self, order: Order) -> None:
        self._tokens.pop(order.client_id, None)

    def ask_token(self, order: Order) -> Answer:
        method, url, body = "POST", order.token_url, self.credentials(order)
        headers = self.signed(order, method, self.path_of(order, url), body, "authorization")
        headers += [self.subscription(order), ("Content-Type", self.form())]
        return self.exchange(order, method, url, headers, body)

    def credentials(self, order: Order) -> bytes:
        form = {"client_id": order.client_id, "client_secret": order.client_secret}
        return urlencode(form).encode()

    def form(self) -> str:
        return FORM

    # One request

    def attempt(self, order: Order, token: str) -> Answer:
        headers = self.request_headers(order, token)
        return self.exchange(order, order.method, self.url(order), headers, self.body(order))

    def url(self, order: Order) -> str:
        return str(order.base_url + order.target)

    def body(self, order: Order) -> bytes:
        return bytes(order.body)

    def request_headers(self, order: Order, token: str) -> Headers:
        headers = self.signed(order, order.method, order.target, order.body, "signature")
        headers += [self.subscription(order), *self.bearer(token)]
        if order.body:
            headers.append(("Content-Type", "application/json"))
        if order.is_application:
            headers += self.idempotency(order)
        return headers

    def bearer(self, token: str) -> Headers:
        return [("Authorization", f"Bearer {token}")]

    def subscription(self, order: Order) -> tuple[str, str]:
        return "Subscription-Key", order.subscription_key

    def idempotency(self, order: Order) -> Headers:
        return [("Idempotency-Key", order.key)]

    def path_of(self, order: Order, url: str) -> str:
        return urlsplit(url).path.removeprefix(urlsplit(order.base_url).path)

    # The signature

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - a client of its own

    def date(self) -> str:
        return format_datetime(self.now(), usegmt=True)

    def signing_key(self, order: Order) -> RSAPrivateKey:
        return private_key(order.sign_key_file)

    def signed(self, order: Order, method: str, target: str, body: bytes, place: str) -> Headers:
        date = self.date()
        digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        string = f"(request-target): {method.lower()} {target}\ndate: {date}\ndigest: {digest}"
        made = self.signing_key(order).sign(string.encode(), PKCS1v15(), SHA256())
        value = (
            f'keyId="{order.client_id}",algorithm="rsa-sha256",'
            f'headers="(request-target) date digest",signature="{base64.b64encode(made).decode()}"'
        )
        carrier = ("Signature", value)
        if place == "authorization":
            carrier = ("Authorization", f"Signature {value}")
        return [("Date", date), ("Digest", digest), carrier]

    # The wire

    def context(self, order: Order) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=order.ca_file)
        context.load_cert_chain(order.tls_cert_file, order.tls_key_file)
        return context

    def wait_for_turn(self, order: Order) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(self._turns.get(order.client_id, now), now)
            self._turns[order.client_id] = turn + self.pace
        time.sleep(turn - now)

    def connect(self, order: Order, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=self.patience(order),
            context=self.context(order),
        )  # fmt: skip

    def patience(self, order: Order) -> float | None:
        return float(order.left)

    def exchange(
        self, order: Order, method: str, url: str, headers: Headers, body: bytes
    ) -> Answer:
        self.wait_for_turn(order)
        connection = self.connect(order, url)
        try:
            self.write(connection, method, url, headers, body)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(status=response.status, headers=found, body=self.read(response))
        finally:
            connection.close()

    def read(self, response: http.client.HTTPResponse) -> bytes:
        return response.read()

    def write(
        self, connection: http.client.HTTPConnection, method: str, url: str, headers: Headers,
        body: bytes,
    ) -> None:  # fmt: skip
        parts = urlsplit(url)
        target = url.partition(parts.netloc)[2]
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
