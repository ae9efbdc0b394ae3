"""Addresses of adapters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conformance.adapters import open_adapter
from conformance.clock import SystemClock
from conformance.errors import AdapterStartError

Script = Callable[[str], list[str]]


@pytest.mark.parametrize(
    "address",
    ["", "node adapter.mjs", "ftp://x", "https://x/", "http:x", "Reference", "reference:", "\x1b"],
)
def test_an_unknown_address_is_told_the_known_ones(address: str) -> None:
    with pytest.raises(AdapterStartError, match="is no address of an adapter") as caught:
        open_adapter(address, clock=SystemClock())
    assert caught.value.message.isprintable()
    for way in ("cmd:", "python:", "http://", "reference"):
        assert way in caught.value.hint


@pytest.mark.parametrize("address", ["cmd:", "cmd:  ", (), []])
def test_an_empty_command_is_said(address: str | Sequence[str]) -> None:
    with pytest.raises(AdapterStartError, match="command is empty"):
        open_adapter(address, clock=SystemClock())


def test_an_open_quotation_is_said() -> None:
    with pytest.raises(AdapterStartError, match="no closing quotation"):
        open_adapter("cmd:java -jar 'x", clock=SystemClock())


def test_a_command_is_split_like_a_shell_would_and_runs_without_one(
    script: Script, tmp_path: Path
) -> None:
    """Quotation marks group words; `$HOME`, `;` and `*` mean nothing."""
    command = script(
        "for r in requests(): hello(r, name=json.dumps(sys.argv[1:]), version=os.getcwd())"
    )
    adapter = open_adapter(
        f"cmd:{' '.join(command)} 'a b' $HOME ; *", clock=SystemClock(), cwd=tmp_path
    )
    adapter.close()
    assert adapter.hello.name == '["a b", "$HOME", ";", "*"]'
    assert adapter.hello.version == str(tmp_path)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdapterStartError, match="there is no directory"):
        open_adapter("cmd:true", clock=SystemClock(), cwd=tmp_path / "nowhere")


def test_importing_the_package_is_cheap() -> None:
    """No HTTP library, no threads, no processes before an adapter is opened."""
    heavy = "{'requests', 'cryptography', 'subprocess', 'jsonschema', 'pytest'}"
    code = f"import sys, conformance.adapters; print({heavy} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout == "set()\n"
