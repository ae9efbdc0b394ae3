"""Why the API refused a request that was right: one cause, one thing to do."""

from __future__ import annotations

from typing import Final

from conformance.client.message import Answer
from conformance.errors import UsageError
from conformance.live.draft import Draft
from conformance.live.route import address_told
from conformance.redaction import Redactor
from conformance.wire.visible import visible

FORBIDDEN: Final = "Forbidden"
"""The title of the refusal of an address (Security.md, "IP whitelisting")."""

_HINTS: Final = {
    FORBIDDEN: "This machine calls from an address that Lendico has not whitelisted: ask the "
    "Partner API tech team to add the address that you leave your network from.",
    "Missing subscription key": "Something on the way removes the Subscription-Key header field.",
    "Invalid subscription key": "Compare the subscription key with the one in the API portal.",
    "Invalid client certificate": "Lendico knows another TLS certificate of you: compare "
    "partner.tls_certificate with the file that you handed over.",
    "Signature could not be successfully verified.": "Lendico knows another signing certificate "
    "of you, or another client id; or set api.signed_path to the other value.",
    "Rate limit is exceeded.": "Something else calls from this address: wait a minute.",
}


def refusal_of(draft: Draft, answer: Answer, redactor: Redactor, *, local: str = "") -> UsageError:
    """Return the cause for which the right request `draft` was refused with `answer`.

    `local` is this machine's own address, told where the address is what was refused.
    """
    what = f"{draft.method} {draft.path}"
    if answer.status == 407:
        return UsageError(
            f"{what} is answered with 407 by a proxy that wants credentials",
            hint="Use a way out that needs none, or one of your own that adds them: api.proxy.",
        )
    if 300 <= answer.status < 400:
        to = visible(answer.headers.first("location") or "nowhere", limit=200)
        return UsageError(
            f"{what} is redirected to {redactor.text(to)}, which is not followed: credentials "
            "stay with the host they are for",
            hint="Is the target the API's own address? A proxy that wants a login redirects too.",
        )
    if answer.is_html:
        return UsageError(
            f"{what} is answered with a page (HTML, status {answer.status}), not by the API",
            hint="A proxy or firewall stands in between: ask for the way out to be opened, or set "
            "api.proxy.",
        )
    title = visible(redactor.text(answer.title), limit=100)
    says = f"{what} is answered with {answer.status}{f' “{title}”' if title else ''}"
    if answer.status >= 500:
        return UsageError(says, hint="The API itself has trouble: try again later.")
    if answer.title == "Unauthorized" and draft.path.endswith("/token"):
        return UsageError(says, hint="Compare partner.key_id and the client secret with Lendico's.")
    if is_of_address(answer):
        told = address_told(answer)
        says += f"; the answer names the address {told}" if told else ""
        says += f"; this machine's own is {local}" if local else ""
    hint = _HINTS.get(answer.title, "Is api.base_url the address of the Partner API?")
    return UsageError(says, hint=hint)


def is_of_address(answer: Answer) -> bool:
    """Tell whether an answer refuses the address that it was called from."""
    return answer.status == 403 and answer.title == FORBIDDEN
