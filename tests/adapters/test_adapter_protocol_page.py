"""docs/adapter-protocol.md says what is true: every message on it fits, and can be computed."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.adapters.opening import REQUEST_TIMEOUT, START_TIMEOUT
from conformance.adapters.process import MOST_RESTARTS
from conformance.adapters.protocol import parse_answer, read_hello, read_reply
from conformance.adapters.reference import ProcedureAdapter
from conformance.adapters.serve import serve
from conformance.data import schema
from conformance.material.keyfile import KeyFiles, key_from_numbers

PAGE = (Path(__file__).parents[2] / "docs" / "adapter-protocol.md").read_text("utf-8")
REQUESTS = [line[2:] for line in PAGE.splitlines() if line.startswith("→ ")]
ANSWERS = [line[2:] for line in PAGE.splitlines() if line.startswith("← ")]
DEFINITIONS = schema("adapter-protocol")["$defs"]

# Key `Test` of draft-cavage-http-signatures-10, appendix C: its primes.
P = int(
    "ec3923547dbc5835207f59eabdf9f62a3e824fb9c8704de3189b1967bce56660"
    "661c50ce34c2d4ad747f666de94799b4b42981a9ae512bde6ee35da3b7574f23", 16,
)  # fmt: skip
Q = int(
    "d253deff299e4b61e3c6d0a3f7ca7a5eae118c9ba11b40e7fb87b87919e85405"
    "ece5241a881c992265b8e75ce6dea123556c2e7d106448d064c10e5abfb02923", 16,
)  # fmt: skip


def validate(definition: str, value: Any) -> None:
    jsonschema.validate(value, {"$ref": f"#/$defs/{definition}", "$defs": DEFINITIONS})


def test_the_messages_of_the_page_are_found() -> None:
    assert len(REQUESTS) == 4
    assert len(ANSWERS) == 6


@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_of_the_page_fits_the_schema(text: str) -> None:
    validate("request", json.loads(text))
    assert text.isascii()


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_of_the_page_fits_the_schema(text: str) -> None:
    line = text.encode()
    validate("answer", json.loads(text))
    identity, answer = parse_answer(line)
    assert identity in {"1", "2", "3"}
    assert read_reply(answer, line).line == line


def test_hello_of_the_page_is_understood() -> None:
    line = ANSWERS[0].encode()
    validate("hello_ok", json.loads(line)["ok"])
    assert read_hello(read_reply(parse_answer(line)[1], line)).name == "acme-signer"


def test_the_signatures_of_the_page_are_those_of_the_published_key() -> None:
    """The suite's own signer, asked what the page asks, answers what the page answers."""
    key = key_from_numbers(n=P * Q, e=65537, d=pow(65537, -1, (P - 1) * (Q - 1)), p=P, q=Q)
    answers = io.BytesIO()
    with KeyFiles() as files:
        asked = "\n".join(REQUESTS).replace("/run/signing.key", str(files.path_of(key)))
        serve(ProcedureAdapter(), io.BytesIO(asked.encode()), answers)
    assert answers.getvalue().decode().splitlines()[1:] == ANSWERS[1:3]


def test_the_signing_string_of_the_page_is_the_one_that_was_signed() -> None:
    said = base64.b64decode(json.loads(ANSWERS[1])["ok"]["signing_string_b64"]).decode()
    assert f"```\n{said}\n```" in PAGE


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    assert f"{START_TIMEOUT.total_seconds():g} seconds to answer" in PAGE
    assert f"| {REQUEST_TIMEOUT.total_seconds():g} seconds, a setting" in PAGE
    assert MOST_RESTARTS == 5
    assert "five times at most" in PAGE


def test_every_field_of_the_schema_is_on_the_page() -> None:
    names = {
        name
        for definition in ("hello_ok", "sign_ok", "send_ok", "answer")
        for name in DEFINITIONS[definition]["properties"]
    }
    for condition in DEFINITIONS["request"]["allOf"]:
        names.update(condition["then"]["required"])
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []
