"""The resources behind the guards: ping, token and applications."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs

from conformance.sandbox.application import Applications
from conformance.sandbox.guard import Passage
from conformance.sandbox.message import TEXT, Answer, json_answer

PING_TEXT: Final = "You are connected to partner API!"
TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path

_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path; `path` ends in a slash where something follows it."""

    name: str
    method: str
    path: str
    answer: Callable[[Passage, str], Answer]
    """Called with the passage and what follows `path`."""


class Resources:
    """Finds the resource that a request asks for, and answers."""

    def __init__(self, applications: Applications, *, lifetime: timedelta) -> None:
        self._applications = applications
        self._lifetime = lifetime
        self._routes = (
            Route(name="ping", method="GET", path="/ping", answer=_ping),
            Route(name="token", method="POST", path=TOKEN_PATH, answer=self._token),
            Route(name="submit", method="POST", path="/applications", answer=self._submit),
            Route(name="retrieve", method="GET", path="/applications/", answer=self._retrieve),
        )

    def answer(self, passage: Passage, path: str) -> tuple[str, Answer]:
        """Return the name of the route and its answer; `path` is without the gateway's prefix."""
        problems = passage.behaviour.problems
        there = [route for route in self._routes if _fits(route, path)]
        if not there:
            return "not-found", problems["not-found"].answer(why="There is no such resource.")
        method = passage.arrival.request.method
        for route in there:
            if route.method == method:
                return route.name, route.answer(passage, path[len(route.path) :])
        allowed = ", ".join(route.method for route in there)
        return "method-not-allowed", problems["method-not-allowed"].answer(
            why=f"This resource allows {allowed}.", headers=[("Allow", allowed)]
        )

    def _token(self, passage: Passage, _: str) -> Answer:
        """Issue a token for the client credentials, sent as a form."""
        problems, request = passage.behaviour.problems, passage.arrival.request
        kind = (request.headers.first("content-type") or "").partition(";")[0].strip().lower()
        if kind != _FORM:
            return problems["media-type"].answer(why=f"Send the credentials as {_FORM}.")
        try:
            form = parse_qs(request.body.decode("ascii"), keep_blank_values=True, max_num_fields=50)
        except ValueError:
            return problems["bad-request"].answer(why="The body is no form.")
        partner = passage.partner
        wanted = (("client_id", partner.client_id), ("client_secret", partner.client_secret))
        if not all(_is_only(form.get(name, []), value) for name, value in wanted):
            passage.notes.append("secret-wrong")
            if "secret-wrong" not in passage.behaviour.accepts:
                return problems["unauthorized"].answer(
                    why="The client credentials are missing or wrong."
                )
        seconds = int(self._lifetime.total_seconds())
        content = {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": passage.tokens.issue(partner.client_id, passage.lifetime),
        }
        return json_answer(200, content, headers=[("Cache-Control", "no-store")])

    def _submit(self, passage: Passage, _: str) -> Answer:
        kind = passage.arrival.request.headers.first("content-type") or ""
        if kind.partition(";")[0].strip().lower() != "application/json":
            return passage.behaviour.problems["media-type"].answer(
                why="Send the application as application/json."
            )
        return self._applications.submit(passage)

    def _retrieve(self, passage: Passage, number: str) -> Answer:
        found = self._applications.find(passage.partner.client_id, number)
        return found or passage.behaviour.problems["not-found"].answer(
            why="There is no such application."
        )


def _ping(_: Passage, __: str) -> Answer:
    return Answer(status=200, headers=(("Content-Type", TEXT),), body=PING_TEXT.encode())


def _fits(route: Route, path: str) -> bool:
    if route.path.endswith("/"):
        return path.startswith(route.path) and len(path) > len(route.path)
    return path == route.path


def _is_only(values: list[str], value: str) -> bool:
    return len(values) == 1 and hmac.compare_digest(values[0].encode(), value.encode())
