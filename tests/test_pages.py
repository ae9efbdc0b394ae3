"""The pages at the top say what is so: links lead somewhere, tables agree with the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli.verbs import VERBS
from conformance.report.verdict import EXIT_CODES
from conformance.starters import STARTERS

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/performance.md",
    "docs/testing.md",
)  # fmt: skip


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Within the repository; a `#` must be a heading of the page it is in."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        linked = (ROOT / page).parent / path if path else ROOT / page
        assert linked.exists(), f"{page} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", item).lower().replace(" ", "-") for item in headings}
            assert anchor in slugs, f"{page} links to {target}"


def test_the_readme_has_every_verb() -> None:
    told = re.findall(r"^\| `([a-z]+)` \|", text("README.md"), re.MULTILINE)
    assert sorted(told) == sorted(VERBS)


def test_the_readme_has_the_exit_codes() -> None:
    rows = re.findall(r"^\| ([A-Z_]+) \| (\d) \|", text("README.md"), re.MULTILINE)
    told = {str(verdict): str(code) for verdict, code in EXIT_CODES.items()}
    assert rows
    for verdict, code in rows:
        assert told[verdict] == code


def test_the_readme_has_every_language() -> None:
    (line,) = re.findall(r"lendico-conformance init .*", text("README.md"))
    languages = set(re.findall(r"[a-z]+", line.partition(" init ")[2])) - {"my", "signer", "or"}
    assert languages == {starter.language for starter in STARTERS}


def test_both_commands_stand_in_the_first_screen() -> None:
    first = text("README.md").splitlines()[:24]
    assert any(line.startswith("make check") for line in first)
    assert any(line.startswith("make test") for line in first)


def test_the_python_of_the_readme_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", text("README.md"), re.DOTALL)
    names = set(re.findall(r"conformance\.[a-z]+", code))
    checked = "".join(f"import {name}\n" for name in names) + "conformance.client.SignatureAuth"
    subprocess.run([sys.executable, "-c", checked], check=True, cwd=ROOT)


@pytest.mark.parametrize("target", ["check", "test", "lint", "bench", "docs", "clean"])
def test_make_knows_its_targets(target: str) -> None:
    assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE)
