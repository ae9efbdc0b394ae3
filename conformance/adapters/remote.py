"""An adapter behind a transport: orders become protocol messages, replies become answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from conformance.adapters.calls import GRACE, UNSENT, Settled
from conformance.adapters.interface import (
    Answer,
    AnswerKind,
    Hello,
    Sending,
    SendOrder,
    Sent,
    SignOrder,
)
from conformance.adapters.protocol import (
    HINT,
    Reply,
    hello_fields,
    read_hello,
    read_sent,
    read_signed,
    send_fields,
    sign_fields,
)
from conformance.adapters.shown import paragraphs
from conformance.adapters.trace import traced
from conformance.adapters.transport import Exchange, Transport
from conformance.errors import AdapterError, AdapterProtocolError, AdapterStartError
from conformance.wire.shown import shown

_TRACE_LENGTH = 4000


Content = TypeVar("Content")


class RemoteAdapter:
    """Speaks the adapter protocol over `transport`. For one thread at a time."""

    def __init__(self, transport: Transport, hello: Hello) -> None:
        self.hello = hello
        self._transport = transport
        self._signs = "sign" in hello.can

    def sign(self, order: SignOrder) -> Answer:
        """Sign one request. Never raises for what the adapter does: that is an `Answer`."""
        return self._answer(self._submit(order)) if self._signs else _UNSIGNED

    def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
        """Sign each of `orders`; answers in their order.

        Orders are drawn as needed, one more than `max_in_flight` ahead of the answers: so that the
        implementation is at work while orders are made and answers are judged.
        """
        if not self._signs:
            yield from (_UNSIGNED for _ in orders)
            return
        waiting: deque[Exchange] = deque()
        try:
            for order in orders:
                waiting.append(self._submit(order))
                if len(waiting) > self.hello.max_in_flight:
                    yield self._answer(waiting.popleft())
            while waiting:
                yield self._answer(waiting.popleft())
        finally:
            for exchange in waiting:
                exchange.forget()

    def send(self, order: SendOrder) -> Sending:
        """Let the client make a whole call; others may be begun before its result is asked for."""
        if not self.hello.sends:
            return Settled(UNSENT)
        exchange = self._transport.submit("send", send_fields(order), order.deadline + GRACE)
        return _Sending(adapter=self, exchange=exchange)

    def sent(self, exchange: Exchange) -> Sent:
        """Wait for what becomes of a call."""
        try:
            reply = exchange.result()
            if reply.kind is AnswerKind.OK:
                outcome, status = self._checked(read_sent, reply)
                return Sent(kind=AnswerKind.OK, outcome=outcome, status=status)
            return Sent(kind=reply.kind, message=self._message(reply))
        except AdapterError as error:
            return Sent(kind=AnswerKind.ERROR, message=error.message, error=error)

    def close(self) -> None:
        """Say `bye`, stop the process and everything it started. May be called twice."""
        self._transport.close()

    def _submit(self, order: SignOrder) -> Exchange:
        return self._transport.submit("sign", sign_fields(order))

    def _answer(self, exchange: Exchange) -> Answer:
        try:
            return self._read(exchange.result(), exchange)
        except AdapterError as error:
            return Answer(
                kind=AnswerKind.ERROR, message=error.message, error=error, took=exchange.took
            )

    def _read(self, reply: Reply, exchange: Exchange) -> Answer:
        if reply.kind is AnswerKind.OK:
            headers, said = self._checked(read_signed, reply)
            return Answer(kind=AnswerKind.OK, headers=headers, said=said, took=exchange.took)
        return Answer(kind=reply.kind, message=self._message(reply), took=exchange.took)

    def _checked(self, read: Callable[[Reply], Content], reply: Reply) -> Content:
        """Return what `read` makes of `reply`; an error tells what the adapter said aside."""
        try:
            return read(reply)
        except AdapterProtocolError as error:
            error.detail = paragraphs(error.detail, self._transport.trail())
            raise

    def _message(self, reply: Reply) -> str:
        """Return what `refused` or `unsupported` says.

        Raises:
            AdapterError: it is `error`.
        """
        message = shown(reply.content["message"])
        if reply.kind is AnswerKind.ERROR:
            raise self._own_error(message, reply)
        code = reply.content.get("code")
        if reply.kind is AnswerKind.REFUSED and code:
            message = f"{shown(code, 100)}: {message}"
        return message

    def _own_error(self, message: str, reply: Reply) -> AdapterError:
        trace = str(reply.content.get("trace") or "")
        return AdapterError(
            f"the adapter answered with an error: {message}",
            hint=traced(trace, "mend the adapter; what a signer declines on purpose is `refused`"),
            detail=paragraphs(
                *map(shown, trace[:_TRACE_LENGTH].splitlines()), self._transport.trail()
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """A call that the client behind `adapter` is making."""

    adapter: RemoteAdapter
    exchange: Exchange

    def result(self) -> Sent:
        """Wait for what becomes of it. Never raises for what the client does."""
        return self.adapter.sent(self.exchange)


_UNSIGNED = Answer(
    kind=AnswerKind.UNSUPPORTED, message="the adapter's `hello` does not name `sign` in `can`"
)


def greet(ask: Callable[[str, dict[str, str]], Reply]) -> Hello:
    """Say `hello` by way of `ask` (op, fields), and return what the adapter says of itself.

    Raises:
        AdapterStartError: it does not say that as the protocol asks.
    """
    try:
        reply = ask("hello", hello_fields())
        if reply.kind is not AnswerKind.OK:
            message = shown(reply.content["message"])
            raise AdapterProtocolError(f"the adapter answered `{reply.kind}`: {message}", hint=HINT)
        hello = read_hello(reply)
    except AdapterError as error:
        raise AdapterStartError(
            f"no proper answer to `hello`: {error.message}", hint=error.hint, detail=error.detail
        ) from error
    if "sign" in hello.can and not hello.has_keys and hello.cert_pem is None:
        raise AdapterStartError(
            "the adapter signs with a key of its own (no `keys` in `can`) "
            "and its `hello` has no `cert_pem`",
            hint="answer `cert_pem`, the certificate of that key, or honour `key_file` and say so",
        )
    return hello
