"""What the page of a report costs: 2,000 checks, every second of which found something broken.

Run it: `python benchmarks/bench_report.py`. The aims: rendered in less than a second, less than
2 MB. Judged by processor time, since other work may keep the machine busy, in a process that has
just started, so that reading the templates counts; and what reading such a report from a file
costs beside it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

CHECKS = 2000
GOAL_S, GOAL_MB = 1.0, 2.0
ONE = "--one"


def timed(does: Callable[[], object]) -> tuple[float, float]:
    """Return seconds of the processor, and on the clock."""
    processor, clock = time.process_time(), time.perf_counter()
    does()
    return time.process_time() - processor, time.perf_counter() - clock


def once() -> None:
    """Measure in this process, and print one line of figures."""
    from conformance.report.writing import report_text  # noqa: PLC0415
    from tests.rendering.samples import CATALOGUE, broken, check, full, not_ready  # noqa: PLC0415

    report = replace(full(), causes=not_ready().causes)
    each = -(-CHECKS // len(report.requirements))
    report = replace(
        report,
        requirements=tuple(
            replace(
                item,
                checks=tuple(
                    broken(item.id, id=f"vector:topic/case-{number}")
                    if number % 2
                    else check(item.id, id=f"vector:topic/case-{number}")
                    for number in range(each)
                ),
            )
            for item in report.requirements
        ),
    )
    pages: list[str] = []

    def rendered() -> None:
        from conformance.rendering.page import html  # noqa: PLC0415 - importing it is part of it

        pages.append(html(report, CATALOGUE))

    def read() -> None:
        from conformance.report.reading import report_of  # noqa: PLC0415

        assert report_of(data, "readiness.json", by_schema=True) is not None

    data = report_text(report).encode()
    first, again, reading = timed(rendered), timed(rendered), timed(read)
    print(*first, *again, *reading, len(pages[0].encode()) / 1e6, len(data) / 1e6)


def main() -> int:
    rounds = [
        [
            float(figure)
            for figure in subprocess.run(
                [sys.executable, __file__, ONE], capture_output=True, text=True, check=True
            ).stdout.split()
        ]
        for _ in range(3)
    ]
    best = [min(figures) for figures in zip(*rounds, strict=True)]
    first, first_clock, again, _, reading, _, page, data = best
    print(f"{CHECKS} checks, half of them broken, a report of {data:.1f} MB; best of three:")
    print(f"  rendering for the first time: {first:.2f} s, {first_clock:.2f} s on the clock")
    print(f"  rendering again: {again:.2f} s; reading it from a file: {reading:.2f} s")
    print(
        f"goals: {GOAL_S:.0f} s of the processor, got {first:.2f} s;"
        f" {GOAL_MB:.0f} MB, got {page:.2f} MB"
    )
    return 0 if first < GOAL_S and page < GOAL_MB else 1


if __name__ == "__main__":
    if ONE in sys.argv:
        once()
    else:
        sys.exit(main())
