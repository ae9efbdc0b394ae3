"""Certificates in a bundle are judged again: what the report says of them is not believed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from conformance.clock import ManualClock
from conformance.config import Part, Plan, Settings
from conformance.errors import UsageError
from conformance.gate.bundling import make_bundle
from conformance.gate.decision import Decision, Ruling
from conformance.gate.gating import Gate, run_gate
from conformance.gate.recertifying import shown_by_certificates
from conformance.gate.sources import Kind, Source
from conformance.report.certified import planned_material
from conformance.report.filename import READINESS, SIGNING_CERTIFICATE, TLS_CERTIFICATE
from conformance.report.verdict import of_part
from conformance.run.certifying import Certifier
from conformance.run.ending import finish
from conformance.run.suite import SuiteRun
from tests.gate.handed import CATALOGUE, CLIENT, NOW, Partner, Plain, checks_in, decided, lie
from tests.material.factory import der, issue, key_pem, pem, saved

YEAR = timedelta(days=365)
BEGINS = NOW - timedelta(days=30)
OF_NO_SIGNER = len(of_part(CATALOGUE, Part.OFFLINE))
"""Checks that a run without a signer proves: that there was none."""


def leaf(kind: str, name: str, ends: datetime = BEGINS + YEAR) -> x509.Certificate:
    return issue(kind, name=name, begins=BEGINS, ends=ends)


class Judged(Partner):
    """A partner whose certificates were judged, and nothing else."""

    @property
    def settings(self) -> Settings:
        return Settings(
            partner="Acme", key_id=CLIENT, plan=Plan.READINESS, report_dir=self.reports,
            tls_certificate=self.folder / "tls.pem", tls_key=self.folder / "tls.key",
            signing_certificate=self.certificate, signing_key=self.folder / "signing-1.key",
        )  # fmt: skip

    @property
    def report(self) -> Path:
        return self.reports / READINESS


def judged(folder: Path, tls: x509.Certificate, signing: x509.Certificate | None = None) -> Judged:
    folder.mkdir()
    somebody = Judged(folder=folder)
    saved(folder, "tls.pem", pem(tls))
    saved(folder, "tls.key", key_pem("rsa-2048-a"))
    saved(folder, "signing-1.pem", pem(signing or leaf("rsa-2048-b", "signing")))
    saved(folder, "signing-1.key", key_pem("rsa-2048-b"))
    run = SuiteRun(settings=somebody.settings, clock=ManualClock(NOW))
    certifier = Certifier(run)
    for requirement in run.requirements(Part.MATERIAL):
        certifier.requirement(requirement)
    finish(run)
    return somebody


@pytest.fixture(scope="session")
def right(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return judged(tmp_path_factory.mktemp("certified") / "right", leaf("rsa-2048-a", "tls"))


@pytest.fixture
def acme(right: Judged, tmp_path: Path) -> Judged:
    shutil.copytree(right.folder, tmp_path / "acme")
    return Judged(folder=tmp_path / "acme")


def outcome(decision: Decision, requirement: str) -> str:
    return next(
        (item.says for item in decision.blocking if item.requirement == requirement), "holds"
    )


def test_what_certificates_show_is_proved_and_the_rest_is_taken(acme: Judged) -> None:
    decision = decided(acme.bundle(), acme.certificate)
    assert not decision.refused
    assert all(outcome(decision, f"CERT-00{number}") == "holds" for number in (1, 2, 3, 4, 5, 9))
    assert f"{OF_NO_SIGNER + 12} checks proved" in decision.steps[-1].says
    planned = {(name, requirement) for name, requirement in planned_material()}
    assert planned - set(shown_by_certificates()) == {
        ("certificate:tls", "CERT-006"), ("certificate:tls", "CERT-007"),
        ("certificate:signing", "CERT-006"), ("certificate:signing", "CERT-007"),
        ("certificate:tls", "CERT-008"),
    }  # fmt: skip


def test_openssl_reads_what_a_run_leaves_of_them(acme: Judged) -> None:
    for name, used in ((TLS_CERTIFICATE, "tls.pem"), (SIGNING_CERTIFICATE, "signing-1.pem")):
        left, given = (acme.reports / name).read_bytes(), (acme.folder / used).read_bytes()
        assert x509.load_pem_x509_certificate(left) == x509.load_pem_x509_certificate(given)
        assert b"PRIVATE" not in left


def all_pass(report: Plain) -> None:
    for check in checks_in(report):
        if check["id"].startswith("certificate:"):
            check.update(outcome="pass", reason="", expected="", observed="", hint="", broken=0)


@pytest.mark.parametrize(
    ("requirement", "tls"),
    [
        ("CERT-001", lambda: leaf("ec", "tls")),
        ("CERT-001", lambda: leaf("rsa-1024", "tls")),
        ("CERT-003", lambda: leaf("rsa-2048-a", "tls", NOW - timedelta(days=1))),
        ("CERT-004", lambda: leaf("rsa-2048-a", "tls", BEGINS + 4 * YEAR)),
        ("CERT-005", lambda: leaf("rsa-2048-b", "tls")),
        ("CERT-009", lambda: leaf("rsa-2048-a", "tls", NOW + timedelta(days=59))),
    ],
)
def test_a_certificate_that_breaks_what_the_report_says_it_keeps(
    requirement: str, tls: Callable[[], x509.Certificate], tmp_path: Path
) -> None:
    somebody = judged(tmp_path / "weak", tls())
    honest = decided(somebody.bundle(), somebody.certificate)
    assert honest.ruling in {Ruling.NOT_READY, Ruling.INCOMPLETE}
    lie(somebody, all_pass)

    lied = decided(somebody.bundle(), somebody.certificate)
    assert lied.refused == "check-contradicted"
    assert requirement in lied.says


def test_the_same_certificate_twice_is_a_failure_and_no_lie(tmp_path: Path) -> None:
    both = leaf("rsa-2048-b", "both")
    somebody = judged(tmp_path / "twice", both, both)
    decision = decided(somebody.bundle(), somebody.certificate)
    assert decision.ruling is Ruling.NOT_READY
    assert "same-certificate" in outcome(decision, "CERT-005")


@pytest.mark.parametrize("name", [TLS_CERTIFICATE, SIGNING_CERTIFICATE])
def test_a_certificate_left_out_proves_nothing(name: str, acme: Judged) -> None:
    (acme.reports / name).unlink()

    def leave_out(report: Plain) -> None:
        report["evidence"] = [item for item in report["evidence"] if item["file"] != name]

    lie_about(acme, leave_out)
    assert decided(acme.bundle(), acme.certificate).refused == "evidence-missing"


def lie_about(somebody: Judged, change: Callable[[Plain], None]) -> None:
    """Change the report before its evidence is looked for."""
    report = json.loads(somebody.report.read_text("utf-8"))
    change(report)
    somebody.report.write_text(json.dumps(report), "utf-8")


def test_of_another_suite_that_left_none_they_are_taken(acme: Judged) -> None:
    for name in (TLS_CERTIFICATE, SIGNING_CERTIFICATE):
        (acme.reports / name).unlink()

    def older(report: Plain) -> None:
        report["evidence"] = [item for item in report["evidence"] if ".pem" not in item["file"]]
        report["suite"] |= {"version": "0.0.9", "catalogue_sha256": "0" * 64}

    lie_about(acme, older)
    decision = decided(acme.bundle(), acme.certificate)
    assert not decision.refused
    assert f"{OF_NO_SIGNER} checks proved" in decision.steps[-1].says


def test_another_good_certificate_is_not_the_one_that_was_judged(acme: Judged) -> None:
    saved(acme.reports, TLS_CERTIFICATE, pem(leaf("rsa-2048-c", "other")))
    lie(acme)
    decision = decided(acme.bundle(), acme.certificate)
    assert decision.refused == "certificate-differs"
    assert TLS_CERTIFICATE in decision.says


def test_the_signing_certificate_is_the_registered_one(acme: Judged) -> None:
    shutil.copy(acme.reports / TLS_CERTIFICATE, acme.reports / SIGNING_CERTIFICATE)
    lie(acme)
    decision = decided(acme.bundle(), acme.certificate)
    assert decision.refused == "certificate-differs"
    assert "signed the bundle" in decision.says


def test_days_that_the_report_gives_a_certificate(acme: Judged) -> None:
    """They stand on the time line, and say whether it has expired since."""

    def longer(report: Plain) -> None:
        for item in report["subject"]["certificates"]:
            item["expires"] = item["expires"].replace("2027", "2028")

    lie(acme, longer)
    assert decided(acme.bundle(), acme.certificate).refused == "certificate-differs"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "evidence-broken"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "evidence-broken"),
        (b"<script>\x1b[31m\x00\xff", "evidence-broken"),
        (der(leaf("rsa-2048-a", "tls")), "evidence-broken"),
        (pem(leaf("rsa-2048-a", "tls"), leaf("rsa-2048-c", "other")), "evidence-broken"),
        (b"-----BEGIN CERTIFICATE-----\n" * 10_000, "entry-too-large"),
    ],
    ids=["nothing", "no certificate", "hostile", "der", "two", "large"],
)
def test_a_file_that_is_no_certificate(data: bytes, reason: str, acme: Judged) -> None:
    saved(acme.reports, TLS_CERTIFICATE, data)
    lie(acme)
    decision = decided(acme.bundle(), acme.certificate)
    assert decision.refused == reason
    assert decision.says.isprintable()


def test_no_bundle_is_made_around_a_private_key(acme: Judged) -> None:
    with (acme.reports / TLS_CERTIFICATE).open("ab") as file:
        file.write(key_pem("rsa-2048-a"))
    lie(acme)
    with pytest.raises(UsageError, match="private key"):
        make_bundle(acme.settings, {}, clock=ManualClock(NOW))


def gated(path: Path, somebody: Judged, now: datetime, kind: Kind, **terms: Any) -> Decision:
    if kind is Kind.BUNDLE:
        return decided(path, somebody.certificate, now=now, **terms)
    source = Source(path=path, name=path.name, kind=kind)
    return run_gate([source], Gate(now=now, **terms)).decisions[0]


@pytest.mark.parametrize("kind", [Kind.BUNDLE, Kind.REPORT])
@pytest.mark.parametrize("role", ["tls", "signing"])
def test_a_certificate_that_has_expired_since(kind: Kind, role: str, tmp_path: Path) -> None:
    ends = {"tls": NOW + YEAR, "signing": NOW + YEAR, role: NOW + timedelta(days=70)}
    signing = leaf("rsa-2048-b", "signing", ends["signing"])
    somebody = judged(tmp_path / "acme", leaf("rsa-2048-a", "tls", ends["tls"]), signing)
    path = somebody.bundle() if kind is Kind.BUNDLE else somebody.report

    before = gated(path, somebody, ends[role], kind)
    assert (before.refused, before.ruling) == ("", Ruling.INCOMPLETE)
    after = gated(path, somebody, ends[role] + timedelta(seconds=1), kind)
    assert (after.refused, after.ruling) == ("", Ruling.NOT_READY)
    assert "expired" in outcome(after, "CERT-003")
    compared = gated(path, somebody, ends[role] + timedelta(days=1), kind, baseline=somebody.report)
    assert compared.ruling is Ruling.REGRESSION
    assert "CERT-003 worse: pass before, fail now" in compared.says


def test_a_failure_of_its_own_day_keeps_its_words(tmp_path: Path) -> None:
    """What was expired when it was judged is told as it was then."""
    somebody = judged(tmp_path / "acme", leaf("rsa-2048-a", "tls", NOW - timedelta(days=1)))
    early = gated(somebody.report, somebody, NOW, Kind.REPORT)
    late = gated(somebody.report, somebody, NOW + timedelta(days=9), Kind.REPORT)
    assert replace(early, created=None) == replace(late, created=None)
