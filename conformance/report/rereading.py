"""Evidence read again: the exchanges of an evidence file, ready to be judged by the same rules.

The file may come from anybody: every line is bounded and checked, and a line that cannot be used
is named.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from conformance.adapters.interface import Answer, AnswerKind
from conformance.cases.case import Case, Refusal
from conformance.errors import AdapterError, AdapterGoneError, UsageError
from conformance.report.evidence import LARGEST_HEADERS, Exchange
from conformance.report.strict import strict_json
from conformance.wire.message import HeaderFields, Place, SignedPath, SignedRequest
from conformance.wire.reading import Expectation
from conformance.wire.visible import visible

LONGEST_LINE: Final = 4 * 1024 * 1024
"""Octets of one line that are read."""

MOST_KEYS: Final = 256
"""Public keys that a file may hold: a run has a few."""

LARGEST_KEY: Final = 8192
"""Bits of the largest of them: larger ones only cost time."""

_UNUSABLE: Final = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, UnsupportedAlgorithm,
    ValueError,
)  # fmt: skip
"""What decoding a line may raise when it is not what it should be."""

BodyOf = Callable[[str], bytes | None]
"""Returns the body of the vector with a case id; None where it knows none."""


def read_evidence(path: Path, *, body_of: BodyOf = lambda _: None) -> Iterator[Exchange]:
    """Yield the exchanges in the file at `path`, in the order in which they were asked.

    `body_of` returns the body of the vector with a given case id, None where it knows none.

    Raises:
        UsageError: the file cannot be read, or a line of it is not what it should be.
    """
    try:
        with path.open("rb") as file:
            yield from read_exchanges(file, f"the evidence file {path}", body_of=body_of)
    except OSError as error:
        raise UsageError(f"the evidence file {path} cannot be read: {error.strerror}") from error


def read_exchanges(
    file: BinaryIO, name: str, *, body_of: BodyOf = lambda _: None
) -> Iterator[Exchange]:
    """Yield the exchanges in `file`, which sentences call `name`; otherwise as `read_evidence`.

    Raises:
        UsageError: a line is not what it should be.
    """
    keys: dict[str, RSAPublicKey] = {}
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        try:
            exchange = _read_line(line, keys, body_of)
        except _UNUSABLE as error:
            raise UsageError(
                f"line {number} of {name} cannot be used:"
                f" {type(error).__name__}: {visible(str(error), limit=200)}",
                hint="Take the file as the run wrote it; do not edit it.",
            ) from error
        if exchange is not None:
            yield exchange


def _read_line(line: bytes, keys: dict[str, RSAPublicKey], body_of: BodyOf) -> Exchange | None:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"it has more than {LONGEST_LINE} octets")
    record = strict_json(line)
    if "key" in record:
        if len(keys) >= MOST_KEYS:
            raise ValueError(f"it is the key after {MOST_KEYS} others")
        keys[record["key"]] = _read_key(record)
        return None
    withheld = str(record["withheld"])
    body = b"" if withheld else _read_body(record["body"], body_of)
    if body is None:
        withheld = f"the vector {record['body']['vector']} with its body is not at hand"
    case = _read_case(record["case"], body or b"")
    answer = _read_answer(record)
    request = None
    if answer.kind is AnswerKind.OK and not withheld:
        request = SignedRequest(
            method=case.method,
            target=str(record["target"]),
            headers=answer.headers,
            body=case.body,
        )
    return Exchange(
        case=case,
        answer=answer,
        expected=_read_expectation(record["expected"], keys, answer.said),
        request=request,
        withheld=withheld,
    )


def _read_key(record: dict[str, Any]) -> RSAPublicKey:
    spki = base64.b64decode(record["spki_b64"], validate=True)
    key = load_der_public_key(spki)
    fingerprint = f"sha256:{hashlib.sha256(spki).hexdigest()}"
    if not isinstance(key, RSAPublicKey) or record["key"] != fingerprint:
        raise ValueError("its key is no RSA key, or has another fingerprint")
    if key.key_size > LARGEST_KEY:
        raise ValueError(f"its key has more than {LARGEST_KEY} bits")
    return key


def _read_answer(record: dict[str, Any]) -> Answer:
    kind = AnswerKind(record["answer"])
    message, hint = str(record["message"]), str(record["hint"])
    error = None
    if kind is AnswerKind.ERROR:
        error = (AdapterGoneError if record["gone"] else AdapterError)(message, hint=hint)
    fields = tuple((str(name), str(value)) for name, value in record.get("headers", ()))
    if sum(len(name) + len(value) for name, value in fields) > LARGEST_HEADERS:
        raise ValueError(f"its header fields have more than {LARGEST_HEADERS} octets")
    return Answer(
        kind=kind,
        headers=HeaderFields(fields),
        said=base64.b64decode(record["said_b64"], validate=True) if "said_b64" in record else None,
        message=message,
        error=error,
    )


def _read_body(record: dict[str, Any], body_of: BodyOf) -> bytes | None:
    if "b64" in record:
        return base64.b64decode(record["b64"], validate=True)
    body = body_of(str(record["vector"]))
    if body is not None and hashlib.sha256(body).hexdigest() != record["sha256"]:
        raise ValueError(f"the vector {record['vector']} has another body")
    return body


def _read_case(record: dict[str, Any], body: bytes) -> Case:
    return Case(
        id=str(record["id"]), method=str(record["method"]), target=str(record["target"]),
        date=_moment(record["date"]), body=body, key_id=str(record["key_id"]),
        place=Place(record["place"]), key=record["key"], refusal=Refusal(record["refusal"]),
        requirements=tuple(str(item) for item in record["requirements"]),
    )  # fmt: skip


def _read_expectation(
    record: dict[str, Any], keys: dict[str, RSAPublicKey], said: bytes | None
) -> Expectation:
    return Expectation(
        key=keys[record["key"]] if record["key"] else None,
        tls_key=keys[record["tls_key"]] if record["tls_key"] else None,
        key_id=None if record["key_id"] is None else str(record["key_id"]),
        place=Place(record["place"]) if record["place"] else None,
        base_path=str(record["base_path"]), signed_path=SignedPath(record["signed_path"]),
        date=_moment(record["date"]) if record["date"] else None,
        now=_moment(record["now"]) if record["now"] else None,
        skew=timedelta(seconds=record["skew_s"]),
        said=said, host=str(record["host"]),
    )  # fmt: skip


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment has no zone")
    return moment
