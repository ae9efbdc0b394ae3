"""A scene: one case on a sandbox of its own, from arming it to the story of what happened."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Final

from conformance.adapters.interface import Adapter, Sending, SendOrder, Sent
from conformance.clock import Clock
from conformance.errors import AdapterGoneError, AdapterSharedError, AdapterTimeoutError
from conformance.sandbox.exchange import Exchange
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.resource import TOKEN_PATH
from conformance.sandbox.running import Sandbox
from conformance.sandbox.settings import SandboxSettings
from conformance.stories.case import BASE_PATH, Ask, ClientCase
from conformance.stories.ledger import Ledger
from conformance.stories.partner import Partner, Partners
from conformance.stories.story import Asked, Call, Mishap, Story
from conformance.wire.message import SignedPath

STRANGER: Final = "127.0.0.1"
"""The other host that a client is redirected to: another name than `localhost`."""

_ANSWER: Final = 4096
"""Octets of an answer that are kept."""

_SOON: Final = (("RateLimit-Reset", "1"),)
"""What an armed problem says of the rate limit: a client that waits for it, and should not try
again at all, then tries within its deadline, and is seen."""


class Scene:
    """One case: `begin`, then `ask` and `answered` for each of its requests, then `story`."""

    def __init__(
        self, case: ClientCase, partners: Partners, *, clock: Clock, signed_path: SignedPath
    ) -> None:
        self.case = case
        self.shared = False
        """Whether the adapter broke while it made calls of other cases too."""
        self._partners = partners
        self._partner: Partner = partners.make(BASE_PATH, signed_path)
        self._clock = clock
        self._signed_path = signed_path
        self._open = ExitStack()
        self._hosts: dict[str, tuple[Sandbox, Ledger]] = {}
        self._asked: list[Asked] = []
        self._calls: list[Call] = []
        self._mishaps: list[Mishap] = []
        self._began = clock.now()
        self._since = clock.monotonic()
        self._sending: Sending | None = None

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to ask."""
        return len(self._asked) == len(self.case.asks) or any(item.gone for item in self._asked)

    def begin(self) -> None:
        """Set the sandbox up.

        Raises:
            UsageError: no port is free, or no file can be written.
        """
        armed = self.case.armed
        self._sandbox = self._listening("", rate=armed.rate)
        for fault in armed.faults:
            self._sandbox.arm(_seen_soon(fault))
        if armed.redirects:
            stranger = self._listening(STRANGER, rate=armed.rate)
            self._sandbox.arm(
                Fault(
                    kind=FaultKind.REDIRECT, count=1000, path=armed.redirects,
                    location=f"https://{STRANGER}:{stranger.port}", status=armed.redirect_status,
                )
            )  # fmt: skip
        self._sandbox.clock.advance(armed.ahead)
        self._base_url, self._token_url = self._sandbox.base_url, self._sandbox.token_url
        if armed.bad_certificate is not None:
            self._base_url = self._sandbox.bad_certificate_url(armed.bad_certificate)
            if not armed.spares_token:
                self._token_url = self._base_url + TOKEN_PATH

    def ask(self, adapter: Adapter) -> None:
        """Ask the next request of the case."""
        ask = self.case.asks[len(self._asked)]
        self._keep()
        self._sandbox.clock.advance(ask.after)
        self._asked_at = self._clock.monotonic() - self._since
        self._sending = adapter.send(self._order(ask))

    def answered(self) -> None:
        """Wait for the answer to what was asked last, and keep what came meanwhile."""
        if self._sending is None:
            return
        sent = self._sending.result()
        ask, self._sending = self.case.asks[len(self._asked)], None
        self.shared |= isinstance(sent.error, AdapterSharedError)
        self._keep()
        self._asked.append(_asked(ask, sent, self._asked_at, self._clock.monotonic() - self._since))

    def end(self) -> None:
        """Stop the sandbox."""
        self._open.close()

    def story(self) -> Story:
        """Return what happened; call it after `end`."""
        self._keep()
        bad = self.case.armed.bad_certificate
        return Story(
            case=self.case.id,
            began=self._began,
            registered=self._partner.registered,
            bad_certificate="" if bad is None else bad.value,
            spares_token=self.case.armed.spares_token,
            asked=tuple(self._asked),
            calls=tuple(sorted(self._calls, key=lambda call: call.at_s)),
            mishaps=tuple(sorted(self._mishaps, key=lambda mishap: mishap.at_s)),
        )

    def _listening(self, host: str, *, rate: int) -> Sandbox:
        sandbox = Sandbox(
            SandboxSettings(
                directory=self._partners.directory,
                partner_files=(self._partner.file,),
                base_path=BASE_PATH,
                signed_path=self._signed_path,
                rate=rate,
                token_lifetime=self.case.armed.token_lifetime,
            ),
            clock=self._clock,
        )
        self._open.callback(sandbox.stop)
        ledger = Ledger(sandbox.clock)
        sandbox.gateway.record = ledger
        self._hosts[host] = sandbox, ledger
        sandbox.start()
        return sandbox

    def _order(self, ask: Ask) -> SendOrder:
        partners, registered = self._partners, self._partner.registered
        return SendOrder(
            method=ask.method,
            target=ask.target,
            body=ask.body,
            base_url=self._base_url,
            token_url=self._token_url,
            ca_file=self._sandbox.ca_file,
            tls_cert_file=partners.tls_certificate,
            tls_key_file=partners.tls_key,
            sign_cert_file=partners.signing_certificate,
            sign_key_file=partners.signing_key,
            client_id=registered.client_id,
            client_secret=registered.client_secret,
            subscription_key=registered.subscription_key,
            deadline=ask.deadline,
        )

    def _keep(self) -> None:
        """Take over what came since the last time, by the clock as it stands."""
        during = len(self._asked)
        for host, (sandbox, ledger) in self._hosts.items():
            ahead = sandbox.clock.ahead
            for entry in ledger.take():
                at_s = self._seconds(entry.at - ahead)
                if isinstance(entry, Exchange):
                    self._calls.append(_call(entry, host, during, at_s, ahead.total_seconds()))
                else:
                    self._mishaps.append(Mishap(during=during, at_s=at_s, says=entry.says))

    def _seconds(self, moment: datetime) -> float:
        return max((moment - self._began).total_seconds(), 0.0)


def _seen_soon(fault: Fault) -> Fault:
    if fault.kind is not FaultKind.PROBLEM:
        return fault
    return replace(fault, headers=(*fault.headers, *_SOON))


def _call(exchange: Exchange, host: str, during: int, at_s: float, ahead_s: float) -> Call:
    return Call(
        during=during,
        at_s=at_s,
        answered_s=at_s + exchange.took.total_seconds(),
        ahead_s=ahead_s,
        host=host,
        request=exchange.request,
        certificate=exchange.certificate,
        is_token_request=exchange.is_token_request,
        status=exchange.status,
        answer_headers=exchange.answer_headers,
        answer_body=exchange.answer_body[:_ANSWER],
        reasons=exchange.reasons,
        fault=exchange.fault,
    )


def _asked(ask: Ask, sent: Sent, at_s: float, answered_s: float) -> Asked:
    return Asked(
        method=ask.method,
        target=ask.target,
        body=ask.body,
        at_s=at_s,
        answered_s=answered_s,
        deadline_s=ask.deadline.total_seconds(),
        kind=sent.kind,
        outcome=sent.outcome,
        status=sent.status,
        message=sent.message,
        hint=sent.error.hint if sent.error else "",
        gone=isinstance(sent.error, AdapterGoneError),
        late=isinstance(sent.error, AdapterTimeoutError),
    )
