"""Real adapters, written by the tests; and a look at what they leave behind."""

from __future__ import annotations

import contextlib
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from conformance.adapters import open_adapter
from conformance.adapters.interface import Adapter, SignOrder
from conformance.clock import SystemClock
from conformance.material.keyfile import KeyFiles, make_key
from conformance.wire.message import Place

MARK = "CONFORMANCE_TEST_MARK"
PREAMBLE = """\
import json, os, signal, subprocess, sys, time
def say(**answer):
    sys.stdout.write(json.dumps(answer) + "\\n"); sys.stdout.flush()
def hello(request, **more):
    ok = {"protocol": 1, "name": "test", "language": "python", "can": ["sign", "clock", "keys"]}
    say(id=request["id"], ok={**ok, **more})
def sign(request):
    say(id=request["id"], ok={"headers": [["X-Target", request["target"]]]})
def requests():
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "bye":
            return
        yield request
"""

Order = Callable[..., SignOrder]
Launch = Callable[..., Adapter]
Script = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def key_file() -> Iterator[Path]:
    with KeyFiles() as files:
        yield files.path_of(make_key())


@pytest.fixture
def order(key_file: Path) -> Order:
    """Make orders; arguments replace the defaults."""

    def make(target: str = "/ping", *, body: bytes = b"", method: str = "GET") -> SignOrder:
        return SignOrder(
            method=method,
            url=f"https://api.example/partner-api{target}",
            base_url="https://api.example/partner-api",
            target=target,
            date="Wed, 03 Jul 2019 08:28:28 GMT",
            body=body,
            key_id="client-1",
            key_file=key_file,
            place=Place.SIGNATURE,
        )

    return make


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Write an adapter in Python, with the preamble before it; return the command."""

    def write(body: str) -> list[str]:
        path = tmp_path / f"adapter-{uuid.uuid4().hex}.py"
        path.write_text(PREAMBLE + body, encoding="utf-8")
        return [sys.executable, "-I", "-S", str(path)]

    return write


@pytest.fixture
def mark() -> Iterator[str]:
    """Return a mark for the environment of processes; in the end no process may bear it."""
    mark = uuid.uuid4().hex
    yield mark
    assert marked(mark) == []


def marked(mark: str) -> list[str]:
    """Return the command lines of living processes whose environment has the mark."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in (directory / "environ").read_bytes():
                found.append((directory / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.fixture
def launch(script: Script, mark: str) -> Iterator[Launch]:
    """Open adapters, by the text of a Python script or by a command; all are closed in the end."""
    opened: list[Adapter] = []

    def start(
        adapter: str | Sequence[str], *, start_timeout: float = 20.0, request_timeout: float = 20.0
    ) -> Adapter:
        opened.append(
            open_adapter(
                script(adapter) if isinstance(adapter, str) else adapter,
                clock=SystemClock(),
                start_timeout=timedelta(seconds=start_timeout),
                request_timeout=timedelta(seconds=request_timeout),
                env={MARK: mark},
            )
        )
        return opened[-1]

    yield start
    for adapter in opened:
        adapter.close()
