"""A client written in Python, called in this process: its answer read, what it raises told."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Final

from conformance.adapters.interface import AnswerKind, Refused, SendOutcome, Sent
from conformance.adapters.protocol import Reply, read_sent
from conformance.adapters.trace import traced
from conformance.errors import AdapterError, AdapterProtocolError
from conformance.wire.shown import shown

SEND_FIELDS: Final = (
    "method", "target", "body", "body_b64", "headers", "base_url", "token_url", "ca_file",
    "tls_cert_file", "tls_key_file", "sign_cert_file", "sign_key_file", "client_id",
    "client_secret", "subscription_key", "deadline_ms",
)  # fmt: skip
"""What a client can ask for: the fields of `send` in the adapter protocol, all text, and `body`."""

_TRACE_ENTRIES: Final = 6


def sent(call: Callable[..., object], arguments: Mapping[str, object]) -> Sent:
    """Make a whole call; what the client raises is told, never raised."""
    try:
        returned = call(**arguments)
        outcome, status = _read(returned)
    except Refused as refusal:
        return Sent(kind=AnswerKind.REFUSED, message=shown(refusal.message))
    except NotImplementedError as error:
        message = shown(str(error)) or "the client raised NotImplementedError"
        return Sent(kind=AnswerKind.UNSUPPORTED, message=message)
    except AdapterError as error:
        return Sent(kind=AnswerKind.ERROR, message=error.message, error=error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the client's own, whatever it is
        broken = raised(error, "client")
        return Sent(kind=AnswerKind.ERROR, message=broken.message, error=broken)
    return Sent(kind=AnswerKind.OK, outcome=outcome, status=status)


def _read(returned: object) -> tuple[SendOutcome, int | None]:
    if not isinstance(returned, Mapping):
        raise AdapterProtocolError(
            f"the Python client returned {type(returned).__name__}",
            hint='return {"outcome": "success", "status": 200}, say',
        )
    line = repr(returned).encode("utf-8", "replace")
    return read_sent(Reply(kind=AnswerKind.OK, content=dict(returned), line=line))


def raised(error: BaseException, what: str = "signer") -> AdapterError:
    """Return the error for what `what`, the signer or the client, raised."""
    entries = traceback.extract_tb(error.__traceback__)[1:][-_TRACE_ENTRIES:]
    lines = [line for entry in traceback.format_list(entries) for line in entry.splitlines()]
    return AdapterError(
        f"the Python {what} raised {type(error).__name__}: {shown(str(error), 500)}",
        hint=traced(
            "\n".join(lines),
            "raise conformance.adapters.Refused to decline, NotImplementedError for what it lacks",
        ),
        detail="\n".join(shown(line, 300) for line in lines),
    )
