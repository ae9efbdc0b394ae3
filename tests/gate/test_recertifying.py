"""Certificates in a bundle are judged again: what the report says of them is not believed."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from conformance.catalogue import Level
from conformance.clock import ManualClock
from conformance.config import Part, Plan, Settings
from conformance.errors import UsageError
from conformance.gate.decision import Decision, Ruling
from conformance.gate.gating import Gate, run_gate
from conformance.gate.policy import Policy
from conformance.gate.recertifying import shown_by_certificates
from conformance.gate.sources import Kind, Source
from conformance.report.certified import planned_material
from conformance.report.filename import CERTIFICATES, READINESS
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


def judged(
    folder: Path,
    tls: x509.Certificate,
    signing: x509.Certificate | None = None,
    *,
    takes: timedelta = timedelta(),
) -> Judged:
    folder.mkdir()
    somebody = Judged(folder=folder)
    saved(folder, "tls.pem", pem(tls))
    saved(folder, "tls.key", key_pem("rsa-2048-a"))
    saved(folder, "signing-1.pem", pem(signing or leaf("rsa-2048-b", "signing")))
    saved(folder, "signing-1.key", key_pem("rsa-2048-b"))
    clock = ManualClock(NOW)
    run = SuiteRun(settings=somebody.settings, clock=clock)
    certifier = Certifier(run)
    for requirement in run.requirements(Part.MATERIAL):
        certifier.requirement(requirement)
    clock.advance(takes)
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


def lines(somebody: Judged) -> dict[str, str]:
    """Return the certificates of a run in PEM, by role."""
    text = (somebody.reports / CERTIFICATES).read_text("ascii")
    return {item["role"]: item["pem"] for item in map(json.loads, text.splitlines())}


def rewritten(somebody: Judged, **changed: str) -> None:
    """Write the file of certificates anew; an empty text leaves one out."""
    items = lines(somebody) | changed
    text = "".join(
        json.dumps({"role": role, "pem": pem}) + "\n" for role, pem in items.items() if pem
    )
    (somebody.reports / CERTIFICATES).write_text(text, "ascii")
    lie(somebody)


def test_a_run_leaves_the_certificates_and_no_key(acme: Judged) -> None:
    for role, used in (("tls", "tls.pem"), ("signing", "signing-1.pem")):
        left, given = lines(acme)[role].encode(), (acme.folder / used).read_bytes()
        assert x509.load_pem_x509_certificate(left) == x509.load_pem_x509_certificate(given)
    assert b"PRIVATE" not in (acme.reports / CERTIFICATES).read_bytes()


def all_pass(report: Plain) -> None:
    for check in checks_in(report):
        if check["id"].startswith("certificate:"):
            check.update(outcome="pass", reason="", expected="", observed="", hint="", broken=0)


@pytest.mark.parametrize(
    ("requirement", "tls"),
    [
        ("CERT-001", lambda: leaf("ec", "tls")),
        ("CERT-001", lambda: leaf("rsa-1024", "tls")),
        ("CERT-004", lambda: leaf("rsa-2048-a", "tls", BEGINS + 4 * YEAR)),
        ("CERT-005", lambda: leaf("rsa-2048-b", "tls")),
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


@pytest.mark.parametrize(
    ("requirement", "ends"),
    [("CERT-003", NOW - timedelta(days=1)), ("CERT-009", NOW + timedelta(days=59))],
)
def test_what_the_report_says_of_days_does_not_count(
    requirement: str, ends: datetime, tmp_path: Path
) -> None:
    """The day of the decision does, so that it is no lie to have passed before."""
    somebody = judged(tmp_path / "old", leaf("rsa-2048-a", "tls", ends))
    lie(somebody, all_pass)
    policy = Policy(levels=(Level.MUST, Level.SHOULD))
    decision = decided(somebody.bundle(), somebody.certificate, policy=policy)
    assert decision.ruling is Ruling.NOT_READY
    assert outcome(decision, requirement) != "holds"


def test_the_same_certificate_twice_is_a_failure_and_no_lie(tmp_path: Path) -> None:
    both = leaf("rsa-2048-b", "both")
    somebody = judged(tmp_path / "twice", both, both)
    decision = decided(somebody.bundle(), somebody.certificate)
    assert decision.ruling is Ruling.NOT_READY
    assert "same-certificate" in outcome(decision, "CERT-005")


@pytest.mark.parametrize("role", ["tls", "signing"])
@pytest.mark.parametrize("suite", [{}, {"version": "0.0.9", "catalogue_sha256": "0" * 64}])
def test_a_certificate_left_out_proves_nothing(
    role: str, suite: dict[str, str], acme: Judged
) -> None:
    rewritten(acme, **{role: ""})
    lie(acme, lambda report: report["suite"].update(suite))
    assert decided(acme.bundle(), acme.certificate).refused == "evidence-missing"


def test_without_the_file_nothing_is_proved(acme: Judged) -> None:
    (acme.reports / CERTIFICATES).unlink()
    report = json.loads(acme.report.read_text("utf-8"))
    report["evidence"] = [item for item in report["evidence"] if item["file"] != CERTIFICATES]
    acme.report.write_text(json.dumps(report), "utf-8")
    assert decided(acme.bundle(), acme.certificate).refused == "evidence-missing"


def test_another_good_certificate_is_not_the_one_that_was_judged(acme: Judged) -> None:
    rewritten(acme, tls=pem(leaf("rsa-2048-c", "other")).decode())
    decision = decided(acme.bundle(), acme.certificate)
    assert decision.refused == "certificate-differs"
    assert "TLS certificate" in decision.says


def test_the_signing_certificate_is_the_registered_one(acme: Judged) -> None:
    """One of the same key was handed over, and another one signs."""
    signing = leaf("rsa-2048-b", "renewed")
    saved(acme.folder, "signing-1.pem", pem(signing))
    decision = decided(acme.bundle(), acme.certificate)
    assert decision.refused == "certificate-differs"


def test_days_that_the_report_gives_a_certificate(acme: Judged) -> None:
    """They stand on the time line, and say whether it has expired since."""

    def longer(report: Plain) -> None:
        for item in report["subject"]["certificates"]:
            item["expires"] = item["expires"].replace("2027", "2028")

    lie(acme, longer)
    assert decided(acme.bundle(), acme.certificate).refused == "certificate-differs"


def v2(certificate: x509.Certificate) -> str:
    """Return a certificate that says to be of a version that there is not."""
    octets = der(certificate).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    body = base64.encodebytes(octets).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "<script>\x1b[31m\x00\u202e",
        pem(leaf("rsa-2048-a", "tls"), leaf("rsa-2048-c", "other")).decode(),
        v2(leaf("rsa-2048-a", "tls")),
    ],
    ids=["broken", "hostile", "two", "of an unknown version"],
)
def test_a_text_that_is_no_certificate(text: str, acme: Judged) -> None:
    rewritten(acme, tls=text)
    decision = decided(acme.bundle(), acme.certificate)
    assert decision.refused == "evidence-broken"
    assert decision.says.isprintable()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\xff", "evidence-broken"),
        (b"[]\n", "evidence-broken"),
        (b'{"role": "tls"}\n', "evidence-broken"),
        (b'{"role": "tls", "pem": 1}\n', "evidence-broken"),
        (b'{"role": [], "pem": ""}\n', "evidence-broken"),
        (b'{"role": "TLS", "pem": ""}\n', "evidence-broken"),
        (b"[" * 100_000, "evidence-broken"),
        (hashlib.shake_256(b"").hexdigest(5 << 20).encode(), "entry-too-large"),
    ],
    ids=["octets", "list", "no pem", "number", "role", "other role", "deep", "large"],
)
def test_a_file_of_certificates_that_no_run_writes(data: bytes, reason: str, acme: Judged) -> None:
    saved(acme.reports, CERTIFICATES, data)
    lie(acme)
    decision = decided(acme.bundle(), acme.certificate)
    assert decision.refused == reason


def test_one_role_twice(acme: Judged) -> None:
    path = acme.reports / CERTIFICATES
    path.write_bytes(path.read_bytes() * 2)
    lie(acme)
    decision = decided(acme.bundle(), acme.certificate)
    assert decision.refused == "evidence-broken"
    assert "two certificates of the role tls" in decision.says


def test_no_bundle_is_made_around_a_private_key(acme: Judged) -> None:
    rewritten(acme, tls=(acme.folder / "tls.pem").read_text() + key_pem("rsa-2048-a").decode())
    with pytest.raises(UsageError, match="private key"):
        acme.bundle()


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
    whose = "TLS certificate" if role == "tls" else "HTTP signature certificate"
    assert outcome(after, "CERT-003").startswith(f"expired: {whose}: ended")


@pytest.mark.parametrize("kind", [Kind.BUNDLE, Kind.REPORT])
def test_time_that_goes_by_is_no_regression(kind: Kind, tmp_path: Path) -> None:
    somebody = judged(tmp_path / "acme", leaf("rsa-2048-a", "tls", NOW + timedelta(days=70)))
    path = somebody.bundle() if kind is Kind.BUNDLE else somebody.report
    late = NOW + timedelta(days=71)
    decision = gated(path, somebody, late, kind, baseline=somebody.report)
    assert (decision.ruling, decision.changes) == (Ruling.NOT_READY, ())


def test_a_policy_that_wants_sixty_days_counts_from_the_day_of_the_decision(
    tmp_path: Path,
) -> None:
    somebody = judged(tmp_path / "acme", leaf("rsa-2048-a", "tls", NOW + timedelta(days=70)))
    bundle = somebody.bundle()
    policy = Policy(levels=(Level.MUST, Level.SHOULD))
    for days, says in ((10, "holds"), (11, "expires-soon: TLS certificate: 59 days left")):
        now = NOW + timedelta(days=days)
        decision = decided(bundle, somebody.certificate, now=now, policy=policy)
        assert outcome(decision, "CERT-009").startswith(says)


@pytest.mark.parametrize("use", ["tls", "signature", "TLS", ""])
def test_other_entries_of_the_report_do_not_lend_their_days(use: str, tmp_path: Path) -> None:
    """The certificate has expired on the day of the decision, whatever the report names."""
    somebody = judged(tmp_path / "acme", leaf("rsa-2048-a", "tls", NOW + timedelta(days=70)))

    def lend(report: Plain) -> None:
        certificates = report["subject"]["certificates"]
        longer = {**certificates[0], "use": use, "sha256": "0" * 64}
        certificates.append({**longer, "expires": "2029-01-01T00:00:00Z"})

    lie(somebody, lend)
    decision = decided(somebody.bundle(), somebody.certificate, now=NOW + timedelta(days=71))
    assert "expired" in outcome(decision, "CERT-003")


def test_a_certificate_under_another_use_is_not_the_one(acme: Judged) -> None:
    def rename(report: Plain) -> None:
        report["subject"]["certificates"][0]["use"] = "signature"

    lie(acme, rename)
    assert decided(acme.bundle(), acme.certificate).refused == "certificate-differs"


@pytest.mark.parametrize("left", [timedelta(seconds=10), timedelta(days=60, seconds=10)])
def test_a_boundary_that_a_run_crosses_is_no_lie(left: timedelta, tmp_path: Path) -> None:
    somebody = judged(
        tmp_path / "acme", leaf("rsa-2048-a", "tls", NOW + left), takes=timedelta(seconds=30)
    )
    now = NOW + timedelta(seconds=30)
    path = somebody.bundle(at=now)
    decision = decided(path, somebody.certificate, now=now)
    assert not decision.refused


def test_a_report_of_two_certificates_of_one_use_goes_by_the_later_one(tmp_path: Path) -> None:
    """The one in use may end while the new one has been handed over already."""
    somebody = judged(tmp_path / "acme", leaf("rsa-2048-a", "tls"))

    def in_use(report: Plain) -> None:
        first = report["subject"]["certificates"][0]
        older = {**first, "sha256": "0" * 64, "expires": "2026-03-03T00:00:00Z"}
        report["subject"]["certificates"].append(older)

    lie(somebody, in_use)
    decision = gated(somebody.report, somebody, NOW + timedelta(days=9), Kind.REPORT)
    assert outcome(decision, "CERT-003") == "holds"


def test_a_failure_of_its_own_day_keeps_its_words(tmp_path: Path) -> None:
    """What was expired when it was judged is told as it was then."""
    somebody = judged(tmp_path / "acme", leaf("rsa-2048-a", "tls", NOW - timedelta(days=1)))
    early = gated(somebody.report, somebody, NOW, Kind.REPORT)
    late = gated(somebody.report, somebody, NOW + timedelta(days=9), Kind.REPORT)
    assert replace(early, created=None) == replace(late, created=None)
