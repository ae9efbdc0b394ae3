"""What HTTP libraries do to a request target, measured: each is told to send it to a raw server.

    python -m tests.client.path_table

prints the tables of docs/clients.md for the runtimes that are on this machine.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

DRIVERS: Final = Path(__file__).parent / "paths"

TARGETS: Final = (
    "/a/../b", "/a/./b", "/a//b", "//a", "/%7e", "/%c3%a9", "/é", "/a%2Fb", "/a;x=1", "/a b",
    "/a^`{}", "/?", "/?a=b+c", "/?a=%20", "/?a=b c", "/?q=[1]", "/?q=\"<>", "/?a='", "/?a=\\",
    "/?a=%zz", "/?a=1&&b=", "/?a/../b", "/?a=é", "/a#fragment",
)  # fmt: skip
"""What is sent, each as the text that a program would hand to its library."""

SAME: Final = "same"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library, how it is run (address and targets follow), and how its version is told."""

    title: str
    command: tuple[str, ...]
    version: tuple[str, ...]

    @property
    def is_here(self) -> bool:
        return shutil.which(self.command[0]) is not None

    @property
    def heading(self) -> str:
        """The title, with the version in it: major and minor."""
        return self.title.replace("{}", _version(self.version))


def _python(library: str, *, package: str = "") -> Library:
    command = (sys.executable, str(DRIVERS / "paths.py"), library)
    told = metadata.version(package) if package else "{}.{}".format(*sys.version_info)
    title = library if package else f"{library}, Python"
    return Library(title=f"{title} {{}}", command=command, version=("=", told))


def _java(library: str) -> Library:
    command = ("java", "-XX:TieredStopAtLevel=1", str(DRIVERS / "Paths.java"), library)
    return Library(title=f"{library}, JDK {{}}", command=command, version=("java", "--version"))


def _node(title: str, library: str) -> Library:
    command = ("node", str(DRIVERS / "paths.mjs"), library)
    return Library(title=f"{title}, Node {{}}", command=command, version=("node", "--version"))


def _curl(title: str, *options: str) -> Library:
    return Library(title=title, command=("curl", *options), version=("curl", "--version"))


TABLES: Final = {
    "Python": (
        _python("requests", package="requests"), _python("urllib3", package="urllib3"),
        _python("http.client"), _python("urllib.request"),
    ),
    "Java": (_java("HttpClient"), _java("HttpURLConnection")),
    "Node": (_node("http, path", "path"), _node("http, URL", "url"), _node("fetch", "fetch")),
    "curl": (
        _curl("curl {}"), _curl("curl {} --path-as-is --globoff", "--path-as-is", "--globoff"),
    ),
    "PHP and Go": (
        Library(title="stream, PHP {}", command=("php", str(DRIVERS / "paths.php")),
                version=("php", "--version")),
        Library(title="net/http, Go {}", command=("go", "run", str(DRIVERS / "paths.go")),
                version=("go", "version")),
    ),
}  # fmt: skip
"""The libraries by the table that they stand in."""


@cache
def _version(command: tuple[str, ...]) -> str:
    if command[0] == "=":
        text = command[1]
    else:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        text = done.stdout
    found = re.search(r"\d+(?:\.\d+)?", text)
    return found[0] if found else ""


class RawServer:
    """Keeps the octets of each request line by the number in its X-Case field."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.arrived: dict[int, bytes] = {}
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Answer each connection once, until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, suppress(OSError):
                    self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(1 << 16)
            if not piece:
                return
            head += piece
        line, _, fields = head.partition(b"\r\n")
        case = re.search(rb"(?im)^x-case: *(\d+)", fields)
        if case is not None:
            self.arrived[int(case[1])] = line.partition(b" ")[2].rpartition(b" ")[0]
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def raw_server() -> Iterator[RawServer]:
    """Run a raw server for as long as the block lasts."""
    server = RawServer()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


def measured(library: Library) -> list[str]:
    """Return what arrives for each of `TARGETS`: the text, `SAME` or `REFUSED`."""
    with raw_server() as server:
        if library.command[0] == "curl":
            for case, target in enumerate(TARGETS):
                more = ("-q", "-s", "--noproxy", "*", "--max-time", "5", "-H", f"X-Case: {case}")
                run((*library.command, *more, server.address + target))
        else:
            run((*library.command, server.address, *TARGETS))
        arrived = dict(server.arrived)
    return [_told(target, arrived.get(case)) for case, target in enumerate(TARGETS)]


def run(command: tuple[str, ...]) -> None:
    """Run a driver in an environment that leads nobody astray."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8"}
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "JAVA_TOOL_OPTIONS"):
        environment.pop(name, None)
    subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)


def _told(target: str, arrived: bytes | None) -> str:
    if arrived is None:
        return REFUSED
    if arrived == target.encode("utf-8"):
        return SAME
    return _code(arrived.decode("utf-8", "backslashreplace"))


def _code(text: str) -> str:
    """Return `text` as code in a cell of a Markdown table; a backquote needs two around it."""
    fence = "``" if "`" in text else "`"
    padding = " " if "`" in text else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def table(libraries: tuple[Library, ...]) -> str:
    """Return the Markdown table of those of `libraries` that are here."""
    here = [library for library in libraries if library.is_here]
    columns = [measured(library) for library in here]
    lines = [["target", *(library.heading for library in here)], ["---"] * (len(here) + 1)]
    lines += [[_code(target), *cells] for target, *cells in zip(TARGETS, *columns, strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print every table."""
    for name, libraries in TABLES.items():
        sys.stdout.write(f"### {name}\n\n{table(libraries)}\n\n")


if __name__ == "__main__":
    main()
