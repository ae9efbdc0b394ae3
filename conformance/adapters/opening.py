"""From an address to an adapter that has said `hello`."""

# ruff: noqa: PLC0415 - a transport is imported when it is used

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from conformance.adapters.interface import Adapter
from conformance.clock import Clock
from conformance.errors import AdapterStartError
from conformance.wire.shown import shown

START_TIMEOUT: Final = timedelta(seconds=30)
"""How long an adapter may take to answer `hello`."""

REQUEST_TIMEOUT: Final = timedelta(seconds=10)
"""How long an adapter may take to answer a request."""

REFERENCE: Final = "reference"
"""The address of the suite's own signer and client."""

WAYS: Final = (
    "write `cmd:java -jar adapter.jar`, `python:package.module:name`, `http://127.0.0.1:9000/` "
    "or `reference`"
)
"""The forms of an address, for people."""


def open_adapter(
    address: str | Sequence[str],
    *,
    clock: Clock,
    start_timeout: timedelta = START_TIMEOUT,
    request_timeout: timedelta = REQUEST_TIMEOUT,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Adapter:
    """Reach an implementation and exchange `hello` with it.

    `address` is `cmd:COMMAND` (split like a shell would, run without one), `python:MODULE:NAME`,
    `http://…` or `reference`; or a command as a sequence of its words. A process starts in `cwd`,
    with `env` added to the environment; a Python module is also looked for in `cwd`.

    Raises:
        AdapterStartError: it cannot be reached, or does not answer `hello` as the protocol asks.
    """
    scheme, _, rest = address.partition(":") if isinstance(address, str) else ("cmd", "", "")
    if address == REFERENCE:
        from conformance.adapters.reference import ReferenceAdapter

        return ReferenceAdapter(clock=clock)
    if scheme == "python":
        from conformance.adapters.python import PythonAdapter, load_signer

        return PythonAdapter(load_signer(rest, cwd or Path.cwd()), clock=clock)
    if scheme == "cmd":
        from conformance.adapters.process import ProcessTransport
        from conformance.adapters.remote import RemoteAdapter

        command = _words(rest) if isinstance(address, str) else address
        if not command:
            raise AdapterStartError("the adapter's command is empty", hint=WAYS)
        process = ProcessTransport(
            command,
            clock=clock, start_timeout=start_timeout, request_timeout=request_timeout,
            cwd=cwd, env=env,
        )  # fmt: skip
        return RemoteAdapter(process, process.start())
    if scheme == "http" and rest.startswith("//"):
        from conformance.adapters.http import HttpTransport
        from conformance.adapters.remote import RemoteAdapter

        http = HttpTransport(
            str(address), clock=clock, start_timeout=start_timeout, request_timeout=request_timeout
        )
        return RemoteAdapter(http, http.start())
    raise AdapterStartError(f"`{shown(str(address), 200)}` is no address of an adapter", hint=WAYS)


def _words(command: str) -> list[str]:
    """Split a command as a shell would; on Windows a backslash is part of a path."""
    try:
        if os.name == "nt":
            return [word.strip('"') for word in shlex.split(command, posix=False)]
        return shlex.split(command)
    except ValueError as error:
        raise AdapterStartError(
            f"the adapter's command `{shown(command, 200)}` cannot be split into words: "
            f"{str(error).lower()}",
            hint="close the quotation, or put the command after `--`",
        ) from error
