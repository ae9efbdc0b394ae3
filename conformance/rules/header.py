"""HDR-001 to HDR-005 and AUTH-001: the header that carries the signature (Security.md, step 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.rules.finding import Finding
from conformance.rules.rule import Concern, Needs, RuleBook, Seen
from conformance.wire.parameters import KNOWN, SCHEME, split_scheme
from conformance.wire.reading import NEARLY
from conformance.wire.visible import visible

RULES = RuleBook()

_LIKE = 'Signature: keyId="...",algorithm="rsa-sha256",headers="...",signature="..."'
_TOKEN_LIKE = f"Authorization: {_LIKE.replace(':', '', 1)}"


@RULES("HDR-001", concerns=Concern.API_REQUESTS)
def exactly_one_signature_header(seen: Seen) -> Iterator[Finding]:
    """An API request has exactly one `Signature` header, without the word Signature in front."""
    values = seen.reading.signature_fields
    if len(values) > 1:
        yield _header(
            "HDR-001", "signature-header-repeated", f"{len(values)} Signature headers",
            "send one Signature header: replace it instead of adding to it",
        )  # fmt: skip
    elif values and split_scheme(values[0])[0].lower() == SCHEME.lower():
        yield _header(
            "HDR-001", "signature-header-scheme", visible(f"Signature: {values[0]}", limit=60),
            "leave the word Signature in front of the parameters out",
        )  # fmt: skip
    elif not values and "keyid" in "".join(seen.reading.authorization).lower():
        yield _header(
            "HDR-001", "signature-in-authorization", "the signature stands in Authorization",
            "send it in the Signature header; only the token request uses Authorization",
        )  # fmt: skip
    elif not values:
        yield _header(
            "HDR-001", "signature-header-missing", _instead(seen),
            "add the Signature header to the request",
        )  # fmt: skip


@RULES("AUTH-001", concerns=Concern.TOKEN_REQUESTS)
def token_request_is_signed_in_authorization(seen: Seen) -> Iterator[Finding]:
    """The token request carries `Authorization: Signature …`, and no `Signature` header."""
    values = seen.reading.authorization
    if not values:
        yield _header(
            "AUTH-001", "authorization-missing", "no Authorization header",
            "send the signature of the token request in Authorization", _TOKEN_LIKE,
        )  # fmt: skip
    elif len(values) > 1:
        yield _header(
            "AUTH-001", "authorization-repeated", f"{len(values)} Authorization headers",
            "send one Authorization header", _TOKEN_LIKE,
        )  # fmt: skip
    elif split_scheme(values[0])[0].lower() != SCHEME.lower():  # RFC 7235, section 2.1
        yield _header(
            "AUTH-001", "authorization-no-scheme", visible(values[0], limit=40),
            "write the word Signature and a space in front of the parameters", _TOKEN_LIKE,
        )  # fmt: skip
    if values and seen.reading.signature_fields:
        yield _header(
            "AUTH-001", "authorization-and-signature", "a Signature header as well",
            "leave the Signature header out of the token request", _TOKEN_LIKE,
        )  # fmt: skip


@RULES("HDR-002", needs=Needs.PARAMETERS)
def parameters_are_once_spelt_so_and_quoted(seen: Seen) -> Iterator[Finding]:
    """`keyId`, `algorithm`, `headers` and `signature`: each once, spelt so, in double quotes."""
    parameters = seen.reading.parameters
    names = [item.name for item in parameters.parameters]
    lowered = {name.lower(): name for name in reversed(names)}
    for name in KNOWN:
        if names.count(name) > 1:
            yield _parameter("parameter-repeated", f"{name} once", f"{names.count(name)} times")
        elif name in names:
            if any(item.name == name and not item.quoted for item in parameters.parameters):
                yield _parameter("parameter-unquoted", f'{name}="..."', f"{name} without quotes")
        elif near := [lowered[other] for other in NEARLY[name] if other in lowered]:
            yield _parameter("parameter-misspelt", name, visible(near[0]))
        elif name != "algorithm":
            yield _parameter("parameter-missing", name, _listed(names))
    if parameters.malformed:
        yield _parameter(
            "parameter-malformed", 'name="value", separated by commas',
            visible(parameters.malformed[0], limit=120),
        )  # fmt: skip


@RULES("HDR-003", needs=Needs.PARAMETERS)
def key_id_is_the_client_id(seen: Seen) -> Iterator[Finding]:
    """`keyId` is the client id."""
    expected = seen.reading.expected.key_id
    observed = seen.reading.parameter("keyId")
    if expected is not None and observed is not None and observed != expected:
        yield Finding(
            requirement="HDR-003", reason="key-id",
            expected=f'keyId="{visible(expected)}"',
            observed=f'keyId="{visible(observed, limit=200)}"',
            hint="put the client id in keyId, as it was given to you",
        )  # fmt: skip


@RULES("HDR-004", needs=Needs.PARAMETERS)
def algorithm_is_rsa_sha256(seen: Seen) -> Iterator[Finding]:
    """`algorithm` is `rsa-sha256`."""
    observed = seen.reading.parameter("algorithm")
    if observed != "rsa-sha256":
        yield Finding(
            requirement="HDR-004",
            reason="algorithm-missing" if observed is None else "algorithm",
            expected='algorithm="rsa-sha256"',
            observed="no algorithm" if observed is None
            else f'algorithm="{visible(observed, limit=80)}"',
            hint='write algorithm="rsa-sha256", in lower case',
        )  # fmt: skip


@RULES("HDR-005", needs=Needs.PARAMETERS)
def covered_names_are_lower_case(seen: Seen) -> Iterator[Finding]:
    """The names in `headers` are lower case, with one space between them and none around."""
    text = seen.reading.parameter("headers")
    if text is None:
        return
    for reason, wrong, hint in (
        ("headers-upper-case", text != text.lower(), "lower-case the names"),
        ("headers-separator", any(mark in text for mark in ",;"), "separate them with one space"),
        (
            "headers-spacing", text.split(" ") != text.split() and not set(",;") & set(text),
            "one space between names, none around",
        ),
        (
            "headers-pseudo-header", "request-target" in text.lower().split(),
            "write (request-target) with its parentheses",
        ),
    ):  # fmt: skip
        if wrong:
            yield Finding(
                requirement="HDR-005", reason=reason,
                expected='headers="(request-target) date digest"',
                observed=f'headers="{visible(text, limit=200)}"', hint=hint,
            )  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return f"only {visible(' '.join(names), limit=120)}" if names else "no parameter at all"


def _instead(seen: Seen) -> str:
    """Say which header carries the parameters in place of `Signature`, if one does."""
    for name, value in seen.reading.request.headers:
        if "keyid=" in value.lower():
            return f"no Signature header, but {visible(name, limit=60)}"
    return "no Signature header"


def _header(
    requirement: str, reason: str, observed: str, hint: str, expected: str = _LIKE
) -> Finding:
    return Finding(
        requirement=requirement, reason=reason, expected=expected, observed=observed, hint=hint
    )


def _parameter(reason: str, expected: str, observed: str) -> Finding:
    return Finding(
        requirement="HDR-002", reason=reason, expected=expected, observed=observed,
        hint='write each of the four once, as name="value", separated by commas',
    )  # fmt: skip
