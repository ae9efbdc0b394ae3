"""The clients in `examples/clients`, each run as a partner would run it, against a sandbox.

They find it by the lines of `--print-config=shell`, which a shell evaluates for them. Shell,
Java and Python meet each documented error once, and what they print is compared with the
documents' text.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from conformance.data import EXAMPLES, schema
from conformance.sandbox.exchange import Exchange
from conformance.sandbox.reaching import shell
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.schemas.printed import PRINTED, STATUS

CLIENTS: Final = EXAMPLES / "clients"
ALL_RUNTIMES: Final = bool(os.environ.get("CONFORMANCE_ALL_RUNTIMES"))
"""Set where every runtime must be there: a missing one then fails instead of being skipped."""

DEADLINE: Final = 60.0
GOOD: Final = [("token", 200), ("ping", 200), ("application", 201)]
BEYOND: Final = {"unauthorized": 401, "token-expired": 401, "constraint-violation": 400}
"""Errors that the clients meet and the Security page does not print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """How an example is started, and with which tools."""

    command: tuple[str, ...]
    needs: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def missing(self) -> list[str]:
        return [tool for tool in self.needs if shutil.which(tool) is None]


KINDS: Final = {
    "shell": Client(command=("bash", "client.sh"), needs=("bash", "curl", "openssl")),
    "java": Client(
        command=("java", "Client.java"), needs=("javac", "java"),
        environment=(("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -Duser.language=tr"),),
    ),
    "python": Client(command=(sys.executable, "client.py"), needs=()),
    "node": Client(command=("node", "client.mjs"), needs=("node",)),
    "php": Client(command=("php", "client.php"), needs=("php",)),
}  # fmt: skip
MEET_ERRORS: Final = ("shell", "java", "python")

each_client = pytest.mark.parametrize("kind", KINDS)
each_that_errs = pytest.mark.parametrize("kind", MEET_ERRORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a client printed, and what the sandbox saw of it."""

    lines: tuple[tuple[str, int, str], ...]
    told: str
    exchanges: tuple[Exchange, ...]
    hidden: tuple[str, ...]

    def body(self, name: str) -> Any:
        (text,) = (body for line, _, body in self.lines if line == name)
        return json.loads(text)


@pytest.fixture(scope="module")
def run(directory: Path) -> Iterator[Any]:
    """Give what runs a client to its end, once for all tests."""
    settings = SandboxSettings(
        directory=directory, control_port=0, whitelist=frozenset({"127.0.0.1"})
    )
    with running_sandbox(settings) as sandbox:

        @cache
        def start(kind: str) -> Run:
            sandbox.reset()
            return _run(sandbox, kind)

        yield start


def _run(sandbox: Sandbox, kind: str) -> Run:
    client = KINDS[kind]
    if client.missing:
        reason = f"{' and '.join(client.missing)} not installed"
        if ALL_RUNTIMES:
            pytest.fail(reason)
        pytest.skip(reason)
    errors = ("--errors",) if kind in MEET_ERRORS else ()
    script = f'set -e\n{shell(sandbox.reach())}exec "$@"'
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(sandbox.directory),
        "TZ": "Pacific/Kiritimati",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PARTNER_API_APPLICATION": str(CLIENTS / "application.json"),
        # A proxy that is not there, and a CA that is nobody's: a client that listens to its
        # surroundings does not get far.
        "https_proxy": "http://127.0.0.1:9",
        "REQUESTS_CA_BUNDLE": "/dev/null",
        **dict(client.environment),
    }
    done = subprocess.run(
        ["bash", "-c", script, "bash", *client.command, *errors],
        cwd=CLIENTS / kind, env=environment, capture_output=True, text=True, timeout=DEADLINE,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = tuple(_line(line) for line in done.stdout.splitlines())
    hidden = (*sandbox.partners[0].secrets, sandbox.control_token)
    told = done.stdout + done.stderr
    return Run(lines=lines, told=told, exchanges=tuple(sandbox.record.exchanges()), hidden=hidden)


def _line(line: str) -> tuple[str, int, str]:
    name, status, body = line.split("\t")
    return name, int(status), body


@each_client
def test_it_gets_a_token_pings_and_applies(run: Any, kind: str) -> None:
    seen: Run = run(kind)
    assert [(name, status) for name, status, _ in seen.lines[:3]] == GOOD
    assert seen.lines[1][2] == "You are connected to partner API!"
    rules = schema("answers/application")
    Draft202012Validator({**rules, "$ref": "#/$defs/strict"}).validate(seen.body("application"))
    assert [exchange.diagnosis for exchange in seen.exchanges[:3]] == [""] * 3


@each_client
def test_it_says_no_secret(run: Any, kind: str) -> None:
    seen: Run = run(kind)
    assert not [secret for secret in seen.hidden if secret in seen.told]


@each_that_errs
@pytest.mark.parametrize("name", PRINTED)
def test_it_meets_the_documented_error(run: Any, kind: str, name: str) -> None:
    """Field by field as printed; of the seconds to wait, only that they are some."""
    seen: Run = run(kind)
    assert [status for line, status, _ in seen.lines if line == name] == [STATUS[name]]
    body = seen.body(name)
    wanted = dict(PRINTED[name])
    if name == "rate":
        pattern = re.escape(wanted.pop("detail")).replace("46", r"([1-9]|[1-5]\d|60)")
        assert re.fullmatch(pattern, body.pop("detail"))
    for member, value in wanted.items():
        assert body[member] == value, member
        assert type(body[member]) is type(value), member
    assert body.keys() == wanted.keys()


@each_that_errs
@pytest.mark.parametrize("name", BEYOND)
def test_it_meets_errors_of_the_linked_pages(run: Any, kind: str, name: str) -> None:
    seen: Run = run(kind)
    assert [status for line, status, _ in seen.lines if line == name] == [BEYOND[name]]
    rules = schema(f"errors/{name.replace('token-expired', 'unauthorized')}")
    Draft202012Validator({**rules, "$ref": "#/$defs/strict"}).validate(seen.body(name))


@each_that_errs
def test_it_breaks_nothing_but_what_it_says(run: Any, kind: str) -> None:
    """Each request was refused for the reason whose name its line has, and for no other."""
    seen: Run = run(kind)
    names = [name for name, status, _ in seen.lines if status >= 400]
    assert sorted(names) == sorted([*PRINTED, *BEYOND])


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_settings_it_says_what_to_do(kind: str) -> None:
    client = KINDS[kind]
    if client.missing and not ALL_RUNTIMES:
        pytest.skip(f"{' and '.join(client.missing)} not installed")
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]),
        **dict(client.environment),
    }  # fmt: skip
    done = subprocess.run(
        client.command, cwd=CLIENTS / kind, env=environment, capture_output=True, text=True,
        timeout=DEADLINE, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "PARTNER_API_" in done.stderr
    assert "is not set: eval the lines of --print-config=shell first" in done.stderr


def test_every_example_is_run() -> None:
    """A client that no test runs would not keep up."""
    assert {path.name for path in CLIENTS.iterdir() if path.is_dir()} == set(KINDS)
