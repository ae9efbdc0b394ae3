"""The live suite as a person meets it: selected, judged, reported, from the command and pytest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.catalogue import load_catalogue
from conformance.cli import main
from conformance.data import schema
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings

SUITE = ("--pyargs", "conformance.suites.live", "--max-rate=0")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("live") / "kept"
    with running_sandbox(SandboxSettings(directory=directory, control_port=0)) as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """Give a sandbox whose configuration the environment holds."""
    shared.reset()
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.chdir(tmp_path)
    demo = shared.demo
    assert demo is not None
    values = {
        "BASE_URL": shared.base_url, "CA_FILE": shared.ca_file,
        "KEY_ID": demo.client_id.read_text(),
        "TLS_CERTIFICATE": demo.tls_certificate, "TLS_KEY": demo.tls_key,
        "SIGNING_CERTIFICATE": demo.signing_certificate, "SIGNING_KEY": demo.signing_key,
        "CLIENT_SECRET_FILE": demo.client_secret, "SUBSCRIPTION_KEY_FILE": demo.subscription_key,
        "CONTROL_URL": shared.control_url,
        "CONTROL_TOKEN_FILE": shared.directory / "control-token",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"LENDICO_CONFORMANCE_{name}", str(value))
    return shared


def check(*arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", "--plan", "api", "--max-rate", "0", *arguments])
    found = json.loads(Path("reports/readiness.json").read_text())
    Draft202012Validator(schema("report")).validate(found)
    return code, found


def secrets_of(sandbox: Sandbox) -> list[str]:
    demo = sandbox.demo
    assert demo is not None
    return [demo.client_secret.read_text(), demo.subscription_key.read_text()]


def test_the_conforming_sandbox_is_ready_and_nothing_secret_is_written(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    code, found = check("--allure")
    assert (code, found["verdict"], found["plan"]) == (0, "READY", "api")
    assert found["cases"]["sent"] == found["evidence"][0]["exchanges"] > 50
    assert {item["use"] for item in found["subject"]["certificates"]} == {"tls", "signature"}
    har = json.loads(Path("reports/exchanges.har").read_text())
    names = {entry["_id"] for entry in har["log"]["entries"]}
    checks = [check for item in found["requirements"] for check in item["checks"]]
    assert {name for check in checks for name in check["evidence"]} <= names
    written = "".join(path.read_text() for path in Path("reports").rglob("*") if path.is_file())
    written += "".join(capfd.readouterr())
    assert not [secret for secret in secrets_of(sandbox) if secret in written]


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_a_whole_run_shows_every_requirement_and_draws_what_it_measured() -> None:
    """With the sandbox's control port nothing is left out, and its clock is put back."""
    code, found = check()
    wanted = {item.id for item in load_catalogue().requirements.values() if "api" in item.sides}
    assert code == 0
    assert {item["id"] for item in found["requirements"] if item["outcome"] == "pass"} == wanted
    charts = {chart["id"]: chart for chart in found["charts"]}
    assert sorted(charts) == ["rate-limit", "skew-boundary"]
    boundary = {point["x"]: point["kind"] for point in charts["skew-boundary"]["points"]}
    assert [boundary[x] for x in (-181, -180, 180, 181)] == [
        "refused", "accepted", "accepted", "refused",
    ]  # fmt: skip
    assert {point["kind"] for point in charts["rate-limit"]["points"]} == {"200", "429"}
    assert found["politeness"]["waited_s"] == 0


def test_a_clock_that_was_moved_is_put_back(sandbox: Sandbox) -> None:
    code, _ = check("-k", "API-AUTH-001 or API-TLS-002")
    assert code == 4
    assert abs(sandbox.clock.ahead.total_seconds()) < 1


def test_what_was_not_asked_for_is_left_out_and_its_flag_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Any other host is neither strained nor written to."""
    monkeypatch.delenv("LENDICO_CONFORMANCE_CONTROL_URL")
    code, found = check("-k", "API-RATE or API-CREFO or API-IDEM or API-IP")
    assert (code, found["verdict"]) == (4, "INCOMPLETE")
    checks = [check for item in found["requirements"] for check in item["checks"]]
    left_out = {item["requirement"]: item for item in checks if item["reason"] == "not-granted"}
    assert sorted(left_out) == [
        "API-CREFO-001", "API-CREFO-002", "API-IDEM-001", "API-IP-001", "API-RATE-001",
        "API-RATE-002", "API-RATE-003",
    ]  # fmt: skip
    said = capfd.readouterr().out
    for flag in ("--probe-rate-limit", "--create-applications", "--unlisted-proxy"):
        assert any(flag in item["hint"] for item in left_out.values())
        assert flag in said
    called = {exchange.request.target for exchange in sandbox.record.exchanges()}
    assert called == {"/partner-api/oauth2/token", "/partner-api/ping"}


def test_a_broken_promise_is_not_ready_and_names_probe_and_answer(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox.deviate("digest-header-title")
    code, found = check("-k", "API-DIG-002")
    assert (code, found["verdict"]) == (1, "NOT_READY")
    said = capfd.readouterr().out
    assert "API-DIG-002" in said
    assert "Something went wrong" in said
    assert "-k digest-" in said


@pytest.mark.usefixtures("sandbox")
def test_a_probe_is_selected_by_its_id() -> None:
    code, found = check("-k", "digest-hex")
    assert code == 4
    ran = [item["id"] for item in found["requirements"] if item["outcome"] == "pass"]
    assert ran == ["API-DIG-002"]


def test_a_preflight_that_fails_is_invalid_and_reported(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox.arm(Fault(kind=FaultKind.REDIRECT, count=99))
    code, found = check()
    assert (code, found["verdict"]) == (2, "INVALID")
    assert "another-host.example" in found["aborted"]["reason"]
    assert "INVALID" in capfd.readouterr().out


def test_missing_credentials_are_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LENDICO_CONFORMANCE_CLIENT_SECRET_FILE")
    code, found = check()
    assert (code, found["verdict"]) == (2, "INVALID")
    assert "client_secret" in found["aborted"]["reason"]
    assert not sandbox.record.exchanges()
    assert "client_secret" in capfd.readouterr().out


def test_pytest_runs_a_test_a_requirement(sandbox: Sandbox, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*SUITE, "-v", "-k", "API-DIG-002 or API-TLS")
    assert result.ret == 0
    passed = [line for line in result.outlines if "PASSED" in line]
    assert len(passed) == 3
    assert sandbox.record.exchanges()


def test_pytest_tells_a_broken_promise_without_a_traceback(
    sandbox: Sandbox, pytester: pytest.Pytester
) -> None:
    sandbox.deviate("accepts-signature-wrong")
    result = pytester.runpytest_inprocess(*SUITE, "-k", "API-SIG-001")
    text = result.stdout.str()
    assert result.ret == 1
    assert "Traceback" not in text
    assert "the documented error (signature)" in text
