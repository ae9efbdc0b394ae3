"""Applications: checked against their schema, kept, and made once for one idempotency key."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import RLock
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from conformance.clock import Clock
from conformance.data import schema
from conformance.sandbox.guard import Passage
from conformance.sandbox.message import Answer, json_answer
from conformance.sandbox.problem import Violation
from conformance.sandbox.throttling import Throttle
from conformance.wire.visible import visible

KEPT: Final = timedelta(hours=24)
"""How long an idempotency key is remembered at least."""

_MOST: Final = 10_000
_MOST_VIOLATIONS: Final = 50
_SAYINGS: Final = {
    "required": "must not be null",
    "enum": "must be one of {}",
    "const": "must be {}",
    "type": "must be of type {}",
    "pattern": 'must match "{}"',
    "format": "must be a {}",
    "contains": "must contain one with the role APPLICANT",
}
_ID: Final = "de.ing.business.application."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """An answer under its idempotency key, and the hash of the request that it belongs to."""

    request: bytes
    answer: Answer
    until: datetime


class Applications:
    """The applications of this sandbox; the oldest forgotten beyond a bound."""

    def __init__(self, clock: Clock, throttle: Throttle) -> None:
        self._clock = clock
        self._throttle = throttle
        self._lock = RLock()
        self._answers: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._applications: OrderedDict[str, tuple[str, dict[str, Any]]] = OrderedDict()

    def submit(self, passage: Passage) -> Answer:
        """Answer `POST /applications`: 201, or the problem that stands against it."""
        request, problems = passage.arrival.request, passage.behaviour.problems
        document = _parse(request.body)
        if isinstance(document, str):
            return problems["bad-request"].answer(why=document)
        keys = passage.all("idempotency-key")
        if passage.behaviour.validates:
            violations = [*_key_violations(keys), *_violations(document)]
            if violations:
                return problems["constraint-violation"].answer(violations=violations)
            currency = _unsupported(document)
            if currency:
                return problems["unprocessable"].answer(
                    why=f"currency [{currency}] is not supported yet, use [EUR]."
                )
        with self._lock:
            return self._once(passage, keys[0] if keys else "", document)

    def _once(self, passage: Passage, key: str, document: Any) -> Answer:
        """Make the application, unless `key` has made it already."""
        name = passage.partner.client_id, key
        hashed = hashlib.sha256(passage.arrival.request.body).digest()
        kept = self._answers.get(name)
        again = kept is not None and self._clock.now() < kept.until
        if kept and again and passage.behaviour.remembers_keys:
            if kept.request == hashed:
                return kept.answer
            return passage.behaviour.problems["conflict"].answer(
                why="This Idempotency-Key was used for another request already."
            )
        crefo = "any" if passage.behaviour.one_crefo_for_all else crefo_id(document)
        window = passage.behaviour.crefo_window
        if not again and crefo is not None and not self._throttle.may_apply(crefo, window):
            passage.notes.append("crefo-throttled")
            if "crefo-throttled" not in passage.behaviour.accepts:
                return passage.behaviour.problems["crefo"].answer()
        answer = self._make(passage.partner.client_id)
        self._answers[name] = _Kept(request=hashed, answer=answer, until=self._clock.now() + KEPT)
        while len(self._answers) > _MOST:
            self._answers.popitem(last=False)
        return answer

    def _make(self, client_id: str) -> Answer:
        number = f"{_ID}{uuid.uuid4()}"
        moment = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        application = {
            "version": 1,
            "application_id": number,
            "last_updated_at": moment,
            "last_updated_by": "PARTNER",
            "status": "SUBMITTED",
        }
        self._applications[number] = client_id, application
        while len(self._applications) > _MOST:
            self._applications.popitem(last=False)
        return json_answer(201, application)

    def find(self, client_id: str, number: str) -> Answer | None:
        """Return the answer that shows an application of this client, None when there is none."""
        owner, application = self._applications.get(number, ("", {}))
        return json_answer(200, application) if owner == client_id else None

    def clear(self) -> None:
        """Forget every application and key."""
        with self._lock:
            self._answers.clear()
            self._applications.clear()


def crefo_id(document: Any) -> str | None:
    """Return the id of the company's CREFO credit score; None when there is none."""
    try:
        scores = document["company"]["credit_scores"]
        return next((str(item["id"]) for item in scores if item.get("type") == "CREFO"), None)
    except (KeyError, TypeError, AttributeError):
        return None


def _parse(body: bytes) -> Any:
    """Return the JSON object in `body`, or a sentence that says why there is none."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return "The body is no JSON in UTF-8."
    return document if isinstance(document, dict) else "The body is no JSON object."


def _no_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)


def _key_violations(keys: tuple[str, ...]) -> Iterator[Violation]:
    if not keys or not keys[0]:
        yield "Idempotency-Key", "must not be empty"
    elif len(keys) > 1 or len(keys[0]) > 255:
        yield "Idempotency-Key", "must be one text of at most 255 characters"


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema("application"), format_checker=FormatChecker(["date"]))


def _violations(document: Any) -> Iterator[Violation]:
    """Yield what breaks the schema, a bounded number of them, each field by its path."""
    for count, error in enumerate(_validator().iter_errors(document)):
        if count == _MOST_VIOLATIONS:
            return
        yield _path(error), _message(error)


def _path(error: ValidationError) -> str:
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        found = re.match(r"'([^']*)' is a required", error.message)
        path += [found[1]] if found else []
    return visible(".".join(path), limit=200) or "body"


def _message(error: ValidationError) -> str:
    """Say what a field must be, without repeating what it is."""
    wanted: Any = error.validator_value
    if isinstance(wanted, list):
        wanted = ", ".join(map(str, wanted))
    if error.validator in _SAYINGS:
        return _SAYINGS[error.validator].format(wanted)
    return f"must keep to {error.validator} {wanted}"


def _unsupported(document: Any) -> str | None:
    """Return a currency other than EUR that the application speaks of."""
    places = [document["details"], *document["company"].get("financials", ())]
    found = (place.get("currency", "EUR") for place in places)
    return next((currency for currency in found if currency != "EUR"), None)
