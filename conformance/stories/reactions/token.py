"""How a client gets, keeps and renews its token (the pages on tokens and OAuth 2.0)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, unquote

from conformance.stories.reaction import ReactionBook, Sight, sight
from conformance.stories.story import Call, Story, header

REACTIONS: Final = ReactionBook()

_FORM: Final = "application/x-www-form-urlencoded"
_LEFT: Final = 300
"""Seconds before its end from which on renewing a token is but early, as is any after half."""


@REACTIONS("TOK-001", concerns=lambda story: bool(story.api))
def gets_a_token_with_its_credentials(story: Story) -> Iterator[Sight]:
    """A token is asked for with `client_id` and `client_secret`, once each, in a form body."""
    if not story.tokens:
        call = story.api[0]
        yield sight(
            "TOK-001", "no-token-request", "a token request before the first other one",
            "no token was asked for", call,
        )  # fmt: skip
        return
    for call in story.tokens:
        wrong = _wrong(call, story)
        if wrong is not None:
            yield sight("TOK-001", wrong[0], _EXPECTED, wrong[1], call)
            return


_EXPECTED: Final = f"POST client_id=…&client_secret=… as {_FORM}"


def _wrong(call: Call, story: Story) -> tuple[str, str] | None:
    """Return what is wrong with a token request: a code, and words."""
    request, registered = call.request, story.registered
    if request.method != "POST":
        return "method", "the token is asked for with another method than POST"
    if registered.client_secret in request.target:
        return "credentials-in-query", "the client secret is in the address"
    kind = header(request.headers, "content-type").partition(";")[0].strip().lower()
    if kind != _FORM:
        return "content-type", f"the content type is {kind or 'not said'}"
    try:
        form = parse_qs(request.body.decode("ascii"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return "no-form", "the body is no form"
    for name, value in (
        ("client_id", registered.client_id), ("client_secret", registered.client_secret),
    ):  # fmt: skip
        if form.get(name) != [value]:
            what = "missing" if name not in form else "wrong, or there more than once"
            return "credentials", f"{name} is {what}"
    return None


@REACTIONS("AUTH-002", concerns=lambda story: bool(story.resources))
def carries_the_bearer_token(story: Story) -> Iterator[Sight]:
    """Each request but that for a token carries `Authorization: Bearer` with its token."""
    issued = _issued(story)
    for call in story.resources:
        values = call.request.headers.all("authorization")
        scheme, _, token = (values[0] if values else "").strip(" \t").partition(" ")
        if len(values) != 1 or scheme.lower() != "bearer":
            reason = "absent" if not values else "several" if len(values) > 1 else "other-scheme"
            seen = {"absent": "no Authorization", "several": "several Authorization headers"}
            yield sight(
                "AUTH-002", reason, "Authorization: Bearer <token>",
                seen.get(reason, "Authorization of another scheme"), call,
            )  # fmt: skip
            return
        if token.strip() not in issued:
            yield sight(
                "AUTH-002", "other-token", "the token that was issued", "another token", call
            )
            return
        if token in unquote(call.request.target):
            yield sight(
                "AUTH-002", "token-in-address", "the token in Authorization alone",
                "the token is in the address too, which logs and proxies keep", call,
            )  # fmt: skip
            return


def _issued(story: Story) -> set[str]:
    """Return the tokens that the client was given."""
    asked = (call for call in story.calls if call.is_token_request)
    return {call.answered("access_token") for call in asked} - {""}


def _refuses_its_token(story: Story, call: Call) -> bool:
    """Tell whether a token that the client was given was refused, and not the want of one."""
    scheme, _, token = header(call.request.headers, "authorization").partition(" ")
    carried = scheme.lower() == "bearer" and token.strip() in _issued(story)
    return carried and call.refuses_token


def _lifetime(call: Call) -> float:
    content = call.answer()
    found = content.get("expires_in") if isinstance(content, dict) else None
    return float(found) if isinstance(found, int | float) else 0.0


@REACTIONS("TOK-002", concerns=lambda story: len({call.during for call in story.resources}) > 1)
def reuses_its_token(story: Story) -> Iterator[Sight]:
    """No new token is asked for while the last one is good for long, and was not refused."""
    last: Call | None = None
    for call in story.api:
        if call.refuses_token:
            last = None
        if not call.is_token_request:
            continue
        if last is not None:
            left = last.answered_s + _lifetime(last) - call.at_s
            if left > max(_LEFT, _lifetime(last) / 2):
                yield sight(
                    "TOK-002", "not-reused", "the token is kept until it expires",
                    f"another token was asked for {left:.0f} s before the last one expires", call,
                )  # fmt: skip
                return
        last = call if call.is_served and call.answered("access_token") else None


def _renews(story: Story) -> bool:
    """Tell whether a token was refused, or renewed before it could be."""
    renewed = len({call.during for call in story.tokens if call.is_served}) > 1
    return renewed or any(_refuses_its_token(story, call) for call in story.resources)


@REACTIONS("TOK-003", concerns=_renews)
def renews_a_refused_token_once(story: Story) -> Iterator[Sight]:
    """When its token is refused the client gets one new one, tries once more, and then stops."""
    for number, asked in enumerate(story.asked):
        calls = story.during(number)
        places = [place for place, call in enumerate(calls) if _refuses_its_token(story, call)]
        if not places:
            continue
        after = calls[places[0] + 1 :]
        tokens = [call for call in after if call.is_token_request and call.is_served]
        tries = [call for call in after if not call.is_token_request]
        if len(tokens) > 1 or len(tries) > 1:
            yield sight(
                "TOK-003", "loops", "one new token and one more try",
                f"new tokens: {len(tokens)}; more tries for {asked.target}: {len(tries)}",
                after[-1],
            )  # fmt: skip
            return
        if not any(call.is_token_request for call in after):
            yield sight(
                "TOK-003", "not-renewed", "one new token and one more try",
                "no new token was asked for", calls[places[0]],
            )  # fmt: skip
            return
