"""The suite's own signer as an adapter: the embedded default, or with stages replaced.

`python -m conformance.adapters.reference` speaks the adapter protocol on standard input and output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from conformance import __version__
from conformance.adapters.interface import Answer, AnswerKind, Hello, SignOrder
from conformance.adapters.shown import shown
from conformance.clock import Clock, SystemClock
from conformance.errors import AdapterError, ConformanceError
from conformance.material.keyfile import load_key
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys, Procedure


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

    def close(self) -> None:
        """Forget the keys."""
        self._keys.clear()

    def _keys_in(self, path: Path) -> Keys:
        if path not in self._keys:
            # The suite wrote the file.
            self._keys[path] = Keys(signing=load_key(path, proven=True), tls=self._tls_key)
        return self._keys[path]


if __name__ == "__main__":
    from conformance.adapters.serve import serve

    serve(ProcedureAdapter())
