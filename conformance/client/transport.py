"""`requests` that sends what it is given: every octet of target and header fields as signed.

`requests` and urllib3 normalise a target (`%c3` becomes `%C3`, dots vanish), merge header fields
of one name and heed the environment. Here the target and the fields go to the connection as they
stand, and nothing around the process decides about certificates or proxies.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Timer
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from conformance.client.message import Answer, Trouble, TroubleKind
from conformance.client.reached import Reached, reached_over
from conformance.client.trouble import trouble_of
from conformance.errors import MaterialError
from conformance.material.identity import Identity
from conformance.wire.message import Field, HeaderFields, SignedRequest
from conformance.wire.shown import shown
from conformance.wire.visible import visible

LARGEST: Final = 1 << 20
"""Octets of an answer's body that are read."""

_PIECE: Final = 1 << 16
_RAISED: Final = (
    requests.RequestException, HTTPError, http.client.HTTPException, OSError,
)  # fmt: skip
"""What three libraries raise, each with a tree of its own."""


class WireFields(CaseInsensitiveDict[str]):
    """Header fields that are sent as they stand, repeats kept, after a request line of our own.

    `sent` is what really went out, line by line, with what the library put before or between;
    `reached` is told of a connection that was made for it.
    """

    def __init__(self, target: str, fields: Iterable[Field]) -> None:
        self.fields = tuple(fields)
        super().__init__(self.fields)
        self.target = target
        self.sent: list[Field] = []
        self.socket: socket.socket | None = None
        self.is_late = False
        self.reached: Callable[[Reached], None] | None = None

    def copy(self) -> WireFields:
        """Return itself: urllib3 copies what it is given, and would lose what this is."""
        return self

    def items(self) -> Any:
        """Return every field, in order, repeats included."""
        return list(self.fields)

    @contextlib.contextmanager
    def ended_after(self, span: timedelta | None) -> Iterator[None]:
        """End the connection that these fields go out on when `span` has passed.

        A time-out of a socket is one of each read: a server that sends an octet now and then never
        meets it.
        """
        if span is None:
            yield
            return
        timer = Timer(span.total_seconds(), self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        self.is_late = True
        if self.socket is not None:
            with contextlib.suppress(OSError):
                # Not that of `ssl`, which would take away what another thread is reading with.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class _Connection(HTTPSConnection):
    """Sends the target that comes with the fields, whatever was made of it on the way."""

    _wire: WireFields | None = None
    _is_new = False

    def connect(self) -> None:
        super().connect()
        self._is_new = True

    def request(self, method: str, url: str, *args: Any, **more: Any) -> None:
        headers = more.get("headers")
        self._wire = headers if isinstance(headers, WireFields) else None
        tell = self._wire.reached if self._wire is not None else None
        if self._is_new and tell is not None and isinstance(self.sock, ssl.SSLSocket):
            tell(reached_over(self.sock))
        self._is_new = False
        super().request(method, url if self._wire is None else self._wire.target, *args, **more)

    def _encode_request(self, request: str) -> bytes:
        """Return the request line as octets, which need not be ASCII."""
        return request.encode("latin-1")

    def endheaders(self, *args: Any, **more: Any) -> None:
        super().endheaders(*args, **more)
        if self._wire is not None:
            self._wire.socket = self.sock

    def putheader(self, header: str | bytes, *values: Any) -> None:
        if self._wire is not None:
            name = header.decode("latin-1") if isinstance(header, bytes) else header
            self._wire.sent += ((name, _text(value)) for value in values)
        super().putheader(header, *values)  # type: ignore[arg-type]


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


_POOLS: Final = {"http": HTTPConnectionPool, "https": _Pool}


class _Adapter(HTTPAdapter):
    """Connects with one TLS context, from one address."""

    def __init__(self, context: ssl.SSLContext, source: str | None) -> None:
        self._context = context
        self._source = source
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        if self._source:
            more["source_address"] = (self._source, 0)
        super().init_poolmanager(*args, ssl_context=self._context, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **more)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def cert_verify(self, *_: Any) -> None:
        """Leave the context's own authorities alone."""

    def add_headers(self, *_: Any, **__: Any) -> None:
        """Add nothing."""


class Transport:
    """A way to the API: one client certificate or none, one address, perhaps a proxy.

    The private key is never on disk in clear: `ssl` is given a file that holds it encrypted with a
    password of that moment, and which is gone when it has been read.
    """

    def __init__(
        self,
        base_url: str,
        *,
        identity: Identity | None,
        ca_file: Path | None = None,
        proxy: str | None = None,
        source: str | None = None,
        connect_s: float = 10.0,
        answer_s: float = 30.0,
    ) -> None:
        """Prepare to call the host of `base_url`.

        Raises:
            MaterialError: the file of authorities, or the identity, cannot be used.
        """
        context = _context(ca_file)
        if identity is not None:
            _load(context, identity)
        self._base_url = base_url
        self._host = base_url.partition("://")[2].partition("/")[0]
        self._times = (connect_s, answer_s)
        self._adapter = _Adapter(context, source)
        self._proxy = proxy
        self._reached: Callable[[Reached], None] | None = None

    @property
    def proxied(self) -> bool:
        """Whether it leads through a proxy."""
        return self._proxy is not None

    @property
    def meets(self) -> tuple[str, int]:
        """Host and port of what is connected to: the server, or the proxy."""
        parts = urlsplit(self._proxy or self._base_url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    def hear(self, reached: Callable[[Reached], None]) -> None:
        """Let `reached` be told of each connection, before anything is sent over it."""
        self._reached = reached

    def send(
        self, request: SignedRequest, *, within: timedelta | None = None
    ) -> tuple[Answer | Trouble, tuple[Field, ...]]:
        """Send `request`; return what came of it, and the header fields that went out.

        `within` is how long all of it may take, from the first octet to the last; None leaves it to
        the time-outs of this transport.
        """
        fields = WireFields(request.target, _with_length(request))
        fields.reached = self._reached
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = self._base_url
        prepared.headers = fields
        prepared.body = request.body or None
        times = self._times_within(within)
        try:
            # Not by way of a session, which would look at cookies, redirects and the environment.
            with fields.ended_after(within):
                response = self._adapter.send(
                    prepared, stream=True, timeout=times, verify=True,
                    proxies={"https": self._proxy} if self._proxy else {},
                )  # fmt: skip
                with contextlib.closing(response):
                    answer = self._read(response)
            if fields.is_late:  # a head that is cut off looks like a whole one
                raise TimeoutError
            return answer, tuple(fields.sent)
        except _RAISED as error:
            late = TimeoutError() if fields.is_late else error
            proxy = None if fields.sent else self._proxy
            return trouble_of(late, self._host, times[1], proxy), tuple(fields.sent)

    def _times_within(self, within: timedelta | None) -> tuple[float, float]:
        """Return for how many seconds a connection, and each read, may keep one waiting."""
        most = self._times[1] if within is None else max(within.total_seconds(), 0.001)
        return min(self._times[0], most), min(self._times[1], most)

    def _read(self, response: requests.Response) -> Answer | Trouble:
        body = b""
        for piece in response.raw.stream(_PIECE, decode_content=False):
            body += piece
            if len(body) > LARGEST:
                return Trouble(
                    kind=TroubleKind.TOO_LARGE,
                    says=f"the answer of {self._host} is larger than {LARGEST >> 20} MiB",
                    hint="No answer of the API is: is the target right?",
                )
        return Answer(
            status=response.status_code,
            reason=visible(response.reason or "", limit=80),
            headers=HeaderFields(tuple(response.raw.headers.items())),
            body=body,
        )

    def close(self) -> None:
        """End the connection."""
        self._adapter.close()


def _with_length(request: SignedRequest) -> Iterator[Field]:
    """Yield the header fields, and how long the body is: without it `requests` sends chunks."""
    yield from request.headers
    if request.body and request.headers.first("content-length") is None:
        yield "Content-Length", str(len(request.body))


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(ca_file or DEFAULT_CA_BUNDLE_PATH))
    except (OSError, ssl.SSLError, ValueError):
        raise MaterialError(
            f"the file of authorities {shown(str(ca_file), 300)} cannot be used",
            hint="Name a PEM file with the certificates that you trust.",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load(context: ssl.SSLContext, identity: Identity) -> None:
    password = secrets.token_hex(24)
    try:
        number, path = tempfile.mkstemp(prefix="lendico-conformance-")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(identity.sealed_pem(password.encode()))
            context.load_cert_chain(path, password=password)
        finally:
            Path(path).unlink()
    except (OSError, ssl.SSLError) as error:
        raise MaterialError(
            f"the TLS certificate cannot be presented: {visible(str(error.strerror), limit=200)}",
            hint="Make it anew: RSA of 2048 bits or more, signed with SHA-256.",
        ) from None
