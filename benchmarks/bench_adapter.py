"""What a process adapter adds to the same signer in this process, with the same RSA key.

Run it: `python benchmarks/bench_adapter.py`. All is measured in one run, in turns, so that a busy
machine slows everything alike; the figures are those of the least disturbed round. The aims: one
request at a time adds less than 0.2 ms; pipelined, while answers are verified, it adds nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conformance.adapters import open_adapter
from conformance.adapters.interface import Adapter, Answer, SignOrder
from conformance.clock import SystemClock
from conformance.material.keyfile import KeyFiles, make_key
from conformance.wire.base64text import decode
from conformance.wire.message import Place
from conformance.wire.signature import verifies

ROUNDS = 40
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


def one_by_one(adapter: Adapter, key_file: Path) -> Iterator[Answer]:
    return map(adapter.sign, orders(key_file))


def pipelined(adapter: Adapter, key_file: Path) -> Iterator[Answer]:
    return adapter.sign_many(orders(key_file))


def judge(answer: Answer, public_key: RSAPublicKey) -> None:
    """Do what the suite does with an answer at the least: verify its signature."""
    header = answer.headers.first("Signature") or ""
    signature = decode(header.rpartition('signature="')[2].rstrip('"'))
    assert verifies(signature, answer.said or b"", public_key)


def measure(answers: Callable[[], Iterator[Answer]], public_key: RSAPublicKey) -> float:
    """Return milliseconds a request."""
    began = time.perf_counter()
    number = 0
    for answer in answers():
        judge(answer, public_key)
        number += 1
    assert number == REQUESTS
    return (time.perf_counter() - began) / REQUESTS * 1000


def main() -> None:
    """Measure and print."""
    command = (sys.executable, "-m", "conformance.adapters.reference")
    key = make_key()
    with KeyFiles() as files:
        path = files.path_of(key)
        local = open_adapter("reference", clock=SystemClock())
        process = open_adapter(command, clock=SystemClock())
        ways: dict[str, Callable[[], Iterator[Answer]]] = {
            "in this process": lambda: one_by_one(local, path),
            "process, one at a time": lambda: one_by_one(process, path),
            f"process, {process.hello.max_in_flight} in flight": lambda: pipelined(process, path),
        }
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, answers in ways.items():
                times[way].append(measure(answers, key.public_key()))
        process.close()
    base = min(times["in this process"])
    print(f"RSA-2048, sign and verify, {ROUNDS} rounds of {REQUESTS} requests, best round")
    for way, measured in times.items():
        best = min(measured)
        print(f"{way:24} {best:.3f} ms  x{best / base:.2f}  adds {best - base:+.3f} ms")


if __name__ == "__main__":
    main()
