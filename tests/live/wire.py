"""Two small real servers: one that keeps the octets it is sent over TLS, and a CONNECT proxy."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from conformance.clock import SystemClock

GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
PAGE = b"<!doctype html><html><title>Log in first</title></html>"
HTML = b"Content-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE


@dataclass(kw_only=True)
class RawServer:
    """Keeps each request as it came, octet for octet, and answers all with `answer`.

    That is the octets of an answer, or makes them of the request.
    """

    listener: socket.socket
    context: ssl.SSLContext
    ca_file: Path
    answer: bytes | Callable[[bytes], bytes] = GOOD
    requests: list[bytes] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self.listener.accept()
                Thread(target=self._converse, args=(plain,), daemon=True).start()

    def _converse(self, plain: socket.socket) -> None:
        with suppress(OSError), self.context.wrap_socket(plain, server_side=True) as connection:
            while (request := _request_from(connection)) is not None:
                self.requests.append(request)
                answer = self.answer
                connection.sendall(answer if isinstance(answer, bytes) else answer(request))


def _request_from(connection: ssl.SSLSocket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < wanted:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def raw_server(directory: Path) -> Iterator[RawServer]:
    """Serve on a free port with a certificate for `localhost` that stands for itself."""
    ca_file = directory / "server.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certify(ca_file, directory / "server.key")
    context.load_cert_chain(ca_file, directory / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener=listener, context=context, ca_file=ca_file)
        Thread(target=server.serve, daemon=True).start()
        try:
            yield server
        finally:
            _stop(listener)


def _certify(certificate: Path, key_file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@dataclass(kw_only=True)
class Proxy:
    """Lets CONNECT pass, or answers it with `answer`; keeps the head of each request."""

    listener: socket.socket
    answer: bytes | None = None
    heads: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                Thread(target=self._converse, args=(client,), daemon=True).start()

    def _converse(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            self.heads.append(head)
            if self.answer is not None:
                client.sendall(self.answer)
                return
            host, _, port = head.split(b" ")[1].decode().rpartition(":")
            with socket.create_connection((host, int(port)), timeout=10) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _relay(client, server)


def _relay(one: socket.socket, other: socket.socket) -> None:
    facing = {one: other, other: one}
    while True:
        readable, _, _ = select.select([one, other], [], [], 30)
        for side in readable:
            data = side.recv(65536)
            if not data:
                return
            facing[side].sendall(data)


@contextmanager
def connect_proxy(answer: bytes | None = None) -> Iterator[Proxy]:
    """Run a proxy on a free port: it connects to what it is asked for, unless it has an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(listener=listener, answer=answer)
        Thread(target=proxy.serve, daemon=True).start()
        try:
            yield proxy
        finally:
            _stop(listener)


def _stop(listener: socket.socket) -> None:
    """Wake the thread that accepts: closing alone would leave it waiting."""
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
