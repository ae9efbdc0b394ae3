"""`docs/sandbox.md`: what it shows is run, and what it names exists."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.cli.sandbox import sandbox as command
from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.deviation import DEVIATIONS
from conformance.sandbox.fault import FaultKind
from conformance.sandbox.partner import load_partner
from conformance.sandbox.reaching import shell
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "sandbox.md"
TEXT: Final = PAGE.read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def served(directory: Path) -> Iterator[Sandbox]:
    with running_sandbox(SandboxSettings(directory=directory, control_port=0)) as running:
        yield running


def run(sandbox: Sandbox, script: str, *more: str) -> str:
    """Return what a script prints that a shell runs after the lines of `--print-config`."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shell(sandbox.reach()) + script, "bash", *more],
        env=environment, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lines_for_curl_get_a_token(served: Sandbox) -> None:
    lines, _ = blocks("bash")
    assert json.loads(run(served, lines))["token_type"] == "Bearer"


def test_the_lines_for_python_reach_it(served: Sandbox) -> None:
    script, _ = blocks("python")
    said = run(served, 'exec "$@"', sys.executable, "-c", script)
    assert said == "You are connected to partner API!\n"


def test_the_lines_for_the_control_port_do_what_they_say(served: Sandbox) -> None:
    _, lines = blocks("bash")
    served.reset()
    until_reset = lines[: lines.index("control reset")]
    run(served, until_reset)
    assert served.clock.ahead.total_seconds() == 300
    assert [(fault.kind, fault.count) for fault in served.faults] == [
        (FaultKind.UNAVAILABLE, 3),
        (FaultKind.THROTTLED, 1),
    ]
    assert list(served.deviations) == ["skew-wide"]
    run(served, lines)
    assert served.clock.ahead.total_seconds() == 0
    assert [*served.faults, *served.deviations] == []


def test_the_test_in_it_can_be_compiled_and_its_names_exist(served: Sandbox) -> None:
    _, script = blocks("python")
    compile(script, str(PAGE), "exec")
    for name in re.findall(r"\bsandbox\.(\w+)", script.replace("conformance.sandbox.", "")):
        assert hasattr(served, name), name


def test_the_partner_file_can_be_read(
    served: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With certificates and texts in the places that it names."""
    (text,) = blocks("toml")
    table: dict[str, Any] = tomllib.loads(text)["partner"]
    demo = served.demo
    assert demo is not None
    (tmp_path / "partner.toml").write_text(text, "utf-8")
    (tmp_path / table["client_secret_file"]).write_text("secret")
    (tmp_path / table["signing_certificate_password_file"]).write_text("password\n")
    (tmp_path / table["tls_certificate"]).write_bytes(demo.tls_certificate.read_bytes())
    subprocess.run(
        ["openssl", "pkcs12", "-export", "-nokeys", "-in", demo.signing_certificate,
         "-out", tmp_path / table["signing_certificate"], "-passout", "pass:password"],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv(table["subscription_key_env"], "key")
    partner = load_partner(tmp_path / "partner.toml")
    assert (partner.client_id, partner.secrets) == ("my-client", ("secret", "key"))
    assert partner.signing_key == served.partners[0].signing_key


def test_every_option_that_it_names_exists() -> None:
    known = {name for option in command.params for name in option.opts}
    curl = {"--cacert", "--cert", "--key", "--data-binary", "--noproxy", "--path-as-is"}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", TEXT))
    assert named - known - curl == {"--errors"}


def test_it_names_every_fault_and_bad_certificate() -> None:
    named = set(re.findall(r"`([a-z-]+)`", TEXT))
    assert set(FaultKind) <= named
    assert set(BadCertificate) <= named
    assert {"skew-wide"} <= set(DEVIATIONS)


def test_every_variable_that_it_names_is_printed(served: Sandbox) -> None:
    printed = set(re.findall(r"PARTNER_API_[A-Z_]+", shell(served.reach())))
    assert set(re.findall(r"PARTNER_API_[A-Z_]*[A-Z]", TEXT)) == printed


def test_every_file_that_it_links_to_is_there() -> None:
    """The picture is taken by the test of the page that it shows."""
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)", TEXT)
    assert len(links) >= 6
    assert not [link for link in links if not (PAGE.parent / link).exists()]
