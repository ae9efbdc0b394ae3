"""Each documented error is met once, over TLS, and its body compared with the documents' text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from conformance.clock import ManualClock
from conformance.sandbox.running import running_sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.sandbox.calling import Caller, Reply, application

# The bodies as Security.md prints them.
FORBIDDEN = """{
    "title": "Forbidden",
    "status": 403,
    "detail": "Caller IP address is not allowed. Access denied."
}"""
RATE = """{
    "title": "Rate limit is exceeded.",
    "status": "429",
    "detail": "Rate limit is exceeded. Try again in 46 seconds."
}"""
CREFO = """{
    "title": "Limit of requests by crefo Id exceeded.",
    "status": 429,
    "detail": "Limit of requests, in a given amount of time, by crefo Id exceeded, try again later."
}"""
NO_KEY = """{
  "title": "Missing subscription key",
  "status": "401",
  "detail": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
}"""  # noqa: E501 - as printed
WRONG_KEY = """{
  "title": "Invalid subscription key",
  "status": "401",
  "detail": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
}"""  # noqa: E501 - as printed
CERTIFICATE = """{
    "title": "Invalid client certificate",
    "status": "401",
    "detail": "Invalid certificate provided, please try again with a valid certificate"
}"""
DIVERGES = """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "Unauthorized",
    "status": 400,
    "detail": "Request was malformed or otherwise invalid - [Provided payload digest diverge of provided digest]."
}"""  # noqa: E501 - as printed
DIGEST_HEADER = """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "Unauthorized",
    "status": 400,
    "detail": "Request was malformed or otherwise invalid - [Digest Header]."
}"""
SKEW = """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "Unauthorized",
    "status": 401,
    "detail": "Difference between current GMT time and the Date header is more than 3 minutes allowed]."
}"""  # noqa: E501 - as printed
DATE_HEADER = """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "401",
    "status": 400,
    "detail": "Request was malformed or otherwise invalid - [Date Header]."
}"""
SIGNATURE = """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "Signature could not be successfully verified.",
    "status": 401,
    "detail": "Either the signature is malformed or the information required for constructing that signature is invalid or erroneous, please check the documentation."
}"""  # noqa: E501 - as printed

Call = Callable[[Caller], Reply]


@dataclass(frozen=True)
class Documented:
    name: str
    status: int
    body: str
    call: Call


def _other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _replay(caller: Caller, *, method: str = "GET", target: str = "/partner-api/ping") -> Reply:
    """Send a good request, and then its headers again under another target or method."""
    good = caller.prepare()
    assert caller.send(good).status == 200
    return caller.send(replace(good, method=method, target=target))


def _replay_date(caller: Caller) -> Reply:
    good = caller.prepare()
    later = caller.prepare(ahead=timedelta(seconds=5)).header("Date")
    assert caller.send(good).status == 200
    return caller.send(good.with_header("Date", later))


def _replay_body(caller: Caller) -> Reply:
    good = caller.submission()
    assert caller.send(good).status == 201
    other = caller.submission(application("999"))
    return caller.send(good.with_body(other.body).with_header("Digest", other.header("Digest")))


CASES = [
    Documented("no subscription key", 401, NO_KEY,
               lambda c: c.send(c.prepare().without("Subscription-Key"))),
    Documented("empty subscription key", 401, NO_KEY,
               lambda c: c.send(c.prepare().with_header("Subscription-Key", ""))),
    Documented("wrong subscription key", 401, WRONG_KEY,
               lambda c: c.send(c.prepare().with_header("Subscription-Key", "nobody's"))),
    Documented("two subscription keys", 401, WRONG_KEY, lambda c: c.send(replace(
        c.prepare(), headers=(*c.prepare().headers, ("Subscription-Key", "another"))))),
    Documented("no client certificate", 401, CERTIFICATE,
               lambda c: c.send(c.prepare(), certificate=None)),
    Documented("another client certificate", 401, CERTIFICATE,
               lambda c: c.send(c.prepare(), certificate="signing")),
    Documented("digest of another body", 400, DIVERGES,
               lambda c: c.send(c.prepare(digest="SHA-256=" + "A" * 43 + "="))),
    Documented("no digest", 400, DIGEST_HEADER,
               lambda c: c.send(c.prepare().without("Digest"))),
    Documented("malformed digest", 400, DIGEST_HEADER,
               lambda c: c.send(c.prepare(digest="sha-256=" + "A" * 43 + "="))),
    Documented("hexadecimal digest", 400, DIGEST_HEADER,
               lambda c: c.send(c.prepare(digest="SHA-256=" + "ab" * 32))),
    Documented("no date", 400, DATE_HEADER, lambda c: c.send(c.prepare().without("Date"))),
    Documented("malformed date", 400, DATE_HEADER,
               lambda c: c.send(c.prepare().with_header("Date", "2019-07-03T08:28:28Z"))),
    Documented("date behind", 401, SKEW,
               lambda c: c.send(c.prepare(ahead=timedelta(seconds=-181)))),
    Documented("date ahead", 401, SKEW,
               lambda c: c.send(c.prepare(ahead=timedelta(seconds=181)))),
    Documented("another key", 401, SIGNATURE, lambda c: c.send(c.prepare(key=_other_key()))),
    Documented("the TLS key", 401, SIGNATURE, lambda c: c.send(c.prepare(key=c.tls_key))),
    Documented("another key id", 401, SIGNATURE, lambda c: c.send(c.prepare(key_id="other"))),
    Documented("another algorithm", 401, SIGNATURE,
               lambda c: c.send(c.prepare(algorithm="hs2019"))),
    Documented("no digest signed", 401, SIGNATURE,
               lambda c: c.send(c.prepare(names="(request-target) date"))),
    Documented("names in capitals", 401, SIGNATURE,
               lambda c: c.send(c.prepare(names="(request-target) Date Digest"))),
    Documented("the gateway's prefix signed", 401, SIGNATURE,
               lambda c: c.send(c.prepare(signed_path="/partner-api/ping"))),
    Documented("no signature", 401, SIGNATURE,
               lambda c: c.send(c.prepare().without("Signature"))),
    Documented("a scheme in front", 401, SIGNATURE, lambda c: c.send(c.prepare().with_header(
        "Signature", "Signature " + c.prepare().header("Signature")))),
    Documented("a signature twice", 401, SIGNATURE, lambda c: c.send(replace(
        c.prepare(), headers=(*c.prepare().headers, ("Signature", c.prepare().header("Signature"))
    )))),
    Documented("an unquoted parameter", 401, SIGNATURE, lambda c: c.send(c.prepare().with_header(
        "Signature", c.prepare().header("Signature").replace('"rsa-sha256"', "rsa-sha256")))),
    Documented("replayed with another method", 401, SIGNATURE,
               lambda c: _replay(c, method="DELETE")),
    Documented("replayed to another path", 401, SIGNATURE,
               lambda c: _replay(c, target="/partner-api/pong")),
    Documented("replayed with another query", 401, SIGNATURE,
               lambda c: _replay(c, target="/partner-api/ping?a=1")),
    Documented("replayed with another date", 401, SIGNATURE, _replay_date),
    Documented("replayed with another body and its digest", 401, SIGNATURE, _replay_body),
    Documented("token request signed in Signature", 401, SIGNATURE,
               lambda c: c.send(c.prepare("POST", "/oauth2/token").without("Authorization"))),
    Documented("second application for a crefo id", 429, CREFO, lambda c: [
        c.send(c.submission(key=key)) for key in ("first", "second")][1]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_error_is_told_as_documented(caller: Caller, case: Documented) -> None:
    reply = case.call(caller)
    assert reply.status == case.status
    assert reply.json == json.loads(case.body)
    assert list(reply.json) == list(json.loads(case.body)), "the members come in the order printed"
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert all(reply.headers[f"RateLimit-{name}"].isdecimal()
               for name in ("Limit", "Remaining", "Reset"))  # fmt: skip


def test_address_that_is_not_whitelisted_is_refused(
    settings: SandboxSettings, clock: ManualClock
) -> None:
    """Another loopback address is another caller."""
    narrow = replace(settings, whitelist=frozenset({"127.0.0.1"}))
    with running_sandbox(narrow, clock=clock) as sandbox:
        caller = Caller.of(sandbox)
        caller.get_token()
        reply = caller.send(caller.prepare(), source="127.0.0.2")
        assert (reply.status, reply.json) == (403, json.loads(FORBIDDEN))
        assert caller.send(caller.prepare()).status == 200


def test_past_the_limit_is_refused_until_the_window_moves(
    settings: SandboxSettings, clock: ManualClock
) -> None:
    everybody = frozenset({"127.0.0.1", "127.0.0.2"})
    narrow = replace(settings, rate=3, whitelist=everybody)
    with running_sandbox(narrow, clock=clock) as sandbox:
        caller = Caller.of(sandbox)
        caller.get_token()
        assert [caller.send(caller.prepare()).status for _ in range(2)] == [200, 200]
        sandbox.advance(timedelta(seconds=0.5))
        reply = caller.send(caller.prepare())
        seconds = reply.headers["RateLimit-Reset"]
        wanted = json.loads(RATE.replace("46", seconds))
        assert (reply.status, reply.json) == (429, wanted)
        assert caller.send(caller.prepare(), source="127.0.0.2").status == 200, "by address"
        sandbox.advance(timedelta(seconds=int(seconds)))
        assert caller.send(caller.prepare()).status == 200


def test_the_first_thing_wrong_decides(caller: Caller) -> None:
    """Everything is wrong at once; mended one by one, the answers come in the documented order."""
    wrong = (
        caller.prepare(key=_other_key(), ahead=timedelta(hours=1))
        .without("Subscription-Key").without("Authorization").without("Digest")
    )  # fmt: skip
    dated = caller.prepare(key=_other_key())
    steps = [
        (wrong, None, NO_KEY),
        (wrong.with_header("Subscription-Key", caller.subscription_key), None, CERTIFICATE),
    ]
    for sending, certificate, body in steps:
        assert caller.send(sending, certificate=certificate).json == json.loads(body)
    keyed = wrong.with_header("Subscription-Key", caller.subscription_key)
    assert caller.send(keyed).json["title"] == "Unauthorized"
    allowed = keyed.with_header("Authorization", f"Bearer {caller.token}")
    assert caller.send(allowed).json == json.loads(DIGEST_HEADER)
    digested = allowed.with_header("Digest", dated.header("Digest"))
    assert caller.send(digested.without("Date")).json == json.loads(DATE_HEADER)
    assert caller.send(digested).json == json.loads(SKEW)
    assert caller.send(dated).json == json.loads(SIGNATURE)


@pytest.mark.parametrize("seconds", [-180, -179, 0, 179, 180])
def test_a_date_within_three_minutes_passes(caller: Caller, seconds: int) -> None:
    assert caller.send(caller.prepare(ahead=timedelta(seconds=seconds))).status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("none", None), ("another", "Bearer wrong"), ("basic", "Basic dTpw"), ("bare", "Bearer"),
    ],
)  # fmt: skip
def test_no_or_a_wrong_token_is_unauthorized(caller: Caller, name: str, value: str | None) -> None:
    sending = caller.prepare()
    sending = sending.without("Authorization") if value is None else sending.with_header(
        "Authorization", value
    )  # fmt: skip
    reply = caller.send(sending)
    assert (reply.status, reply.json["title"], reply.json["status"]) == (
        401,
        "Unauthorized",
        401,
    ), name


def test_a_token_expires_when_it_says(caller: Caller) -> None:
    caller.sandbox.advance(timedelta(seconds=3598))
    assert caller.send(caller.prepare()).status == 200
    caller.sandbox.advance(timedelta(seconds=1))
    assert caller.send(caller.prepare()).status == 401
