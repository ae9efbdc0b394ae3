"""What goes on the wire is what was signed, octet for octet; nothing around decides about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.client.credentials import Credentials
from conformance.client.message import Answer, Trouble, TroubleKind
from conformance.client.transport import Transport
from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.running import Sandbox
from conformance.wire.message import HeaderFields, SignedRequest

TARGETS = (
    "/partner-api/%c3%a4", "/partner-api/a/../b", "/partner-api//ping", "/partner-api/ping?",
    "/partner-api/ping??a=%7E&b=+", "/partner-api/./ping", "/partner-api/a%2fb;c=1?x=$[]",
    "/partner-api/%C3%a4%2e",
)  # fmt: skip


def sent(sandbox: Sandbox, request: SignedRequest) -> SignedRequest:
    transport = Transport(sandbox.base_url, identity=None, ca_file=sandbox.ca_file)
    transport.send(request)
    transport.close()
    return sandbox.record.exchanges()[-1].request


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_arrives_as_it_was_signed(target: str, sandbox: Sandbox) -> None:
    request = SignedRequest(method="GET", target=target, headers=HeaderFields())
    assert sent(sandbox, request).target == target


def test_repeated_fields_arrive_each_in_order_and_letter_case(sandbox: Sandbox) -> None:
    fields = (("X-One", "1"), ("x-one", "2"), ("Signature", "a"), ("Signature", "b"))
    request = SignedRequest(method="GET", target="/partner-api/ping", headers=HeaderFields(fields))
    arrived = sent(sandbox, request).headers
    assert [field for field in arrived if field[0].lower() in ("x-one", "signature")] == [*fields]


def test_a_body_arrives_whole(sandbox: Sandbox) -> None:
    body = bytes(range(256))
    request = SignedRequest(
        method="POST", target="/partner-api/ping", headers=HeaderFields(), body=body
    )
    assert sent(sandbox, request).body == body


def test_what_went_out_is_told_with_what_the_library_added(sandbox: Sandbox) -> None:
    transport = Transport(sandbox.base_url, identity=None, ca_file=sandbox.ca_file)
    request = SignedRequest(
        method="GET", target="/partner-api/ping", headers=HeaderFields((("A", "1"),))
    )
    _, fields = transport.send(request)
    transport.close()
    assert fields == sandbox.record.exchanges()[-1].request.headers.fields


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REQUESTS_CA_BUNDLE", "/nowhere.pem"),
        ("CURL_CA_BUNDLE", "/nowhere.pem"),
        ("SSL_CERT_FILE", "/nowhere.pem"),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
        ("ALL_PROXY", "http://127.0.0.1:9"),
    ],
)
def test_the_environment_decides_nothing(
    name: str, value: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv(name.lower(), value)
    request = SignedRequest(method="GET", target="/partner-api/ping", headers=HeaderFields())
    assert sent(sandbox, request).target == "/partner-api/ping"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (BadCertificate.UNTRUSTED, "not trusted"),
        (BadCertificate.EXPIRED, "has expired"),
        (BadCertificate.OTHER_HOST, "another host"),
    ],
)
def test_a_bad_server_certificate_is_named(
    fault: BadCertificate, says: str, sandbox: Sandbox
) -> None:
    transport = Transport(
        sandbox.bad_certificate_url(fault), identity=None, ca_file=sandbox.ca_file
    )
    found, _ = transport.send(
        SignedRequest(method="GET", target="/partner-api/ping", headers=HeaderFields())
    )
    assert isinstance(found, Trouble)
    assert found.kind is TroubleKind.CERTIFICATE
    assert says in found.says


def test_the_client_certificate_is_presented_and_no_key_is_left_behind(
    sandbox: Sandbox, credentials: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    transport = Transport(sandbox.base_url, identity=credentials.tls, ca_file=sandbox.ca_file)
    assert not list(tmp_path.iterdir())
    found, _ = transport.send(
        SignedRequest(method="GET", target="/partner-api/ping", headers=HeaderFields())
    )
    transport.close()
    assert isinstance(found, Answer)
    assert sandbox.record.exchanges()[-1].certificate is not None


def test_nobody_there_is_told(sandbox: Sandbox) -> None:
    request = SignedRequest(method="GET", target="/ping", headers=HeaderFields())
    for address, kind in (
        ("https://localhost:9/", TroubleKind.REFUSED),
        ("https://nowhere.invalid/", TroubleKind.DNS),
    ):
        found, _ = Transport(address, identity=None, ca_file=sandbox.ca_file).send(request)
        assert isinstance(found, Trouble)
        assert found.kind is kind
        assert found.hint
