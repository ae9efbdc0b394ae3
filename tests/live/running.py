"""The plan api run as a person runs it, with a sandbox that the environment names."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli import main
from conformance.data import schema
from conformance.sandbox.running import Sandbox

SCRIPTS = Path(sys.executable).parent


def values_of(sandbox: Sandbox) -> dict[str, str]:
    """Return the settings with which the demo partner calls `sandbox`."""
    demo = sandbox.demo
    assert demo is not None
    values = {
        "BASE_URL": sandbox.base_url, "CA_FILE": sandbox.ca_file,
        "KEY_ID": demo.client_id.read_text(),
        "TLS_CERTIFICATE": demo.tls_certificate, "TLS_KEY": demo.tls_key,
        "SIGNING_CERTIFICATE": demo.signing_certificate, "SIGNING_KEY": demo.signing_key,
        "CLIENT_SECRET_FILE": demo.client_secret, "SUBSCRIPTION_KEY_FILE": demo.subscription_key,
        "PLAN": "api", "MAX_RATE": "0",
    }  # fmt: skip
    return {f"LENDICO_CONFORMANCE_{name}": str(value) for name, value in values.items()}


def configured(sandbox: Sandbox, patch: pytest.MonkeyPatch, directory: Path) -> None:
    """Let the environment name `sandbox`, and run in `directory`."""
    patch.delenv("PYTEST_ADDOPTS", raising=False)
    patch.setenv("PATH", f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}")
    patch.chdir(directory)
    for name, value in values_of(sandbox).items():
        patch.setenv(name, value)


def check(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run `check`, and return its exit code and the report that it wrote."""
    code = main(["check", *arguments])
    found = json.loads(Path("reports/readiness.json").read_text())
    Draft202012Validator(schema("report")).validate(found)
    return code, found
