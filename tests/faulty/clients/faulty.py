"""Clients that are wrong in one respect each, and what each breaks."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.faulty.clients.compact import Answer, CompactClient, Headers, Order, private_key


@dataclass(frozen=True, kw_only=True)
class FaultyClient:
    """One faulty client: it must be caught by `breaks`; `related` is what that brings with it."""

    make: Callable[[], CompactClient]
    breaks: str
    related: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return getattr(self.make, "__name__", "")


FAULTY: list[FaultyClient] = []


def faulty(breaks: str, *related: str) -> Callable[[type[CompactClient]], type[CompactClient]]:
    """Enter the decorated class as a client that breaks a requirement."""

    def enter(client: type[CompactClient]) -> type[CompactClient]:
        FAULTY.append(FaultyClient(make=client, breaks=breaks, related=frozenset(related)))
        return client

    return enter


# Connections


@faulty("TLS-001")
class PresentsNoCertificate(CompactClient):
    def context(self, order: Order) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=order.ca_file)


@faulty("TLS-001")
class PresentsItsSigningCertificate(CompactClient):
    def context(self, order: Order) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=order.ca_file)
        context.load_cert_chain(order.sign_cert_file, order.sign_key_file)
        return context


@faulty("TLS-002")
class VerifiesNothing(CompactClient):
    def context(self, order: Order) -> ssl.SSLContext:
        context = super().context(order)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


@faulty("TLS-002")
class LooksAtNoHostName(CompactClient):
    def context(self, order: Order) -> ssl.SSLContext:
        context = super().context(order)
        context.check_hostname = False
        return context


@faulty("TLS-002")
class VerifiesTheTokenEndpointAlone(CompactClient):
    def attempt(self, order: Order, token: str) -> Answer:
        careless = VerifiesNothing()
        headers = self.request_headers(order, token)
        return careless.exchange(order, order.method, self.url(order), headers, self.body(order))


@faulty("TLS-002")
class FallsBackToPlainHttp(CompactClient):
    def exchange(
        self, order: Order, method: str, url: str, headers: Headers, body: bytes
    ) -> Answer:
        try:
            return super().exchange(order, method, url, headers, body)
        except ssl.SSLCertVerificationError:
            parts = urlsplit(url)
            plain = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
            with contextlib.closing(plain):
                self.write(plain, method, url, headers, body)
                response = plain.getresponse()
                return Answer(status=response.status, headers={}, body=response.read())


@faulty("SUB-001")
class LeavesTheSubscriptionKeyOffTheTokenRequest(CompactClient):
    def ask_token(self, order: Order) -> Answer:
        body = self.credentials(order)
        path = self.path_of(order, order.token_url)
        headers = self.signed(order, "POST", path, body, "authorization")
        headers.append(("Content-Type", self.form()))
        return self.exchange(order, "POST", order.token_url, headers, body)


@faulty("RATE-002")
class CountsNoRequests(CompactClient):
    """It asks for each thing twice at once, without looking at how much that makes."""

    pace = 0.0

    def attempt(self, order: Order, token: str) -> Answer:
        answer = super().attempt(order, token)
        if "call=" in order.target:
            for _ in range(2):
                super().attempt(order, token)
        return answer


@faulty("RATE-002")
class OpensConnectionsForNothing(CompactClient):
    def exchange(
        self, order: Order, method: str, url: str, headers: Headers, body: bytes
    ) -> Answer:
        for _ in range(30):
            idle = self.connect(order, url)
            with contextlib.suppress(OSError):
                http.client.HTTPConnection.connect(idle)
            idle.close()
        return super().exchange(order, method, url, headers, body)


@faulty("SEC-001")
class FollowsRedirectsWithEverything(CompactClient):
    def exchange(
        self, order: Order, method: str, url: str, headers: Headers, body: bytes
    ) -> Answer:
        answer = super().exchange(order, method, url, headers, body)
        if answer.status in (302, 307):
            return super().exchange(order, method, answer.headers["location"], headers, body)
        return answer


@faulty("SEC-001")
class StripsAuthorizationAlone(CompactClient):
    """What an HTTP library does by itself: `Subscription-Key` and `Signature` are unknown to it."""

    def exchange(
        self, order: Order, method: str, url: str, headers: Headers, body: bytes
    ) -> Answer:
        answer = super().exchange(order, method, url, headers, body)
        if answer.status in (302, 307):
            kept = [item for item in headers if item[0] != "Authorization"]
            return super().exchange(order, method, answer.headers["location"], kept, body)
        return answer


# Tokens


@faulty("TOK-001")
class SendsItsCredentialsAsJson(CompactClient):
    def credentials(self, order: Order) -> bytes:
        form = {"client_id": order.client_id, "client_secret": order.client_secret}
        return json.dumps(form).encode()

    def form(self) -> str:
        return "application/json"


@faulty("TOK-001")
class PutsItsSecretIntoTheAddress(CompactClient):
    def ask_token(self, order: Order) -> Answer:
        query = self.credentials(order).decode()
        path = f"{self.path_of(order, order.token_url)}?{query}"
        headers = self.signed(order, "POST", path, b"", "authorization")
        headers += [self.subscription(order), ("Content-Type", self.form())]
        return self.exchange(order, "POST", f"{order.token_url}?{query}", headers, b"")


@faulty("TOK-002")
class GetsATokenForEachCall(CompactClient):
    def send(self, **fields: Any) -> dict[str, Any]:
        self._tokens.pop(fields["client_id"], None)
        return super().send(**fields)


@faulty("TOK-003")
class NeverRenewsItsToken(CompactClient):
    def renew(self, order: Order) -> float | None:
        return None


@faulty("TOK-003")
class RenewsItsTokenInALoop(CompactClient):
    def renew(self, order: Order) -> float | None:
        super().renew(order)
        return 0.0 if order.renewed < 5 else None


@faulty("AUTH-002")
class SendsNoBearerToken(CompactClient):
    def bearer(self, token: str) -> Headers:
        return []


@faulty("AUTH-002")
class SendsItsTokenBare(CompactClient):
    def bearer(self, token: str) -> Headers:
        return [("Authorization", token)]


@faulty("AUTH-001")
class SignsTheTokenRequestInSignature(CompactClient):
    def signed(self, order: Order, method: str, target: str, body: bytes, place: str) -> Headers:
        return super().signed(order, method, target, body, "signature")


@faulty("AUTH-002")
class PutsItsTokenIntoTheAddressToo(CompactClient):
    def attempt(self, order: Order, token: str) -> Answer:
        order.fields["target"] = f"{order.target.partition('?')[0]}?access_token={token}"
        return super().attempt(order, token)


# Trying again


@faulty("RATE-001")
class RetriesA429AtOnce(CompactClient):
    def throttled(self, answer: Answer) -> float | None:
        return 0.0


@faulty("RATE-001")
class WaitsHalfTheTime(CompactClient):
    def throttled(self, answer: Answer) -> float | None:
        return answer.seconds("ratelimit-reset") / 2


@faulty("RATE-001", "RETRY-001")
class MeetsA429WithAStorm(CompactClient):
    def again(self, order: Order, answer: Answer) -> float | None:
        if answer.status == 429 and "crefo" not in str(answer.problem.get("title")):
            return 0.0 if order.tries < 12 else None
        return super().again(order, answer)


@faulty("CREFO-001")
class AppliesAgainAtOnce(CompactClient):
    def again(self, order: Order, answer: Answer) -> float | None:
        if answer.status == 429 and "crefo" in str(answer.problem.get("title")):
            return 0.1 if order.tries < 2 else None
        return super().again(order, answer)


@faulty("CREFO-001")
class TakesTheLimitOfACrefoIdForTheOther(CompactClient):
    """It waits for `RateLimit-Reset`, which says nothing of the crefo id."""

    def again(self, order: Order, answer: Answer) -> float | None:
        if answer.status == 429 and order.tries < 2:
            return self.throttled(answer)
        return super().again(order, answer)


@faulty("IDEM-001")
class SendsNoIdempotencyKey(CompactClient):
    def idempotency(self, order: Order) -> Headers:
        return []


@faulty("IDEM-001")
class MakesAKeyForEachTry(CompactClient):
    def idempotency(self, order: Order) -> Headers:
        return [("Idempotency-Key", f"{order.key}-{order.tries}")]


@faulty("IDEM-001")
class HasOneKeyForAll(CompactClient):
    def idempotency(self, order: Order) -> Headers:
        return [("Idempotency-Key", "a1e7a3c2-3f0d-4c1c-9f64-3fbd1a3a2f10")]


@faulty("RETRY-001")
class RetriesEveryError(CompactClient):
    def again(self, order: Order, answer: Answer) -> float | None:
        wait = super().again(order, answer)
        final = answer.status in (400, 403, 404, 409, 413, 422) or (
            answer.status == 401 and answer.problem.get("title") != "Unauthorized"
        )
        return 0.05 if wait is None and final and order.tries < 3 else wait


@faulty("RETRY-001")
class RetriesA400AfterTheReset(CompactClient):
    """It waits for `RateLimit-Reset` after whatever went wrong."""

    def again(self, order: Order, answer: Answer) -> float | None:
        wait = super().again(order, answer)
        wanted = wait is None and answer.status == 400 and order.tries < 2
        return self.throttled(answer) if wanted else wait


@faulty("RETRY-001")
class RetriesA401ForTheSignature(CompactClient):
    def of_token(self, answer: Answer) -> bool:
        return True

    def again(self, order: Order, answer: Answer) -> float | None:
        if answer.status == 401 and "Signature" in str(answer.problem.get("title")):
            return self.renew(order)
        return super().again(order, answer)


@faulty("RETRY-001")
class IgnoresRetryAfter(CompactClient):
    def unavailable(self, answer: Answer) -> float | None:
        return 0.0


@faulty("DATE-005")
class SignsOnceForAllTries(CompactClient):
    def __init__(self) -> None:
        super().__init__()
        self._made: dict[int, Headers] = {}

    def request_headers(self, order: Order, token: str) -> Headers:
        kept = self._made.get(id(order)) if order.tries and not order.renewed else None
        if kept is None:
            kept = self._made[id(order)] = super().request_headers(order, token)
        return kept


# Answers


@faulty("ERR-001")
class TakesEveryBodyForJson(CompactClient):
    def told(self, answer: Answer) -> dict[str, Any]:
        if answer.status >= 400 or answer.status == 0:
            json.loads(answer.body)
        return super().told(answer)


@faulty("ERR-001")
class CountsWithTheStatusInTheBody(CompactClient):
    def told(self, answer: Answer) -> dict[str, Any]:
        if answer.status >= 400 and answer.problem.get("status", 0) + 0 < 0:
            raise ValueError("a negative status")
        return super().told(answer)


@faulty("ERR-001")
class HangsWithoutADeadline(CompactClient):
    def patience(self, order: Order) -> float | None:
        return 30.0


class ReadsWhatComes(CompactClient):
    def read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read()
        except http.client.IncompleteRead as error:
            return error.partial


@faulty("ERR-001")
class TakesHalfAnAnswerForAWholeOne(CompactClient):
    def attempt(self, order: Order, token: str) -> Answer:
        careless = ReadsWhatComes()
        headers = self.request_headers(order, token)
        return careless.exchange(order, order.method, self.url(order), headers, self.body(order))


@faulty("ERR-001")
class CallsEveryAnswerSuccess(CompactClient):
    def told(self, answer: Answer) -> dict[str, Any]:
        return {"outcome": "success", "status": answer.status}


# What is signed


@faulty("TGT-004")
class NormalisesTheTargetAfterSigning(CompactClient):
    def url(self, order: Order) -> str:
        return super().url(order).replace("%c3%a4", "%C3%A4").replace("/a/../b", "/b")


@faulty("TGT-003")
class SignsThePathAlone(CompactClient):
    def signed(self, order: Order, method: str, target: str, body: bytes, place: str) -> Headers:
        return super().signed(order, method, target.partition("?")[0], body, place)


@faulty("TGT-005")
class SignsTheGatewayPrefix(CompactClient):
    def signed(self, order: Order, method: str, target: str, body: bytes, place: str) -> Headers:
        prefix = urlsplit(order.base_url).path
        return super().signed(order, method, prefix + target, body, place)


@faulty("DATE-004")
class SendsALaterDateThanItSigned(CompactClient):
    """What a proxy does that dates each request that passes."""

    def signed(self, order: Order, method: str, target: str, body: bytes, place: str) -> Headers:
        signed = super().signed(order, method, target, body, place)
        later = (self.now() + timedelta(seconds=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return [("Date", later), *signed[1:]]


@faulty("DATE-003")
class DatesInLocalTime(CompactClient):
    def now(self) -> datetime:
        return super().now() + timedelta(hours=2)


@faulty("DIG-002")
class WritesTheBodyAnewAfterHashing(CompactClient):
    def body(self, order: Order) -> bytes:
        try:
            return json.dumps(json.loads(order.body), separators=(",", ":")).encode()
        except ValueError:
            return super().body(order)


@faulty("SIG-002")
class SignsWithItsTlsKey(CompactClient):
    def signing_key(self, order: Order) -> RSAPrivateKey:
        return private_key(order.tls_key_file)


RIGHT: list[type[CompactClient]] = [CompactClient]


def right(client: type[CompactClient]) -> type[CompactClient]:
    """Enter the decorated class as a client with which nothing is wrong."""
    RIGHT.append(client)
    return client


@right
class NeverTriesAgain(CompactClient):
    def again(self, order: Order, answer: Answer) -> float | None:
        wait = super().again(order, answer)
        return wait if order.renewed and answer.status == 401 else None

    def repeats_lost(self, order: Order) -> bool:
        return False


@right
class WaitsLonger(CompactClient):
    def throttled(self, answer: Answer) -> float | None:
        return answer.seconds("ratelimit-reset") + 0.4


@right
class RenewsItsTokenEarly(CompactClient):
    def keep(self, order: Order, text: str, lasts: float) -> None:
        super().keep(order, text, max(lasts - 280, 0.0) / 0.9)


@right
class WritesHeaderNamesInLowerCase(CompactClient):
    def write(
        self, connection: http.client.HTTPConnection, method: str, url: str, headers: Headers,
        body: bytes,
    ) -> None:  # fmt: skip
        lowered = [(name.lower(), value) for name, value in reversed(headers)]
        super().write(connection, method, url, lowered, body)


@right
class PutsItsClockRight(CompactClient):
    """It believes the date of an answer that refused its own, and tries once more."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead: dict[str, timedelta] = {}
        self._asking = ""

    def signed(self, order: Order, method: str, target: str, body: bytes, place: str) -> Headers:
        with self._lock:
            self._asking = order.client_id
            return super().signed(order, method, target, body, place)

    def now(self) -> datetime:
        return super().now() + self._ahead.get(self._asking, timedelta())

    def exchange(
        self, order: Order, method: str, url: str, headers: Headers, body: bytes
    ) -> Answer:
        answer = super().exchange(order, method, url, headers, body)
        known = order.client_id in self._ahead
        if known or "Date header" not in str(answer.problem.get("detail")) or "ping" in url:
            return answer
        self._ahead[order.client_id] = parsedate_to_datetime(answer.headers["date"]) - super().now()
        return self.ask_token(order)


@right
class LooksAtTheHostAfterTheHandshake(CompactClient):
    """As curl does: the handshake succeeds, then the client leaves without a request."""

    def context(self, order: Order) -> ssl.SSLContext:
        context = super().context(order)
        context.check_hostname = False
        return context

    def write(
        self, connection: http.client.HTTPConnection, method: str, url: str, headers: Headers,
        body: bytes,
    ) -> None:  # fmt: skip
        connection.connect()
        assert isinstance(connection.sock, ssl.SSLSocket)
        shown = connection.sock.getpeercert() or {}
        names: object = shown.get("subjectAltName", ())
        if str(urlsplit(url).hostname) not in str(names):
            raise ssl.SSLCertVerificationError("another host")
        super().write(connection, method, url, headers, body)


class SaysSuccessAndSendsNothing(CompactClient):
    def send(self, **fields: Any) -> dict[str, Any]:
        return {"outcome": "success", "status": 200}


class NeverConnects(CompactClient):
    def send(self, **fields: Any) -> dict[str, Any]:
        return {"outcome": "transport_error"}


class SpeaksPlainHttp(CompactClient):
    def connect(self, order: Order, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)


class OpensAThousandConnections(CompactClient):
    def send(self, **fields: Any) -> dict[str, Any]:
        parts = urlsplit(fields["base_url"])
        for _ in range(1000):
            plain = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
            with contextlib.suppress(OSError):
                plain.connect()
            plain.close()
        return super().send(**fields)
