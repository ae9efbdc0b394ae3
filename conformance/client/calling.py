"""The reference client: a whole call of the Partner API, from the token to the last retry.

    client = Client(
        Endpoint(base_url="https://api.sandbox.lendico.de/partner-api"),
        Credentials(client_id="…", client_secret=…, subscription_key=…, tls=load_identity(…), …),
    )
    result = client.apply(b'{"company": …}')
    if result.outcome is Outcome.SUCCESS:
        print(result.answer.body)

What it does about each answer of the API stands in `again`; docs/clients.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from conformance.client.again import Reason, again
from conformance.client.application import Applications, applied, crefo_id
from conformance.client.budget import Budget, Wait, sleep
from conformance.client.credentials import Credentials
from conformance.client.message import Answer, Trouble
from conformance.client.outgoing import KEY, Outgoing, address, is_application, outgoing
from conformance.client.pace import Pace
from conformance.client.result import Outcome, Result, gave_up, result_of
from conformance.client.signing import Signer
from conformance.client.token import Token, TokenKeeper, credentials_form, token_of
from conformance.client.transport import Transport
from conformance.clock import Clock, SystemClock
from conformance.wire.message import Field, HeaderFields, Place, SignedPath, SignedRequest
from conformance.wire.visible import visible

DEADLINE: Final = timedelta(seconds=90)
"""How long a call may take in all: enough to wait out one window of the rate limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the API is.

    `token_url` None is `/oauth2/token` below `base_url`; `ca_file` None are the authorities that
    `requests` comes with. The path of `base_url` is left out of what is signed unless
    `signed_path` says otherwise (quirk Q3).
    """

    base_url: str
    token_url: str | None = None
    ca_file: Path | None = None
    signed_path: SignedPath = SignedPath.RELATIVE


class Client:
    """Calls the Partner API as one partner; may be shared by threads.

    Every request is signed when it is sent, a retry too, and goes out octet for octet as it was
    signed, below 30 a second. Redirects are not followed: no credential leaves for another host.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        clock: Clock | None = None,
        wait: Wait = sleep,
    ) -> None:
        """Prepare to call; nothing is sent yet.

        Raises:
            UsageError: an address is none of HTTPS.
            MaterialError: certificate or file of authorities cannot be used.
        """
        self._origin, self._base_path = address(endpoint.base_url)
        token_url = endpoint.token_url or endpoint.base_url.rstrip("/") + "/oauth2/token"
        self._token_origin, self._token_path = address(token_url)
        self._credentials = credentials
        self._clock = clock or SystemClock()
        self._wait = wait
        self._signer = Signer(
            credentials.client_id, credentials.signing.key, base_path=self._base_path,
            signed_path=endpoint.signed_path, clock=self._clock,
        )  # fmt: skip
        self._transports = {
            origin: Transport(origin, identity=credentials.tls, ca_file=endpoint.ca_file)
            for origin in (self._origin, self._token_origin)
        }
        self._tokens = TokenKeeper(self._clock)
        self._pace = Pace(self._clock)
        self._applications = Applications(self._clock)

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the connections."""
        self.close()

    def close(self) -> None:
        """End the connections."""
        for transport in self._transports.values():
            transport.close()

    def ping(self) -> Result:
        """Ask whether everything is right: `GET /ping`."""
        return self.send("GET", "/ping")

    def apply(self, application: bytes, *, idempotency_key: str | None = None) -> Result:
        """Submit an application, JSON in UTF-8.

        `idempotency_key` is given back after a call whose end is unknown; the same application is
        then made once, however often it is sent.
        """
        headers = ((KEY, idempotency_key),) if idempotency_key else ()
        return self.send("POST", "/applications", application, headers)

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Iterable[Field] = (),
        *,
        deadline: timedelta = DEADLINE,
    ) -> Result:
        """Send a request to `target`, the path and query below the base address, as they stand.

        Whatever the API or the network does is told in the result. `deadline` bounds the whole
        call, its token and its retries.

        Raises:
            UsageError: method, target or header fields cannot be sent.
        """
        request = outgoing(
            method, target, body, headers, origin=self._origin, base_path=self._base_path
        )
        budget = Budget(deadline, self._clock, self._wait)
        key = request.idempotency_key
        crefo = crefo_id(body) if is_application(method, target) else None
        if crefo is None or key is None:
            return self._run(request, budget)
        wait, is_first = self._applications.begin(crefo, key)
        if wait:
            return Result(
                outcome=Outcome.GAVE_UP, idempotency_key=key,
                says=f"another application for crefo id {visible(crefo, limit=40)} was sent less "
                f"than 5 minutes ago: apply again in {wait.total_seconds():.0f} seconds",
            )  # fmt: skip
        result = self._run(request, budget)
        if is_first and not applied(result):
            self._applications.forget(crefo)
        return result

    def _run(self, request: Outgoing, budget: Budget) -> Result:
        """Send `request` until there is a result; each reason to send it again counts once."""
        spent: set[Reason] = set()
        attempts = 0
        refused: Token | None = None
        last: Answer | Trouble | None = None
        while True:
            token = self._token(request, budget, refused)
            if isinstance(token, Result):
                return self._told(token, request, attempts, budget)
            if not budget.wait(self._pace.turn()):
                return self._told(gave_up(last), request, attempts, budget)
            attempts += 1
            last = self._try(request, token, budget)
            more = again(last, repeatable=request.repeatable, now=self._clock.now())
            if more is None or more.reason in spent or (more.reason is Reason.TOKEN and not token):
                result = result_of(last, is_late=not budget.left)
                return self._told(result, request, attempts, budget)
            spent.add(more.reason)
            refused = token if more.reason is Reason.TOKEN else None
            if more.reason is Reason.THROTTLED:
                self._pace.hold(more.wait)
            if not budget.wait(more.wait):
                return self._told(gave_up(last), request, attempts, budget)

    def _try(self, request: Outgoing, token: Token | None, budget: Budget) -> Answer | Trouble:
        """Date, sign and send `request` once."""
        signed = self._signer.sign(
            request.method, request.target, request.body, place=request.place
        )
        bearer = () if token is None else (("Authorization", f"Bearer {token.text}"),)
        length = (("Content-Length", str(len(request.body))),) if request.body else ()
        fields = (
            ("Subscription-Key", self._credentials.subscription_key),
            *bearer, *signed, *request.fields, *length,
        )  # fmt: skip
        outcome, _ = self._transports[request.origin].send(
            SignedRequest(
                method=request.method, target=request.target,
                headers=HeaderFields(fields), body=request.body,
            ),
            within=budget.left,
        )  # fmt: skip
        return outcome

    def _token(
        self, request: Outgoing, budget: Budget, refused: Token | None
    ) -> Token | Result | None:
        """Return the token to send, other than `refused`; None for the token request itself."""
        if request.place is Place.AUTHORIZATION:
            return None
        found = self._tokens.get(
            lambda: self._new_token(budget), refused=refused, within=budget.left
        )
        return gave_up(None) if found is None else found

    def _new_token(self, budget: Budget) -> Token | Result:
        """Get a token; its request is signed in `Authorization` (Security.md)."""
        request = Outgoing(
            origin=self._token_origin, method="POST", target=self._token_path,
            body=credentials_form(self._credentials), place=Place.AUTHORIZATION,
            fields=(("Content-Type", "application/x-www-form-urlencoded"),),
            repeatable=True,  # a token that nobody got does no harm
        )  # fmt: skip
        result = self._run(request, budget)
        if result.outcome is not Outcome.SUCCESS or result.answer is None:
            return replace(result, says=f"no token: {result.says}")
        return token_of(result.answer) or replace(
            result, outcome=Outcome.API_ERROR, says="no token: the answer holds none"
        )

    def _told(self, result: Result, request: Outgoing, attempts: int, budget: Budget) -> Result:
        return replace(
            result, attempts=attempts, waited=budget.waited,
            idempotency_key=request.idempotency_key,
        )  # fmt: skip
