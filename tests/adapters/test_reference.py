"""The suite's own signer, in this process and over standard input and output."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.adapters import open_adapter
from conformance.adapters.interface import Adapter, AnswerKind, SignOrder
from conformance.adapters.protocol import request_line, sign_fields
from conformance.adapters.python import PythonAdapter
from conformance.adapters.reference import ProcedureAdapter
from conformance.adapters.serve import serve
from conformance.clock import ManualClock, SystemClock
from conformance.material.keyfile import make_key
from conformance.wire.message import Place, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, CoveredField, Keys

Order = Callable[..., SignOrder]
Launch = Callable[..., Adapter]

SERVED = [sys.executable, "-m", "conformance.adapters.reference"]


def test_openssl_verifies_what_it_signs(order: Order, key_file: Path, tmp_path: Path) -> None:
    """An outside oracle: the signing string written down by hand, verified by openssl."""
    answer = ProcedureAdapter().sign(order("/Greetings?a=%20b", body=b""))
    string = (
        b"(request-target): get /Greetings?a=%20b\n"
        b"date: Wed, 03 Jul 2019 08:28:28 GMT\n"
        b"digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    )
    assert answer.said == string
    header = answer.headers.first("Signature")
    assert header is not None
    signature = tmp_path / "signature"
    signature.write_bytes(base64.b64decode(header.rpartition('signature="')[2].rstrip('"')))
    public = tmp_path / "public.pem"
    subprocess.run(["openssl", "pkey", "-in", key_file, "-pubout", "-out", public], check=True)
    verified = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", public, "-signature", signature],
        input=string, capture_output=True, check=False,
    )  # fmt: skip
    assert verified.stdout == b"Verified OK\n"


def test_it_says_what_it_can() -> None:
    hello = open_adapter("reference", clock=SystemClock()).hello
    assert (hello.name, hello.language) == ("reference", "python")
    assert hello.has_clock
    assert hello.has_keys


def test_a_key_file_is_read_once(order: Order, tmp_path: Path, key_file: Path) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(key_file.read_bytes())
    adapter = ProcedureAdapter()
    moved = dataclasses.replace(order(), key_file=path)
    first = adapter.sign(moved)
    path.unlink()
    assert adapter.sign(moved).headers == first.headers
    adapter.close()
    assert adapter.sign(moved).kind is AnswerKind.ERROR


def test_a_key_file_that_is_missing_is_an_error_in_words(order: Order) -> None:
    answer = ProcedureAdapter().sign(dataclasses.replace(order(), key_file=Path("/no/such.key")))
    assert answer.kind is AnswerKind.ERROR
    assert "/no/such.key cannot be read" in answer.message


def test_a_stage_can_be_replaced(order: Order) -> None:
    def no_digest(_: UnsignedRequest) -> CoveredField:
        return CoveredField(sent=(), signed=None)

    adapter = ProcedureAdapter(dataclasses.replace(DOCUMENTED, digest=no_digest), name="no-digest")
    assert adapter.hello.name == "no-digest"
    assert adapter.sign(order()).headers.first("Digest") is None


def test_a_stage_that_raises_is_an_error(order: Order) -> None:
    def broken(_: UnsignedRequest) -> CoveredField:
        raise LookupError("boom")

    answer = ProcedureAdapter(dataclasses.replace(DOCUMENTED, digest=broken)).sign(order())
    assert answer.kind is AnswerKind.ERROR
    assert "LookupError: boom" in answer.message


def test_a_procedure_may_take_the_tls_key(order: Order) -> None:
    tls = make_key()

    def with_tls(data: bytes, keys: Keys) -> str:
        assert keys.tls is tls
        return DOCUMENTED.signature(data, Keys(signing=keys.tls))

    procedure = dataclasses.replace(DOCUMENTED, signature=with_tls)
    right, wrong = ProcedureAdapter(), ProcedureAdapter(procedure, tls_key=tls)
    assert right.sign(order()).headers != wrong.sign(order()).headers


def test_the_clock_measures(order: Order) -> None:
    clock = ManualClock(datetime(2019, 7, 3, tzinfo=UTC))
    assert ProcedureAdapter(clock=clock).sign(order()).took.total_seconds() == 0


@pytest.mark.parametrize("place", Place)
def test_over_the_protocol_it_says_the_same(launch: Launch, order: Order, place: Place) -> None:
    """`python -m conformance.adapters.reference` is a process adapter like any other."""
    local, served = ProcedureAdapter(), launch(SERVED)
    asked = [
        dataclasses.replace(order(f"/{n}?%20", body=bytes(range(256)) * n), place=place)
        for n in range(40)
    ]
    assert served.hello.max_in_flight > 1
    for own, other in zip(local.sign_many(asked), served.sign_many(asked), strict=True):
        assert (other.kind, other.headers, other.said) == (AnswerKind.OK, own.headers, own.said)


def exchange(adapter: Adapter, *lines: str) -> list[dict[str, object]]:
    answers = io.BytesIO()
    serve(adapter, io.BytesIO("\n".join(lines).encode()), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_serving_ends_with_bye() -> None:
    hello = '{"id":"1","op":"hello","protocol":"1","suite_version":"9"}'
    answers = exchange(ProcedureAdapter(), hello, '{"id":"2","op":"bye"}', hello)
    assert [answer["id"] for answer in answers] == ["1"]


def test_an_operation_that_is_not_there_is_unsupported() -> None:
    assert exchange(ProcedureAdapter(), '{"id":"1","op":"send"}') == [
        {"id": "1", "unsupported": {"message": "no operation send"}}
    ]


def test_a_python_function_can_be_served(order: Order, capsys: pytest.CaptureFixture[str]) -> None:
    """Its header text goes out as Unicode and comes back as octets; what it prints goes aside."""

    def sign(key_file: str, target: str) -> list[tuple[str, str]]:
        print("signing", key_file)  # noqa: T201 - what people do
        if target == "/boom":
            raise ValueError(target)
        return [("X", "ä"), ("Raw", "a\nb")]

    lines = [
        request_line(n, "sign", sign_fields(order(target))).decode()
        for n, target in (("1", "/x"), ("2", "/boom"))
    ]
    good, bad = exchange(PythonAdapter(sign), *lines)
    assert good == {"id": "1", "ok": {"headers": [["X", "ä"], ["Raw", "a\nb"]]}}
    assert "ValueError" in str(bad["error"])
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("signing ")
