"""TLS as the sandbox speaks it: any client certificate, or none, passes the handshake.

The documents promise an HTTP 401 with a body for a wrong certificate, not a broken handshake.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from typing import Final

from OpenSSL import SSL, crypto

from conformance.clock import Clock
from conformance.sandbox.authority import Identity

_PIECE: Final = 1 << 16
_DISTRUST: Final = (
    "tlsv1 alert unknown ca",
    "ssl/tls alert bad certificate",
    "sslv3 alert bad certificate",
    "ssl/tls alert certificate unknown",
    "sslv3 alert certificate unknown",
    "ssl/tls alert certificate expired",
    "sslv3 alert certificate expired",
)
_PLAIN_HTTP: Final = ("http request", "https proxy request")


class ConnectionLostError(Exception):
    """The peer is gone, or does not speak TLS; the text says which."""


class DeadlineError(Exception):
    """The peer was too slow."""


class PlainHttpError(ConnectionLostError):
    """The peer speaks HTTP without TLS."""


def server_context(identity: Identity, *, asks_for_certificate: bool = True) -> SSL.Context:
    """Return the settings of a server that shows `identity`: TLS 1.2 or later."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    # Level 0 lets certificates with weak keys and hashes in, so that HTTP can refuse them.
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.use_certificate(identity.certificate)
    context.use_privatekey(identity.key)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_session_id(b"lendico-conformance")
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
    if asks_for_certificate:
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    return context


class TlsStream:
    """One connection, read and written against deadlines by the clock's `monotonic`."""

    def __init__(self, plain: socket.socket, context: SSL.Context, clock: Clock) -> None:
        plain.setblocking(False)  # noqa: FBT003 - the socket's own signature
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._plain = plain
        self._clock = clock
        self._tls = SSL.Connection(context, plain)
        self._tls.set_accept_state()

    def handshake(self, deadline: float) -> bytes | None:
        """Shake hands, and return the client's certificate in DER, None when there is none.

        Raises:
            ConnectionLostError: the peer is gone or speaks no TLS.
            DeadlineError: it took too long.
        """
        while True:
            try:
                self._tls.do_handshake()
                break
            except SSL.WantReadError:
                self._wait(select.POLLIN, deadline)
            except SSL.WantWriteError:
                self._wait(select.POLLOUT, deadline)
            except SSL.Error as error:
                raise _lost(error) from None
        certificate = self._tls.get_peer_certificate()
        if certificate is None:
            return None
        return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)

    def receive(self, deadline: float) -> bytes:
        """Return what has come; empty when the peer has ended.

        Raises:
            ConnectionLostError: the peer is gone.
            DeadlineError: nothing came in time.
        """
        while True:
            try:
                return self._tls.recv(_PIECE)
            except SSL.WantReadError:
                self._wait(select.POLLIN, deadline)
            except SSL.WantWriteError:
                self._wait(select.POLLOUT, deadline)
            except SSL.ZeroReturnError:
                return b""
            except SSL.Error as error:
                if _is_end(error):
                    return b""
                raise _lost(error) from None

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of `data`.

        Raises:
            ConnectionLostError: the peer is gone.
            DeadlineError: it did not take it in time.
        """
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._tls.send(rest[:_PIECE]) :]
            except SSL.WantReadError:
                self._wait(select.POLLIN, deadline)
            except SSL.WantWriteError:
                self._wait(select.POLLOUT, deadline)
            except SSL.Error as error:
                raise _lost(error) from None

    def send_plain(self, data: bytes) -> None:
        """Send `data` without TLS, to a peer that speaks none."""
        with contextlib.suppress(OSError):
            self._plain.send(data)

    def end(self, deadline: float) -> None:
        """Say goodbye and wait until the peer has gone, so that the last answer reaches it.

        Closing a socket with unread octets resets the connection, and the answer may be lost.
        """
        with contextlib.suppress(SSL.Error, OSError, DeadlineError):
            self._tls.shutdown()
        with contextlib.suppress(OSError, DeadlineError):
            self._plain.shutdown(socket.SHUT_WR)
            while self._drained(deadline):
                pass

    def _drained(self, deadline: float) -> bytes:
        self._wait(select.POLLIN, deadline)
        return self._plain.recv(_PIECE)

    def interrupt(self) -> None:
        """Wake whoever waits on this connection, from another thread."""
        with contextlib.suppress(OSError):
            self._plain.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Make the connection end with a reset when it is closed (RFC 793, RST)."""
        with contextlib.suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            self._plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def close(self) -> None:
        """Close the socket."""
        with contextlib.suppress(OSError):
            self._plain.close()

    def _wait(self, event: int, deadline: float) -> None:
        left = deadline - self._clock.monotonic()
        poll = select.poll()
        poll.register(self._plain, event)
        if left <= 0 or not poll.poll(left * 1000):
            raise DeadlineError


def _is_end(error: SSL.Error) -> bool:
    """Tell whether the peer has closed or reset the connection without a goodbye, as many do."""
    if isinstance(error, SSL.SysCallError):
        return True
    return any("unexpected eof" in str(item[-1]) for item in error.args[0]) if error.args else False


def _lost(error: SSL.Error) -> ConnectionLostError:
    """Say what became of a connection, from what OpenSSL tells of it."""
    if isinstance(error, SSL.SysCallError):
        return ConnectionLostError("the client closed the connection")
    reasons = [str(item[-1]) for item in error.args[0]] if error.args else []
    reason = reasons[0] if reasons else "unknown"
    if reason in _PLAIN_HTTP:
        return PlainHttpError("the client speaks HTTP without TLS")
    if reason in _DISTRUST:
        return ConnectionLostError(
            f"the client does not trust the server's certificate (TLS: {reason})"
        )
    return ConnectionLostError(f"the client broke TLS off, or speaks none (TLS: {reason})")
