"""How to reach a sandbox: as `conformance.toml`, as variables of a shell, and for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.sandbox.demo import DemoFiles
from conformance.wire.message import SignedPath

LOOPBACK: Final = "127.0.0.1"

_LOCAL: Final = (LOOPBACK, "localhost", "::1")
_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound
_PREFIX: Final = "PARTNER_API_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Addresses and files; the secrets stay in theirs."""

    base_url: str
    token_url: str
    ca_file: Path
    client_id: str
    signed_path: SignedPath = SignedPath.RELATIVE
    demo: DemoFiles | None = None
    control_url: str | None = None
    control_token: Path | None = None


def is_local(host: str) -> bool:
    """Tell whether a server bound to `host` needs no name of its own in its certificate."""
    return host in (*_LOCAL, *_EVERYWHERE)


def is_exposed(host: str) -> bool:
    """Tell whether other machines may reach a server bound to `host`."""
    return host not in _LOCAL and not host.startswith("127.")


def origin(host: str, port: int) -> str:
    """Return scheme and authority of a server bound to `host`."""
    if is_local(host):
        return f"https://localhost:{port}"
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def toml(reach: Reach) -> str:
    """Return a `conformance.toml`; what a shell needs stands in it as comments."""
    lines = [
        "# The local sandbox, as `lendico-conformance sandbox` runs it here.",
        "",
        "[partner]",
        f"key_id = {_quoted(reach.client_id)}",
        *_files(reach.demo),
        "",
        "[api]",
        f"base_url = {_quoted(reach.base_url)}",
        f"signed_path = {_quoted(reach.signed_path.value)}",
        f"ca_file = {_quoted(str(reach.ca_file))}",
        *_control(reach),
        "",
        "# For a shell:",
        *(f"#   {line}" for line in shell(reach).splitlines()),
    ]
    return "\n".join(lines) + "\n"


def _control(reach: Reach) -> Iterator[str]:
    """Yield the settings with which the suite moves the sandbox's clock instead of waiting."""
    if reach.control_url is not None and reach.control_token is not None:
        yield f"control_url = {_quoted(reach.control_url)}"
        yield f"control_token_file = {_quoted(str(reach.control_token))}"


def _files(demo: DemoFiles | None) -> Iterator[str]:
    """Yield the settings that name the demo partner's files, with which the API can be called."""
    if demo is not None:
        yield f"tls_certificate = {_quoted(str(demo.tls_certificate))}"
        yield f"tls_key = {_quoted(str(demo.tls_key))}"
        yield f"signing_certificate = {_quoted(str(demo.signing_certificate))}"
        yield f"signing_key = {_quoted(str(demo.signing_key))}"
        yield f"client_secret_file = {_quoted(str(demo.client_secret))}"
        yield f"subscription_key_file = {_quoted(str(demo.subscription_key))}"
        yield f"tls_hand_over = {_quoted(str(demo.tls_hand_over))}"
        yield f"signing_hand_over = {_quoted(str(demo.signing_hand_over))}"
        yield f"hand_over_password_file = {_quoted(str(demo.hand_over_password))}"


def shell(reach: Reach) -> str:
    """Return lines to `eval`; secrets are read from their files when the shell does so."""
    return "".join(f"export {_PREFIX}{name}={value}\n" for name, value in _variables(reach))


def _variables(reach: Reach) -> Iterator[tuple[str, str]]:
    yield "BASE_URL", shlex.quote(reach.base_url)
    yield "TOKEN_URL", shlex.quote(reach.token_url)
    yield "CA_FILE", _path(reach.ca_file)
    yield "CLIENT_ID", shlex.quote(reach.client_id)
    if reach.demo is not None:
        yield "TLS_CERTIFICATE", _path(reach.demo.tls_certificate)
        yield "TLS_KEY", _path(reach.demo.tls_key)
        yield "SIGNING_CERTIFICATE", _path(reach.demo.signing_certificate)
        yield "SIGNING_KEY", _path(reach.demo.signing_key)
        yield "CLIENT_SECRET", _content(reach.demo.client_secret)
        yield "SUBSCRIPTION_KEY", _content(reach.demo.subscription_key)
    if reach.control_url is not None and reach.control_token is not None:
        yield "CONTROL_URL", shlex.quote(reach.control_url)
        yield "CONTROL_TOKEN", _content(reach.control_token)


def people(reach: Reach) -> str:
    """Return a few lines that say where everything is."""
    rows = [("Partner API", reach.base_url), ("its CA", str(reach.ca_file))]
    if reach.demo is not None:
        demo = reach.demo
        rows += [
            ("client id", reach.client_id),
            ("client secret", f"in {demo.client_secret}"),
            ("subscription key", f"in {demo.subscription_key}"),
            ("TLS certificate", f"{demo.tls_certificate}, key {demo.tls_key.name}"),
            ("signing certificate", f"{demo.signing_certificate}, key {demo.signing_key.name}"),
        ]
    if reach.control_url is not None:
        rows.append(("control port", f"{reach.control_url}, token in {reach.control_token}"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are all among TOML's."""
    return json.dumps(text)


def _path(path: Path) -> str:
    return shlex.quote(str(path))


def _content(path: Path) -> str:
    return f'"$(cat {_path(path)})"'
