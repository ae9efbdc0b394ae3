"""What `docs/ci.md` tells people to copy is well formed, and calls what there is."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from conformance.cli.verbs import VERBS
from conformance.report.filename import EVIDENCE, EXCHANGES, JUNIT, READINESS, STORIES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMMANDS = re.findall(r"lendico-conformance ((?:check|report|gate|bundle|certs)\b[^`\n']*)", PAGE)


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_workflows_are_yaml_with_a_job(block: str) -> None:
    found: Any = yaml.safe_load(block)
    jobs = found.get("jobs", found)
    steps = [step for job in jobs.values() for step in job.get("steps", job.get("script", []))]
    assert any("lendico-conformance" in str(step) for step in steps)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_exist_with_all_their_options(command: str) -> None:
    words = shlex.split(command.partition(" >> ")[0].partition(" # ")[0], comments=True)
    words = words[: words.index("--")] if "--" in words else words
    found: Any = getattr(import_module(VERBS[words[0]][0]), words.pop(0))
    while isinstance(found, click.Group):
        found = found.commands[words.pop(0)]
    known = {name for parameter in found.params for name in parameter.opts}
    assert {word for word in words if word.startswith("-") and word != "-"} <= known


def test_the_files_that_are_named_are_those_that_are_written() -> None:
    assert COMMANDS
    for name in (READINESS, JUNIT, EVIDENCE, STORIES, EXCHANGES, "report.html"):
        assert f"`{name}`" in PAGE


def test_the_image_has_what_it_is_built_from_and_starts_the_command() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".venv", "reports"} <= set(ignored)
    assert "COPY . /src" in DOCKERFILE
    assert 'ENTRYPOINT ["lendico-conformance"]' in DOCKERFILE
    assert re.search(r"^USER (?!root)", DOCKERFILE, re.MULTILINE)
