"""What drawing a generated case costs, as a share of one RSA-2048 signature by `cryptography`.

Run it: `python benchmarks/bench_generated.py`. Both are measured in one run, in turns, so that a
busy machine slows them alike; the figures are those of the least disturbed round. The aim: drawing
takes less than half a signature a case, of the two signatures that the suite as a whole may cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.cases import corner
from conformance.cases.case import Case
from conformance.cases.generated import collect, stream
from conformance.cases.keys import key_named
from conformance.cases.profile import PROFILES
from conformance.cases.shrinking import shrink
from conformance.cases.specimens import load_specimens
from conformance.cases.tree import documents
from conformance.cases.vectors import load_vectors
from conformance.clock import SystemClock

ROUNDS = 7
SIGNATURES = 200
AIM = 0.5
KEY = key_named("rsa-2048")


def sign() -> None:
    """Make signatures."""
    for _ in range(SIGNATURES):
        KEY.sign(b"(request-target): get /ping", PKCS1v15(), SHA256())


def best(way: Callable[[], object], per: int) -> float:
    """Return milliseconds of `way`, divided by `per`, in its least disturbed round."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        way()
        times.append(time.perf_counter() - began)
    return min(times) / per * 1000


def read_tree() -> None:
    """Read every vector from its file."""
    documents.cache_clear()
    load_specimens.cache_clear()
    load_vectors()
    load_specimens()


def shrink_all(failing: list[Case]) -> int:
    """Shrink each case that has a plus in its target; return how many questions were asked."""
    asked = 0

    def is_broken(case: Case) -> bool:
        nonlocal asked
        asked += 1
        return "+" in case.target

    for case in failing:
        shrink(case, is_broken, clock=SystemClock())
    return asked


def main() -> None:
    """Measure and print."""
    collect(1, 0)  # whatever hypothesis does once
    signature = best(sign, SIGNATURES)
    print(f"one RSA-2048 signature               {signature:.3f} ms")
    for name, count in PROFILES.items():
        began = time.perf_counter()
        collect(count, 1)
        took = (time.perf_counter() - began) * 1000
        share = took / count / signature
        print(
            f"{name:8} {count:6,} cases {took:8.0f} ms  {took / count:.3f} ms a case: x{share:.2f}"
        )
    case = best(lambda: collect(1000, 1), 1000)
    tape = best(
        lambda: [corner.request_of(bytes([n % 251] * corner.TAPE)) for n in range(1000)], 1000
    )
    print(f"of that, reading a request from a tape {tape:.4f} ms")
    failing = [one for one in islice(stream(3), 2000) if "+" in one.target][:50]
    asked = shrink_all(failing)
    print(f"shrinking a failing case: {asked / len(failing):.0f} questions on average")
    print(f"reading all {len(documents())} vectors: {best(read_tree, 1):.0f} ms")
    verdict = "within" if case / signature < AIM else "PAST"
    print(
        f"drawing a case takes x{case / signature:.2f} of a signature, {verdict} the aim of x{AIM}"
    )


if __name__ == "__main__":
    main()
