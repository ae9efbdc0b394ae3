"""What calling the API costs: every probe, without the politeness limit and with it.

    python benchmarks/bench_probes.py

Against a local sandbox in a process of its own. Without the limit its clock is moved where one
would have to wait; with it, the run is as it would be against any other host, and its length is
held to what was said before it began.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conformance.config import load_settings
from conformance.probes.estimate import Estimate, estimate, planned_probes

LIMIT = 5.0
"""Seconds for every probe, those for which time is moved included."""
OFF = 0.2
"""How far an estimate may be off, as a share of the truth."""
POLITE = 5.0
"""Requests a second unless told otherwise."""
PYTHON = Path(sys.executable)


@contextmanager
def sandbox(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Run a sandbox; yield a configuration with its control port, and one without."""
    command = [
        str(PYTHON.with_name("lendico-conformance")), "sandbox", "--port", "18443",
        "--control-port", "18444", "--directory", str(folder / "sandbox"),
    ]  # fmt: skip
    config = subprocess.run([*command, "--print-config"], check=True, capture_output=True).stdout
    controlled, plain = folder / "controlled.toml", folder / "plain.toml"
    controlled.write_bytes(config)
    lines = config.decode().splitlines(keepends=True)
    plain.write_text("".join(line for line in lines if not line.startswith("control_")))
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        while "control port" not in process.stdout.readline():
            assert process.poll() is None, "the sandbox did not start"
        yield controlled, plain
    finally:
        process.terminate()
        process.communicate()


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of the command: seconds in all, of the processor, and of the calls themselves."""

    took: float
    computed: float
    called: float
    requests: int
    verdict: str


def check(folder: Path, config: Path, *arguments: str) -> Run:
    """Run the command once."""
    program = PYTHON.with_name("lendico-conformance")
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [program, "check", "--plan", "api", "--config", config, "--json", *arguments],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads((folder / "reports" / "readiness.json").read_text())
    entries = json.loads((folder / "reports" / "exchanges.har").read_text())["log"]["entries"]
    starts = [datetime.fromisoformat(entry["startedDateTime"]) for entry in entries]
    return Run(
        took=took,
        computed=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        called=(max(starts) - min(starts)).total_seconds(),
        requests=found["politeness"]["requests"],
        verdict=found["verdict"],
    )


def said(config: Path, rate: float) -> Estimate:
    """Return what is said before a run."""
    settings = load_settings({"plan": "api", "max_rate": rate}, {}, config)
    return estimate(settings, planned_probes(settings))


def main() -> int:
    with tempfile.TemporaryDirectory() as name, sandbox(Path(name)) as (controlled, plain):
        folder = Path(name)
        run = min(
            (check(folder, controlled, "--max-rate", "0") for _ in range(3)),
            key=lambda item: item.took,
        )
        print(
            f"--max-rate 0, time moved: {run.verdict}, {run.requests} requests, {run.took:.2f} s "
            f"on the clock, {run.computed:.2f} s of the processor (below {LIMIT:g} s)"
        )
        good = run.computed < LIMIT and run.verdict == "READY"
        before, run = said(plain, POLITE), check(folder, plain, "--max-rate", f"{POLITE:g}")
        span = before.span.total_seconds()
        near = abs(before.requests - run.requests) <= OFF * run.requests
        near &= abs(span - run.called) <= OFF * run.called
        print(
            f"--max-rate {POLITE:g}, as against any other host: {run.requests} requests in "
            f"{run.called:.1f} s; said before: {before.requests} in {span:.1f} s"
            f"{'' if near else f'  MORE THAN {OFF:.0%} OFF'}"
        )
        good &= near
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
