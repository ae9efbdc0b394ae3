"""A check of the API shows what it stands on: in Allure the exchange, in its hint the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.sandbox.running import Sandbox
from tests.live.running import check, configured


@pytest.fixture(scope="module")
def ran(
    shared: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Any], dict[str, dict[str, str]]]]:
    """Run against a broken title, and give the report and the attachments by test."""
    directory = tmp_path_factory.mktemp("run")
    shared.reset()
    shared.deviate("digest-header-title")
    with pytest.MonkeyPatch.context() as patch:
        configured(shared, patch, directory)
        code, found = check("-k", "API-DIG-002 or API-PING or API-SUB-001", "--allure")
        assert code == 1
        yield found, dict(_attachments(directory / "reports" / "allure"))


def _attachments(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for file in folder.glob("*-result.json"):
        result = json.loads(file.read_text("utf-8"))
        yield (
            result["name"],
            {
                item["name"]: (folder / item["source"]).read_text("utf-8")
                for item in result.get("attachments", [])
            },
        )


def test_request_answer_and_schema_errors_are_attached(
    ran: tuple[dict[str, Any], dict[str, dict[str, str]]],
) -> None:
    (texts,) = [found for name, found in ran[1].items() if "API-DIG-002" in name]
    kinds = {name.rpartition(": ")[2] for name in texts if name[:3].isdecimal()}
    assert kinds == {"request", "response", "schema errors"}
    (errors,) = [text for name, text in texts.items() if name.endswith("digest-hex: schema errors")]
    assert errors.startswith("title: ")
    assert "expected" in errors
    (request,) = [text for name, text in texts.items() if name.endswith("digest-hex: request")]
    assert request.startswith("GET https://localhost:")
    assert "Subscription-Key: <redacted:" in request
    assert "Authorization: Bearer <redacted:" in request
    assert "Signature: keyId=" in request
    (answer,) = [text for name, text in texts.items() if name.endswith("digest-hex: response")]
    assert answer.startswith("400")


def test_what_holds_has_no_schema_errors(
    ran: tuple[dict[str, Any], dict[str, dict[str, str]]],
) -> None:
    (texts,) = [found for name, found in ran[1].items() if "API-SUB-001" in name]
    assert not [name for name in texts if "schema errors" in name]
    assert len([name for name in texts if name.endswith(": response")]) == 1


def test_a_failed_check_says_how_to_repeat_it_and_others_do_not(
    ran: tuple[dict[str, Any], dict[str, dict[str, str]]],
) -> None:
    checks = [check for item in ran[0]["requirements"] for check in item["checks"]]
    failed = {check["id"]: check["hint"] for check in checks if check["outcome"] == "fail"}
    assert "probe:digest-hex" in failed
    for name, hint in failed.items():
        probe = name.removeprefix("probe:")
        if probe != "error-bodies":
            assert f"lendico-conformance sign --probe {probe} --target https://" in hint
    assert not [check for check in checks if check["outcome"] == "pass" and "curl" in check["hint"]]
