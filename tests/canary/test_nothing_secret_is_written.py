"""No secret is in anything that is written or shown: every output is searched, in every form."""

from __future__ import annotations

import base64
import io
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from conformance.clock import SystemClock
from conformance.material.identity import load_identity
from conformance.sandbox.demo import CLIENT_SECRET as SECRET_FILE
from conformance.sandbox.demo import SUBSCRIPTION_KEY as KEY_FILE
from conformance.sandbox.material import load_material
from conformance.sandbox.running import Sandbox, running_sandbox
from conformance.sandbox.settings import SandboxSettings
from conformance.sandbox.token import Tokens
from tests.canary.canaries import (
    CLIENT_SECRET,
    PASSWORD,
    SUBSCRIPTION_KEY,
    TOKEN,
    Search,
    key_secrets,
)
from tests.canary.writers import LONG, WRITERS, Stage
from tests.live.running import configured
from tests.live.wire import RawServer, raw_server

VARIABLE = "LENDICO_CONFORMANCE_"


def _issue(tokens: Tokens, client_id: str, lifetime: timedelta) -> str:
    tokens._issued[TOKEN] = client_id, SystemClock().now() + lifetime
    return TOKEN


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Run a sandbox whose demo partner has canaries for secrets, in files and PKCS#12 files."""
    directory = tmp_path_factory.mktemp("secrets") / "kept"
    load_material(directory, (), SystemClock())
    (directory / SECRET_FILE).write_text(CLIENT_SECRET)
    (directory / KEY_FILE).write_text(SUBSCRIPTION_KEY)
    with (
        pytest.MonkeyPatch.context() as patch,
        running_sandbox(SandboxSettings(directory=directory, rate=10_000)) as running,
    ):
        patch.setattr(Tokens, "issue", _issue)
        demo = running.demo
        assert demo is not None
        for use, certificate, key in (
            ("tls", demo.tls_certificate, demo.tls_key),
            ("signing", demo.signing_certificate, demo.signing_key),
        ):
            identity = load_identity(certificate, key)
            (directory / f"{use}.pfx").write_bytes(
                pkcs12.serialize_key_and_certificates(
                    None, identity.key, identity.certificate, None,
                    BestAvailableEncryption(PASSWORD.encode()),
                )
            )  # fmt: skip
        (directory / "password").write_text(PASSWORD)
        yield running


@pytest.fixture(scope="module")
def search(sandbox: Sandbox) -> Search:
    demo = sandbox.demo
    assert demo is not None
    secrets = [
        ("client secret", CLIENT_SECRET.encode()), ("subscription key", SUBSCRIPTION_KEY.encode()),
        ("password", PASSWORD.encode()), ("token", TOKEN.encode()),
        ("control token", sandbox.control_token.encode()),
    ]  # fmt: skip
    for use, certificate, key in (
        ("TLS key", demo.tls_certificate, demo.tls_key),
        ("signing key", demo.signing_certificate, demo.signing_key),
    ):
        secrets += [(use, item) for item in key_secrets(load_identity(certificate, key).key)]
    return Search(secrets)


@pytest.fixture
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawServer]:
    """Serve what repeats all that it is sent, in header fields, reason and body."""
    numbers: Counter[str] = Counter()

    def echoed(request: bytes) -> bytes:
        numbers["requests"] += 1
        return _echoed(request, numbers["requests"])

    with raw_server(tmp_path_factory.mktemp("echo")) as server:
        server.answer = echoed
        yield server


def _echoed(request: bytes, number: int) -> bytes:
    """Return an answer that holds secrets at other places each time: whatever is cut, cuts one."""
    status = request.split(b" ")[1].split(b"/")[1].decode()
    head, _, body = request.partition(b"\r\n\r\n")
    fields = [line for line in head.split(b"\r\n")[1:] if not line.lower().startswith(b"content")]
    values = [line.partition(b": ")[2].rpartition(b" ")[2].decode("latin-1") for line in fields]
    known = " ".join(value for value in values if value in (SUBSCRIPTION_KEY, TOKEN))
    secrets = f"{CLIENT_SECRET} {SUBSCRIPTION_KEY} {known}"
    answer: dict[str, object] = {
        "title": "x" * (280 - number * 8 % 200) + secrets, "status": status,
        "detail": request.decode("latin-1") * 3,
        "long": "y" * (65_000 + number * 11) + secrets,
    }  # fmt: skip
    if status == "200":
        answer |= {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3599}
        secrets = f"{secrets} {TOKEN}"
    content = json.dumps(answer).encode()
    lines = [
        f"HTTP/1.1 {status} {'z' * (number * 8 % 80)}{secrets}".encode(),
        b"Content-Type: application/json", b"Content-Length: %d" % len(content),
        b"X-Body: " + body.replace(b"\r\n", b" "), *(b"X-" + line for line in fields),
        b"Set-Cookie: session=" + secrets.encode(),
    ]  # fmt: skip
    return b"\r\n".join([*lines, b"", content])


@pytest.fixture
def stage(
    sandbox: Sandbox, echo: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Stage:
    """Give a directory in which all that is written ends up, temporary files too."""
    sandbox.reset()
    configured(sandbox, monkeypatch, tmp_path)
    for use in ("TLS", "SIGNING"):
        path = sandbox.directory / f"{use.lower()}.pfx"
        monkeypatch.setenv(f"{VARIABLE}{use}_CERTIFICATE", str(path))
        monkeypatch.delenv(f"{VARIABLE}{use}_KEY")
        monkeypatch.setenv(f"{VARIABLE}{use}_PASSWORD_FILE", str(sandbox.directory / "password"))
    both = tmp_path / "authorities.pem"
    both.write_bytes(sandbox.ca_file.read_bytes() + echo.ca_file.read_bytes())
    monkeypatch.setenv(f"{VARIABLE}CA_FILE", str(both))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return Stage(sandbox=sandbox, echo=echo.origin, patch=monkeypatch)


@pytest.mark.parametrize(
    "writer",
    [
        pytest.param(item, marks=pytest.mark.slow if item in LONG else (), id=item.__name__)
        for item in WRITERS
    ],
)
def test_no_secret_is_written(
    writer: Callable[[Stage], Iterable[str] | None],
    stage: Stage,
    search: Search,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    more = writer(stage) or ()
    said = capfd.readouterr()
    found = [*search.tree(tmp_path)]
    found += search.octets(said.out.encode(), "standard output")
    found += search.octets(said.err.encode(), "standard error")
    for text in more:
        found += search.octets(text.encode(), "what was kept")
    assert {*found} == set()
    assert said.out or said.err
    assert not [*(tmp_path / "temporary").glob("lendico-conformance-*")]


@pytest.mark.parametrize(
    "hidden",
    [
        lambda secret: secret,
        lambda secret: base64.b64encode(b"Basic:" + secret),
        lambda secret: base64.urlsafe_b64encode(b"a" + secret + b"tail"),
        lambda secret: secret.hex().encode(),
        lambda secret: quote_plus(secret.decode()).encode(),
        lambda secret: json.dumps(secret.decode()).encode(),
        lambda secret: secret[: len(secret) // 2],
    ],
)
def test_the_search_finds_what_is_there(
    hidden: Callable[[bytes], bytes], search: Search, tmp_path: Path
) -> None:
    """A search that finds nothing proves something only if it would have."""
    for secret in (CLIENT_SECRET, SUBSCRIPTION_KEY, PASSWORD, TOKEN):
        (tmp_path / "file").write_bytes(b"before " + hidden(secret.encode()) + b" after")
        assert [*search.tree(tmp_path)]


def test_the_search_finds_keys_and_looks_into_archives(sandbox: Sandbox, search: Search) -> None:
    demo = sandbox.demo
    assert demo is not None
    pem = demo.signing_key.read_bytes()
    assert {leak.secret for leak in search.octets(pem, "")} == {"signing key"}
    assert not [*search.octets(demo.signing_certificate.read_bytes(), "")]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", pem.splitlines()[20])
    assert [*search.octets(packed.getvalue(), "bundle.zip")]
