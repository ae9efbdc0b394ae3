"""What a process adapter adds to the same signer in this process, with the same RSA key.

Run it: `python benchmarks/bench_adapter.py`. All is measured in one run, in turns, so that a busy
machine slows everything alike; the figures are those of the least disturbed round. The aims: asked
one request at a time, a process adds less than 0.2 ms a request; asked as `max_in_flight` allows,
while the answers are verified, as in a run of the suite, it adds nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conformance.adapters import open_adapter
from conformance.adapters.interface import Answer, SignOrder
from conformance.clock import SystemClock
from conformance.material.keyfile import KeyFiles, make_key
from conformance.wire.base64text import decode
from conformance.wire.message import Place
from conformance.wire.signature import verifies

ROUNDS = 25
REQUESTS = 50


def orders(key_file: Path) -> Iterator[SignOrder]:
    """Yield a round of requests."""
    for number in range(REQUESTS):
        target = f"/applications/{number}?x=%20"
        yield SignOrder(
            method="POST",
            url=f"https://api.example/partner-api{target}",
            base_url="https://api.example/partner-api",
            target=target,
            date="Wed, 03 Jul 2019 08:28:28 GMT",
            body=b'{"number": %d}' % number,
            key_id="client-1",
            key_file=key_file,
            place=Place.SIGNATURE,
        )


def count(answers: Iterator[Answer]) -> None:
    """Fetch the answers, and do nothing with them."""
    assert sum(answer.said is not None for answer in answers) == REQUESTS


def verify(answers: Iterator[Answer], public_key: RSAPublicKey) -> None:
    """Fetch the answers, and verify each as it comes."""
    for answer in answers:
        header = answer.headers.first("Signature") or ""
        signature = decode(header.rpartition('signature="')[2].rstrip('"'))
        assert verifies(signature, answer.said or b"", public_key)


def best(*ways: Callable[[], None]) -> list[float]:
    """Return milliseconds a request for each of `ways`, run in turns."""
    times = [float("inf")] * len(ways)
    for _ in range(ROUNDS):
        for index, way in enumerate(ways):
            began = time.perf_counter()
            way()
            times[index] = min(times[index], (time.perf_counter() - began) / REQUESTS * 1000)
    return times


def show(title: str, here: float, process: float) -> None:
    """Print a comparison."""
    added = process - here
    print(f"{title:38} {here:.3f} ms here, {process:.3f} ms in a process: ", end="")
    print(f"x{process / here:.2f}, adds {added:+.3f} ms")


def main() -> None:
    """Measure and print."""
    command = (sys.executable, "-m", "conformance.adapters.reference")
    key = make_key()
    public = key.public_key()
    with KeyFiles() as files:
        path = files.path_of(key)
        here = open_adapter("reference", clock=SystemClock())
        process = open_adapter(command, clock=SystemClock())
        alone = best(
            lambda: count(map(here.sign, orders(path))),
            lambda: count(map(process.sign, orders(path))),
        )
        judged = best(
            lambda: verify(here.sign_many(orders(path)), public),
            lambda: verify(process.sign_many(orders(path)), public),
        )
        process.close()
    print(f"RSA-2048, least disturbed of {ROUNDS} rounds of {REQUESTS} requests, a request:")
    show("signed, one at a time", *alone)
    show(f"signed, {process.hello.max_in_flight} in flight, and verified here", *judged)


if __name__ == "__main__":
    main()
