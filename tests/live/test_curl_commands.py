"""Each exchange can be repeated by hand: the printed command gets the same answer from the API."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from conformance.cli import main
from conformance.config import Settings
from conformance.errors import UsageError
from conformance.live.curl import Repeater, curl_config
from conformance.material.certificate import load_certificate
from conformance.material.identity import load_identity
from conformance.probes.listing import PROBES
from conformance.rules import judge
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import Sandbox
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import HeaderFields, SignedRequest
from conformance.wire.reading import Expectation
from tests.live.running import check, configured

TYPICAL = ("token", "certificate-unknown", "header-sent-twice", "replay-body")
"""Requests of several shapes; the others run with the slow tests."""

NO_PROBES = ("preflight-token", "preflight-ping", "replay-query-before", "date-boundary-ahead-180")
"""Exchanges that are none of a probe alone: repeated by method and target."""


@pytest.fixture(scope="module")
def entries(shared: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Run the plan once, and give the entries of its HAR file by the name of the probe."""
    directory = tmp_path_factory.mktemp("run")
    shared.reset()
    with pytest.MonkeyPatch.context() as patch:
        configured(shared, patch, directory)
        code, _ = check("--max-rate", "0")
        assert code == 4  # what strains the API was not asked for
        har = json.loads((directory / "reports" / "exchanges.har").read_text())
        yield {entry["_id"].split("-", 1)[1]: entry for entry in har["log"]["entries"]}


def repeated(command: str, directory: Path) -> int:
    """Run `command` in a shell, and return the status that curl was answered with."""
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=directory, capture_output=True, timeout=60, check=False
    )
    assert done.stdout, done.stderr.decode()
    return int(done.stdout.split(b" ", 2)[1])


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize(
    "probe",
    [
        pytest.param(probe.id, marks=() if probe.id in TYPICAL else pytest.mark.slow)
        for probe in PROBES
        if probe.needs is None
    ]
    + [pytest.param(name, marks=pytest.mark.slow) for name in NO_PROBES],
)
def test_the_command_gets_the_same_status(
    probe: str, entries: dict[str, Any], shared: Sandbox, tmp_path: Path
) -> None:
    entry = entries[probe]
    shared.reset()
    status = repeated(entry["comment"], tmp_path)
    assert status == entry["response"]["status"]
    sent = shared.record.exchanges()[-1].request
    assert (sent.method, sent.target) == (
        entry["request"]["method"], entry["request"]["url"].removeprefix(shared.origin)
    )  # fmt: skip


def test_a_request_of_no_probe_is_repeated_by_method_target_date_and_body(
    entries: dict[str, Any],
) -> None:
    """What a series sends has no probe's name: the command says what the request was."""
    entry = json.loads(json.dumps(entries["application-empty"]))
    started = datetime.fromisoformat(entry["startedDateTime"])
    for item in entry["request"]["headers"]:
        if item["name"] == "Date":
            item["value"] = format_imf_fixdate(started + timedelta(seconds=179))
    repeater = Repeater(settings=Settings(base_url=entry["request"]["url"].rpartition("/")[0]))
    command = repeater.command({**entry, "_id": "050-boundary", "_way": "unlisted"})
    assert "--interface 127.0.0.2" in command
    assert command.startswith("printf %s '{}' | lendico-conformance sign POST /applications")
    assert "--ahead 179" in command or "--ahead 178" in command
    assert "--header 'Content-Type: application/json'" in command
    assert "--header 'Idempotency-Key:" in command


@pytest.mark.slow
def test_the_configuration_that_was_named_is_named_again(entries: dict[str, Any]) -> None:
    base = entries["ping"]["request"]["url"].rpartition("/")[0]
    settings = Settings(base_url=base, file=Path("a b.toml"))
    command = Repeater(settings=settings, probes={"ping"}).command(entries["ping"])
    assert "sign --probe ping --config 'a b.toml' --target https://" in command


def test_a_sandbox_that_ended_with_its_run_is_not_called_again(
    entries: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The probe is sent to another sandbox; what only that one met, a series say, is not named."""
    base = entries["ping"]["request"]["url"].rpartition("/")[0]
    repeater = Repeater(settings=Settings(base_url=base, own_sandbox=True), probes={"ping"})
    command = repeater.command(entries["ping"])
    assert command == "lendico-conformance check --plan api --sandbox -k ping"
    assert repeater.command({**entries["ping"], "_id": "050-boundary"}) == ""
    monkeypatch.chdir(tmp_path)
    code, found = check(*shlex.split(command)[2:])
    assert (code, found["plan"], found["target"]) == (4, "api", "sandbox")
    assert found["cases"]["sent"] > 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_a_pkcs12_file_is_opened_with_a_password_that_no_command_shows(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    demo = sandbox.demo
    assert demo is not None
    for use, certificate, key in (
        ("tls", demo.tls_certificate, demo.tls_key),
        ("signing", demo.signing_certificate, demo.signing_key),
    ):
        identity = load_identity(certificate, key)
        (tmp_path / f"{use}.pfx").write_bytes(
            pkcs12.serialize_key_and_certificates(
                None, identity.key, identity.certificate, None,
                BestAvailableEncryption(b"open sesame"),
            )
        )  # fmt: skip
    (tmp_path / "password").write_text("open sesame\n")
    configured(sandbox, monkeypatch, tmp_path)
    for use in ("TLS", "SIGNING"):
        monkeypatch.delenv(f"LENDICO_CONFORMANCE_{use}_KEY")
        monkeypatch.setenv(f"LENDICO_CONFORMANCE_{use}_CERTIFICATE", f"{use.lower()}.pfx")
        monkeypatch.setenv(f"LENDICO_CONFORMANCE_{use}_PASSWORD_FILE", "password")
    code, found = check("-k", "API-PING")
    assert code == 4
    assert [step["outcome"] for step in found["preflight"]].count("wrong") == 0
    har = json.loads((tmp_path / "reports" / "exchanges.har").read_text())
    entry = har["log"]["entries"][-1]
    assert "--cert tls.pfx --cert-type P12" in entry["comment"]
    assert "sesame" not in entry["comment"]
    assert repeated(entry["comment"], tmp_path) == 200


def test_what_was_redacted_makes_no_command_that_would_send_something_else(
    entries: dict[str, Any],
) -> None:
    entry = json.loads(json.dumps(entries["application-empty"]))
    entry["request"]["postData"]["text"] = "<redacted:configured:00000000>"
    settings = Settings(base_url=entry["request"]["url"].rpartition("/")[0])
    assert Repeater(settings=settings).command({**entry, "_id": "050-other"}) == ""


def test_curl_reads_the_body_octet_for_octet_and_no_file(sandbox: Sandbox) -> None:
    """A body that begins with @ names no file; quotes, line ends and octets stay."""
    body = b'@/etc/hostname "quoted" \\ \r\n\t\x0b \xc3\xa4 \xff'
    fields = HeaderFields((("X-Empty", ""), ("X-Two", "1"), ("x-two", 'a "b" \\')))
    target = "/partner-api/a/../%c3%a4//x?q=[1]&"
    request = SignedRequest(method="POST", target=target, headers=fields, body=body)
    config = curl_config(request, sandbox.origin)
    words = ["curl", "-q", "-s", "--cacert", str(sandbox.ca_file), "--config", "-"]
    subprocess.run(words, input=config, capture_output=True, timeout=20, check=True)
    sent = sandbox.record.exchanges()[-1].request
    assert (sent.method, sent.target, sent.body) == ("POST", target, body)
    given = [field for field in sent.headers if field[0].lower().startswith("x-")]
    assert given == [*fields]
    assert sent.headers.first("content-type") is None


def test_a_zero_octet_is_refused_with_a_way_out() -> None:
    request = SignedRequest(method="POST", target="/", headers=HeaderFields(), body=b"a\0b")
    with pytest.raises(UsageError) as caught:
        curl_config(request, "https://localhost")
    assert "--data-binary" in caught.value.hint


class TestSign:
    """The verb `sign`, as a person meets it."""

    @pytest.fixture(autouse=True)
    def _environment(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        configured(sandbox, monkeypatch, tmp_path)

    def test_the_fields_are_those_that_the_api_takes(
        self, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Judged by the suite's own rules, with the certificate that the sandbox knows."""
        assert main(["sign", "GET", "/ping?a=1"]) == 0
        lines = capfd.readouterr().out.splitlines()
        fields = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
        assert [name for name, _ in fields] == ["Date", "Digest", "Signature"]
        demo = sandbox.demo
        assert demo is not None
        expected = Expectation(
            key=load_certificate(demo.signing_certificate).public_key,
            key_id=demo.client_id.read_text(), now=sandbox.clock.now(),
        )  # fmt: skip
        request = SignedRequest(method="GET", target="/ping?a=1", headers=HeaderFields(fields))
        assert judge(request, expected).findings == ()

    @pytest.mark.parametrize("seconds", [-180, 0, 3600])
    def test_the_date_is_ahead_by_what_was_asked(
        self, seconds: int, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["sign", "GET", "/ping", "--ahead", str(seconds)]) == 0
        line = capfd.readouterr().out.splitlines()[0]
        apart = parsedate_to_datetime(line.removeprefix("Date: ")) - sandbox.clock.now()
        assert abs(apart.total_seconds() - seconds) < 5

    def test_nothing_is_sent_and_nothing_secret_printed_unless_asked(
        self, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["sign", "POST", "/oauth2/token"]) == 0
        assert main(["sign", "--probe", "ping"]) == 0
        said = capfd.readouterr().out
        demo = sandbox.demo
        assert demo is not None
        assert demo.subscription_key.read_text() not in said
        assert demo.client_secret.read_text() not in said
        assert "Bearer" not in said
        assert said.count("Authorization: Signature") == 1
        assert not sandbox.record.exchanges()
        assert main(["sign", "GET", "/ping", "--credentials"]) == 0
        said = capfd.readouterr().out
        assert f"Subscription-Key: {demo.subscription_key.read_text()}" in said
        assert "Authorization: Bearer " in said

    @pytest.mark.parametrize("flag", ["--credentials", "--for-curl"])
    def test_secrets_are_not_printed_on_a_screen(self, flag: str, sandbox: Sandbox) -> None:
        """On a real terminal, so that no stand-in says what a terminal is."""
        leader, follower = pty.openpty()
        done = subprocess.run(
            ["lendico-conformance", "sign", "GET", "/ping", flag], env=os.environ.copy(),
            stdout=follower, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
        os.close(follower)
        os.close(leader)
        assert done.returncode == 2
        assert b"not printed on a screen" in done.stderr
        assert not sandbox.record.exchanges()

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ((), "what to sign is not named"),
            (("GET",), "what to sign is not named"),
            (("GET", "/ping", "--probe", "ping"), "both"),
            (("GET", "ping"), "slash"),
            (("--probe", "digest-hax"), "Did you mean"),
            (("POST", "/x", "--body", "/nowhere"), "cannot be read"),
            (("GET", "/ping", "--header", "none"), "no header field"),
        ],
    )
    def test_a_wrong_call_is_told_in_a_sentence(
        self, arguments: tuple[str, ...], says: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["sign", *arguments]) == 2
        told = capfd.readouterr()
        assert says in told.err
        assert not told.out
        assert "Traceback" not in told.err

    def test_no_token_no_request(self, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
        """Where no token is granted curl is given nothing, so that it sends nothing."""
        sandbox.arm(Fault(kind=FaultKind.UNAVAILABLE, count=9))
        assert main(["sign", "GET", "/ping", "--for-curl"]) == 2
        assert capfd.readouterr().out == ""
