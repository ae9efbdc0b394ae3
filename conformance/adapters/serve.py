"""The other side of the adapter protocol: offers an adapter of this process on standard input."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from conformance.adapters.interface import (
    Adapter,
    Answer,
    AnswerKind,
    Hello,
    SendOrder,
    Sent,
    SignOrder,
)
from conformance.adapters.protocol import PROTOCOL
from conformance.wire.message import HeaderFields, Place

MAX_IN_FLIGHT = 16
"""How many requests may wait in the pipe: enough to keep one signer busy."""

_encode = json.JSONEncoder(separators=(",", ":")).encode
_path = functools.lru_cache(Path)


def serve(
    adapter: Adapter, requests: BinaryIO | None = None, answers: BinaryIO | None = None
) -> None:
    """Answer each line of `requests` with a line on `answers`, until `bye` or the end of input.

    These are standard input and output unless given. What the signer prints goes to standard error.
    To serve a function: `serve(PythonAdapter(sign))`.
    """
    requests = requests or sys.stdin.buffer
    answers = answers or sys.stdout.buffer
    with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(BrokenPipeError):
        for line in requests:
            request = json.loads(line)
            if request["op"] == "bye":
                return
            answer = {"id": request["id"], **_answer(adapter, request)}
            answers.write(_encode(answer).encode("ascii") + b"\n")
            answers.flush()


def _answer(adapter: Adapter, request: dict[str, str]) -> dict[str, Any]:
    match request["op"]:
        case "hello":
            return {"ok": _hello(adapter.hello)}
        case "sign":
            return _signed(adapter.sign(_order(request)))
        case "send" if adapter.hello.sends:
            return _sent(adapter.send(_send_order(request)).result())
        case op:
            return {"unsupported": {"message": f"no operation {op}"}}


def _hello(hello: Hello) -> dict[str, Any]:
    said = {
        "protocol": PROTOCOL,
        "name": hello.name,
        "version": hello.version,
        "language": hello.language,
        "can": sorted(hello.can),
        "max_in_flight": MAX_IN_FLIGHT,
    }
    return said if hello.cert_pem is None else {**said, "cert_pem": hello.cert_pem}


def _order(request: dict[str, str]) -> SignOrder:
    return SignOrder(
        method=request["method"],
        url=request["url"],
        base_url=request["base_url"],
        target=request["target"],
        date=request["date"],
        body=base64.b64decode(request["body_b64"]),
        key_id=request["key_id"],
        key_file=_path(request["key_file"]),
        place=Place(request["place"]),
    )


def _signed(answer: Answer) -> dict[str, Any]:
    if answer.kind is AnswerKind.ERROR:
        trace = answer.error.detail if answer.error else ""
        return {"error": {"message": answer.message, "trace": trace}}
    if answer.kind is not AnswerKind.OK:
        return {answer.kind.value: {"message": answer.message}}
    ok: dict[str, Any] = {"headers": _pairs(answer.headers)}
    if answer.said is not None:
        ok["signing_string_b64"] = base64.b64encode(answer.said).decode("ascii")
    return {"ok": ok}


def _send_order(request: dict[str, str]) -> SendOrder:
    files = ("ca_file", "tls_cert_file", "tls_key_file", "sign_cert_file", "sign_key_file")
    texts = ("method", "target", "base_url", "token_url", "client_id", "client_secret",
             "subscription_key")  # fmt: skip
    fields: dict[str, Any] = {name: request[name] for name in texts}
    fields |= {name: _path(request[name]) for name in files}
    return SendOrder(
        **fields,
        body=base64.b64decode(request["body_b64"]),
        deadline=timedelta(milliseconds=int(request["deadline_ms"])),
    )


def _sent(sent: Sent) -> dict[str, Any]:
    if sent.kind is not AnswerKind.OK or sent.outcome is None:
        return {sent.kind.value: {"message": sent.message}}
    ok: dict[str, Any] = {"outcome": sent.outcome.value}
    return {"ok": ok if sent.status is None else {**ok, "status": sent.status}}


def _pairs(headers: HeaderFields) -> list[list[str]]:
    """Return the fields as Unicode text, from one character per octet."""
    return [[_unicode(name), _unicode(value)] for name, value in headers]


def _unicode(text: str) -> str:
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "surrogateescape")
