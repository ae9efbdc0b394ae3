"""Runs, bundles and whoever tampers with them: what the tests of the gate are about."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from conformance.cases.store import FailureStore
from conformance.catalogue import load_catalogue
from conformance.clock import ManualClock
from conformance.config import Part, Profile, Settings
from conformance.gate.bundling import make_bundle
from conformance.gate.challenge import Challenge
from conformance.gate.decision import Decision
from conformance.gate.gating import Gate, run_gate
from conformance.gate.manifest import MANIFEST
from conformance.gate.registry import load_registry
from conformance.gate.sources import Kind, Source
from conformance.run.bench import opened
from conformance.run.ending import finish
from conformance.run.suite import SuiteRun

NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
CATALOGUE = load_catalogue()
CLIENT = "client-1"
Plain = dict[str, Any]


@functools.cache
def key(number: int = 1) -> rsa.RSAPrivateKey:
    """Return the private key of a partner; another number is another partner."""
    assert number
    return rsa.generate_private_key(65537, 2048)


@functools.cache
def certificate(number: int = 1, *, begins: datetime = NOW - timedelta(days=30)) -> bytes:
    """Return the certificate of that partner as PEM, valid for a year."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"partner {number}")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key(number).public_key())
        .serial_number(number)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365))
        .sign(key(number), SHA256())
    )
    return made.public_bytes(Encoding.PEM)


@dataclass(frozen=True, kw_only=True)
class Partner:
    """Somebody with a key, a certificate and a folder for reports."""

    folder: Path
    number: int = 1

    @property
    def certificate(self) -> Path:
        return self.folder / f"signing-{self.number}.pem"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def settings(self) -> Settings:
        return Settings(
            partner="Acme",
            key_id=CLIENT,
            profile=Profile.QUICK,
            seed=7,
            report_dir=self.reports,
            signing_certificate=self.certificate,
            signing_key=self.folder / f"signing-{self.number}.key",
        )

    def bundle(self, *, at: datetime = NOW, challenge: Challenge | None = None) -> Path:
        """Make a bundle of the run in `reports`, signed at the moment `at`."""
        made = make_bundle(self.settings, {}, clock=ManualClock(at), challenge=challenge)
        path = self.folder / "bundle.zip"
        path.write_bytes(made.data)
        return path


def partner(
    folder: Path, number: int = 1, *, begins: datetime = NOW - timedelta(days=30)
) -> Partner:
    """Return a partner whose files are in `folder`."""
    made = Partner(folder=folder, number=number)
    folder.mkdir(parents=True, exist_ok=True)
    made.certificate.write_bytes(certificate(number, begins=begins))
    pem = key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"signing-{number}.key").write_bytes(pem)
    return made


def run(
    somebody: Partner,
    *,
    at: datetime = NOW,
    challenge: Challenge | None = None,
    adapter: str = "reference",
) -> None:
    """Run the offline suite for `somebody` as the tests of a user do, without pytest."""
    settings = replace(somebody.settings, adapter=adapter)
    suite = SuiteRun(
        settings=settings, clock=ManualClock(at), challenge=challenge,
        store=FailureStore(somebody.folder / "failures"),
    )  # fmt: skip
    with opened(suite) as bench:
        for vector in suite.vectors:
            bench.vector(vector)
        for requirement in suite.requirements(Part.OFFLINE):
            bench.requirement(requirement)
    finish(suite)


def decided(bundle: Path, registered: Path, *, now: datetime = NOW, **terms: Any) -> Decision:
    """Return what a gate says of the file at `bundle`."""
    gate = Gate(now=now, registry=load_registry([registered]), **terms)
    source = Source(path=bundle, name=bundle.name, kind=Kind.BUNDLE)
    return run_gate([source], gate).decisions[0]


def unzipped(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Mapping[str, bytes], bundle: Path) -> Path:
    """Write a zip file of the kind that bundles are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    bundle.write_bytes(buffer.getvalue())
    return bundle


def relisted(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return `files` with the manifest made to fit them, as somebody without the key can."""
    manifest = json.loads(files[MANIFEST])
    for item in manifest["files"]:
        data = files[item["name"]]
        item |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {**files, MANIFEST: (json.dumps(manifest, indent=1) + "\n").encode()}


def lie(
    somebody: Partner,
    of_report: Callable[[Plain], None] = lambda _: None,
    of_evidence: Callable[[list[Plain]], list[Plain]] = lambda lines: lines,
) -> None:
    """Change report and evidence before they are signed, so that all hashes fit."""
    evidence = somebody.reports / "evidence.jsonl"
    lines = of_evidence([json.loads(line) for line in evidence.read_text().splitlines()])
    evidence.write_text("".join(json.dumps(line) + "\n" for line in lines))
    file = somebody.reports / "readiness.json"
    report = json.loads(file.read_text())
    of_report(report)
    for item in report["evidence"]:
        item["sha256"] = hashlib.sha256((somebody.reports / item["file"]).read_bytes()).hexdigest()
    file.write_text(json.dumps(report))


def checks_in(report: Plain) -> list[Plain]:
    return [check for item in report["requirements"] for check in item["checks"]]


SIGNER = """
import base64, json, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from conformance.material.keyfile import load_key
from conformance.wire.date import parse_imf_fixdate
from conformance.wire.message import Place, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys
key = Keys(signing=load_key(Path({key!r})))
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] == "hello":
        ok = dict(protocol=1, name="hsm", language="python", can=["sign", "clock"])
        ok["cert_pem"] = {pem!r}
    elif asked["op"] == "sign":
        request = UnsignedRequest(method=asked["method"], target=asked["target"],
            date=parse_imf_fixdate(asked["date"]), key_id=asked["key_id"],
            body=base64.b64decode(asked["body_b64"]), place=Place(asked["place"]))
        ok = dict(headers=[list(item) for item in DOCUMENTED.sign(request, key).headers])
    else:
        break
    print(json.dumps(dict(id=asked["id"], ok=ok)), flush=True)
"""


def keeper(somebody: Partner) -> str:
    """Return the address of a signer that keeps the partner's key, and says whose it is."""
    script = somebody.folder / "hsm.py"
    script.write_text(
        SIGNER.format(
            root=str(Path(__file__).parents[2]),
            key=str(somebody.folder / f"signing-{somebody.number}.key"),
            pem=somebody.certificate.read_text(),
        )
    )
    return f"cmd:{sys.executable} {script}"
