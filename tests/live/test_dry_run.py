"""A dry run sends nothing, and says beforehand what a run does: how much, how long, what not."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from conformance.cli import main
from conformance.probes.listing import PROBES
from conformance.sandbox.running import Sandbox
from tests.live.running import check, configured

VARIABLE = "LENDICO_CONFORMANCE_"


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """Let a listener stand where the API should be, and give who connected; no credentials."""
    found: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, address = listener.accept()
                except OSError:
                    return
                found.append(address)
                connection.close()

        thread = Thread(target=accept, daemon=True)
        thread.start()
        url = f"https://localhost:{listener.getsockname()[1]}/partner-api"
        monkeypatch.setenv(f"{VARIABLE}BASE_URL", url)
        monkeypatch.chdir(tmp_path)
        yield found
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def dry(capfd: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["check", "--dry-run", "--json", *arguments]) == 0
    return json.loads(capfd.readouterr().out)


def test_nothing_connects_and_everything_is_listed(
    connections: list[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    found = dry(capfd, "--plan", "api")
    assert connections == []
    named = {item["probe"] for item in found["would"]}
    assert {probe.id for probe in PROBES if probe.needs is None} <= named
    assert found["requests"] == sum(item["requests"] for item in found["would"])
    assert all(item["says"] and item["expects"] for item in found["would"])
    (replayed,) = [item for item in found["would"] if item["probe"] == "replay-query"]
    assert (replayed["requests"], replayed["target"]) == (2, "/partner-api/ping?more=1")
    (method,) = [item for item in found["would"] if item["probe"] == "replay-method"]
    assert method["method"] == "DELETE"


def test_the_listener_would_have_seen_a_run(
    connections: list[Any], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """That nothing connects proves something only because a run does."""
    address = os.environ[f"{VARIABLE}BASE_URL"]
    configured(sandbox, monkeypatch, tmp_path)
    monkeypatch.setenv(f"{VARIABLE}BASE_URL", address)
    check("-k", "API-PING")
    assert connections


@pytest.mark.usefixtures("connections")
def test_what_is_left_out_names_the_flag_that_includes_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    flags = ("--probe-rate-limit", "--create-applications", "--unlisted-proxy=http://127.0.0.1:9")
    left = {item["flag"].split()[0] for item in dry(capfd, "--plan", "api")["left_out"]}
    assert left == {flag.partition("=")[0] for flag in flags}
    assert dry(capfd, "--plan", "api", *flags)["left_out"] == []


@pytest.mark.usefixtures("connections")
def test_a_selection_lists_what_it_selects(capfd: pytest.CaptureFixture[str]) -> None:
    found = dry(capfd, "--plan", "api", "-k", "API-DIG-001 or subscription-key-wrong")
    asked = [item["requirements"] for item in found["would"] if item["requirements"]]
    assert sorted(asked) == [["API-DIG-001"], ["API-SUB-002"]]


@pytest.mark.usefixtures("connections")
def test_people_read_requests_time_and_flags(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--dry-run", "--plan", "api", "--max-rate", "5"]) == 0
    said = " ".join(capfd.readouterr().out.split())
    assert "at most 5 a second: about" in said
    assert "Nothing was sent." in said
    assert "digest-absent: GET /partner-api/ping" in said
    assert "--create-applications" in said


@pytest.mark.usefixtures("connections")
def test_a_plan_that_calls_no_api_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--dry-run", "--plan", "signer"]) == 2
    assert "sends nothing" in capfd.readouterr().err


@pytest.mark.slow
def test_the_time_told_is_that_of_the_run_within_a_fifth(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """At the usual rate of five a second, and the number of requests exactly."""
    configured(sandbox, monkeypatch, tmp_path)
    chosen = ("--max-rate", "5", "-k", "API-DIG or API-SIG or API-SUB")
    told = dry(capfd, *chosen)
    code, found = check(*chosen)
    took = found["timing"]["total_s"]
    assert code == 4
    assert found["cases"]["sent"] == told["requests"] > 60
    assert abs(took - told["seconds"]) <= 0.2 * took
