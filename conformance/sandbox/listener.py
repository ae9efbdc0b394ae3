"""A listening port: one thread a connection, so that a slow client holds up nobody but itself."""

from __future__ import annotations

import contextlib
import errno
import socket
from threading import Event, Lock, Thread
from typing import Final

from OpenSSL import SSL

from conformance.clock import Clock, SystemClock
from conformance.errors import UsageError
from conformance.sandbox.connection import Connection, Limits, Service
from conformance.sandbox.tls import TlsStream
from conformance.wire.visible import visible

MOST_CONNECTIONS: Final = 1000
"""Beyond these a new connection is closed at once."""

_BACKLOG: Final = 512
_PATIENCE: Final = 5.0


class Listener:
    """Accepts connections on one address from its making to `stop`."""

    def __init__(
        self,
        service: Service,
        context: SSL.Context,
        *,
        host: str,
        port: int,
        clock: Clock,
        limits: Limits | None = None,
    ) -> None:
        """Bind the port; 0 takes any that is free.

        Raises:
            UsageError: the port is taken, or the host is not this machine's.
        """
        self._service = service
        self._context = context
        self._clock = clock
        self._waits = SystemClock()
        self._limits = limits or Limits()
        self._stopping = Event()
        self._lock = Lock()
        self._open: dict[Connection, Thread] = {}
        self._socket = _bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._thread = Thread(target=self._accept, name=f"sandbox-{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self) -> None:
        """Accept nothing more, end every connection and wait for their threads."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._wake()
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()
        with self._lock:
            left = list(self._open.items())
        for connection, _ in left:
            connection.interrupt()
        until = self._waits.monotonic() + _PATIENCE
        for _, thread in left:
            thread.join(max(until - self._waits.monotonic(), 0.01))

    def _wake(self) -> None:
        """Make `accept` return where shutting the socket down does not."""
        with contextlib.suppress(OSError), socket.socket(self._socket.family) as knock:
            knock.settimeout(0.2)
            knock.connect(self._socket.getsockname()[:2])

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                plain, peer = self._socket.accept()
            except OSError as error:
                if self._stopping.is_set() or error.errno in (errno.EBADF, errno.EINVAL):
                    return
                self._stopping.wait(0.05)  # too many open files, say: others may close some
                continue
            if self._stopping.is_set() or len(self._open) >= MOST_CONNECTIONS:
                plain.close()
                continue
            self._serve(plain, str(peer[0]))

    def _serve(self, plain: socket.socket, address: str) -> None:
        """Serve a connection in a thread of its own."""
        connection = Connection(
            TlsStream(plain, self._context, self._waits),
            self._service,
            address=address.removeprefix("::ffff:"),
            clock=self._clock,
            waits=self._waits,
            limits=self._limits,
            stopping=self._stopping,
        )
        thread = Thread(target=self._run, args=(connection,), daemon=True)
        with self._lock:
            self._open[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # the machine has no more threads to give
            with self._lock:
                del self._open[connection]
            plain.close()

    def _run(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._lock:
                self._open.pop(connection, None)


def _bound(host: str, port: int) -> socket.socket:
    """Return a listening socket."""
    name = visible(host, limit=100)
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError):
        raise UsageError(
            f"there is no address '{name}'", hint="Name one of this machine, such as 127.0.0.1."
        ) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or "no such port"
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        raise UsageError(
            f"port {port} of {name} cannot be used: {why}",
            hint="Choose another port, or 0 for any that is free."
            if taken
            else "Choose another address or a port above 1023.",
        ) from None
    return listening
