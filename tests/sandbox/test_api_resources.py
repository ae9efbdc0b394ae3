"""Ping, tokens and applications, over TLS."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import requests

from conformance.client import SignatureAuth
from conformance.sandbox.running import Sandbox
from conformance.wire.message import Place
from tests.sandbox.calling import APPLICATION, Caller, application


def test_ping_answers_the_documented_text(caller: Caller) -> None:
    reply = caller.send(caller.prepare())
    assert (reply.status, reply.body) == (200, b"You are connected to partner API!")


def test_the_suites_own_client_gets_a_token_pings_and_applies(sandbox: Sandbox) -> None:
    demo = sandbox.demo
    assert demo is not None
    client_id = demo.client_id.read_text()
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(sandbox.ca_file)
        session.cert = (str(demo.tls_certificate), str(demo.tls_key))
        session.headers["Subscription-Key"] = demo.subscription_key.read_text()
        signs = {"base_path": "/partner-api", "clock": sandbox.clock}
        token = session.post(
            sandbox.token_url,
            data={"client_id": client_id, "client_secret": demo.client_secret.read_text()},
            auth=SignatureAuth(client_id, demo.signing_key, place=Place.AUTHORIZATION, **signs),  # type: ignore[arg-type]
        )
        content = token.json()
        assert content["token_type"] == "Bearer"
        assert content["expires_in"] == content["ext_expires_in"] == 3599
        session.headers["Authorization"] = f"Bearer {content['access_token']}"
        session.auth = SignatureAuth(client_id, demo.signing_key, **signs)  # type: ignore[arg-type]
        ping = session.get(f"{sandbox.base_url}/ping", params={"q": "ä ö", "empty": ""})
        assert ping.text == "You are connected to partner API!"
        made = session.post(
            f"{sandbox.base_url}/applications", json=APPLICATION, headers={"Idempotency-Key": "k"}
        )
        assert made.status_code == 201
        shown = session.get(f"{sandbox.base_url}/applications/{made.json()['application_id']}")
        assert shown.json() == made.json()
    assert all(not exchange.diagnosis for exchange in sandbox.record.exchanges())


@pytest.mark.parametrize(
    "body",
    [b"", b"client_id=x", b"client_id=demo&client_secret=wrong", b"\xff=1", b"a=b&" * 80],
)
def test_wrong_credentials_get_no_token(caller: Caller, body: bytes) -> None:
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    sending = caller.prepare("POST", "/oauth2/token", body, authorization=True, more=form)
    reply = caller.send(sending)
    assert reply.status in (400, 401)
    assert b"access_token" not in reply.body


def test_a_repeated_secret_gets_no_token(caller: Caller) -> None:
    """A form that names the right secret beside a wrong one is not the right form."""
    right = caller.token_request().body
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    body = right + b"&client_secret=wrong"
    assert caller.send(
        caller.prepare("POST", "/oauth2/token", body, authorization=True, more=form)
    ).status == 401  # fmt: skip


def test_credentials_must_come_as_a_form(caller: Caller) -> None:
    sending = caller.token_request().with_header("Content-Type", "application/json")
    assert caller.send(sending).status == 415


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/nothing", "GET", 404), ("/applications/", "GET", 404), ("/PING", "GET", 404),
        ("/ping/", "GET", 404), ("/%70ing", "GET", 404), ("/ping", "POST", 405),
        ("/ping", "HEAD", 405), ("/applications", "GET", 405), ("/oauth2/token", "PUT", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(
    caller: Caller, path: str, method: str, status: int
) -> None:
    signs_in_authorization = path == "/oauth2/token"
    reply = caller.send(caller.prepare(method, path, authorization=signs_in_authorization))
    if signs_in_authorization:
        assert reply.status == 405
        assert reply.headers["Allow"] == "POST"
    else:
        assert reply.status == status


def test_the_same_key_and_request_give_the_same_application(caller: Caller) -> None:
    first = caller.send(caller.submission(key="once"))
    caller.sandbox.advance(timedelta(seconds=10))
    again = caller.send(caller.submission(key="once"))
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json


def test_the_same_key_with_another_request_conflicts(caller: Caller) -> None:
    assert caller.send(caller.submission(key="once")).status == 201
    reply = caller.send(caller.submission(application("201000000001"), key="once"))
    assert (reply.status, reply.json["title"]) == (409, "Conflict")


def test_another_crefo_id_may_apply_at_once_and_the_same_after_five_minutes(caller: Caller) -> None:
    assert caller.send(caller.submission(application("1"), key="a")).status == 201
    assert caller.send(caller.submission(application("2"), key="b")).status == 201
    caller.sandbox.advance(timedelta(seconds=299))
    assert caller.send(caller.submission(application("1"), key="c")).status == 429
    caller.sandbox.advance(timedelta(seconds=1))
    assert caller.send(caller.submission(application("1"), key="d")).status == 201


def _without(*path: str | int) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(APPLICATION))
    place: Any = document
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return document


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (_without("company"), "company"),
        (_without("company", "address", "zip"), "company.address.zip"),
        (_without("details", "currency"), "details.currency"),
        ({**APPLICATION, "details": {**APPLICATION["details"], "request_term": 0}},
         "details.request_term"),
        ({**APPLICATION, "details": "none"}, "details"),
    ],
    ids=["company", "zip", "currency", "term", "type"],
)  # fmt: skip
def test_a_violation_names_the_field(caller: Caller, document: Any, field: str) -> None:
    reply = caller.send(caller.submission(json.dumps(document).encode()))
    assert reply.status == 400
    content = reply.json
    assert content["type"] == "https://zalando.github.io/problem/constraint-violation"
    assert (content["title"], content["status"]) == ("Constraint Violation", 400)
    assert [item["field"] for item in content["violations"]] == [field]
    assert all(item["message"] for item in content["violations"])


def test_an_application_needs_an_idempotency_key(caller: Caller) -> None:
    reply = caller.send(caller.submission().without("Idempotency-Key"))
    assert reply.status == 400
    assert reply.json["violations"][0]["field"] == "Idempotency-Key"


def test_another_currency_is_unprocessable(caller: Caller) -> None:
    reply = caller.send(caller.submission(application(currency="USD")))
    assert (reply.status, reply.json["title"]) == (422, "Unprocessable Entity")
    assert "currency [USD] is not supported yet" in reply.json["detail"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b'"x"', b"1" * 5000],
)  # fmt: skip
def test_what_is_no_json_object_is_a_bad_request(caller: Caller, body: bytes) -> None:
    assert caller.send(caller.submission(body)).json["title"] == "Bad Request"


def test_a_failed_application_does_not_use_up_its_key(caller: Caller) -> None:
    assert caller.send(caller.submission(application(request_term=0), key="k")).status == 400
    assert caller.send(caller.submission(key="k")).status == 201


def test_an_unknown_application_is_not_found(caller: Caller) -> None:
    assert caller.send(caller.prepare("GET", "/applications/de.ing.nothing")).status == 404
