"""A signer or client written in Python, called in this process: a function, or an object."""

from __future__ import annotations

import base64
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from conformance.adapters.calls import UNSENT, Calls, Settled
from conformance.adapters.interface import (
    Answer,
    AnswerKind,
    Hello,
    Refused,
    Sending,
    SendOrder,
    SignOrder,
)
from conformance.adapters.protocol import MOST_IN_FLIGHT, send_fields
from conformance.adapters.python_client import SEND_FIELDS, raised, sent
from conformance.clock import Clock, SystemClock
from conformance.errors import AdapterError, AdapterProtocolError, AdapterStartError
from conformance.wire.message import HeaderFields, header_fields
from conformance.wire.shown import shown

FIELDS: Final[Mapping[str, Callable[[SignOrder], object]]] = {
    "method": lambda order: order.method,
    "url": lambda order: order.url,
    "base_url": lambda order: order.base_url,
    "target": lambda order: order.target,
    "date": lambda order: order.date,
    "body": lambda order: order.body,
    "body_b64": lambda order: base64.b64encode(order.body).decode("ascii"),
    "key_id": lambda order: order.key_id,
    "key_file": lambda order: str(order.key_file),
    "place": lambda order: order.place.value,
}
"""What a signer can ask for, as keyword arguments: those of `sign` in the adapter protocol, and
`body` in octets. All but `body` are text."""

_SHAPE: Final = (
    "return a list of (name, value) pairs, a mapping of header names to values, or "
    '{"headers": either of these, "signing_string": bytes}'
)


class PythonAdapter:
    """Calls a signer with those of `FIELDS` that its parameters name; with all for `**fields`.

    An object with a method `send` is a client too, called with those of `SEND_FIELDS` that its
    parameters name, in a thread of its own. It returns what `ok` of `send` holds in the adapter
    protocol: `{"outcome": "success", "status": 200}`, say.

    The signer returns a list of (name, value) pairs, a mapping of names to values, or
    `{"headers": …, "signing_string": bytes}`. It raises `Refused` to decline and
    `NotImplementedError` for what it cannot do; anything else that it raises is an error.

    It may have the attributes `name`, `version`, `language`, `can`, `cert_pem` and
    `max_in_flight`, with the meaning of `hello`. Without `can` it has `clock` when it takes a
    `date`, `keys` when it takes a `key_file`. It runs in this process: nothing stops a signer that
    hangs; a client that hangs is left to itself.
    """

    def __init__(self, signer: object, *, clock: Clock | None = None) -> None:
        """Take a function, an object with `sign` or `send`, or a class of such objects.

        Raises:
            AdapterStartError: it is none of these, or asks for what `sign` does not have.
        """
        self._clock = clock or SystemClock()
        try:
            self._call, self._client, owner = _callables(signer)
            self._asks = _parameters(self._call, tuple(FIELDS)) if self._call else ()
            self._client_asks = _parameters(self._client, SEND_FIELDS) if self._client else ()
            self.hello = _hello(owner, self._asks, signs=bool(self._call), sends=bool(self._client))
        except (TypeError, ValueError) as error:  # no signature, or attributes of other types
            raise AdapterStartError(
                f"the Python signer does not say what it takes: {shown(str(error), 300)}",
                hint="write def sign(method, target, date, body, key_id, key_file, place): …",
            ) from error
        self._calls = Calls(self.hello.max_in_flight, self._clock)

    def sign(self, order: SignOrder) -> Answer:
        """Sign one request. Never raises for what the signer does: that is an `Answer`."""
        if self._call is None or "sign" not in self.hello.can:
            return Answer(kind=AnswerKind.UNSUPPORTED, message="it has no `sign`")
        arguments = {name: FIELDS[name](order) for name in self._asks}
        began = self._clock.monotonic()
        try:
            returned = self._call(**arguments)
            took = timedelta(seconds=self._clock.monotonic() - began)
            headers, said = _signed(returned)
        except Refused as refusal:
            text = f"{refusal.code}: {refusal.message}" if refusal.code else refusal.message
            return Answer(kind=AnswerKind.REFUSED, message=shown(text))
        except NotImplementedError as error:
            message = shown(str(error)) or "the signer raised NotImplementedError"
            return Answer(kind=AnswerKind.UNSUPPORTED, message=message)
        except AdapterError as error:
            return Answer(kind=AnswerKind.ERROR, message=error.message, error=error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the signer's own, whatever it is
            broken = raised(error)
            return Answer(kind=AnswerKind.ERROR, message=broken.message, error=broken)
        return Answer(kind=AnswerKind.OK, headers=headers, said=said, took=took)

    def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
        """Sign each of `orders`, one after the other."""
        return map(self.sign, orders)

    def send(self, order: SendOrder) -> Sending:
        """Let the client make a whole call; others may be begun before its result is asked for."""
        if self._client is None or not self.hello.sends:
            return Settled(UNSENT)
        fields: dict[str, object] = {**send_fields(order), "body": order.body}
        arguments = {name: fields[name] for name in self._client_asks}
        return self._calls.begin(partial(sent, self._client, arguments), order.deadline)

    def close(self) -> None:
        """Do nothing: the signer belongs to this process."""


def load_signer(target: str, directory: Path) -> object:
    """Import what `package.module:name` names; `directory` is searched as well.

    Raises:
        AdapterStartError: there is no such module or name, or the module fails.
    """
    module_name, _, name = target.partition(":")
    if not module_name or not name:
        raise AdapterStartError(
            f"`python:{shown(target, 200)}` names no object of a module",
            hint="write python:package.module:name",
        )
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    signer: object = _module(module_name, directory)
    for part in name.split("."):
        if not hasattr(signer, part):
            raise AdapterStartError(
                f"the module `{shown(module_name, 200)}` has no `{shown(name, 200)}`",
                hint="name a function, or an object with a method `sign`",
            )
        signer = getattr(signer, part)
    return signer


def _module(name: str, directory: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = shown(error.name or name, 200)
        raise AdapterStartError(
            f"there is no Python module `{missing}`",
            hint=f"it is looked for in {shown(str(directory), 200)} and where Python looks",
        ) from error
    except (Exception, SystemExit) as error:
        raise AdapterStartError(
            f"the module `{shown(name, 200)}` cannot be imported: "
            f"{type(error).__name__}: {shown(str(error), 300)}",
            hint=f"try it: python -c 'import {shown(name, 200)}'",
        ) from error


def _callables(
    signer: object,
) -> tuple[Callable[..., object] | None, Callable[..., object] | None, object]:
    """Return what signs, what makes whole calls, and what bears the attributes."""
    if inspect.isclass(signer):
        try:
            signer = signer()
        except Exception as error:
            raise AdapterStartError(
                f"the class of the signer cannot be called without arguments: {shown(str(error))}",
                hint="name an object or a function instead of the class",
            ) from error
    client = getattr(signer, "send", None)
    client = client if callable(client) else None
    call = getattr(signer, "sign", None if client else signer)
    if not callable(call) and client is None:
        raise AdapterStartError(
            "the Python signer is neither a function nor an object with a method `sign` or `send`",
            hint="write def sign(method, target, date, body, key_id, key_file, place): …",
        )
    return call if callable(call) else None, client, signer


def _parameters(call: Callable[..., object], fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of `fields` to call it with."""
    parameters = inspect.signature(call).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return fields
    for parameter in parameters:
        unknown = parameter.name not in fields and parameter.kind is not parameter.VAR_POSITIONAL
        nameless = parameter.kind is parameter.POSITIONAL_ONLY
        if (unknown or nameless) and parameter.default is parameter.empty:
            raise AdapterStartError(
                f"the Python signer asks for `{shown(parameter.name, 100)}`, which it is not given",
                hint=f"it can ask, by name, for {', '.join(fields)}",
            )
    return tuple(p.name for p in parameters if p.name in fields and p.kind is not p.POSITIONAL_ONLY)


def _hello(owner: object, asks: tuple[str, ...], *, signs: bool, sends: bool) -> Hello:
    features = (
        ("sign", signs), ("send", sends), ("clock", "date" in asks), ("keys", "key_file" in asks),
    )  # fmt: skip
    can = getattr(owner, "can", None)
    if isinstance(can, str):
        raise TypeError("`can` is one text, not a list of them")
    certificate = _attribute(owner, "cert_pem")
    hello = Hello(
        name=_attribute(owner, "name") or _own_name(owner),
        language=_attribute(owner, "language") or "python",
        version=_attribute(owner, "version"),
        can=frozenset(name for name, has in features if has) if can is None else frozenset(can),
        cert_pem=certificate or None,
        max_in_flight=_most(getattr(owner, "max_in_flight", 1)),
    )
    if signs and not hello.has_keys and not certificate:
        raise AdapterStartError(
            "the Python signer takes no `key_file` and has no `cert_pem`: "
            "its signatures could not be verified",
            hint="take `key_file`, or give it an attribute `cert_pem`: its key's certificate",
        )
    return hello


def _most(value: object) -> int:
    if not isinstance(value, int) or not 1 <= value <= MOST_IN_FLIGHT:
        raise ValueError(f"`max_in_flight` is no number from 1 to {MOST_IN_FLIGHT}")
    return value


def _attribute(owner: object, name: str) -> str:
    value = getattr(owner, name, "")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _own_name(owner: object) -> str:
    name = getattr(owner, "__name__", None) or type(owner).__name__
    return shown(str(name), 200)


def _signed(returned: Any) -> tuple[HeaderFields, bytes | None]:
    said: object = None
    if isinstance(returned, Mapping) and not isinstance(returned.get("headers", ""), str):
        returned, said = returned["headers"], returned.get("signing_string")
    if isinstance(returned, Mapping):
        returned = [*returned.items()]
    if not isinstance(returned, list | tuple):
        raise _misshapen(f"{type(returned).__name__}")
    for pair in returned:
        if not _is_pair(pair):
            raise _misshapen(f"a header field that is no pair of texts: {type(pair).__name__}")
    if isinstance(said, str):
        said = said.encode("utf-8", "surrogatepass")
    if not (said is None or isinstance(said, bytes)):
        raise _misshapen(f"a signing string that is no octets: {type(said).__name__}")
    return header_fields(returned), said


def _is_pair(item: object) -> bool:
    return (
        isinstance(item, list | tuple)
        and len(item) == 2
        and all(isinstance(part, str) for part in item)
    )


def _misshapen(what: str) -> AdapterProtocolError:
    return AdapterProtocolError(f"the Python signer returned {what}", hint=_SHAPE)
