"""The certificates that the settings name are judged for a run; what is not named stays open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from conformance.clock import ManualClock
from conformance.config import Part, Plan, Settings
from conformance.errors import UsageError
from conformance.material.submitted import Role
from conformance.report.certified import planned_material, read_certificates
from conformance.report.check import Outcome
from conformance.report.filename import CERTIFICATES, READINESS
from conformance.run.certifying import Certifier
from conformance.run.ending import finish
from conformance.run.suite import SuiteRun
from tests.material.factory import NOW, PASSWORD, issue, key_pem, pem, pfx, saved

Outcomes = Mapping[tuple[str, str], Outcome]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("TLS_PASSWORD", "SIGNING_PASSWORD", "HAND_OVER_PASSWORD"):
        monkeypatch.delenv(f"LENDICO_CONFORMANCE_{name}", raising=False)


@pytest.fixture
def good(tmp_path: Path) -> dict[str, Path]:
    """Return settings that name a pair without fault, in use and handed over."""
    named = {"hand_over_password_file": saved(tmp_path, "password", PASSWORD + b"\n")}
    for role, kind in (("tls", "rsa-2048-a"), ("signing", "rsa-2048-b")):
        certificate = issue(kind, name=role)
        named[f"{role}_certificate"] = saved(tmp_path, f"{role}.pem", pem(certificate))
        named[f"{role}_key"] = saved(tmp_path, f"{role}.key", key_pem(kind))
        named[f"{role}_hand_over"] = saved(tmp_path, f"{role}.pfx", pfx(certificate))
    return named


def run_of(tmp_path: Path, named: Mapping[str, Any], *, after: timedelta = timedelta()) -> SuiteRun:
    settings = Settings(plan=Plan.READINESS, report_dir=tmp_path / "reports", **named)
    return SuiteRun(settings=settings, clock=ManualClock(NOW + after))


def outcomes(run: SuiteRun) -> Outcomes:
    certifier = Certifier(run)
    checks = [
        check for item in run.requirements(Part.MATERIAL) for check in certifier.requirement(item)
    ]
    assert run.seen.checks == checks
    return {(check.requirement, check.id): check.outcome for check in checks}


def test_a_pair_without_fault_passes_all_that_is_planned(
    tmp_path: Path, good: dict[str, Path]
) -> None:
    run = run_of(tmp_path, good)
    found = outcomes(run)
    assert set(found.values()) == {Outcome.PASS}
    assert {(requirement, name) for name, requirement in planned_material()} == set(found)
    assert [(item.use, item.key) for item in run.seen.certificates] == [
        ("tls", "RSA 2048"),
        ("signature", "RSA 2048"),
    ]


def test_nothing_named_is_not_run_and_says_what_to_name(tmp_path: Path) -> None:
    run = run_of(tmp_path, {})
    assert set(outcomes(run).values()) == {Outcome.NOT_RUN}
    assert all("conformance.toml" in check.hint for check in run.seen.checks)


def test_without_the_files_to_hand_over_their_requirements_stay_open(
    tmp_path: Path, good: dict[str, Path]
) -> None:
    named = {key: path for key, path in good.items() if "hand_over" not in key}
    found = outcomes(run_of(tmp_path, named))
    open_ = {requirement for (requirement, _), seen in found.items() if seen is Outcome.NOT_RUN}
    assert open_ == {"CERT-006", "CERT-007"}
    assert set(found.values()) == {Outcome.PASS, Outcome.NOT_RUN}


def test_files_that_are_not_made_yet_stay_open_and_say_what_makes_them(tmp_path: Path) -> None:
    named = {
        "tls_certificate": tmp_path / "tls.pem",
        "tls_key": tmp_path / "tls.key",
        "tls_hand_over": tmp_path / "tls.pfx",
        "hand_over_password_file": tmp_path / "missing",
    }
    run = run_of(tmp_path, named)
    assert set(outcomes(run).values()) == {Outcome.NOT_RUN}
    told = {check.observed for check in run.seen.checks if check.id == "certificate:tls"}
    assert len(told) == 1
    assert "certs create" in told.pop()


def test_a_key_of_another_certificate_fails(tmp_path: Path, good: dict[str, Path]) -> None:
    found = outcomes(run_of(tmp_path, {**good, "tls_key": good["signing_key"]}))
    assert found["CERT-008", "certificate:tls"] is Outcome.FAIL
    assert found["CERT-008", "certificate:signing"] is Outcome.PASS


def test_what_is_handed_over_must_be_what_is_used(tmp_path: Path, good: dict[str, Path]) -> None:
    other = saved(tmp_path, "other.pfx", pfx(issue("rsa-2048-c", name="other")))
    found = outcomes(run_of(tmp_path, {**good, "signing_hand_over": other}))
    assert found["CERT-008", "certificate:signing"] is Outcome.FAIL


def test_an_expired_pair_fails_and_is_told_as_failures(
    tmp_path: Path, good: dict[str, Path]
) -> None:
    run = run_of(tmp_path, good, after=timedelta(days=400))
    found = outcomes(run)
    assert found["CERT-003", "certificate:tls"] is Outcome.FAIL
    assert found["CERT-009", "certificate:tls"] is Outcome.WARN
    told = {broken.requirement for failure in run.seen.failures for broken in failure.broken}
    assert told == {"CERT-003", "CERT-009"}


def test_a_wrong_password_fails_the_file_and_is_not_shown(
    tmp_path: Path, good: dict[str, Path]
) -> None:
    wrong = saved(tmp_path, "wrong", b"canary-password")
    run = run_of(tmp_path, {**good, "hand_over_password_file": wrong})
    found = outcomes(run)
    assert found["CERT-006", "certificate:tls"] is Outcome.FAIL
    assert Outcome.PASS not in {found[item] for item in found if item[0] == "CERT-001"}
    assert "canary-password" not in repr(run.seen.checks)


def test_a_password_file_that_is_missing_ends_the_run(
    tmp_path: Path, good: dict[str, Path]
) -> None:
    run = run_of(tmp_path, {**good, "hand_over_password_file": tmp_path / "missing"})
    with pytest.raises(UsageError, match="hand_over_password cannot be read"):
        Certifier(run)
    assert run.seen.stop is not None


def report_of(run: SuiteRun) -> dict[tuple[str, str], Mapping[str, Any]]:
    """End the run, and return the checks of its report."""
    certifier = Certifier(run)
    for item in run.requirements(Part.MATERIAL):
        certifier.requirement(item)
    finish(run)
    report = json.loads((run.settings.report_dir / READINESS).read_text("utf-8"))
    return {
        (check["requirement"], check["id"]): check
        for item in report["requirements"]
        for check in item["checks"]
    }


@pytest.mark.parametrize(
    ("kind", "outcome"), [("rsa-2048-b", "pass"), ("rsa-2048-c", "fail"), ("", "not_run")]
)
def test_a_signer_that_keeps_its_key_shows_whose_it_is(
    kind: str, outcome: str, tmp_path: Path, good: dict[str, Path]
) -> None:
    """No private key is in a file; what the signer signs is judged by the key it names."""
    run = run_of(tmp_path, {name: path for name, path in good.items() if name != "signing_key"})
    run.seen.signer = pem(issue(kind, name="hsm")).decode() if kind else ""

    check = report_of(run)["CERT-008", "certificate:signing"]
    assert check["outcome"] == outcome


def test_the_file_of_certificates_reads_back(tmp_path: Path, good: dict[str, Path]) -> None:
    run = run_of(tmp_path, good)
    report_of(run)
    data = (run.settings.report_dir / CERTIFICATES).read_bytes()
    read = read_certificates(data)
    for role, contents in read.items():
        given = x509.load_pem_x509_certificate(good[f"{role}_certificate"].read_bytes())
        assert contents.leaves == (given,)
    assert set(read) == set(Role)


def test_a_run_of_another_plan_leaves_no_older_certificates(
    tmp_path: Path, good: dict[str, Path]
) -> None:
    report_of(run_of(tmp_path, good))
    settings = Settings(plan=Plan.SIGNER, report_dir=tmp_path / "reports")
    finish(SuiteRun(settings=settings, clock=ManualClock(NOW)))
    assert not (tmp_path / "reports" / CERTIFICATES).exists()


def test_another_certificate_handed_over_than_the_one_that_signs_is_noted(
    tmp_path: Path, good: dict[str, Path]
) -> None:
    for name, noted in (("signing", False), ("renewed", True)):
        certificate = issue("rsa-2048-b", name=name)
        own = saved(tmp_path, "own.pem", pem(certificate))
        handed = saved(tmp_path, "own.pfx", pfx(certificate))
        changes = {"signing_hand_over": handed} | ({} if noted else {"signing_certificate": own})
        run = run_of(tmp_path, {**good, **changes})
        Certifier(run)
        assert any("to hand over is another one" in note for note in run.seen.notes) == noted


@pytest.mark.slow
def test_test_workers_bring_their_certificates(
    pytester: pytest.Pytester, good: dict[str, Path]
) -> None:
    pytest.importorskip("xdist")
    lines = (f'{name} = "{path}"\n' for name, path in good.items())
    pytester.path.joinpath("conformance.toml").write_text(f"[partner]\n{''.join(lines)}", "utf-8")
    result = pytester.runpytest_subprocess(
        "--pyargs", "conformance.suites.material", "-n", "2", "--plan", "readiness"
    )
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    left = pytester.path / "reports" / CERTIFICATES
    assert set(read_certificates(left.read_bytes())) == set(Role)
