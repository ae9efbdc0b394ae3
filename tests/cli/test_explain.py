"""`explain`: a captured request in, the causes, the rules and an exit code out."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.cli import main
from conformance.rules import RULES

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
TLS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
DATE = "Wed, 03 Jul 2019 08:28:28 GMT"
PING = "/partner-api/ping"

Run = Callable[..., "Told"]


class Told:
    """What one run of the command gave."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def outcome(self, requirement: str) -> str:
        """Return what the JSON form says of one requirement."""
        return str(self.rule(requirement)["outcome"])

    def rule(self, requirement: str) -> Any:
        return next(item for item in self.json["requirements"] if item["id"] == requirement)


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fields(
    method: str = "GET",
    target: str = PING,
    body: bytes = b"",
    *,
    date: str = DATE,
    signed: str | None = None,
    separator: str = "\n",
    names: str = "(request-target) date digest",
    more: tuple[tuple[str, str], ...] = (),
    key: rsa.RSAPrivateKey = KEY,
) -> list[tuple[str, str]]:
    """Return the header fields of a signer written for these tests alone."""
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
    path = target.removeprefix("/partner-api") if signed is None else signed
    lower = {name.lower(): value for name, value in more}
    values = {"(request-target)": f"{method.lower()} {path}", "date": date, "digest": digest}
    string = separator.join(f"{name}: {({**lower, **values})[name]}" for name in names.split(" "))
    made = base64.b64encode(key.sign(string.encode(), PKCS1v15(), SHA256())).decode()
    parameters = f'keyId="acme",algorithm="rsa-sha256",headers="{names}",signature="{made}"'
    return [("Date", date), ("Digest", digest), ("Signature", parameters), *more]


def raw(
    sent: list[tuple[str, str]], method: str = "GET", target: str = PING, body: bytes = b""
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: api.example"]
    lines += [f"{name}: {value}" for name, value in sent]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


RIGHT = raw(fields())
CRLF = raw(fields(separator="\r\n"))
BODY = b'{"amount": 1}'
POST = raw(fields("POST", "/partner-api/applications", BODY), "POST",
           "/partner-api/applications", BODY)  # fmt: skip


@pytest.fixture
def cert(tmp_path: Path) -> str:
    """Write the public half of the signing key."""
    path = tmp_path / "signing.pem"
    path.write_bytes(public_pem(KEY))
    return str(path)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that explains a capture, given as octets."""

    def explain(capture: bytes, *arguments: str) -> Told:
        path = tmp_path / "capture"
        path.write_bytes(capture)
        code = main(["explain", str(path), *arguments])
        out, err = capsys.readouterr()
        return Told(code, out, err)

    return explain


def test_a_right_request_is_right_and_exits_0(run: Run, cert: str) -> None:
    told = run(RIGHT, "--cert", cert, "--key-id", "acme")
    assert told.code == 0
    assert told.err == ""
    assert re.match(r"RIGHT — [0-9]+ requirements seen to hold\n", told.out)


def test_a_broken_must_exits_1_and_its_cause_stands_in_the_first_line(run: Run, cert: str) -> None:
    told = run(CRLF, "--cert", cert)
    assert told.code == 1
    first, second, *_ = told.out.splitlines()
    assert first == ("WRONG — the lines of the signing string end in CR LF (string-crlf, proved)")
    assert second.startswith("1 requirement broken: STR-005; ")


def test_a_rule_points_to_the_cause_that_explains_it(run: Run, cert: str) -> None:
    assert "string-crlf: see cause 1\n" in run(CRLF, "--cert", cert).out


def test_the_strings_stand_below_each_other_with_the_difference_marked(run: Run, cert: str) -> None:
    lines = run(CRLF, "--cert", cert).out.splitlines()
    yours = next(number for number, line in enumerate(lines) if line.startswith("  signed "))
    text, carets = lines[yours], lines[yours + 1]
    assert text.split(maxsplit=1)[1] == r"(request-target): get /ping\r\n"
    assert text[carets.index("^") :].startswith(r"\r")
    assert "first difference at octet 27" in "\n".join(lines)


def test_the_expected_signing_string_is_shown_line_by_line(run: Run, cert: str) -> None:
    out = run(CRLF, "--cert", cert).out
    assert r"  1  (request-target): get /ping\n" in out
    assert rf"  2  date: {DATE}\n" in out
    assert re.search(r"^  3  digest: SHA-256=\S+=$", out, re.MULTILINE)


def test_every_rule_is_told(run: Run, cert: str) -> None:
    told = run(CRLF, "--cert", cert, "--json")
    assert {item["id"] for item in told.json["requirements"]} == set(RULES)
    assert told.outcome("STR-005") == "fail"
    assert told.outcome("DIG-003") == "pass"
    assert told.outcome("AUTH-001") == "not_applicable"
    text = run(CRLF, "--cert", cert).out
    for requirement in RULES:
        assert re.search(
            rf"^  (pass|FAIL|n/a|\?) +(MUST|SHOULD) +{requirement} ", text, re.MULTILINE
        )


def test_json_has_the_fields_of_the_page(run: Run, cert: str) -> None:
    told = run(CRLF, "--cert", cert, "--key-id", "acme", "--json").json
    assert (told["answer"], told["exit_code"]) == ("wrong", 1)
    assert told["request"]["target"] == PING
    assert told["request"]["origin"] == "https://api.example"
    assert told["against"]["signed_target"] == "/ping"
    assert told["against"]["base_path"] == "/partner-api"
    assert told["against"]["key_id"] == "acme"
    assert len(told["against"]["certificate"]["sha256"]) == 64
    (cause,) = told["diagnosis"]
    assert (cause["mistake"], cause["stage"], cause["proved"], cause["requirement"]) == (
        "string-crlf", "signing string", True, "STR-005",
    )  # fmt: skip
    assert cause["says"]
    assert cause["mend"]
    assert cause["observed"].startswith(r"(request-target): get /ping\r\n")


def test_without_a_certificate_the_rest_is_judged_and_the_gap_said(run: Run) -> None:
    told = run(RIGHT, "--json")
    assert told.code == 0
    assert told.json["answer"] == "no-fault-seen"
    assert told.outcome("SIG-001") == "undetermined"
    assert "--cert" in told.rule("SIG-001")["why"]
    assert told.outcome("DIG-003") == "pass"
    assert run(RIGHT).out.startswith("NO FAULT SEEN — ")


def test_without_a_certificate_what_shows_on_the_wire_is_still_found(run: Run) -> None:
    told = run(raw(fields(date="Wed, 03 Jul 2019 08:28:28 UTC")))
    assert told.code == 1
    assert "date-zone-utc" in told.out.splitlines()[0]


def test_the_key_id_is_judged_when_it_is_known(run: Run, cert: str) -> None:
    unknown = run(RIGHT, "--cert", cert, "--json")
    assert unknown.outcome("HDR-003") == "undetermined"
    assert unknown.json["answer"] == "no-fault-seen"
    other = run(RIGHT, "--cert", cert, "--key-id", "other", "--json")
    assert other.outcome("HDR-003") == "fail"
    assert other.code == 1


@pytest.mark.parametrize(
    ("now", "code"),
    [
        ("Wed, 03 Jul 2019 08:31:28 GMT", 0),
        ("Wed, 03 Jul 2019 08:31:29 GMT", 1),
        ("2019-07-03T10:25:28+02:00", 0),
        ("2019-07-03T08:25:27Z", 1),
    ],
)
def test_the_date_is_judged_against_now(run: Run, cert: str, now: str, code: int) -> None:
    told = run(RIGHT, "--cert", cert, "--now", now, "--json")
    assert told.code == code
    assert told.outcome("DATE-003") == ("fail" if code else "pass")


def test_the_date_is_judged_against_the_present_only_when_asked(run: Run, cert: str) -> None:
    assert run(RIGHT, "--cert", cert, "--json").outcome("DATE-003") == "not_applicable"
    told = run(RIGHT, "--cert", cert, "--date-now", "--json")
    assert told.outcome("DATE-003") == "fail"
    assert told.code == 1


def test_a_broken_should_is_a_warning_and_exits_0(run: Run, cert: str) -> None:
    told = run(raw(fields(names="date (request-target) digest")), "--cert", cert, "--json")
    assert told.outcome("STR-003") == "warn"
    assert told.code == 0


@pytest.mark.parametrize(
    ("target", "signed", "arguments"),
    [
        ("/partner-api/ping?x=1", "/ping?x=1", []),
        ("/partner-api?x=1", "/?x=1", []),
        ("/partner-apis/ping", "/partner-apis/ping", []),
        ("/ping", "/ping", []),
        ("/v2/api/ping", "/ping", ["--base-url", "https://api.example/v2/api/"]),
        ("/v2/api/ping", "/v2/api/ping", []),
        ("/v2/api/ping", "/v2/api/ping", ["--base-url", "https://api.example"]),
        ("/partner-api/ping", "/partner-api/ping", ["--signed-path", "full"]),
    ],
)
def test_the_gateway_prefix_is_left_out_as_told(
    run: Run, cert: str, target: str, signed: str, arguments: list[str]
) -> None:
    capture = raw(fields(target=target, signed=signed), target=target)
    told = run(capture, "--cert", cert, "--key-id", "acme", *arguments, "--json")
    assert told.json["against"]["signed_target"] == signed
    assert told.json["answer"] == "right"


def test_a_path_beside_the_base_url_is_noted(run: Run, cert: str) -> None:
    told = run(RIGHT, "--cert", cert, "--base-url", "https://api.example/other", "--json")
    assert "does not begin with that of --base-url" in told.json["notes"][0]


@pytest.mark.parametrize(
    ("method", "target", "name", "broken", "arguments"),
    [
        ("POST", "/partner-api/oauth2/token", "Authorization", None, []),
        ("POST", "/partner-api/oauth2/token", "Signature", "AUTH-001", []),
        ("POST", "/partner-api/applications", "Signature", None, []),
        ("POST", "/another/token", "Authorization", None, []),
        ("POST", "/another/token", "Authorization", "HDR-001", ["--place", "signature"]),
        ("POST", "/another/token", "Signature", "AUTH-001", ["--place", "authorization"]),
        ("GET", PING, "Authorization", "HDR-001", []),
    ],
)
def test_the_place_of_the_signature_is_told_from_the_request(
    run: Run,
    cert: str,
    method: str,
    target: str,
    name: str,
    broken: str | None,
    arguments: list[str],
) -> None:
    sent = fields(method, target)
    parameters = sent[2][1]
    sent[2] = (name, f"Signature {parameters}" if name == "Authorization" else parameters)
    told = run(raw(sent, method, target), "--cert", cert, *arguments, "--json")
    found = [item["id"] for item in told.json["requirements"] if item["outcome"] == "fail"]
    assert found == ([broken] if broken else [])


def test_the_tls_certificate_tells_a_swapped_key(run: Run, cert: str, tmp_path: Path) -> None:
    tls = tmp_path / "tls.pem"
    tls.write_bytes(public_pem(TLS_KEY))
    capture = raw(fields(key=TLS_KEY))
    with_tls = run(capture, "--cert", cert, "--tls-cert", str(tls), "--json").json
    assert with_tls["diagnosis"][0]["mistake"] == "signature-tls-key"
    assert with_tls["diagnosis"][0]["proved"]
    without = run(capture, "--cert", cert, "--json").json
    assert without["diagnosis"][0]["mistake"] == "signature-other-key"


def har(sent: list[tuple[str, str]], method: str, target: str, body: bytes) -> bytes:
    headers = [{"name": name, "value": value} for name, value in sent]
    headers.append({"name": "Content-Length", "value": str(len(body))})
    entry = {
        "method": method, "url": f"https://api.example{target}", "headers": headers,
        "postData": {"mimeType": "application/json", "text": body.decode()},
    }  # fmt: skip
    return json.dumps({"log": {"entries": [{"request": entry}]}}).encode()


def curl(sent: list[tuple[str, str]], method: str, target: str, body: bytes) -> bytes:
    words = [
        "curl",
        "-g",
        "--path-as-is",
        "-X",
        method,
        f"https://api.example{target}",
        "--data-raw",
        body.decode(),
    ]
    for name, value in sent:
        words += ["-H", f"{name}: {value}"]
    return shlex.join(words).encode()


@pytest.mark.parametrize("separator", ["\n", "\r\n"])
def test_every_format_gives_the_same_explanation(run: Run, cert: str, separator: str) -> None:
    target = "/partner-api/applications?a=%20b"
    sent = fields("POST", target, BODY, separator=separator)
    told = [
        run(capture, "--cert", cert, "--json").json
        for capture in (
            raw(sent, "POST", target, BODY),
            har(sent, "POST", target, BODY),
            curl(sent, "POST", target, BODY),
        )
    ]
    assert [item["request"]["format"] for item in told] == ["raw", "har", "curl"]
    for key in ("answer", "exit_code", "diagnosis", "signing_string", "requirements", "against"):
        assert told[0][key] == told[1][key] == told[2][key]


@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "delete", "QUERY"]),
    path=st.from_regex(
        r"/[A-Za-z0-9/%._~!$&'()*+,;=:@-]{0,20}(\?[ -\"$-~]{0,20})?", fullmatch=True
    ),
    body=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd")),
    write=st.sampled_from([raw, har, curl]),
)
def test_a_correct_signer_is_never_given_a_diagnosis(
    run: Run,
    cert: str,
    method: str,
    path: str,
    body: str,
    write: Callable[[list[tuple[str, str]], str, str, bytes], bytes],
) -> None:
    target = f"/partner-api{path.replace(' ', '%20')}"
    sent = fields(method, target, body.encode())
    capture = write(sent, method, target, body.encode())
    told = run(capture, "--cert", cert, "--key-id", "acme", "--place", "signature", "--json")
    assert told.json["diagnosis"] == []
    assert told.json["answer"] == "right"


def test_an_entry_and_a_body_of_its_own_can_be_given(run: Run, cert: str, tmp_path: Path) -> None:
    body = tmp_path / "body"
    body.write_bytes(BODY)
    stream = RIGHT + POST.removesuffix(BODY)
    told = run(stream, "--cert", cert, "--entry", "2", "--body", str(body), "--json")
    assert told.code == 0
    assert told.outcome("DIG-002") == "pass"
    assert run(stream, "--cert", cert, "--entry", "1", "--json").json["request"]["method"] == "GET"


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input_is_the_default(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    cert: str,
    arguments: list[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CRLF)))
    assert main(["explain", *arguments, "--cert", cert]) == 1
    assert "string-crlf" in capsys.readouterr().out


def test_a_pfx_opens_with_the_password_of_a_file_or_the_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pfx, password = pfx_file(tmp_path), tmp_path / "password"
    password.write_bytes(b"s3cret-pass\n")
    assert run(RIGHT, "--cert", pfx, "--cert-password-file", str(password)).code == 0
    monkeypatch.setenv("LENDICO_CONFORMANCE_CERT_PASSWORD", "s3cret-pass")
    monkeypatch.setenv("LENDICO_CONFORMANCE_TLS_CERT_PASSWORD", "s3cret-pass")
    told = run(CRLF, "--cert", pfx, "--tls-cert", pfx)
    assert told.code == 1
    assert "s3cret-pass" not in told.out + told.err


def pfx_file(folder: Path) -> str:
    """Write a PKCS#12 file with a self-signed certificate of the signing key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "me")])
    start = datetime(2019, 7, 3, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, KEY.public_key(), 7, start, start + timedelta(days=9))
        .sign(KEY, SHA256())
    )  # fmt: skip
    path = folder / "signing.pfx"
    encryption = BestAvailableEncryption(b"s3cret-pass")
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"me", KEY, certificate, None, encryption)
    )
    return str(path)


def test_a_pipe_gets_plain_text(cert: str, tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(CRLF)
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "explain", str(path), "--cert", cert],
        capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert done.stdout.startswith("WRONG — ")
    assert done.stderr == ""


def test_a_terminal_gets_colour_and_no_color_is_honoured(
    run: Run, cert: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;31m" in run(CRLF, "--cert", cert).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in run(CRLF, "--cert", cert).out


def test_what_is_hostile_in_a_capture_is_shown_escaped(run: Run) -> None:
    target = "/partner-api/\x1b[31mred"
    capture = raw([("Date", "\x1b]0;title\x07"), ("X", "\u202e")], target=target)
    for arguments in ([], ["--json"]):
        out = run(capture, *arguments).out
        assert all(character.isprintable() or character == "\n" for character in out)
