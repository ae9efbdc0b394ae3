"""What the suite costs: whole runs on the clock, and its share of each generated request.

    python benchmarks/bench_check.py [ROUNDS]

The share is all that the suite does for a generated request but the signing itself: drawing it,
judging the answer, keeping the evidence and the checks. It is compared with one RSA-2048 signature
by `cryptography`, made in turns with it. Goals: below twice the signature; `--profile default`
below 10 s and `--profile quick` below 3 s on two cores, start of the interpreter included. They are
held against processor time, which a busy machine stretches less than the clock.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from conformance.adapters.interface import Answer, SignOrder
from conformance.adapters.reference import ProcedureAdapter
from conformance.cases.store import FailureStore
from conformance.cases.vectors import vector_key
from conformance.clock import SystemClock
from conformance.config import Settings
from conformance.material.keyfile import KeyFiles, make_key
from conformance.run.bench import Bench
from conformance.run.suite import SuiteRun
from conformance.trial.examination import Examination
from conformance.wire import signature

RUN_GOALS_S = {"default": 10.0, "quick": 3.0}
SHARE_GOAL = 2.0
CASES = 1000
SIGNATURES = 500


class Timed(ProcedureAdapter):
    """The reference signer, whose own processor time is counted."""

    spent = 0.0

    def sign(self, order: SignOrder) -> Answer:
        began = time.process_time()
        answer = super().sign(order)
        self.spent += time.process_time() - began
        return answer

    def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
        return map(self.sign, orders)


def whole_run(profile: str, folder: str) -> tuple[float, float]:
    """Return the seconds that `check` takes: of the processor, and of whoever waits for it."""
    command = (sys.executable, "-m", "conformance", "check", "--profile", profile)
    began, before = time.perf_counter(), os.times()
    done = subprocess.run([*command, "--report-dir", folder], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    waited, after = time.perf_counter() - began, os.times()
    worked = after.children_user + after.children_system
    return worked - before.children_user - before.children_system, waited


def share(folder: Path, seed: int) -> float:
    """Return milliseconds of processor time that the suite itself takes a generated request."""
    clock = SystemClock()
    run = SuiteRun(
        settings=Settings(report_dir=folder), seed=seed, store=FailureStore(folder / "failures")
    )
    adapter = Timed()
    with KeyFiles() as files:
        examination = Examination(
            adapter,
            files=files,
            vector_key=vector_key,
            clock=clock,
            base_url=run.settings.base_url,
        )
        began = time.process_time()
        check = Bench(run, examination).requirement("SIG-001")
        spent = time.process_time() - began - adapter.spent
    assert check.cases == CASES
    return spent / CASES * 1000


def signing(key: RSAPrivateKey) -> float:
    """Return milliseconds of processor time that one RSA-2048 signature takes."""
    began = time.process_time()
    for number in range(SIGNATURES):
        signature.sign(number.to_bytes(4, "big"), key)
    return (time.process_time() - began) / SIGNATURES * 1000


def main(rounds: int) -> int:
    key = make_key()
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for profile, goal in RUN_GOALS_S.items():
            worked, waited = min(whole_run(profile, folder) for _ in range(rounds))
            good = good and worked < goal
            print(
                f"check --profile {profile}: {worked:.2f} s of the processor, {waited:.2f} s on the"
                f" clock, goal below {goal:.0f} s"
            )
        pairs = [(share(Path(folder), seed), signing(key)) for seed in range(rounds)]
    suite = statistics.median(ours for ours, _ in pairs)
    one = statistics.median(rsa for _, rsa in pairs)
    ratio = statistics.median(ours / rsa for ours, rsa in pairs)
    good = good and ratio < SHARE_GOAL
    print(
        f"suite, per generated request: {suite:.2f} ms, {ratio:.2f} RSA-2048 signatures"
        f" of {one:.2f} ms, goal below {SHARE_GOAL:.0f}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
