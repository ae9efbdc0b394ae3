"""`lendico-conformance check`, from the command line to the exit code."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import conformance.run.bench
import conformance.run.shielded  # noqa: F401 - what is loaded is not loaded for each run
from conformance.cli import main
from conformance.data import schema

COMMAND = (sys.executable, "-m", "conformance", "check")
FEW = ("-k", "method/get or method/post")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
RIGHT = (sys.executable, "-m", "conformance.adapters.reference")


@dataclass
class Ran:
    """What a run of the command left."""

    code: int
    out: str
    err: str
    report: dict[str, Any]

    @property
    def outcomes(self) -> dict[str, str]:
        return {item["id"]: item["outcome"] for item in self.report["requirements"]}


Check = Callable[..., Ran]


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Check]:
    """Run `check` in this process, in an empty directory; forget the modules that it held."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("LENDICO_CONFORMANCE_"):
            monkeypatch.delenv(name)

    def run(*arguments: str) -> Ran:
        code = main(["check", *arguments])
        out, err = capfd.readouterr()
        path = tmp_path / "reports" / "readiness.json"
        report = json.loads(path.read_text("utf-8")) if path.exists() else {}
        assert "Traceback" not in out + err
        if report:
            jsonschema.validate(report, schema("report"))
            assert report["exit_code"] == code
        return Ran(code, out, err, report)

    yield run
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def adapter(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """Write an adapter: `body` sees each request `r`, its number `n`, and the `right` answer."""

    def write(body: str) -> tuple[str, ...]:
        path = tmp_path / "adapter.py"
        path.write_text(
            "import json, os, subprocess, sys, time\n"
            f"right = subprocess.Popen({list(RIGHT)!r}, stdin=-1, stdout=-1, text=True)\n"
            "def answer(line):\n"
            "    right.stdin.write(line); right.stdin.flush(); return right.stdout.readline()\n"
            "def say(text):\n"
            "    sys.stdout.write(text); sys.stdout.flush()\n"
            "n = -1\n"
            "for line in sys.stdin:\n"
            "    n += 1\n"
            "    r = json.loads(line)\n" + "".join(f"    {part}\n" for part in body.splitlines())
        )
        return ("--", sys.executable, str(path))

    return write


Adapter = Callable[[str], tuple[str, ...]]


def test_the_reference_signer_is_ready(check: Check) -> None:
    ran = check("--profile", "quick")
    assert ran.code == 0
    assert ran.report["verdict"] == "READY"
    assert ran.out.startswith("READY")
    assert ran.report["cases"]["generated"] == 200
    assert ran.report["cases"]["vectors"] > 150
    assert 0 < ran.report["timing"]["adapter_s"] < ran.report["timing"]["total_s"]
    assert (
        ran.report["adapter"] | {"name": "reference", "language": "python"}
        == (ran.report["adapter"])
    )
    assert set(ran.outcomes.values()) == {"pass", "not_applicable"}
    assert Path("reports/junit.xml").exists()


def test_one_fault_is_named_and_blocks(check: Check, tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(
        "from tests.faulty.handwritten.date import one_digit_day as sign\n"
    )
    ran = check("--profile", "quick", "--adapter", "python:acme:sign")
    assert ran.code == 1
    assert ran.report["verdict"] == "NOT_READY"
    assert [name for name, outcome in ran.outcomes.items() if outcome == "fail"] == ["DATE-001"]
    assert ran.report["blocking"][0]["requirement"] == "DATE-001"
    assert "DATE-001" in ran.out
    assert ran.out.startswith("NOT_READY")
    check_of = next(item for item in ran.report["requirements"] if item["id"] == "DATE-001")
    assert any(item["diagnosis"] for item in check_of["checks"])


OWN_WAY = """
import base64, datetime, hashlib
from email.utils import format_datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = datetime.datetime.now(datetime.UTC)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme")])
CERTIFICATE = (
    x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).serial_number(1)
    .public_key(KEY.public_key()).not_valid_before(NOW)
    .not_valid_after(NOW + datetime.timedelta(days=365)).sign(KEY, hashes.SHA256())
)


def sign(method, target, body, key_id, place):
    late = datetime.timedelta(minutes=LATE)
    date = format_datetime(datetime.datetime.now(datetime.UTC) - late, usegmt=True)
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
    string = f"(request-target): {method.lower()} {target}\\ndate: {date}\\ndigest: {digest}"
    signed = KEY.sign(string.encode(), padding.PKCS1v15(), hashes.SHA256())
    value = (
        f'keyId="{key_id}",algorithm="rsa-sha256",headers="(request-target) date digest",'
        f'signature="{base64.b64encode(signed).decode()}"'
    )
    api = place == "signature"
    carrier = ("Signature", value) if api else ("Authorization", f"Signature {value}")
    return [("Date", date), ("Digest", digest), carrier]


sign.cert_pem = CERTIFICATE.public_bytes(serialization.Encoding.PEM).decode()
"""


@pytest.mark.parametrize(("late", "verdict"), [(0, "READY"), (4, "NOT_READY")])
def test_a_signer_with_its_own_clock_and_key_is_judged_by_both(
    check: Check, tmp_path: Path, late: int, verdict: str
) -> None:
    (tmp_path / "acme.py").write_text(OWN_WAY.replace("LATE", str(late)))
    ran = check("--profile", "quick", "--adapter", "python:acme:sign")
    assert ran.report["verdict"] == verdict
    broken = [name for name, outcome in ran.outcomes.items() if outcome == "fail"]
    assert broken == (["DATE-003"] if late else [])
    assert late or ran.outcomes["DATE-003"] == "pass"
    (certificate,) = ran.report["subject"]["certificates"]
    assert certificate["use"] == "signature"


def test_json_is_the_report_and_nothing_else(tmp_path: Path) -> None:
    """Also when an adapter in this process prints, itself or through a child."""
    (tmp_path / "loud.py").write_text(
        "import os\n"
        "from tests.faulty.handwritten.right import signed\n"
        "def sign(**order):\n"
        "    print('a log line'); os.system('echo a child'); return signed(order)\n"
    )
    ran = subprocess.run(
        [*COMMAND, "--json", *FEW, "--adapter", "python:loud:sign"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 4
    assert json.loads(ran.stdout) == json.loads((tmp_path / "reports/readiness.json").read_text())
    assert "a log line" in ran.stderr
    assert "a child" in ran.stderr


@pytest.mark.slow
def test_a_run_leaves_nothing_around_but_the_report_and_what_failed(tmp_path: Path) -> None:
    acme = "from tests.faulty.handwritten.date import one_digit_day as sign\n"
    (tmp_path / "acme.py").write_text(acme)
    subprocess.run(
        [*COMMAND, "-k", "DATE-001 and requirement", "--adapter", "python:acme:sign"],
        cwd=tmp_path, env={**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True,
        check=False,
    )  # fmt: skip
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"acme.py", "reports", ".lendico-conformance"}


def test_a_selection_is_never_the_whole(check: Check) -> None:
    ran = check("-k", "DIG-003 and vector")
    assert ran.code == 4
    assert ran.report["verdict"] == "INCOMPLETE"
    digest = next(item for item in ran.report["requirements"] if item["id"] == "DIG-003")
    assert "pass" in {item["outcome"] for item in digest["checks"]}
    assert {
        item["id"].partition(":")[0] for item in digest["checks"] if item["outcome"] == "pass"
    } == {"vector"}


@pytest.mark.slow
def test_a_seed_repeats_the_generated_requests(check: Check) -> None:
    def evidence() -> list[str]:
        lines = Path("reports/evidence.jsonl").read_text().splitlines()
        return [json.dumps(json.loads(line).get("case")) for line in lines]

    first = check("--profile", "quick", "--seed", "3", "-k", "HDR-004")
    asked = evidence()
    again = check("--profile", "quick", "--seed", "3", "-k", "HDR-004")
    assert first.report["seed"] == again.report["seed"] == "3"
    assert evidence() == asked
    check("--profile", "quick", "--seed", "4", "-k", "HDR-004")
    assert evidence() != asked


@pytest.mark.slow
def test_a_failure_is_replayed_alone(check: Check, tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(
        "from tests.faulty.handwritten.date import one_digit_day as sign\n"
    )
    check("--profile", "quick", "--adapter", "python:acme:sign")
    (stored,) = (tmp_path / ".lendico-conformance" / "failures").glob("*.json")
    ran = check("--replay", stored.stem, "--adapter", "python:acme:sign")
    assert ran.code == 1
    assert ran.report["cases"] == {"vectors": 0, "generated": 1, "stories": 0, "sent": 0}
    assert ran.outcomes["DATE-001"] == "fail"
    mended = check("--replay", stored.stem)
    assert mended.code == 4
    assert mended.outcomes["DATE-001"] == "not_run"


@pytest.mark.parametrize("name", ["vectors/body/crlf-ended", "body/crlf-ended"])
def test_a_vector_is_replayed_by_its_id(check: Check, name: str) -> None:
    ran = check("--replay", name)
    assert ran.report["cases"] == {"vectors": 0, "generated": 1, "stories": 0, "sent": 0}
    assert "crlf-ended" in Path("reports/evidence.jsonl").read_text()


def test_a_generated_case_is_replayed_by_number_and_seed(check: Check) -> None:
    assert check("--replay", "generated/17", "--seed", "5").report["cases"]["generated"] == 1
    assert '"generated/17"' in Path("reports/evidence.jsonl").read_text()
    ran = check("--replay", "generated/17")
    assert ran.code == 2
    assert "--seed" in ran.err


def test_allure_results_are_written_where_asked(check: Check) -> None:
    check(*FEW, "--allure")
    assert list(Path("reports/allure").glob("*-result.json"))


def test_the_settings_around_it_do_not_disturb(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory of a partner may hold anything that pytest reads."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise SystemExit('a conftest was read')\n")
    (tmp_path / "test_own.py").write_text("raise SystemExit('a test was read')\n")
    (tmp_path / "tox.ini").write_text("[pytest]\naddopts = -x\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option-either")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    ran = check(*FEW)
    assert ran.code == 4
    assert ran.report["aborted"] is None
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option-either"
    assert not (tmp_path / ".pytest_cache").exists()


def test_pytest_speaks_when_it_is_let(check: Check) -> None:
    assert "test session starts" not in check(*FEW).err
    loud = check(*FEW, "--pytest-output")
    assert "test session starts" in loud.err
    assert "PASSED" in loud.err
    assert "test session starts" not in loud.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--", "there-is-no-such-command"], "there-is-no-such-command"),
        (["--", sys.executable, "-c", "raise SystemExit(7)"], "7"),
        (["--adapter", "python:no_such_module:sign"], "no_such_module"),
        (["--adapter", "http://127.0.0.1:9/"], "127.0.0.1:9"),
        (["--adapter", "nonsense"], "nonsense"),
    ],
    ids=["missing", "dies at once", "no module", "no server", "no address"],
)
def test_an_adapter_that_does_not_start_is_invalid(
    check: Check, arguments: list[str], says: str
) -> None:
    ran = check(*arguments)
    assert ran.code == 2
    assert ran.report["verdict"] == "INVALID"
    assert says in ran.report["aborted"]["reason"] + ran.report["aborted"]["detail"]
    assert ran.report["aborted"]["hint"]
    assert ran.out.startswith("INVALID")
    assert set(ran.outcomes.values()) == {"not_run"}


def test_an_adapter_that_hangs_at_hello_is_invalid(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENDICO_CONFORMANCE_START_TIMEOUT", "0.3")
    ran = check("--", sys.executable, "-c", "import time; time.sleep(60)")
    assert ran.code == 2
    assert "hello" in ran.report["aborted"]["reason"]


def test_logs_on_standard_output_are_no_answers(check: Check, adapter: Adapter) -> None:
    ran = check(*FEW, *adapter("say('INFO signing\\n' * 50); say(answer(line))"))
    assert ran.code == 4
    assert "fail" not in ran.outcomes.values()
    assert "error" not in ran.outcomes.values()
    assert ran.report["cases"]["vectors"] == 2


BROKEN = {
    "another id": 'say(answer(line) if n == 0 else answer(line).replace(\'"id":"\', \'"id":"9\'))',
    "no JSON": "say(answer(line) if n == 0 else '{oops\\n')",
    "flood": "say(answer(line)) if n == 0 else [say('x' * 65536) for _ in range(200)]",
    "one long line": "say(answer(line)) if n == 0 else say('{' + 'x' * 100_000_000 + '\\n')",
    "error": "say(answer(line)) if n == 0 else say(json.dumps("
    '{"id": r["id"], "error": {"message": "the keystore is shut"}}) + "\\n")',
}


@pytest.mark.slow
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_an_adapter_that_breaks_is_an_error(check: Check, adapter: Adapter, body: str) -> None:
    ran = check("-k", "method/get", *adapter(body))
    assert ran.code == 3
    assert ran.report["verdict"] == "ERROR"
    assert "error" in ran.outcomes.values()
    assert "fail" not in ran.outcomes.values()
    assert ran.report["causes"][0]["kind"] == "error"
    assert ran.out.startswith("ERROR")


def test_one_that_dies_on_the_seventh_request_is_restarted_and_an_error(
    check: Check, adapter: Adapter
) -> None:
    ran = check("-k", "vector and method", *adapter("os._exit(3) if n == 7 else say(answer(line))"))
    assert ran.code == 3
    assert "exit code 3" in json.dumps(ran.report["causes"])
    told = {check["outcome"] for item in ran.report["requirements"] for check in item["checks"]}
    assert {"error", "pass"} <= told
    assert "fail" not in told


@pytest.mark.slow
def test_one_that_hangs_on_each_request_ends_soon(
    check: Check, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENDICO_CONFORMANCE_REQUEST_TIMEOUT", "0.1")
    began = time.monotonic()
    ran = check("-k", "vector", *adapter("say(answer(line)) if n == 0 else time.sleep(60)"))
    assert time.monotonic() - began < 30
    assert ran.code == 3
    reasons = {check["reason"] for item in ran.report["requirements"] for check in item["checks"]}
    assert {"adapter-error", "adapter-gone"} <= reasons


def test_a_signer_that_declines_is_not_ready(check: Check, adapter: Adapter) -> None:
    body = 'say(answer(line)) if n == 0 else say(json.dumps({"id": r["id"], "refused": {"message": "no"}}) + "\\n")'  # noqa: E501
    ran = check("-k", "method/get", *adapter(body))
    assert ran.code == 1
    assert ran.report["verdict"] == "NOT_READY"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--adapter", "reference", "--", "node", "a.mjs"], "both --adapter and a command"),
        (["--profile", "qick"], 'Did you mean "quick"?'),
        (["--plan", "all"], "--plan"),
        (["--seed", "x"], "--seed"),
        (["--replay", "0123456789ab"], "0123456789ab"),
        (["--config", "missing.toml"], "missing.toml"),
        (["--nonsense"], "--nonsense"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_is_one_sentence(
    check: Check, arguments: list[str], says: str
) -> None:
    ran = check(*arguments)
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert says in ran.err
    assert ran.out == ""


def test_a_run_that_cannot_start_leaves_no_older_report_behind(check: Check) -> None:
    assert check(*FEW).report["verdict"] == "INCOMPLETE"
    ran = check("--profile", "qick", "--json")
    assert ran.report["verdict"] == "INVALID"
    assert "--profile" in ran.report["aborted"]["reason"]
    assert json.loads(ran.out) == ran.report


def test_a_wrong_expression_is_invalid(check: Check) -> None:
    ran = check("-k", "DIG-001 and")
    assert ran.code == 2
    assert ran.report["verdict"] == "INVALID"
    assert "-k" in ran.err


def test_a_selection_that_fits_nothing_is_invalid(check: Check) -> None:
    ran = check("-k", "nothing_is_called_so")
    assert ran.code == 2
    assert "selection" in ran.report["aborted"]["reason"]


def test_a_wrong_configuration_is_told_with_its_place(check: Check, tmp_path: Path) -> None:
    (tmp_path / "conformance.toml").write_text("profil = 'quick'\n")
    ran = check()
    assert ran.code == 2
    assert "conformance.toml" in ran.err
    assert "Did you mean 'profile'?" in ran.err


def test_a_report_directory_that_cannot_be_written_is_told_before_anything_is_asked(
    check: Check, tmp_path: Path
) -> None:
    (tmp_path / "in-the-way").write_text("a file")
    ran = check(*FEW, "--report-dir", "in-the-way/reports")
    assert ran.code == 2
    assert "no report can be written into in-the-way/reports" in ran.err
    assert not ran.report


def test_a_command_needs_no_dashes_and_keeps_its_own_options(check: Check) -> None:
    ran = check(*FEW, *RIGHT[:1], "-c", "raise SystemExit(9)", "--json")
    assert ran.code == 2
    assert ran.out.startswith("INVALID")


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of living processes that name `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_in_the_middle_leaves_a_report_and_no_process(
    tmp_path: Path, adapter: Adapter, told: signal.Signals
) -> None:
    flag = tmp_path / "asked"
    body = f"open({str(flag)!r}, 'w').close() if n == 30 else None\n"
    body += "time.sleep(60) if n == 30 else say(answer(line))"
    run = subprocess.Popen(
        [*COMMAND, "-k", "vector", *adapter(body)],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=ENVIRONMENT,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not flag.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(told)
    out, err = run.communicate(timeout=20)
    report = json.loads((tmp_path / "reports/readiness.json").read_text())
    assert run.returncode == report["exit_code"] == 4
    assert report["verdict"] == "INCOMPLETE"
    assert "interrupted" in report["aborted"]["reason"]
    assert out.startswith("INCOMPLETE")
    assert "Traceback" not in out + err
    assert processes_of(tmp_path) == []


def test_a_report_that_cannot_be_written_does_not_take_the_verdict_with_it(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up during the run: the summary is printed, then why there is no file."""
    write_bytes = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name.endswith(".half"):
            path.touch()
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    (tmp_path / "acme.py").write_text(
        "from tests.faulty.handwritten.date import one_digit_day as sign\n"
    )
    ran = check("--profile", "quick", "--adapter", "python:acme:sign", "-k", "DATE-001")
    assert ran.code == 2
    assert ran.out.startswith("NOT_READY")
    assert "cannot be written: No space left on device" in ran.err
    assert "Make room there" in ran.err
    assert not list(Path("reports").glob(".*"))
