"""The adapter protocol, version 1, as text: requests written, answers read and checked.

docs/adapter-protocol.md tells it to people, schemas/adapter-protocol.schema.json to machines. The
checks here are written by hand because each answer passes them; a test holds them to the schema.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance import __version__
from conformance.adapters.interface import AnswerKind, Hello, SendOrder, SendOutcome, SignOrder
from conformance.errors import AdapterProtocolError, UsageError
from conformance.wire.message import HeaderFields, header_fields
from conformance.wire.shown import shown
from conformance.wire.visible import visible

PROTOCOL: Final = 1
"""The protocol's version."""

LINE_LIMIT: Final = 1 << 20
"""The most octets that an answer may have: 1 MiB."""

MOST_IN_FLIGHT: Final = 64
MOST_HEADERS: Final = 1000

HINT: Final = "see docs/adapter-protocol.md for what an adapter answers"

_MORE: Final = {
    AnswerKind.REFUSED: ("code",), AnswerKind.UNSUPPORTED: (), AnswerKind.ERROR: ("trace",),
}  # fmt: skip
_KINDS: Final = tuple(kind.value for kind in AnswerKind)
_BASE64: Final = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z", re.ASCII
)
_NAME_LENGTH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer whose frame is right: the one of the four fields that it has, and its content."""

    kind: AnswerKind
    content: Mapping[str, Any]
    line: bytes
    """The answer as it came, to be shown where its content is wrong."""


def request_line(identity: str, op: str, fields: Mapping[str, str]) -> bytes:
    """Return a request: a flat map of strings in printable ASCII, without the line end.

    Raises:
        UsageError: a value has other characters, which no adapter is asked to understand.
    """
    if not _plain("".join(fields.values())):
        name, value = next(item for item in fields.items() if not _plain(item[1]))
        raise UsageError(
            f"`{name}` of an adapter's request must be printable ASCII, but is: "
            f"{visible(value, limit=200)}",
            hint="choose an ASCII value; for a file, a directory with an ASCII name (TMPDIR)",
        )
    request = {"id": identity, "op": op, **fields}
    pairs = ",".join([f'"{name}":"{_escaped(value)}"' for name, value in request.items()])
    return f"{{{pairs}}}".encode("ascii")


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _escaped(text: str) -> str:
    r"""Escape the two characters that need it in JSON once a text is plain."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def hello_fields() -> dict[str, str]:
    """Return the fields of `hello`."""
    return {"protocol": str(PROTOCOL), "suite_version": __version__}


def sign_fields(order: SignOrder) -> dict[str, str]:
    """Return the fields of `sign`."""
    return {
        "method": order.method,
        "url": order.url,
        "base_url": order.base_url,
        "target": order.target,
        "date": order.date,
        "body_b64": base64.b64encode(order.body).decode("ascii"),
        "key_id": order.key_id,
        "key_file": str(order.key_file),
        "place": order.place.value,
    }


def send_fields(order: SendOrder) -> dict[str, str]:
    """Return the fields of `send`."""
    return {
        "method": order.method,
        "target": order.target,
        "body_b64": base64.b64encode(order.body).decode("ascii"),
        "headers": "",
        "base_url": order.base_url,
        "token_url": order.token_url,
        "ca_file": str(order.ca_file),
        "tls_cert_file": str(order.tls_cert_file),
        "tls_key_file": str(order.tls_key_file),
        "sign_cert_file": str(order.sign_cert_file),
        "sign_key_file": str(order.sign_key_file),
        "client_id": order.client_id,
        "client_secret": order.client_secret,
        "subscription_key": order.subscription_key,
        "deadline_ms": str(round(order.deadline.total_seconds() * 1000)),
    }


def parse_answer(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return an answer's id and the whole of it.

    Raises:
        AdapterProtocolError: it is no JSON object in UTF-8, or has no id: nobody can say which
            request it belongs to.
    """
    try:
        answer = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise broken(f"is no UTF-8 at octet {error.start}", line) from error
    except (ValueError, RecursionError) as error:
        raise broken(f"is no JSON: {shown(str(error), 200)}", line) from error
    if not isinstance(answer, dict):
        raise broken("is no JSON object", line)
    identity = answer.get("id")
    if not isinstance(identity, str) or not 1 <= len(identity) <= 64:
        raise broken("has no `id` that is a string of 1 to 64 characters", line)
    return identity, answer


def read_reply(answer: Mapping[str, Any], line: bytes) -> Reply:
    """Return the reply that an answer holds. A field that is null counts as absent.

    Raises:
        AdapterProtocolError: it has none or several of the four fields, or one of a wrong shape.
    """
    present = [kind for kind in _KINDS if answer.get(kind) is not None]
    if len(present) != 1:
        seen = " and ".join(f"`{kind}`" for kind in present) or "none"
        raise broken(f"has {seen} of `ok`, `refused`, `unsupported`, `error`: one it must be", line)
    kind = AnswerKind(present[0])
    content = answer[kind.value]
    if not isinstance(content, dict):
        raise broken(f"has `{kind.value}` that is no object", line)
    if kind is not AnswerKind.OK:
        _text(content, "message", kind.value, line)
        for name in _MORE[kind]:
            _optional(content, name, kind.value, line)
    return Reply(kind=kind, content=content, line=line)


def read_hello(reply: Reply) -> Hello:
    """Return what an `ok` answer to `hello` says.

    Raises:
        AdapterProtocolError: another protocol, or a field is missing or of a wrong shape.
    """
    ok, line = reply.content, reply.line
    if not _is_whole(ok.get("protocol")) or ok["protocol"] != PROTOCOL:
        raise broken(
            f"says protocol {shown(json.dumps(ok.get('protocol')), 40)}; "
            f"this suite speaks the number {PROTOCOL}",
            line,
        )
    can = ok.get("can")
    if not isinstance(can, list) or not all(isinstance(item, str) for item in can):
        raise broken("has no `ok.can` that is a list of strings", line)
    if len(set(can)) != len(can):
        raise broken("names something twice in `ok.can`", line)
    most = 1 if ok.get("max_in_flight") is None else ok["max_in_flight"]
    if not _is_whole(most) or not 1 <= most <= MOST_IN_FLIGHT:
        raise broken(f"has `ok.max_in_flight` that is no number from 1 to {MOST_IN_FLIGHT}", line)
    return Hello(
        name=shown(_text(ok, "name", "ok", line), _NAME_LENGTH),
        language=shown(_text(ok, "language", "ok", line), _NAME_LENGTH),
        version=shown(_optional(ok, "version", "ok", line) or "", _NAME_LENGTH),
        can=frozenset(can),
        cert_pem=_optional(ok, "cert_pem", "ok", line),
        max_in_flight=int(most),
    )


def read_signed(reply: Reply) -> tuple[HeaderFields, bytes | None]:
    """Return the header fields and, where it is given, the signing string of an `ok` to `sign`.

    Header fields are data, whatever their text: the rules judge it.

    Raises:
        AdapterProtocolError: `headers` is missing, or something has a wrong shape.
    """
    headers = reply.content.get("headers")
    if not isinstance(headers, list) or not all(map(_is_pair, headers)):
        raise broken(
            "has no `ok.headers` that is a list of [name, value] pairs: "
            f"{_no_pairs(reply.content)}",
            reply.line,
        )
    if len(headers) > MOST_HEADERS:
        raise broken(f"has more than {MOST_HEADERS} header fields", reply.line)
    said = _optional(reply.content, "signing_string_b64", "ok", reply.line)
    if said is None:
        return header_fields(headers), None
    if not _BASE64.match(said):
        raise broken("has `ok.signing_string_b64` that is no padded Base64", reply.line)
    return header_fields(headers), base64.b64decode(said)


def read_sent(reply: Reply) -> tuple[SendOutcome, int | None]:
    """Return the outcome and, where it is given, the status of an `ok` to `send`.

    Raises:
        AdapterProtocolError: `outcome` is missing or none of the four, or something has a wrong
            shape.
    """
    ok, line = reply.content, reply.line
    if ok.get("outcome") not in list(SendOutcome):
        words = ", ".join(f"`{outcome}`" for outcome in SendOutcome)
        raise broken(f"has no `ok.outcome` that is one of {words}", line)
    for name in ("status", "attempts", "waited_ms"):
        if ok.get(name) is not None and not _is_whole(ok[name]):
            raise broken(f"has `ok.{name}` that is no whole number", line)
    body = _optional(ok, "body_b64", "ok", line)
    if body is not None and not _BASE64.match(body):
        raise broken("has `ok.body_b64` that is no padded Base64", line)
    headers = ok.get("headers")
    if headers is not None and not (isinstance(headers, list) and all(map(_is_pair, headers))):
        raise broken(
            f"has `ok.headers` that is no list of [name, value] pairs: {_no_pairs(ok)}", line
        )
    if not isinstance(ok.get("problem") or {}, dict):
        raise broken("has `ok.problem` that is no object", line)
    status = ok.get("status")
    return SendOutcome(ok["outcome"]), None if status is None else int(status)


def broken(what: str, line: bytes) -> AdapterProtocolError:
    """Return the error for an answer that breaks the protocol, with the line shown."""
    return AdapterProtocolError(
        f"the adapter's answer {what}", hint=HINT, detail=f"the answer: {visible(line, limit=500)}"
    )


def _is_pair(item: object) -> bool:
    return (
        isinstance(item, list)
        and len(item) == 2
        and isinstance(item[0], str)
        and isinstance(item[1], str)
    )


def _no_pairs(content: Mapping[str, Any]) -> str:
    """Say what `headers` is, or the first thing in it, that is not as it should be."""
    if "headers" not in content:
        return "there is none"
    headers = content["headers"]
    if not isinstance(headers, list):
        return f"it is {_kind(headers)}"
    number, item = next(
        (number, item) for number, item in enumerate(headers, 1) if not _is_pair(item)
    )
    if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):
        return f"the value of `{shown(item[0], 80)}` is {_kind(item[1])}"
    return f"item {number} is {_kind(item)}"


def _kind(value: object) -> str:
    """Say what a JSON value is: `an object`, `null`, `a list of 3`."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    return "a string" if isinstance(value, str) else "a number"


def _is_whole(value: object) -> bool:
    """Tell whether a JSON value is a whole number; 1.0 is one, `true` is not."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _text(content: Mapping[str, Any], name: str, owner: str, line: bytes) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise broken(f"has no `{owner}.{name}` that is a string", line)
    return value


def _optional(content: Mapping[str, Any], name: str, owner: str, line: bytes) -> str | None:
    return None if content.get(name) is None else _text(content, name, owner, line)
