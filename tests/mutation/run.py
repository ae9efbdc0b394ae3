"""Mutation testing of `wire`, `rules` and `diagnosis`: do the tests notice a changed program.

    make mutation                                    # or, to choose:
    python -m tests.mutation.run [PACKAGE …] [--sample 150] [--seed 20190703] [--only FILE]

cosmic-ray changes one thing at a time in a copy of the checkout and runs the tests of that
package. Of all mutants a sample is tried, the same for the same seed; with `--only`, those that
FILE, the output of an earlier run, tells of as survivors. Prints the score and every survivor as
a diff; exits 1 when a package's score is below its goal.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult
from rich.console import Console

ROOT: Final = Path(__file__).parents[2]
GOAL: Final = 0.8
COPIED: Final = (
    "conformance", "tests", "vectors", "schemas", "examples", "conftest.py", "pytest.ini",
    "pyproject.toml",
)  # fmt: skip

TESTS: Final = {
    "wire": (
        "tests/wire", "tests/rules/test_digest_rules.py", "tests/rules/test_date_rules.py",
        "tests/rules/test_header_rules.py", "tests/vectors/test_vectors_and_ours.py",
    ),
    "rules": (
        "tests/rules/test_rule_book.py", "tests/rules/test_digest_rules.py",
        "tests/rules/test_date_rules.py", "tests/rules/test_header_rules.py",
        "tests/rules/test_string_rules.py", "tests/rules/test_target_rules.py",
        "tests/rules/test_signature_rules.py", "tests/rules/test_judge.py",
    ),
    "diagnosis": (
        *(f"tests/diagnosis/test_{name}.py" for name in (
            "on_the_wire", "reproduction", "of_digest", "encoding", "recovery", "refutation",
            "alike", "unlisted", "edits", "slot", "space", "search", "of_header", "of_date",
            "diagnostician", "registry",
        )),
        "tests/rules/test_signature_rules.py", "tests/rules/test_string_rules.py",
        "tests/rules/test_target_rules.py", "tests/diagnosis/test_proofs.py",
    ),
}  # fmt: skip
"""The tests that should notice a mutant of each package, the quickest first."""

SCREEN: Final = Console(markup=False, highlight=False, soft_wrap=True)

# `X | None` stands in annotations, which nobody evaluates; of the ways to spoil an arithmetic
# operation, one will do, since most of the others end in a TypeError.
PASSED_OVER: Final = re.compile(
    r"core/ReplaceBinaryOperator_(BitOr_|BitAnd_|\w+_(Pow|RShift|LShift|BitOr|BitAnd|BitXor|"
    r"FloorDiv|Mod|Div)$)"
)

_SURVIVOR: Final = re.compile(r"(conformance/\S+\.py):[0-9]+ (core/\w+) ([0-9]+)")
"""How a survivor is printed: module, line, operator, and which of its occurrences."""

Place = tuple[str, str, int]
"""Module, operator, and which of the operator's occurrences in the module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What became of the mutants of one package; `slow` of the killed ran into the time-out."""

    package: str
    mutants: int
    tried: int
    killed: int
    slow: int
    survivors: Sequence[tuple[WorkItem, WorkResult]]

    @property
    def share(self) -> float:
        """The share of mutants tried that some test noticed."""
        return self.killed / self.tried if self.tried else 1.0


def main() -> int:
    """Run cosmic-ray on the chosen packages and print what survived."""
    parser = argparse.ArgumentParser(description="Mutation testing by cosmic-ray.")
    parser.add_argument("packages", nargs="*", choices=[*TESTS, []], help="default: all")
    parser.add_argument("--sample", type=int, default=150, help="mutants tried of each package")
    parser.add_argument("--seed", type=int, default=20190703, help="draws the sample")
    parser.add_argument("--only", type=Path, help="what a run printed: try its survivors again")
    chosen = parser.parse_args()
    only = None if chosen.only is None else _survivors(chosen.only.read_text("utf-8"))
    os.nice(19)
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = _copied(Path(folder))
        scores = [
            _score(package, copy, chosen.sample, chosen.seed, only)
            for package in chosen.packages or TESTS
        ]
    return 0 if all(score.share >= GOAL for score in scores) else 1


def _survivors(printed: str) -> frozenset[Place]:
    """Return the survivors that an earlier run printed.

    They are known by the how-manieth of their kind they are in their module: changes elsewhere in
    the module do not hide them, unless they add or remove a place of the same kind before it.
    """
    matches = (_SURVIVOR.fullmatch(line) for line in printed.splitlines())
    return frozenset((match[1], match[2], int(match[3])) for match in matches if match)


def _copied(folder: Path) -> Path:
    """Copy what git knows of the checkout: mutants are made in place."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *COPIED], cwd=ROOT, capture_output=True, check=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target)
    return folder


def _score(
    package: str, copy: Path, sample: int, seed: int, only: frozenset[Place] | None
) -> Score:
    config, session = copy / f"{package}.toml", copy / f"{package}.sqlite"
    tests = " ".join(TESTS[package])
    # Compiled modules are told apart by content: a mutant may have its original's size and time.
    command = (
        f"{sys.executable} --check-hash-based-pycs always -m pytest -x -q "
        f"-p no:cacheprovider -m 'not slow' {tests}"
    )
    compiled = ["compileall", "-q", "--invalidation-mode", "checked-hash", "conformance", "tests"]
    subprocess.run([sys.executable, "-m", *compiled], cwd=copy, check=True)
    started = time.perf_counter()
    if subprocess.run(command, cwd=copy, check=False, shell=True).returncode:  # noqa: S602
        raise SystemExit(f"the tests of {package} fail without any mutant: mend them first")
    patience = max(60.0, 5 * (time.perf_counter() - started))
    config.write_text(
        f'[cosmic-ray]\nmodule-path = "conformance/{package}"\ntimeout = {patience:.1f}\n'
        f"excluded-modules = []\ntest-command = {json.dumps(command)}\n"
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    _cosmic_ray(copy, "init", config.name, session.name)
    with use_db(str(session), WorkDB.Mode.open) as database:
        draw = random.Random(seed)  # noqa: S311 - a sample
        mutants = _draw(database, copy, sample, draw, only)
    _cosmic_ray(copy, "exec", config.name, session.name)
    with use_db(str(session), WorkDB.Mode.open) as database:
        return _told(package, database, mutants)


def _cosmic_ray(copy: Path, verb: str, *arguments: str) -> None:
    program = Path(sys.executable).with_name("cosmic-ray")
    subprocess.run([program, verb, *arguments], cwd=copy, check=True)


def _draw(
    database: WorkDB, copy: Path, sample: int, draw: random.Random, only: frozenset[Place] | None
) -> int:
    """Mark all mutants but a sample as skipped; return how many there were to draw from."""
    items = sorted(database.work_items, key=_order)
    if only is None:
        kept = [item for item in items if _tells(item, copy)]
    else:
        kept = [item for item in items if _place(item) in only]
        sample = len(kept)
    chosen = {item.job_id for item in draw.sample(kept, min(sample, len(kept)))}
    others = [item.job_id for item in items if item.job_id not in chosen]
    database.set_multiple_results(others, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    return len(kept)


def _tells(item: WorkItem, copy: Path) -> bool:
    """Tell whether the mutant could behave otherwise: not one of annotations or `@dataclass`."""
    mutation = item.mutations[0]
    lines = (copy / mutation.module_path).read_text().splitlines()
    line = lines[mutation.start_pos[0] - 1].strip()
    return not (PASSED_OVER.match(mutation.operator_name) or line.startswith("@dataclass"))


def _order(item: WorkItem) -> tuple[object, ...]:
    mutation = item.mutations[0]
    return (
        str(mutation.module_path), mutation.start_pos, mutation.operator_name,
        mutation.occurrence, json.dumps(mutation.operator_args, sort_keys=True),
    )  # fmt: skip


def _place(item: WorkItem) -> Place:
    mutation = item.mutations[0]
    return mutation.module_path.as_posix(), mutation.operator_name, mutation.occurrence


def _told(package: str, database: WorkDB, mutants: int) -> Score:
    tried = [
        (item, result)
        for item, result in database.completed_work_items
        if result.worker_outcome is not WorkerOutcome.SKIPPED
    ]
    survivors = sorted(
        ((item, result) for item, result in tried if result.test_outcome is TestOutcome.SURVIVED),
        key=lambda pair: _order(pair[0]),
    )
    score = Score(
        package=package, mutants=mutants, tried=len(tried), killed=len(tried) - len(survivors),
        slow=sum(result.output == "timeout" for _, result in tried), survivors=survivors,
    )  # fmt: skip
    for item, result in survivors:
        module, operator, occurrence = _place(item)
        where = f"{module}:{item.mutations[0].start_pos[0]} {operator} {occurrence}"
        diff = [line for line in result.diff.splitlines()[3:] if line[:1] in {"+", "-"}]
        SCREEN.print("", where, *diff, sep="\n")
    SCREEN.print(
        f"\n{package}: {score.killed} of {score.tried} killed, {score.share:.0%} "
        f"({score.slow} by the time-out); a sample of {mutants} mutants"
    )
    return score


if __name__ == "__main__":
    sys.exit(main())
