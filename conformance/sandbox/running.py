"""A sandbox that runs: its ports, its material, and what can be told to it.

with running_sandbox() as sandbox:
    session.get(f"{sandbox.base_url}/ping", verify=sandbox.ca_file, …)
    sandbox.advance(timedelta(minutes=5))
    print(sandbox.record.exchanges()[-1].diagnosis)
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from OpenSSL import SSL

from conformance.clock import Clock, SystemClock
from conformance.errors import UsageError
from conformance.redaction import Redactor
from conformance.sandbox.authority import Authority, BadCertificate
from conformance.sandbox.clock import MovableClock
from conformance.sandbox.connection import Limits, Service
from conformance.sandbox.control import Control
from conformance.sandbox.demo import DemoFiles, demo_files, demo_partner
from conformance.sandbox.fault import Fault
from conformance.sandbox.gateway import Gateway, Terms
from conformance.sandbox.listener import Listener
from conformance.sandbox.partner import Partner, check_partners, load_partner
from conformance.sandbox.record import KEPT, Record
from conformance.sandbox.resource import TOKEN_PATH
from conformance.sandbox.tls import server_context
from conformance.sandbox.vault import Vault
from conformance.wire.message import SignedPath

LOOPBACK: Final = "127.0.0.1"
DIRECTORY: Final = Path(".lendico-conformance") / "sandbox"
"""Where the command keeps the sandbox's material, counted from where it runs."""

_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """What a sandbox is told before it starts.

    Ports of 0 are any that are free; a `control_port` of None is none. `directory` None is one
    that goes when the sandbox stops. Without `partner_files` a demo partner is made. `whitelist`
    None lets every address call. `rate` is in requests a second and address, `token_lifetime` what
    `expires_in` says, `kept` how many entries the record keeps at most.
    """

    host: str = LOOPBACK
    port: int = 0
    control_port: int | None = None
    directory: Path | None = None
    partner_files: tuple[Path, ...] = ()
    base_path: str = "/partner-api"
    signed_path: SignedPath = SignedPath.RELATIVE
    whitelist: frozenset[str] | None = None
    rate: int = 30
    token_lifetime: timedelta = timedelta(seconds=3599)
    explains: bool = False
    deviations: tuple[str, ...] = ()
    kept: int = KEPT
    limits: Limits = field(default_factory=Limits)


class Sandbox:
    """The Partner API on this machine, from `start` to `stop`."""

    def __init__(self, settings: SandboxSettings, *, clock: Clock | None = None) -> None:
        """Make or load the material, and bind the ports.

        Raises:
            UsageError: a port, host, directory, partner file or deviation cannot be used.
            MaterialError: a partner's certificate cannot be read.
        """
        self.clock = MovableClock(clock or SystemClock())
        self.settings = settings
        self.control_token = secrets.token_urlsafe(24)
        self._ended = ExitStack()
        try:
            self._open()
        except BaseException:
            self._ended.close()
            raise

    def _open(self) -> None:
        settings = self.settings
        vault = Vault(settings.directory or self._temporary())
        self.directory = vault.directory
        self._authority = Authority(vault, self.clock)
        self.ca_file = self._authority.ca_file
        self.demo: DemoFiles | None = None if settings.partner_files else demo_files(vault)
        self.partners: tuple[Partner, ...] = tuple(map(load_partner, settings.partner_files)) or (
            demo_partner(vault, self.clock),
        )
        check_partners(self.partners)
        hidden = [secret for partner in self.partners for secret in partner.secrets]
        self.record = Record(
            Redactor([*hidden, self.control_token]), self.clock, kept=settings.kept
        )
        self._gateway = Gateway(self.partners, self._terms(), clock=self.clock, record=self.record)
        self._gateway.deviate(settings.deviations)
        host = settings.host
        more = () if host in (*_EVERYWHERE, LOOPBACK, "localhost") else (host,)
        context = server_context(self._authority.server(more))
        self._bad: dict[BadCertificate, Listener] = {}
        self._listener = self._listen(self._gateway, context, host, settings.port)
        self.control: Control | None = None
        if settings.control_port is not None:
            self.control = Control(self, self.control_token)
            quiet = server_context(self._authority.server(more), asks_for_certificate=False)
            self._control_listener = self._listen(
                self.control, quiet, LOOPBACK, settings.control_port
            )

    def _listen(self, service: Service, context: SSL.Context, host: str, port: int) -> Listener:
        listener = Listener(
            service, context, host=host, port=port, clock=self.clock, limits=self.settings.limits
        )
        self._ended.callback(listener.stop)
        return listener

    def _temporary(self) -> Path:
        try:
            made = tempfile.TemporaryDirectory(prefix="lendico-conformance-")
        except OSError as error:
            raise UsageError(f"no directory can be made: {error.strerror}") from None
        self._ended.callback(made.cleanup)
        return Path(made.name)

    def _terms(self) -> Terms:
        settings = self.settings
        return Terms(
            base_path=settings.base_path,
            signed_path=settings.signed_path,
            host="https://localhost",
            whitelist=settings.whitelist,
            rate=settings.rate,
            lifetime=settings.token_lifetime,
            explains=settings.explains,
        )

    def start(self) -> None:
        """Serve from now on."""
        self.record.start()
        self._listener.start()
        if self.control is not None:
            self._control_listener.start()

    def stop(self) -> None:
        """End every connection, judge what is left, and remove what was temporary."""
        self._ended.close()
        self.record.stop()

    @property
    def port(self) -> int:
        """The port of the API."""
        return self._listener.port

    @property
    def origin(self) -> str:
        """Scheme and authority of the API."""
        return f"https://{self._name}:{self.port}"

    @property
    def _name(self) -> str:
        host = self.settings.host
        if host in (*_EVERYWHERE, LOOPBACK):
            return "localhost"
        return f"[{host}]" if ":" in host else host

    @property
    def base_url(self) -> str:
        """What resources are added to, such as `/ping`."""
        return self.origin + self.settings.base_path

    @property
    def token_url(self) -> str:
        """Where tokens are issued."""
        return self.base_url + TOKEN_PATH

    @property
    def control_url(self) -> str | None:
        """The address of the control port; None when there is none."""
        return None if self.control is None else f"https://localhost:{self._control_listener.port}"

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that wait for a request."""
        return self._gateway.faults.armed

    @property
    def deviations(self) -> tuple[str, ...]:
        """The promises that are broken on purpose."""
        return self._gateway.deviations

    def arm(self, fault: Fault) -> None:
        """Let the next requests that match meet `fault`."""
        self._gateway.faults.arm(fault)

    def disarm(self) -> None:
        """Disarm every fault."""
        self._gateway.faults.clear()

    def deviate(self, *ids: str) -> None:
        """Break these promises and no others.

        Raises:
            UsageError: there is no such deviation.
        """
        self._gateway.deviate(ids)

    def advance(self, by: timedelta) -> None:
        """Move the clock: tokens, dates, windows and limits go by it."""
        self.clock.advance(by)

    def bad_certificate_url(self, fault: BadCertificate) -> str:
        """Return the base address of the same API behind a certificate with `fault`.

        It listens on a port of its own from the first time on that it is asked for.
        """
        if fault not in self._bad:
            context = server_context(self._authority.bad_server(fault))
            self._bad[fault] = self._listen(self._gateway, context, LOOPBACK, 0)
            self._bad[fault].start()
        return f"https://localhost:{self._bad[fault].port}{self.settings.base_path}"

    def reset(self) -> None:
        """Be as at the start: clock, faults, deviations, tokens, applications, limits, record."""
        self.clock.reset()
        self._gateway.reset()
        self.deviate(*self.settings.deviations)

    def description(self) -> Mapping[str, Any]:
        """Return how to reach the sandbox, without secrets."""
        files = {} if self.demo is None else {
            name: str(getattr(self.demo, name)) for name in DemoFiles.__dataclass_fields__
        }  # fmt: skip
        return {
            "base_url": self.base_url,
            "token_url": self.token_url,
            "control_url": self.control_url,
            "ca_file": str(self.ca_file),
            "client_ids": [partner.client_id for partner in self.partners],
            "demo_files": files,
        }


@contextmanager
def running_sandbox(
    settings: SandboxSettings | None = None, *, clock: Clock | None = None
) -> Iterator[Sandbox]:
    """Run a sandbox on free ports for as long as the block lasts.

    Raises:
        UsageError: it cannot start as it was asked to.
        MaterialError: a partner's certificate cannot be read.
    """
    sandbox = Sandbox(settings or SandboxSettings(), clock=clock)
    try:
        sandbox.start()
        yield sandbox
    finally:
        sandbox.stop()
