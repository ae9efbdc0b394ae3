"""What an answer shows of a requirement, and when it shows nothing because something stood between.

A broken promise and a broken environment must not be taken for each other. An answer with another
status counts against the API only when it can be nobody else's: a 5xx, a page in HTML, a redirect
or a refusal that another condition explains is `unclear`.
"""

from __future__ import annotations

from typing import Final

from conformance.client.message import Answer, Trouble, TroubleKind
from conformance.live.message import Sent
from conformance.probes.body import GENERAL, Fault, faults
from conformance.probes.probe import Expected, Seen, Sight
from conformance.wire.visible import visible

SHOWN: Final = 300
"""Octets of a body that are shown."""

_ELSEWHERE: Final = {
    (403, "Forbidden"): ("not-whitelisted", "The address that it came from is not whitelisted."),
    (429, "Rate limit is exceeded."): ("rate-limited", "Something else calls from this address."),
    (429, "Rate limit is exceeded"): ("rate-limited", "Something else calls from this address."),
}
"""Refusals that another condition explains, wherever they are not what is expected."""


def judge(sent: Sent, expected: Expected, says: str, *, strict: bool = False) -> Seen:
    """Return what `sent` shows; `says` is what was done to the request, in words."""
    wanted = f"a request {says}: {describe(expected)}"
    if sent.trouble is not None or sent.answer is None:
        return _of_trouble(sent.trouble, expected, wanted)
    answer = sent.answer
    if answer.status != expected.status and not _will_do(answer, expected):
        return _of_other_status(answer, expected, wanted)
    found = _body_faults(answer, expected, strict=strict)
    if found:
        return Seen(
            sight=Sight.BROKEN, reason=f"body-{found[0].path.partition('.')[0].lower()}",
            expected=f"{wanted}; {found[0].path}: {found[0].expected}",
            observed=f"{found[0].path}: {found[0].observed}, in {shown(answer)}",
        )  # fmt: skip
    notes = () if strict else _quirks(answer, expected)
    return Seen(sight=Sight.HELD, expected=wanted, observed=shown(answer), notes=notes)


def describe(expected: Expected) -> str:
    """Return in words what must come back."""
    if expected.passes:
        return "a good answer"
    if expected.refusal:
        return "refused with 400, 401 or 403"
    if expected.text:
        return f"{expected.status} and “{expected.text}”"
    name = expected.schema.rpartition("/")[2]
    kind = "the documented error" if expected.is_error else "the documented answer"
    return f"{expected.status} and {kind} ({name})"


def shown(answer: Answer) -> str:
    """Return an answer on one line."""
    body = visible(answer.body, limit=SHOWN)
    return f"{answer.status} {answer.media_type or 'without a Content-Type'} {body}".rstrip()


def is_good(answer: Answer) -> bool:
    """Tell whether the API did what it was asked."""
    return 200 <= answer.status < 300 and not answer.is_html


def _will_do(answer: Answer, expected: Expected) -> bool:
    if expected.passes:
        return is_good(answer)
    return expected.refusal and answer.status in (400, 401, 403) and not _elsewhere(answer)


def _elsewhere(answer: Answer) -> tuple[str, str] | None:
    return _ELSEWHERE.get((answer.status, answer.title))


def _of_trouble(trouble: Trouble | None, expected: Expected, wanted: str) -> Seen:
    if trouble is None:
        return Seen(sight=Sight.UNCLEAR, reason="not-sent", expected=wanted)
    closed = trouble.kind is TroubleKind.HANDSHAKE
    promised = expected.schema == "errors/client-certificate"
    return Seen(
        # The documents promise an answer to a wrong certificate, not a handshake that fails.
        sight=Sight.BROKEN if closed and promised else Sight.UNCLEAR,
        reason=trouble.kind, expected=wanted, observed=trouble.says, hint=trouble.hint,
    )  # fmt: skip


def _of_other_status(answer: Answer, expected: Expected, wanted: str) -> Seen:
    seen = f"{shown(answer)}"
    reason, hint = _environment(answer, expected)
    if reason:
        return Seen(sight=Sight.UNCLEAR, reason=reason, expected=wanted, observed=seen, hint=hint)
    return Seen(
        sight=Sight.BROKEN, reason="accepted" if answer.status < 300 else "status",
        expected=wanted, observed=seen,
    )  # fmt: skip


def _environment(answer: Answer, expected: Expected) -> tuple[str, str]:
    """Return why an answer with another status says nothing of the API; nothing if it does."""
    elsewhere = _elsewhere(answer)
    if elsewhere is not None:
        return elsewhere
    if answer.is_html:
        return "not-the-api", "A proxy or gateway answered in its place."
    if 300 <= answer.status < 400:
        return "redirected", "It was not followed: credentials stay with the host they are for."
    if answer.status == 407:
        return "proxy", "The proxy wants credentials: set api.proxy."
    if answer.status >= 500 and not _tells(answer, expected):
        return "server-error", "The API itself has trouble: try again later."
    return "", ""


def _tells(answer: Answer, expected: Expected) -> bool:
    """Tell whether the body is the documented one, only under another status."""
    if not expected.is_error or expected.refusal:
        return False
    try:
        content = answer.json()
    except ValueError:
        return False
    return all(fault.path == "status" for fault in faults(content, expected.schema, strict=False))


def _body_faults(answer: Answer, expected: Expected, *, strict: bool) -> list[Fault]:
    if expected.passes:
        return []
    if expected.text:
        text = answer.body.decode("utf-8", "replace").strip()
        if text in (expected.text, f'"{expected.text}"'):
            return []
        return [Fault(path="body", expected=f"“{expected.text}”", observed="another text")]
    try:
        content = answer.json()
    except ValueError:
        return [Fault(path="body", expected="JSON", observed="no JSON")]
    if expected.refusal:
        return []
    found = faults(content, expected.schema or GENERAL, strict=strict)
    # What `status` says in the body is a promise of its own, kept for all errors at once.
    return [fault for fault in found if fault.path != "status" or not expected.is_error]


def _quirks(answer: Answer, expected: Expected) -> tuple[str, ...]:
    """Return notes about what passes although the documents print it otherwise."""
    if expected.text and answer.body.strip().startswith(b'"'):
        return ("ping answers with a JSON string in quotes (quirk Q15)",)
    if not expected.schema:
        return ()
    found = faults(answer.json(), expected.schema, strict=True)
    name = expected.schema.rpartition("/")[2]
    return tuple(
        f"{name}: {fault.path} is {fault.observed}, the documents print {fault.expected}"
        for fault in found
    )
