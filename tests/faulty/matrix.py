"""The kill matrix: every faulty signer against every requirement.

    python -m tests.faulty.matrix

prints which requirement each faulty signer was caught by, then whatever went wrong: survivors,
causes called by another name, harmless signers that were flagged. Exits 1 when anything did.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from rich.console import Console

from conformance.diagnosis.registry import MISTAKES
from conformance.rules import RULES
from conformance.wire.procedure import Keys
from tests.faulty import bred, byhand
from tests.faulty.bred import Row
from tests.faulty.handwritten.index import FAULTY, HARMLESS

NAMED = 0.8
"""The share of hand-written signers that must be called by their name outright."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """All rows, and what is said against harmless signers."""

    bred: Sequence[Row]
    byhand: Sequence[Row]
    flagged: Sequence[str]

    @property
    def named(self) -> float:
        """The share of hand-written signers named outright, on every request they are wrong on."""
        return sum(not row.misnamed for row in self.byhand) / len(self.byhand)

    def failures(self) -> list[str]:
        """Return every reason why the matrix does not stand."""
        wrong = [
            row for row in self.bred if row.survived or row.misnamed or row.misplaced or row.notes
        ]
        wrong += [row for row in self.byhand if row.survived or row.misled or row.notes]
        found = [*self.flagged, *(f"{row.name} ({row.breaks}): {_told(row)}" for row in wrong)]
        if self.named < NAMED:
            found.append(f"only {self.named:.0%} of the hand-written signers are named outright")
        return found


def _told(row: Row) -> str:
    notes = "; ".join(row.notes[:3])
    return (
        f"tried {row.tried}, seen {row.seen}, named {row.named}, "
        f"found {sorted(row.requirements)}; {notes}"
    )


def new_keys(folder: Path) -> tuple[Keys, Path]:
    """Make the two keys of a run, and write the signing key where signers read it."""
    keys = Keys(
        signing=rsa.generate_private_key(65537, 2048), tls=rsa.generate_private_key(65537, 2048)
    )
    path = folder / "signing.key"
    path.touch(mode=0o600)
    path.write_bytes(keys.signing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return keys, path


def run_bred(names: Iterable[str], folder: Path) -> list[Row]:
    """Run the signers bred from `names`, with keys of their own."""
    keys, _ = new_keys(folder)
    return [bred.run(MISTAKES[name], keys) for name in names]


def run_byhand(numbers: Iterable[int], key_file: Path) -> list[Row]:
    """Run the hand-written signers of these numbers that this machine can run."""
    key = _public(key_file)
    entries = [FAULTY[number] for number in numbers]
    return [byhand.run_faulty(entry, key_file, key) for entry in entries if byhand.can_run(entry)]


def run_harmless(key_file: Path) -> list[str]:
    """Run the signers that only look wrong."""
    key = _public(key_file)
    return [
        note
        for entry in HARMLESS
        if byhand.can_run(entry)
        for note in byhand.run_harmless(entry, key_file, key)
    ]


def _public(key_file: Path) -> rsa.RSAPublicKey:
    key = load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.public_key()


def run() -> Matrix:
    """Run both halves on two processors."""
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(max_workers=2) as pool:
        folder = Path(name)
        _, key_file = new_keys(folder)
        first = pool.submit(run_bred, list(MISTAKES)[::2], folder)
        second = pool.submit(run_bred, list(MISTAKES)[1::2], folder)
        third = pool.submit(run_byhand, range(0, len(FAULTY), 2), key_file)
        fourth = pool.submit(run_byhand, range(1, len(FAULTY), 2), key_file)
        flagged = pool.submit(run_harmless, key_file)
        return Matrix(
            bred=[*first.result(), *second.result()],
            byhand=[*third.result(), *fourth.result()],
            flagged=flagged.result(),
        )


def show(matrix: Matrix, console: Console) -> None:
    """Print the matrix: a mark for each requirement that a signer was caught by."""
    columns = list(RULES)
    for title, rows in (("Bred from the registry", matrix.bred), ("By hand", matrix.byhand)):
        console.print(f"\n{title}: {len(rows)} signers", markup=False)
        for row in rows:
            hits = " ".join(name for name in columns if name in row.requirements)
            console.print(
                f"  {row.name:44} {row.seen:>2}/{row.tried:<2} named {row.named:>2}  {hits}",
                markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip
        hit = {name for row in rows for name in row.requirements}
        missing = " ".join(name for name in columns if name not in hit) or "none"
        console.print(f"  requirements that no signer here breaks: {missing}", markup=False)
    outright = sum(not row.misnamed for row in matrix.byhand)
    console.print(
        f"\nhand-written signers named outright: {outright} of {len(matrix.byhand)} "
        f"({matrix.named:.0%}); the others narrowed to their stage",
        markup=False,
    )


def main() -> int:
    """Run, print, and tell whether the matrix stands."""
    console = Console(width=160)
    matrix = run()
    show(matrix, console)
    failures = matrix.failures()
    for failure in failures:
        console.print(f"✗ {failure}", markup=False, highlight=False, soft_wrap=True)
    console.print("the matrix stands" if not failures else f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
