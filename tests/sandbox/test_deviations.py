"""Each deviation breaks the promise that it names, as a client would see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from conformance.catalogue import load_catalogue
from conformance.clock import ManualClock
from conformance.errors import UsageError
from conformance.sandbox.deviation import DEVIATIONS, deviating
from conformance.sandbox.record import Record
from conformance.sandbox.running import Sandbox
from conformance.sandbox.settings import SandboxSettings
from tests.sandbox.calling import Reply, application
from tests.sandbox.direct import DirectCaller

Seen = tuple[tuple[int, tuple[tuple[str, str], ...], bytes], ...]
Stimulus = Callable[[DirectCaller], list[Reply]]

OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_VOLATILE = re.compile(rb'("access_token": ?")[^"]*|(business\.application\.)[0-9a-f-]*')


def _replayed(**change: str) -> Stimulus:
    def call(caller: DirectCaller) -> list[Reply]:
        good = caller.prepare()
        return [caller.send(good), caller.send(replace(good, **change))]  # type: ignore[arg-type]

    return call


def _replayed_date(caller: DirectCaller) -> list[Reply]:
    good = caller.prepare()
    later = caller.prepare(ahead=timedelta(seconds=5)).header("Date")
    return [caller.send(good), caller.send(good.with_header("Date", later))]


def _replayed_body(caller: DirectCaller) -> list[Reply]:
    good, other = caller.submission(), caller.submission(application("999"), key="key-2")
    changed = good.with_body(other.body).with_header("Digest", other.header("Digest"))
    return [caller.send(good), caller.send(changed.with_header("Idempotency-Key", "key-2"))]


def _pings(caller: DirectCaller, *seconds: float) -> list[Reply]:
    replies = []
    for wait in (0, *seconds):
        caller.sandbox.advance(timedelta(seconds=wait))
        replies.append(caller.send(caller.prepare()))
    return replies


def _flood(caller: DirectCaller) -> list[Reply]:
    return [caller.send(caller.prepare()) for _ in range(31)]


def _expired(caller: DirectCaller) -> list[Reply]:
    caller.sandbox.advance(timedelta(seconds=3600))
    return [caller.send(caller.prepare())]


def _expired_certificate(caller: DirectCaller) -> list[Reply]:
    caller.sandbox.advance(timedelta(days=1000))
    _issue(caller)
    return [caller.send(caller.prepare())]


def _applications(caller: DirectCaller, *steps: tuple[float, str, str]) -> list[Reply]:
    replies = []
    for seconds, crefo, key in steps:
        caller.sandbox.advance(timedelta(seconds=seconds))
        _issue(caller)
        replies.append(caller.send(caller.submission(application(crefo), key=key)))
    return replies


def _signature(old: str, new: str) -> Stimulus:
    def call(caller: DirectCaller) -> list[Reply]:
        good = caller.prepare()
        value = good.header("Signature").replace(old, new)
        return [caller.send(good.with_header("Signature", value))]

    return call


def _twice(caller: DirectCaller) -> list[Reply]:
    good = caller.prepare()
    more = (*good.headers, ("Signature", good.header("Signature")))
    return [caller.send(replace(good, headers=more))]


def _ahead(seconds: int) -> Stimulus:
    return lambda c: [c.send(c.prepare(ahead=timedelta(seconds=seconds)))]


STIMULI: tuple[tuple[str, Stimulus], ...] = (
    ("API-PING-001", lambda c: [c.send(c.prepare())]),
    ("API-TOK-001", lambda c: [c.send(c.token_request())]),
    ("API-IP-001", lambda c: [c.send(c.prepare(), source="127.0.0.9")]),
    ("API-RATE-001", _flood),
    ("API-RATE-002", lambda c: _pings(c, 0, 1.5)),
    ("API-RATE-003", lambda c: [*_flood(c), *_pings(c, 60)]),
    ("API-CREFO-001", lambda c: _applications(c, (0, "1", "a"), (1, "1", "b"), (100, "1", "c"))),
    ("API-CREFO-002", lambda c: _applications(c, (0, "1", "a"), (0, "2", "b"), (300, "1", "c"))),
    ("API-SUB-001", lambda c: [c.send(c.prepare().without("Subscription-Key"))]),
    ("API-SUB-002", lambda c: [c.send(c.prepare().with_header("Subscription-Key", "x"))]),
    ("API-TLS-001", lambda c: [c.send(c.prepare(), certificate=None)]),
    ("API-TLS-002", lambda c: [c.send(c.prepare(), certificate="signing")]),
    ("API-TLS-002", _expired_certificate),
    ("API-DIG-001", lambda c: [c.send(c.prepare(digest="SHA-256=" + "A" * 43 + "="))]),
    ("API-DIG-002", lambda c: [c.send(c.prepare().without("Digest"))]),
    ("API-DIG-002", lambda c: [c.send(c.prepare(digest="md5=x"))]),
    ("API-DATE-001", _ahead(181)),
    ("API-DATE-001", _ahead(-181)),
    ("API-DATE-001", _ahead(299)),
    ("API-DATE-002", _ahead(180)),
    ("API-DATE-002", _ahead(-170)),
    ("API-DATE-003", lambda c: [c.send(c.prepare().without("Date"))]),
    ("API-DATE-003", lambda c: [c.send(c.prepare().with_header("Date", "yesterday"))]),
    ("API-SIG-001", lambda c: [c.send(c.prepare(key=OTHER_KEY))]),
    ("API-SIG-001", lambda c: [c.send(c.prepare(key=c.tls_key))]),
    ("API-SIG-002", lambda c: [c.send(c.prepare().without("Signature"))]),
    ("API-SIG-002", lambda c: [c.send(c.prepare("POST", "/oauth2/token"))]),
    ("API-SIG-002", _twice),
    ("API-SIG-002", _signature('keyId="', 'keyid="')),
    ("API-SIG-002", lambda c: [c.send(c.prepare(key_id="another"))]),
    ("API-SIG-002", lambda c: [c.send(c.prepare(algorithm="hs2019"))]),
    ("API-SIG-002", lambda c: [c.send(c.prepare(names="(request-target)  date digest"))]),
    ("API-SIG-002", lambda c: [c.send(c.prepare(names="date"))]),
    ("API-SIG-002", _signature('="', '=" ')),
    ("API-SIG-002", lambda c: [c.send(c.prepare().with_header(
        "Signature", re.sub(r'(signature="[^"]*?)=*"$', r'\1"', c.prepare().header("Signature"))
    ))]),
    ("API-SIG-003", _replayed(method="DELETE")),
    ("API-SIG-003", _replayed(target="/partner-api/pong")),
    ("API-SIG-003", _replayed(target="/partner-api/ping?a=1")),
    ("API-SIG-003", _replayed_date),
    ("API-SIG-003", _replayed_body),
    ("API-SIG-003", lambda c: [c.send(c.prepare().with_body(b"another"))]),
    ("API-AUTH-001", lambda c: [c.send(c.prepare().without("Authorization"))]),
    ("API-AUTH-001", lambda c: [c.send(c.prepare().with_header("Authorization", "Bearer x"))]),
    ("API-AUTH-001", _expired),
    ("API-AUTH-001", lambda c: [c.send(c.token_request(secret="wrong"))]),
    ("API-ERR-001", lambda c: [
        *_flood(c)[-1:], c.send(c.prepare().without("Subscription-Key"), source="::1"),
        c.send(c.prepare().with_header("Subscription-Key", "x"), source="::1"),
        c.send(c.prepare(), source="127.0.0.9"),
        c.send(c.prepare(), certificate=None, source="::1"),
        *(c.send(sending, source="::1") for sending in (
            c.prepare(digest="SHA-256=" + "A" * 43 + "="), c.prepare().without("Digest"),
            c.prepare(ahead=timedelta(hours=1)), c.prepare().without("Date"),
            c.prepare(key=OTHER_KEY), c.prepare().without("Authorization"),
            c.submission(key="1"), c.submission(key="2"),
        )),
    ]),
    ("API-IDEM-001", lambda c: _applications(c, (0, "1", "a"), (0, "1", "a"))),
    ("API-VAL-001", lambda c: [c.send(c.submission(application(request_term=0)))]),
)  # fmt: skip


@pytest.fixture(scope="module")
def caller(settings: SandboxSettings, clock: ManualClock) -> Iterator[DirectCaller]:
    narrow = replace(settings, rate=30, whitelist=frozenset({"127.0.0.1", "::1"}))
    sandbox = Sandbox(narrow, clock=clock)
    try:
        yield DirectCaller.of(sandbox)
    finally:
        sandbox.stop()


@pytest.fixture(scope="module", autouse=True)
def _unrecorded() -> Iterator[None]:
    """Leave the record out: it would explain thousands of failures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Record, "note", lambda *_: None)
        yield


def _seen(caller: DirectCaller, stimulus: Stimulus, deviation: str | None = None) -> Seen:
    """Return what a client sees of a stimulus, random identifiers numbered."""
    caller.sandbox.reset()
    if deviation is not None:
        caller.sandbox.deviate(deviation)
    _issue(caller)
    numbers: dict[bytes, bytes] = {}
    return tuple(
        (reply.status, tuple(reply.headers.items()), _numbered(reply.body, numbers))
        for reply in stimulus(caller)
    )


def _issue(caller: DirectCaller) -> None:
    """Give the caller a token, whatever deviation there is."""
    caller.token = caller.sandbox.gateway._tokens.issue(caller.client_id, timedelta(seconds=3599))


def _numbered(body: bytes, numbers: dict[bytes, bytes]) -> bytes:
    return _VOLATILE.sub(
        lambda match: numbers.setdefault(match[0], str(len(numbers)).encode()), body
    )


@pytest.mark.parametrize("name", DEVIATIONS)
def test_deviation_breaks_what_it_names(caller: DirectCaller, name: str) -> None:
    """A stimulus for each requirement that it names is answered in another way."""
    for requirement in DEVIATIONS[name].breaks:
        stimuli = [stimulus for tag, stimulus in STIMULI if tag == requirement]
        assert any(
            _seen(caller, stimulus) != _seen(caller, stimulus, name) for stimulus in stimuli
        ), requirement


def test_the_stimuli_are_repeatable(caller: DirectCaller) -> None:
    """What differs under a deviation differs because of it."""
    for _, stimulus in STIMULI:
        assert _seen(caller, stimulus) == _seen(caller, stimulus)


def test_deviations_name_requirements_of_the_api() -> None:
    known = set(load_catalogue().requirements)
    for deviation in DEVIATIONS.values():
        assert deviation.breaks
        assert set(deviation.breaks) <= known
        assert all(requirement.startswith("API-") for requirement in deviation.breaks)
        assert deviation.says


def test_there_are_many() -> None:
    assert len(DEVIATIONS) >= 40


def test_several_deviations_hold_together() -> None:
    behaviour = deviating(["skew-wide", "accepts-bearer-absent", "rate-title"])
    assert behaviour.skew == timedelta(minutes=5)
    assert behaviour.accepts == {"bearer-absent"}
    assert behaviour.problems["rate"].title != deviating([]).problems["rate"].title


def test_an_unknown_deviation_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UsageError) as caught:
        deviating(["skew-wid"])
    assert "skew-wide" in caught.value.hint
