"""The command, as a process: what it prints, how it stops, what it refuses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.config import load_settings
from tests.sandbox.calling import read_reply

COMMAND = [sys.executable, "-m", "conformance", "sandbox"]
TEN_SECONDS = 10


@pytest.fixture
def kept(directory: Path, tmp_path: Path) -> Path:
    """Give a directory with material that is made already, as at a second start."""
    return Path(shutil.copytree(directory, tmp_path / "kept"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(*arguments: str | Path) -> list[str]:
    return [*COMMAND, *map(str, arguments)]


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Give what runs the command to its end, in this process."""

    def run(*arguments: str | Path) -> Done:
        code = main(["sandbox", *map(str, arguments)])
        return Done(code, *capsys.readouterr())

    return run


@contextmanager
def _started(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command; give it with what it printed until it was ready."""
    with subprocess.Popen(
        _command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            printed = ""
            while "Ctrl-C" not in printed:
                line = process.stdout.readline()
                assert line, process.stderr.read() if process.stderr else ""
                printed += line
            yield process, printed
        finally:
            process.kill()


def _ping(port: int, ca_file: Path) -> int:
    context = ssl.create_default_context(cafile=str(ca_file))
    plain = socket.create_connection(("127.0.0.1", port), timeout=TEN_SECONDS)
    with context.wrap_socket(plain, server_hostname="localhost") as connection:
        connection.sendall(b"GET /partner-api/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        return read_reply(connection).status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_prints_a_line_and_stops_on_a_signal(kept: Path, number: signal.Signals) -> None:
    port = _free_port()
    with _started("--directory", kept, "--port", str(port)) as (process, printed):
        assert f"https://localhost:{port}/partner-api" in printed
        assert "Other machines" not in printed
        assert _ping(port, kept / "ca.pem") == 401
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "401  GET /partner-api/ping  SUB-001  there is no Subscription-Key" in line
        process.send_signal(number)
        rest, errors = process.communicate(timeout=TEN_SECONDS)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_first_start_makes_private_files_and_shows_no_secret(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "new"
    with _started("--directory", directory, "--port", "0", "--control-port", "0") as (_, printed):
        pass
    assert directory.stat().st_mode & 0o777 == 0o700
    for path in directory.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    for name in ("client-secret", "subscription-key", "control-token"):
        assert (directory / name).read_text() not in printed
        assert name in printed


def test_being_reachable_from_elsewhere_is_said(kept: Path) -> None:
    with _started("--directory", kept, "--port", "0", "--host", "0.0.0.0") as (_, printed):  # noqa: S104
        assert "Other machines can reach it" in printed


def test_the_log_has_a_line_of_json_for_each_exchange(kept: Path, tmp_path: Path) -> None:
    port, log = _free_port(), tmp_path / "log.jsonl"
    with _started("--directory", kept, "--port", str(port), "--log", log) as (process, _):
        _ping(port, kept / "ca.pem")
        _ping(port, kept / "ca.pem")
        process.terminate()
        process.wait(TEN_SECONDS)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["reasons"] for line in lines] == [["subscription-key-absent"]] * 2
    assert log.stat().st_mode & 0o777 == 0o600


def test_nobody_reading_its_lines_ends_it(kept: Path) -> None:
    port = _free_port()
    with _started("--directory", kept, "--port", str(port)) as (process, _):
        assert process.stdout is not None
        process.stdout.close()
        _ping(port, kept / "ca.pem")
        assert process.wait(TEN_SECONDS) == 141


def test_the_configuration_loads_and_names_the_sandbox(
    run: Run, kept: Path, tmp_path: Path
) -> None:
    done = run("--directory", kept, "--port", "8555", "--print-config")
    file = tmp_path / "conformance.toml"
    file.write_text(done.stdout)
    settings = load_settings({}, {}, file)
    assert settings.base_url == "https://localhost:8555/partner-api"
    assert settings.key_id == (kept / "client-id").read_text()


def test_a_shell_reads_the_variables(run: Run, kept: Path) -> None:
    done = run(
        "--directory", kept, "--port", "8555", "--control-port", "8556", "--print-config=shell"
    )
    secret = (kept / "client-secret").read_text()
    assert secret not in done.stdout
    script = done.stdout + 'printf "%s\\n" "$PARTNER_API_CLIENT_SECRET" "$PARTNER_API_CONTROL_URL"'
    shown = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == [secret, "https://localhost:8556"]


def test_the_deviations_are_listed(run: Run) -> None:
    done = run("--deviation", "list")
    assert done.returncode == 0
    assert "skew-wide" in done.stdout
    assert "API-DATE-001" in done.stdout


def test_a_partners_own_certificates_are_taken(kept: Path, tmp_path: Path) -> None:
    with _started("--directory", tmp_path / "other", "--partner", kept / "partner.toml",
                  "--port", "0") as (_, printed):  # fmt: skip
        assert "client secret" not in printed
    assert not (tmp_path / "other" / "tls.key").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--port", "{taken}"], "port {taken} of 127.0.0.1 cannot be used"),
        (["--host", "192.0.2.1"], "cannot be used"),
        (["--host", "no such host"], "there is no address"),
        (["--directory", "/proc/nothing"], "the directory /proc/nothing cannot be used"),
        (["--partner", "missing.toml"], "the partner file missing.toml cannot be read"),
        (["--partner", "{broken}"], "is no TOML"),
        (["--log", "/nothing/log"], "the log file /nothing/log cannot be written"),
        (["--deviation", "none"], "there is no deviation 'none'"),
        (["--print-config=json"], "--print-config takes toml or shell, not 'json'"),
        (["--port", "0", "--print-config"], "is not known before it runs"),
        (["--rate", "0"], "0 is not in the range"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_cannot_start_is_told_in_a_sentence(
    run: Run,
    kept: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    broken = tmp_path / "broken.toml"
    broken.write_text('client_secret = "s3cret-value')
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        names = {"taken": str(taken.getsockname()[1]), "broken": str(broken)}
        given = [argument.format(**names) for argument in arguments]
        if "--directory" not in given:
            given += ["--directory", str(kept)]
        done = run(*given)
    assert done.returncode == 2
    assert says.format(**names) in done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr
    assert done.stdout == ""


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    """The sandbox is an extra: without it the other verbs work."""
    (tmp_path / "h11.py").write_text("raise ModuleNotFoundError('No module', name='h11')\n")
    done = subprocess.run(
        _command("--deviation", "list"), capture_output=True, text=True, timeout=30, check=False,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}"},
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "needs the package 'h11'" in done.stderr
    assert "pip install 'lendico-conformance[sandbox]'" in done.stderr
