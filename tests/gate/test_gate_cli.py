"""The verbs `gate`, `bundle` and `challenge`, as people run them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli.frame import group
from conformance.clock import SystemClock
from conformance.errors import AdapterError, ConfigError, ConformanceError, UsageError
from conformance.gate.bundling import SECRETS, make_bundle
from conformance.gate.challenge import challenge_for, held_challenges, new_challenge, read_challenge
from conformance.gate.telling import WAIVERS_HINT
from conformance.report.check import Check
from conformance.report.plain import from_plain
from conformance.report.waiving import entry_of
from tests.gate.handed import CLIENT, NOW, Partner, checks_in, keeper, lie, partner


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        group, [str(item) for item in arguments], standalone_mode=False, catch_exceptions=True
    )


def error_of(result: Result) -> ConformanceError:
    assert isinstance(result.exception, ConformanceError), result.exception
    assert result.exception.message
    return result.exception


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Partner:
    """Return a partner of today, in an empty folder with a configuration."""
    somebody = partner(
        tmp_path / "acme", begins=SystemClock().now().replace(microsecond=0) - timedelta(days=9)
    )
    (somebody.folder / "conformance.toml").write_text(
        'profile = "quick"\n[partner]\nname = "Acme"\n'
        f'key_id = "{CLIENT}"\nsigning_certificate = "signing-1.pem"\n'
        'signing_key = "signing-1.key"\n'
    )
    monkeypatch.chdir(somebody.folder)
    return somebody


def test_a_gate_starts_without_what_it_does_not_need() -> None:
    """No HTTP library, no sandbox, no schema before a report is wrong, no pool for one file."""
    heavy = (
        "{'requests', 'urllib3', 'ssl', 'limits', 'OpenSSL', 'h11', 'jsonschema', 'asyncio',"
        " 'concurrent.futures', 'conformance.sandbox.running', 'hypothesis', 'pytest'}"
    )
    code = f"import sys, conformance.gate.gating; print({heavy} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout == "set()\n"


@pytest.mark.slow
def test_from_challenge_to_gate(fresh: Partner) -> None:
    """All verbs one after the other, by two sides."""
    assert command("challenge", "create", "-o", "ch.json", "--partner", CLIENT).return_value == 0
    shutil.copy("ch.json", "copy.json")
    checked = command("check", "--plan", "signer", "--challenge", "copy.json")
    assert checked.return_value == 0, checked.output
    made = command("bundle", "create", "--challenge", "copy.json", "-o", "acme.zip")
    assert made.return_value == 0, made.exception
    assert "A gate would say: READY" in made.output

    arguments = ("acme.zip", "--registered-cert", fresh.certificate, "--challenge", "ch.json")
    verified = command("bundle", "verify", *arguments)
    assert verified.return_value == 0, verified.output
    assert Path("ch.json.used").read_text().strip()

    decided = command("gate", *arguments, "--json", "--html", "page.html")
    found = json.loads(decided.output)
    assert (found["ruling"], found["exit_code"]) == ("READY", 0)
    assert found["decisions"][0]["client_id"] == CLIENT
    assert "1 of 1 ready" in Path("page.html").read_text()

    other = command("bundle", "create", "-o", "again.zip")
    assert other.return_value == 0
    command("check", "--plan", "signer", "--challenge", "copy.json")
    command("bundle", "create", "-o", "second.zip")
    replayed = command("bundle", "verify", "second.zip", *arguments[1:])
    assert replayed.return_value == 2
    assert "challenge-replayed" in replayed.output


def test_what_nothing_was_compared_with_is_told(fresh: Partner, tmp_path: Path) -> None:
    """A folder of baselines that has none for a file does not pass for a comparison."""
    assert command("check", "--plan", "signer").return_value == 0
    report, empty = fresh.folder / "reports" / "readiness.json", tmp_path / "empty"
    empty.mkdir()
    told = " ".join(command("gate", report, "--baseline", empty).output.split())
    assert "baseline none was found for" in told
    assert "nothing was compared" in told
    again = command("gate", report, "--baseline", report).output
    assert "nothing was compared" not in again
    assert "nothing was compared" not in command("gate", report).output


def test_of_many_each_line_says_from_where(fresh: Partner, tmp_path: Path) -> None:
    assert command("check", "--plan", "signer").return_value == 0
    for name in ("a.json", "b.json"):
        shutil.copy(fresh.folder / "reports" / "readiness.json", tmp_path / name)
    lines = command("gate", tmp_path / "a.json", tmp_path / "b.json").output.splitlines()
    assert ["a.json" in lines[0], "b.json" in lines[1], "Acme" in lines[0]] == [True] * 3


def test_a_waiver_that_cannot_stand_says_what_to_do(fresh: Partner) -> None:
    assert command("check", "--plan", "signer").return_value == 0
    Path("waivers.toml").write_text(
        '[[waiver]]\nrequirement = "SIG-001"\ncheck = "x"\nreason_code = "x"\nreason = "r"\n'
        'owner = "o"\nticket = "T-1"\nexpires = 2020-01-01\n'
    )
    decided = command("gate", fresh.folder / "reports", "--waivers", "waivers.toml")
    assert decided.return_value == 2
    told = " ".join(decided.output.split())
    assert told.startswith("waiver"), "before a decision that does not stand"
    assert "expired on 2020-01-01" in told
    assert WAIVERS_HINT in told


@pytest.mark.slow
def test_a_run_that_fails_prints_an_entry_and_waivers_let_it_through(fresh: Partner) -> None:
    """Pasted and completed for every failure, the next run is READY_WITH_WAIVERS."""
    wrong = ("check", "--plan", "signer", "--adapter", "python:tests.gate.wrong:UpperCase")
    failed = command(*wrong)
    assert failed.return_value == 1, failed.output
    printed = failed.output.split("[[waiver]]")[1].split("\n\n")[0]
    assert 'requirement = "TGT-001"' in printed

    report = json.loads((fresh.reports / "readiness.json").read_text())
    entries = [entry_of(from_plain(Check, item)) for item in checks_in(report)
               if item["outcome"] == "fail"]  # fmt: skip
    text = "\n\n".join(entries).replace('expires = ""', f'expires = "{_soon()}"')
    for name in ("reason", "owner", "ticket"):
        text = text.replace(f'{name} = ""', f'{name} = "x"')
    Path("waivers.toml").write_text(text)

    again = command(*wrong, "--waivers", "waivers.toml", "--strict")
    assert again.return_value == 5, again.output
    assert "READY_WITH_WAIVERS" in again.output
    reports = fresh.reports / "readiness.json"
    assert command("gate", reports, "--waivers", "waivers.toml").return_value == 0
    assert command("gate", reports).return_value == 1


def _soon() -> str:
    return f"{SystemClock().now() + timedelta(days=30):%Y-%m-%d}"


@pytest.mark.parametrize(
    "arguments",
    [
        ("gate",), ("gate", "nowhere"), ("gate", "."), ("bundle",), ("challenge",),
        ("bundle", "verify", "x.zip"), ("bundle", "create"), ("bundle", "create", "-o", "x.zip"),
        ("challenge", "create"), ("challenge", "create", "-o", "c", "--valid-for", "1y"),
        ("gate", "x", "--policy", "none.toml"), ("gate", "x", "--waivers", "none.toml"),
        ("gate", "x", "--registered-cert", "none.pem"), ("gate", "x", "--challenge", "none"),
        ("check", "--challenge", "none.json"), ("check", "--waivers", "none.toml"),
    ],
)  # fmt: skip
def test_wrong_usage_is_a_sentence(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = command(*arguments)

    assert isinstance(result.exception, Exception)
    if isinstance(result.exception, ConformanceError):
        assert isinstance(result.exception, UsageError)
        assert result.exception.hint
    else:
        assert type(result.exception).__module__.startswith("click")


def test_a_bundle_by_a_signer_that_keeps_its_key(somebody: Partner, tmp_path: Path) -> None:
    """The key never leaves it; `hello` says which certificate it belongs to."""
    settings = somebody.settings
    own = replace(settings, adapter=keeper(somebody), signing_certificate=None, signing_key=None)
    made = make_bundle(own, {}, clock=SystemClock())

    assert made.report.subject.client_id == CLIENT
    path = tmp_path / "own.zip"
    path.write_bytes(made.data)
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [
            "evidence.jsonl", "manifest.json", "readiness.json", "submission.json"
        ]  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_a_file_makes_no_bundle(somebody: Partner, name: str) -> None:
    """Each of the configured ones; here it is a word that stands in every report."""
    environ = {f"LENDICO_CONFORMANCE_{name.upper()}": "catalogue_sha256"}

    with pytest.raises(UsageError, match="secret"):
        make_bundle(somebody.settings, environ, clock=SystemClock())


def test_a_private_key_in_the_evidence_makes_no_bundle(somebody: Partner) -> None:
    lie(somebody, lambda report: report["notes"].append("-----BEGIN PRIVATE KEY-----"))

    with pytest.raises(UsageError, match="private key"):
        make_bundle(somebody.settings, {}, clock=SystemClock())


def test_a_report_of_another_run_makes_no_bundle(somebody: Partner) -> None:
    with (somebody.reports / "evidence.jsonl").open("a") as file:
        file.write("\n")

    with pytest.raises(UsageError, match="not the file"):
        make_bundle(somebody.settings, {}, clock=SystemClock())


def test_evidence_by_a_name_that_leads_elsewhere_makes_no_bundle(somebody: Partner) -> None:
    lie(somebody, lambda report: report["evidence"][0].update(file="../signing-1.key"))

    with pytest.raises(UsageError, match="evidence that no run has"):
        make_bundle(somebody.settings, {}, clock=SystemClock())


def test_a_bundle_needs_a_key_that_fits(somebody: Partner, tmp_path: Path) -> None:
    other = partner(tmp_path / "other", 2)
    without = replace(somebody.settings, signing_certificate=None)
    unfit = replace(somebody.settings, signing_certificate=other.certificate)

    with pytest.raises(ConfigError, match="none is configured"):
        make_bundle(without, {}, clock=SystemClock())
    with pytest.raises(UsageError, match="does not belong"):
        make_bundle(unfit, {}, clock=SystemClock())


def test_a_signer_that_signs_wrong_makes_no_bundle(somebody: Partner) -> None:
    wrong = replace(somebody.settings, adapter="python:tests.gate.wrong:UpperCase")
    with pytest.raises(UsageError, match=r"signer does not sign .* does not verify") as told:
        make_bundle(wrong, {}, clock=SystemClock())
    assert "lendico-conformance check" in told.value.hint
    refusing = replace(somebody.settings, adapter="python:tests.gate.wrong:Unwilling")
    with pytest.raises(AdapterError, match="did not sign the bundle"):
        make_bundle(refusing, {}, clock=SystemClock())


def test_the_same_run_signed_at_the_same_moment_gives_the_same_octets(somebody: Partner) -> None:
    assert somebody.bundle().read_bytes() == somebody.bundle().read_bytes()


def test_a_challenge_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ch.json"
    command("challenge", "create", "-o", path, "--valid-for", "48h")
    made = read_challenge(path)
    assert made.expires - made.created == timedelta(hours=48)
    for name, value in {
        "expires": "2099-01-01T00:00:00Z", "nonce": "00" * 32, "partner": "me", "id": "0" * 32,
        "version": "2.0",
    }.items():  # fmt: skip
        plain = json.loads(path.read_text())
        other = tmp_path / f"{name}.json"
        other.write_text(json.dumps({**plain, name: value}))
        with pytest.raises(UsageError, match=r"was changed|version|no challenge"):
            read_challenge(other)


def test_a_challenge_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "ch.json"
    command("challenge", "create", "-o", path)

    assert "there already" in error_of(command("challenge", "create", "-o", path)).message


def test_a_challenge_for_another_or_too_late_is_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "ch.json"
    command("challenge", "create", "-o", path, "--partner", "client-9", "--valid-for", "1d")

    with pytest.raises(UsageError, match="client-9"):
        challenge_for(CLIENT, path, SystemClock().now())
    with pytest.raises(UsageError, match="expired"):
        challenge_for("client-9", path, SystemClock().now() + timedelta(days=2))
    assert challenge_for("client-9", path, SystemClock().now()).partner == "client-9"


def test_a_folder_of_challenges(tmp_path: Path) -> None:
    for number in range(3):
        command("challenge", "create", "-o", tmp_path / f"{number}.json")

    assert len(held_challenges([tmp_path])) == 3


def test_no_two_challenges_draw_the_same_cases() -> None:
    first, second = (new_challenge(NOW).cases() for _ in range(2))

    assert len({case.id for case in first}) == 64
    assert len({(case.method, case.target, case.date, case.body) for case in first}) == 64
    assert set(first).isdisjoint(second)


@pytest.mark.parametrize(
    ("name", "says"),
    [("sealed.pfx", "openssl pkcs12 -nokeys"), ("request.csr", "give the certificate itself"),
     ("pkcs7.p7b", "openssl pkcs7 -print_certs")],
)  # fmt: skip
def test_what_is_no_plain_certificate_says_how_to_get_one(
    fresh: Partner, name: str, says: str
) -> None:
    """What partners hand over, and what they confuse with it; the hint is one that works."""
    folder, certificate = fresh.folder, fresh.certificate
    words: dict[str, list[str | Path]] = {
        "sealed.pfx": ["pkcs12", "-export", "-nokeys", "-in", certificate, "-passout", "pass:x"],
        "request.csr": ["req", "-new", "-subj", "/CN=x", "-key", folder / "signing-1.key"],
        "pkcs7.p7b": ["crl2pkcs7", "-nocrl", "-certfile", certificate],
    }
    command_line = ["openssl", *words[name], "-out", folder / name]
    subprocess.run(command_line, check=True, capture_output=True)
    error = error_of(command("gate", "x.zip", "--registered-cert", folder / name))
    assert says in error.hint


def test_what_belongs_to_the_gate_is_sent_there(fresh: Partner) -> None:
    certificate = ("--registered-cert", fresh.certificate)
    (fresh.folder / "report.json").write_text("{}")
    for path in (fresh.folder, fresh.folder / "report.json"):
        told = " ".join(command("bundle", "verify", path, *certificate).output.split())
        assert "is for `gate`" in told, told


def test_a_bundle_without_a_run_says_to_run_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error = error_of(command("bundle", "create", "-o", "a.zip"))
    assert error.message.startswith("the report reports/readiness.json cannot be read: No such")
    assert error.hint.startswith("Run `lendico-conformance check` first")
