"""How often HTTP libraries send one GET when its answer is lost, measured.

    python -m tests.client.repeat_table

prints the table of docs/clients.md for the runtimes that are on this machine.
"""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from typing import Final

from tests.client.path_table import TABLES, Library, run

LIBRARIES: Final = tuple(
    library
    for libraries in TABLES.values()
    for library in libraries
    if "--path-as-is" not in library.command and library.command[-1] != "url"
)
KEPT: Final = ("/first", "/lost")
NEW: Final = ("/lost",)
"""What is sent: `/lost` over a new connection, or over one that has served `/first`."""


class LosingServer(socketserver.ThreadingTCPServer):
    """Answers everything but `/lost`, at which it closes the connection; counts those."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lost = 0
        self.kept = 0


class _Handler(socketserver.BaseRequestHandler):
    server: LosingServer

    def handle(self) -> None:
        connection: socket.socket = self.request
        connection.settimeout(5)
        answered = 0
        while head := _head(connection):
            if head.split(b" ")[1] == b"/lost":
                self.server.lost += 1
                self.server.kept += bool(answered)
                return
            answered += 1
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            if b"connection: close" in head.lower():
                return


def _head(connection: socket.socket) -> bytes:
    head = b""
    try:
        while b"\r\n\r\n" not in head:
            piece = connection.recv(1 << 16)
            if not piece:
                return b""
            head += piece
    except OSError:
        return b""
    return head


def times(library: Library, targets: tuple[str, ...]) -> tuple[int, bool]:
    """Return how often `/lost` was sent, and whether over a connection that was kept."""
    with LosingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        if library.command[0] == "curl":
            addresses = [address + target for target in targets]
            run((*library.command, "-q", "-s", "--noproxy", "*", *addresses))
        else:
            run((*library.command, address, *targets))
        server.shutdown()
        thread.join()
        return server.lost, bool(server.kept)


def row(library: Library) -> list[str]:
    """Return the cells of a library: how often over a new connection, and over a kept one."""
    new, _ = times(library, NEW)
    kept, was_kept = times(library, KEPT)
    return [library.heading, str(new), str(kept) if was_kept else "opens a new one"]


def main() -> None:
    """Print the table."""
    lines = [["library", "over a new connection", "over one that was kept"], ["---"] * 3]
    lines += [row(library) for library in LIBRARIES if library.is_here]
    sys.stdout.write("\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n")


if __name__ == "__main__":
    main()
