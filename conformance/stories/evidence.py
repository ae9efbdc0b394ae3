"""Stories as evidence: one JSON object a line, enough to judge each again without the client.

The credentials in them were made for one case each, on a sandbox that is gone; they are part of
what was signed and hashed, so they stay. What holds a secret that was configured is withheld.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from conformance.adapters.interface import AnswerKind, SendOutcome
from conformance.redaction import Redactor
from conformance.stories.case import PREFIX
from conformance.stories.story import Asked, Call, Mishap, Registered, Story
from conformance.wire.message import HeaderFields, SignedPath, SignedRequest

LARGEST_BODY: Final = 1 << 21
"""Octets of a request's body that are kept; vectors have bodies of 1 MiB."""

LARGEST_LINE: Final = 16 << 20
"""Octets of a line that are read."""

MOST_CALLS: Final = 500
"""Requests of one story that are kept: no case lasts long enough for more, but a client that has
lost its head makes them."""

_LONGEST: Final = 1e7
"""Seconds, either way, that anything in a story may be from its beginning."""

_NAMES: Final[dict[type, frozenset[str]]] = {
    kind: frozenset(item.name for item in fields(kind))
    for kind in (Registered, Asked, Call, Mishap, Story)
}


def line_of(story: Story, redactor: Redactor) -> str:
    """Return `story` as a line of evidence, with its line end."""
    large = any(len(call.request.body) > LARGEST_BODY for call in story.calls)
    many = len(story.calls) > MOST_CALLS
    text = json.dumps({"id": PREFIX + story.case, "story": _plain(story)}, separators=(",", ":"))
    withheld = "a request is too large to be kept" if large else ""
    withheld = "there are more requests than are kept" if many else withheld
    if not withheld and redactor.configured(text) != text:
        withheld = "a request holds a secret that was configured"
    if withheld:
        text = json.dumps({"id": PREFIX + story.case, "withheld": withheld}, separators=(",", ":"))
    return text + "\n"


def read_stories(lines: Iterable[bytes | str]) -> Iterator[tuple[str, Story | None]]:
    """Yield the id of each line of evidence and its story; None where it is withheld.

    Raises:
        ValueError: a line is no story; the text says which line and why.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _read(line)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise ValueError(f"line {number} is no story: {_reason(error)}") from None


def _read(line: bytes | str) -> tuple[str, Story | None]:
    if len(line) > LARGEST_LINE:
        raise ValueError("it is too long")
    record = json.loads(line, parse_constant=_no_constant)
    identity = record["id"]
    if not isinstance(identity, str) or not identity.startswith(PREFIX):
        raise ValueError("its id is none of a story")
    if "withheld" in record:
        return identity, None
    story = _story(record["story"])
    if PREFIX + story.case != identity:
        raise ValueError("its id is that of another story")
    return identity, story


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number in JSON")


def _reason(error: Exception) -> str:
    return f"{error.args[0] if error.args else error}"[:200] if str(error) else type(error).__name__


def _plain(value: Any) -> Any:
    """Return `value` made of plain JSON values: octets in Base64, moments as RFC 3339 text."""
    if value is None or isinstance(value, str | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, HeaderFields):
        return [list(pair) for pair in value]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}


def _story(record: dict[str, Any]) -> Story:
    began = datetime.fromisoformat(_text(record["began"]))
    if began.tzinfo is None:
        raise ValueError("its beginning has no zone")
    if len(record["calls"]) > MOST_CALLS:
        raise ValueError(f"it has more than {MOST_CALLS} requests")
    story = Story(
        case=_text(record["case"]),
        began=began,
        registered=_registered(record["registered"]),
        bad_certificate=_text(record["bad_certificate"]),
        spares_token=record["spares_token"] is True,
        asked=tuple(map(_asked, record["asked"])),
        calls=tuple(map(_call, record["calls"])),
        mishaps=tuple(map(_mishap, record["mishaps"])),
    )
    came = [item.during for item in story.calls] + [item.during for item in story.mishaps]
    if any(not 0 <= number <= len(story.asked) for number in came):
        raise ValueError("something came during no request that was asked for")
    return story


def _registered(record: dict[str, Any]) -> Registered:
    values = dict(_known(Registered, record))
    for name in ("signing_key", "tls_key"):
        values[name] = _octets(values[name])
    values["signed_path"] = SignedPath(values["signed_path"])
    _check(values, str, "client_id", "client_secret", "subscription_key", "tls_fingerprint",
           "signing_fingerprint", "base_path")  # fmt: skip
    return Registered(**values)


def _asked(record: dict[str, Any]) -> Asked:
    values = dict(_known(Asked, record))
    values["body"] = _octets(values["body"])
    values["kind"] = AnswerKind(values["kind"])
    outcome = values["outcome"]
    values["outcome"] = None if outcome is None else SendOutcome(outcome)
    _check(values, str, "method", "target", "message", "hint")
    _check_spans(values, "at_s", "answered_s", "deadline_s")
    _check(values, (int, type(None)), "status")
    return Asked(**values)


def _call(record: dict[str, Any]) -> Call:
    values = dict(_known(Call, record))
    request = values["request"]
    values["request"] = SignedRequest(
        method=_text(request["method"]),
        target=_text(request["target"]),
        headers=_headers(request["headers"]),
        body=_octets(request["body"]),
    )
    values["answer_headers"] = _headers(values["answer_headers"])
    values["answer_body"] = _octets(values["answer_body"])
    values["reasons"] = tuple(map(_text, values["reasons"]))
    _check_spans(values, "at_s", "answered_s", "ahead_s")
    _check(values, int, "status", "during")
    _check(values, (str, type(None)), "certificate", "fault")
    _check(values, str, "host")
    return Call(**values)


def _mishap(record: dict[str, Any]) -> Mishap:
    values = dict(_known(Mishap, record))
    _check(values, str, "says")
    _check_spans(values, "at_s")
    _check(values, int, "during")
    return Mishap(**values)


def _known(kind: type, record: dict[str, Any]) -> dict[str, Any]:
    if set(record) != _NAMES[kind]:
        raise ValueError(f"a {kind.__name__} has other fields")
    return record


def _check(values: dict[str, Any], kind: Any, *names: str) -> None:
    for name in names:
        if not isinstance(values[name], kind):
            raise TypeError(f"{name} is of another type")


def _check_spans(values: dict[str, Any], *names: str) -> None:
    _check(values, (int, float), *names)
    for name in names:
        if not abs(values[name]) <= _LONGEST:
            raise ValueError(f"{name} is beyond all bounds")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value


def _octets(value: object) -> bytes:
    return base64.b64decode(_text(value), validate=True)


def _headers(pairs: Any) -> HeaderFields:
    return HeaderFields(tuple((_text(name), _text(value)) for name, value in pairs))
