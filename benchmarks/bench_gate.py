"""What it costs to decide: one bundle verified, its requests judged again, a thousand of them.

One bundle is measured in processor time, which hardly depends on what else the machine does: that
of a signer's run, and that of a run of plan `readiness`, with the stories of a client. The last is
a ratio of elapsed times in one run, as many processes as processors against one, taken in turn and
the best of each. Beside it stands what the machine can give at most: as many processes that know
nothing of each other, each with its share of the bundles. On a machine that is busy with something
else both say little, so the load is printed, and how much of the time the processors were at work.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from conformance.catalogue import load_catalogue
from conformance.clock import ManualClock, SystemClock
from conformance.config import Part, Profile, Settings
from conformance.gate.asked import Asked
from conformance.gate.bundling import make_bundle
from conformance.gate.gating import Gate, Judge, processors, run_gate
from conformance.gate.reading import read_report
from conformance.gate.registry import load_registry
from conformance.gate.rejudging import rejudge
from conformance.gate.sources import Kind, Source, find_sources
from conformance.run.bench import opened
from conformance.run.ending import finish
from conformance.run.suite import SuiteRun

NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
VERIFIED = 0.5
"""Seconds that one bundle of the default profile may take."""
SHARE = 0.9
"""Part of the machine's own ratio that the gate is to reach; less is no matter of its speed."""
MANY = 1000
ROUNDS = 3


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = partner(folder)
        gate = Gate(now=NOW, registry=load_registry([folder / "signing.pem"]))
        ready, terms = readiness(folder)
        whole = bundle(settings, Profile.DEFAULT)
        small = bundle(replace(settings, report_dir=folder / "small"), None)
        again, requests = best(lambda: judged_again(settings, gate))
        verified, _ = best(lambda: verify(whole, gate))
        told, _ = best(lambda: verify(ready, terms))
        print(f"{requests:,} signed requests judged again  {again:7.3f} s")
        print(f"a bundle of {whole.stat().st_size / 1e6:.1f} MB verified        {verified:7.3f} s")
        print(f"one with a client's stories, {ready.stat().st_size / 1e6:.1f} MB {told:7.3f} s")
        alone, together, apart, busy = many(small, gate, folder)
    ratio, most = alone / together, alone / apart
    print(f"{MANY:,} small bundles, one process        {alone:7.2f} s")
    print(f"{MANY:,} small bundles, {processors()} processes       {together:7.2f} s")
    print(f"ratio                                {ratio:7.2f}   (load {os.getloadavg()[0]:.1f})")
    print(f"of processes that share nothing      {most:7.2f}")
    print(f"of the processors, at work           {busy:7.0%}")
    good = max(verified, told) < VERIFIED and (processors() < 2 or ratio >= SHARE * most)
    print("as asked for" if good else f"asked for: {VERIFIED} s, and {SHARE:.0%} of the last ratio")
    return 0 if good else 1


def partner(folder: Path) -> Settings:
    """Make a key and a certificate in `folder`."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "partner")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=365))
        .sign(key, SHA256())
    )  # fmt: skip
    (folder / "signing.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "signing.key").write_bytes(pem)
    return Settings(
        partner="Acme", key_id="client-1", seed=7, report_dir=folder / "reports",
        signing_certificate=folder / "signing.pem", signing_key=folder / "signing.key",
    )  # fmt: skip


def bundle(settings: Settings, profile: Profile | None) -> Path:
    """Return the bundle of a run of `profile`; without one it is a run of a few vectors."""
    asked = replace(settings, profile=profile or Profile.QUICK)
    run = SuiteRun(settings=asked, clock=ManualClock(NOW))
    with opened(run) as bench:
        for vector in run.vectors if profile else run.vectors[:20]:
            bench.vector(vector)
        for requirement in run.requirements(Part.OFFLINE) if profile else ():
            bench.requirement(requirement)
    finish(run)
    path = settings.report_dir / "bundle.zip"
    path.write_bytes(make_bundle(asked, {}, clock=ManualClock(NOW)).data)
    return path


def readiness(folder: Path) -> tuple[Path, Gate]:
    """Return the bundle of a run of plan `readiness`, made as a partner makes it, and its gate."""
    there = folder / "ready"
    for arguments in (
        ("init", "python", str(there)),
        ("certs", "create", "--name", "Example Ltd"),
        ("check", "--plan", "readiness"),
        ("bundle", "create", "-o", "ready.zip"),
    ):
        subprocess.run(
            [sys.executable, "-m", "conformance", *arguments],
            cwd=there if there.exists() else folder, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if arguments[0] == "certs":
            config = there / "conformance.toml"
            text = config.read_text("utf-8").replace("# key_id = ", "key_id = ")
            config.write_text(text, "utf-8")
    registry = load_registry([there / "certificates" / "signing.pem"])
    return there / "ready.zip", Gate(now=SystemClock().now(), registry=registry)


def judged_again(settings: Settings, gate: Gate) -> int:
    catalogue = load_catalogue()
    report = read_report(settings.report_dir / "readiness.json")
    certificate = x509.load_pem_x509_certificate(
        (settings.report_dir.parent / "signing.pem").read_bytes()
    )
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert gate.now == NOW
    proof = rejudge(
        report,
        (settings.report_dir / "evidence.jsonl").read_bytes(),
        b"",
        {},
        registered=key,
        catalogue=catalogue,
        clock=SystemClock(),
        asked=Asked(catalogue),
        parts=report.parts,
    )
    return proof.requests


def verify(path: Path, gate: Gate) -> int:
    source = Source(path=path, name="bundle", kind=Kind.BUNDLE)
    decision = Judge(gate, load_catalogue()).decide(source)
    assert not decision.refused, decision
    return decision.exit_code


def many(small: Path, gate: Gate, folder: Path) -> tuple[float, float, float, float]:
    """Return the seconds of one process, of many, of many alone, and how busy the second were."""
    there = folder / "many"
    there.mkdir()
    for number in range(MANY):
        copyfile(small, there / f"{number:04}.zip")
    sources = find_sources([there])
    alone, together, apart = [], [], []
    for _ in range(ROUNDS):
        alone.append(elapsed(lambda: run_gate(sources, gate, jobs=1)))
        together.append(elapsed(lambda: run_gate(sources, gate, jobs=processors())))
        apart.append(elapsed(lambda: side_by_side(sources, gate)))
    (one, _), (all_of_them, spent) = min(alone), min(together)
    return one, all_of_them, min(apart)[0], spent / all_of_them / processors()


def side_by_side(sources: Sequence[Source], gate: Gate) -> None:
    """Judge an equal share of `sources` in each of as many processes as processors."""
    fork = multiprocessing.get_context("fork")
    shares = (sources[number :: processors()] for number in range(processors()))
    running = [fork.Process(target=run_gate, args=(x, gate), kwargs={"jobs": 1}) for x in shares]
    for process in running:
        process.start()
    for process in running:
        process.join()


def best(work: Callable[[], int], times: int = 3) -> tuple[float, int]:
    """Return the least processor time of several tries in seconds, and what came of it."""
    spent = []
    found = 0
    for _ in range(times):
        began = time.process_time()
        found = work()
        spent.append(time.process_time() - began)
    return min(spent), found


def elapsed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that passed, and those of the processors, by this and its processes."""
    began, spent = time.perf_counter(), sum(os.times()[:4])
    work()
    return time.perf_counter() - began, sum(os.times()[:4]) - spent


if __name__ == "__main__":
    sys.exit(main())
