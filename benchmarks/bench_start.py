"""What a start of the command costs, as a ratio to a bare start of the interpreter.

    python benchmarks/bench_start.py [RUNS]

The commands take turns, so that a busy machine slows them alike; the ratio is that of the medians.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPT = "import sys; from conformance.cli import main; sys.exit(main())"
LIMIT = 3.0
"""Bare starts that help may cost."""

STARTS = {
    "bare interpreter": ("-c", "pass"),
    "--help": ("-c", SCRIPT, "--help"),
    "--version": ("-c", SCRIPT, "--version"),
    "import click": ("-c", "import click"),
    "requirements --help": ("-c", SCRIPT, "requirements", "--help"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    times: dict[str, list[float]] = {name: [] for name in STARTS}
    for turn in range(runs + 1):
        for name, arguments in STARTS.items():
            took = seconds(arguments)
            if turn:  # the first turn fills the caches
                times[name].append(took)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    bare = medians["bare interpreter"]
    print(f"start, median of {runs}:")
    for name, median in medians.items():
        print(f"  {name:<20} {median * 1000:6.1f} ms   {median / bare:4.1f} x")
    ratio = medians["--help"] / bare
    print(f"--help costs {ratio:.2f} bare starts; {LIMIT:.0f} are allowed")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
