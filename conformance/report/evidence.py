"""The evidence: every signed request of a run, enough to judge each again without the signer.

An evidence file is JSON, one object a line; `rereading` reads it. Lines with `key` hold a public
key once; lines with `id` hold a case, what the implementation answered, and what it was judged
against. Bodies of more than 64 KiB that belong to a vector are named by their hash; the vector has
them. What cannot be kept whole says so in `withheld` and is not judged again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)

from conformance.adapters.interface import Answer
from conformance.cases.case import Case
from conformance.errors import AdapterGoneError
from conformance.redaction import Redactor
from conformance.report.excerpt import text_of
from conformance.rules.finding import Judgement
from conformance.trial import Trial
from conformance.wire.message import SignedRequest
from conformance.wire.reading import Expectation

INLINE_BODY: Final = 64 * 1024
"""Octets of a vector's body that are kept in the file itself."""

LARGEST_BODY: Final = 1024 * 1024
"""Octets of any other body that are kept."""

LARGEST_HEADERS: Final = 64 * 1024
"""Octets of header fields, or of the signing string an adapter gave, that are kept."""

LARGEST_FILE: Final = 64 * 1024 * 1024
"""Octets of the file up to which requests are kept whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A case as it was asked and answered, and what the answer is judged against.

    `request` is None when there was no signed request, or when it could not be kept whole: then
    `withheld` says why.
    """

    case: Case
    answer: Answer
    expected: Expectation
    request: SignedRequest | None = None
    withheld: str = ""

    @property
    def id(self) -> str:
        """The name by which checks refer to it."""
        return self.case.id

    def trial(self, judge: Callable[[SignedRequest, Expectation], Judgement]) -> Trial:
        """Return the trial of this exchange, judged again by `judge`.

        Raises:
            ValueError: it is withheld, so nobody can judge it again.
        """
        if self.withheld:
            raise ValueError(f"the evidence of {self.id} is withheld: {self.withheld}")
        judgement = judge(self.request, self.expected) if self.request else None
        return Trial(
            case=self.case, answer=self.answer, judgement=judgement, expected=self.expected
        )


def exchange_of(trial: Trial) -> Exchange:
    """Return `trial` as evidence."""
    request = trial.judgement.request if trial.judgement else None
    return Exchange(case=trial.case, answer=trial.answer, expected=trial.expected, request=request)


class EvidenceLines:
    """Makes the lines of an evidence file, without secrets, each public key once."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._names: dict[int, tuple[RSAPublicKey, str, str]] = {}
        self._written: set[str] = set()
        self._size = 0

    def of(self, exchange: Exchange) -> list[str]:
        """Return the lines for `exchange`: its keys, as far as they are new, then itself."""
        record = _case_record(exchange)
        lines = []
        for field, key in (("key", exchange.expected.key), ("tls_key", exchange.expected.tls_key)):
            if key is not None:
                name, encoded = self._name(key)
                record["expected"][field] = name
                if name not in self._written:
                    self._written.add(name)
                    lines.append(_line({"key": name, "spki_b64": encoded}))
        record |= self._words(exchange.answer)
        bare = dict(record)
        record["withheld"] = exchange.withheld or self._put_request(exchange, record)
        line = _line(record)
        if self._redactor.holds_secret(line.encode()):
            line = self._redactor.configured(_line({**bare, "withheld": "it holds a secret"}))
        elif self._size + len(line) > LARGEST_FILE:
            line = _line({**bare, "withheld": "the evidence file is full"})
        self._size += len(line)
        return [*lines, line]

    def _words(self, answer: Answer) -> dict[str, Any]:
        """Return what the adapter, or the suite about it, said instead of signing."""
        error = answer.error
        return {
            "message": text_of(error.message if error else answer.message, self._redactor),
            "hint": text_of(error.hint, self._redactor) if error else "",
            "gone": isinstance(error, AdapterGoneError),
        }

    def _put_request(self, exchange: Exchange, record: dict[str, Any]) -> str:
        """Put the signed request into `record`; return why it is not whole, if so."""
        parts = (self._put_body, self._put_headers, self._put_said)
        return next((why for part in parts if (why := part(exchange, record))), "")

    def _put_body(self, exchange: Exchange, record: dict[str, Any]) -> str:
        if self._redactor.holds_secret(exchange.case.body):
            return "its body holds a secret"
        record["body"] = _body_record(exchange.case)
        if "b64" in record["body"] and len(exchange.case.body) > LARGEST_BODY:
            del record["body"]
            return f"its body has more than {LARGEST_BODY} octets"
        return ""

    def _put_headers(self, exchange: Exchange, record: dict[str, Any]) -> str:
        if exchange.request is None:
            return ""
        headers, redacted = self._redactor.headers(exchange.request.headers)
        if sum(len(name) + len(value) for name, value in headers) > LARGEST_HEADERS:
            return f"its header fields have more than {LARGEST_HEADERS} octets"
        record["headers"] = [list(field) for field in headers]
        return f"secrets were taken out of {', '.join(redacted)}" if redacted else ""

    def _put_said(self, exchange: Exchange, record: dict[str, Any]) -> str:
        said = exchange.answer.said
        if said is None or len(said) > LARGEST_HEADERS:
            return ""
        text = said.decode("latin-1")
        if self._redactor.text(text) != text:
            return "its signing string holds a secret"
        record["said_b64"] = _encoded(said)
        return ""

    def _name(self, key: RSAPublicKey) -> tuple[str, str]:
        """Return the fingerprint of `key`, and the key itself in Base64."""
        known = self._names.get(id(key))
        if known is None:
            spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            known = self._names[id(key)] = (key, f"sha256:{_sha256(spki)}", _encoded(spki))
        return known[1:]


def _case_record(exchange: Exchange) -> dict[str, Any]:
    case, expected = exchange.case, exchange.expected
    return {
        "id": exchange.id,
        "case": {
            "id": case.id, "method": case.method, "target": case.target, "key_id": case.key_id,
            "date": _moment(case.date), "place": case.place.value, "key": case.key,
            "refusal": case.refusal.value, "requirements": list(case.requirements),
        },
        "answer": exchange.answer.kind.value,
        "target": exchange.request.target if exchange.request else None,
        "expected": {
            "key": None, "tls_key": None, "key_id": expected.key_id,
            "place": expected.place.value if expected.place else None,
            "base_path": expected.base_path, "signed_path": expected.signed_path.value,
            "date": _moment(expected.date), "now": _moment(expected.now),
            "skew_s": expected.skew.total_seconds(), "host": expected.host,
        },
    }  # fmt: skip


def _body_record(case: Case) -> dict[str, Any]:
    if len(case.body) <= INLINE_BODY or not case.id.startswith("vectors/"):
        return {"b64": _encoded(case.body)}
    return {"vector": case.id, "size": len(case.body), "sha256": _sha256(case.body)}


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
