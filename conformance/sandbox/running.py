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
from datetime import timedelta
from pathlib import Path
from typing import Any

from OpenSSL import SSL

from conformance.clock import Clock, SystemClock
from conformance.errors import UsageError
from conformance.redaction import Redactor
from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.clock import MovableClock
from conformance.sandbox.connection import Service
from conformance.sandbox.control import Control
from conformance.sandbox.demo import DemoFiles
from conformance.sandbox.fault import Fault
from conformance.sandbox.gateway import Gateway, Terms
from conformance.sandbox.listener import Listener
from conformance.sandbox.material import CONTROL_TOKEN, load_material
from conformance.sandbox.page.document import page_url
from conformance.sandbox.reaching import LOOPBACK, Reach, is_local, origin
from conformance.sandbox.record import Record
from conformance.sandbox.resource import TOKEN_PATH
from conformance.sandbox.settings import SandboxSettings
from conformance.sandbox.tls import server_context


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
        material = load_material(
            settings.directory or self._temporary(), settings.partner_files, self.clock
        )
        self.directory, self.ca_file = material.vault.directory, material.authority.ca_file
        self.demo, self.partners = material.demo, material.partners
        self._authority = material.authority
        hidden = [secret for partner in self.partners for secret in partner.secrets]
        redactor = Redactor([*hidden, self.control_token])
        self.record = Record(redactor, self.clock, kept=settings.kept)
        self.gateway = Gateway(self.partners, self._terms(), clock=self.clock, record=self.record)
        self.gateway.deviate(settings.deviations)
        self._bad: dict[BadCertificate, Listener] = {}
        served = material.authority.server(() if is_local(settings.host) else (settings.host,))
        self._listener = self._listen(
            self.gateway, server_context(served), settings.host, settings.port
        )
        self.control: Control | None = None
        if settings.control_port is not None:
            material.vault.write(CONTROL_TOKEN, self.control_token.encode())
            self.control = Control(self, self.control_token)
            self._control_listener = self._listen(
                self.control, server_context(served, asks_for_certificate=False),
                LOOPBACK, settings.control_port,
            )  # fmt: skip

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
            whitelist=settings.admitted,
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
        return origin(self.settings.host, self.port)

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
    def page_url(self) -> str | None:
        """The address of the page for people, with what lets them in; None when there is none.

        The control token is in the fragment: browsers neither send nor log that.
        """
        return self.control_url and page_url(self.control_url, self.control_token)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that wait for a request."""
        return self.gateway.faults.armed

    @property
    def deviations(self) -> tuple[str, ...]:
        """The promises that are broken on purpose."""
        return self.gateway.deviations

    def arm(self, fault: Fault) -> None:
        """Let the next requests that match meet `fault`."""
        self.gateway.faults.arm(fault)

    def disarm(self) -> None:
        """Disarm every fault."""
        self.gateway.faults.clear()

    def deviate(self, *ids: str) -> None:
        """Break these promises and no others.

        Raises:
            UsageError: there is no such deviation.
        """
        self.gateway.deviate(ids)

    def advance(self, by: timedelta) -> None:
        """Move the clock: tokens, dates, windows and limits go by it."""
        self.clock.advance(by)

    def bad_certificate_url(self, fault: BadCertificate) -> str:
        """Return the base address of the same API behind a certificate with `fault`.

        It listens on a port of its own from the first time on that it is asked for.
        """
        if fault not in self._bad:
            context = server_context(self._authority.bad_server(fault))
            self._bad[fault] = self._listen(self.gateway, context, LOOPBACK, 0)
            self._bad[fault].start()
        return f"https://localhost:{self._bad[fault].port}{self.settings.base_path}"

    def reset(self) -> None:
        """Be as at the start: clock, faults, deviations, tokens, applications, limits, record."""
        self.clock.reset()
        self.gateway.reset()
        self.deviate(*self.settings.deviations)

    def reach(self) -> Reach:
        """Return how to reach the sandbox, for `reaching` to put in words."""
        return Reach(
            base_url=self.base_url,
            token_url=self.token_url,
            ca_file=self.ca_file,
            client_id=self.partners[0].client_id,
            signed_path=self.settings.signed_path,
            demo=self.demo,
            control_url=self.control_url,
            control_token=self.directory / CONTROL_TOKEN if self.control else None,
        )

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
