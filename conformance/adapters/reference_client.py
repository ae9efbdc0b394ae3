"""The suite's own client behind the operation `send`: one for each partner and address."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock

from conformance.adapters.interface import AnswerKind, SendOrder, SendOutcome, Sent
from conformance.client.calling import Client, Endpoint
from conformance.client.credentials import Credentials
from conformance.clock import Clock
from conformance.errors import AdapterError, UsageError
from conformance.material.identity import Identity, load_identity
from conformance.wire.shown import shown


class ReferenceClients:
    """Keeps the clients, and with them their tokens and connections, from call to call."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clients: dict[tuple[str, ...], Client] = {}
        self._lock = Lock()

    def send(self, order: SendOrder) -> Sent:
        """Make a whole call. Never raises."""
        try:
            result = self._client(order).send(
                order.method, order.target, order.body, deadline=order.deadline
            )
        except UsageError as error:
            return Sent(kind=AnswerKind.UNSUPPORTED, message=error.message)
        except Exception as error:  # noqa: BLE001 - a defect here must not end in silence
            message = f"the client raised {type(error).__name__}: {shown(str(error), 500)}"
            broken = AdapterError(message, hint="This is a defect of the suite: please report it.")
            return Sent(kind=AnswerKind.ERROR, message=message, error=broken)
        return Sent(
            kind=AnswerKind.OK, outcome=SendOutcome(result.outcome.value), status=result.status
        )

    def close(self) -> None:
        """End the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _client(self, order: SendOrder) -> Client:
        name = (order.base_url, order.token_url, order.client_id)
        with self._lock:
            if name not in self._clients:
                self._clients[name] = _client(order, self._clock)
            return self._clients[name]


def _client(order: SendOrder, clock: Clock) -> Client:
    return Client(
        Endpoint(base_url=order.base_url, token_url=order.token_url, ca_file=order.ca_file),
        Credentials(
            client_id=order.client_id,
            client_secret=order.client_secret,
            subscription_key=order.subscription_key,
            tls=_identity(order.tls_cert_file, order.tls_key_file),
            signing=_identity(order.sign_cert_file, order.sign_key_file),
        ),
        clock=clock,
    )


@lru_cache(16)
def _identity(certificate: Path, key: Path) -> Identity:
    """Load a certificate with its key once: checking a key takes long."""
    return load_identity(certificate, key)
