"""The suite's own signer and client as an adapter: the embedded default, or with stages replaced.

`python -m conformance.adapters.reference` speaks the adapter protocol on standard input and output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from conformance import __version__
from conformance.adapters.calls import UNSENT, Calls, Settled
from conformance.adapters.interface import (
    Answer,
    AnswerKind,
    Hello,
    Sending,
    SendOrder,
    SignOrder,
)
from conformance.clock import Clock, SystemClock
from conformance.errors import AdapterError, ConformanceError
from conformance.material.keyfile import load_key
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys, Procedure
from conformance.wire.shown import shown

if TYPE_CHECKING:
    from conformance.adapters.reference_client import ReferenceClients

MAX_IN_FLIGHT: Final = 8
"""How many calls the suite's own client makes at once."""


class ProcedureAdapter:
    """Signs by a `Procedure`, the documented one unless told otherwise."""

    def __init__(
        self,
        procedure: Procedure = DOCUMENTED,
        *,
        name: str = "reference",
        clock: Clock | None = None,
        tls_key: RSAPrivateKey | None = None,
    ) -> None:
        """Take the procedure; `tls_key` is for procedures that take the wrong key."""
        self.hello = Hello(
            name=name,
            language="python",
            version=__version__,
            can=frozenset({"sign", "clock", "keys"}),
        )
        self._procedure = procedure
        self._clock = clock or SystemClock()
        self._tls_key = tls_key
        self._keys: dict[Path, Keys] = {}

    def sign(self, order: SignOrder) -> Answer:
        """Sign one request. Never raises for what the procedure does: that is an `Answer`."""
        began = self._clock.monotonic()
        try:
            request = UnsignedRequest(
                method=order.method, target=order.target, date=parse_imf_fixdate(order.date),
                key_id=order.key_id, body=order.body, place=order.place,
            )  # fmt: skip
            signing = self._procedure.sign(request, self._keys_in(order.key_file))
        except ConformanceError as error:
            broken = AdapterError(error.message, hint=error.hint)
            return Answer(kind=AnswerKind.ERROR, message=error.message, error=broken)
        except Exception as error:  # noqa: BLE001 - a replaced stage may raise anything
            message = f"the procedure raised {type(error).__name__}: {shown(str(error), 500)}"
            broken = AdapterError(message, hint="mend the stage that was replaced")
            return Answer(kind=AnswerKind.ERROR, message=message, error=broken)
        return Answer(
            kind=AnswerKind.OK,
            headers=signing.headers,
            said=signing.string.data,
            took=timedelta(seconds=self._clock.monotonic() - began),
        )

    def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
        """Sign each of `orders`, one after the other."""
        return map(self.sign, orders)

    def send(self, order: SendOrder) -> Sending:  # noqa: ARG002 - the protocol's own signature
        """Say that it makes no calls: a procedure signs, and no more."""
        return Settled(UNSENT)

    def close(self) -> None:
        """Forget the keys."""
        self._keys.clear()

    def _keys_in(self, path: Path) -> Keys:
        if path not in self._keys:
            # The suite wrote the file.
            self._keys[path] = Keys(signing=load_key(path, proven=True), tls=self._tls_key)
        return self._keys[path]


class ReferenceAdapter(ProcedureAdapter):
    """The suite's own signer, and its own client."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self.hello = replace(self.hello, can=self.hello.can | {"send"}, max_in_flight=MAX_IN_FLIGHT)
        self._calls = Calls(MAX_IN_FLIGHT, self._clock)
        self._clients: ReferenceClients | None = None

    def send(self, order: SendOrder) -> Sending:
        """Make a whole call; others may be begun before its result is asked for."""
        if self._clients is None:
            # A run that asks for signatures alone does without an HTTP library.
            from conformance.adapters.reference_client import ReferenceClients  # noqa: PLC0415

            self._clients = ReferenceClients(self._clock)
        return self._calls.begin(partial(self._clients.send, order), order.deadline)

    def close(self) -> None:
        """Forget the keys, and end the connections."""
        super().close()
        if self._clients is not None:
            self._clients.close()
        self._clients = None


if __name__ == "__main__":
    from conformance.adapters.serve import serve

    serve(ReferenceAdapter())
