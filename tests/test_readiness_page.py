"""The walk of `docs/readiness.md`, run as it is written, in an empty folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "readiness.md"
STEPS = re.findall(
    r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.slow
def test_the_steps_lead_from_nothing_to_a_bundle_that_the_gate_calls_ready(tmp_path: Path) -> None:
    """Certificates, the check, the bundle, its verification and the gate, one after the other."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LENDICO_CONFORMANCE_", "PYTEST_"))
    }
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    script = "set -eux\n" + "\n".join(STEPS)
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=240, check=False,
    )  # fmt: skip
    told = ran.stdout
    assert ran.returncode == 0, told
    folder = tmp_path / "my-client"
    found = json.loads((folder / "reports" / "readiness.json").read_text("utf-8"))
    assert (found["verdict"], found["plan"]) == ("READY", "readiness"), told
    assert found["parts"] == ["offline", "material", "client"]
    assert (folder / "reports" / "report.html").is_file()
    decision = told.rpartition("+ lendico-conformance gate")[2]
    assert re.search(r"\bREADY\b", decision), told
    assert "NOT_READY" not in decision


def test_the_page_has_a_step_for_each_part_of_the_way() -> None:
    verbs = re.findall(
        r"^lendico-conformance ((?:certs|bundle) \w+|\w+)", "\n".join(STEPS), re.MULTILINE
    )
    assert verbs == ["init", "certs create", "check", "bundle create", "bundle verify", "gate"]
