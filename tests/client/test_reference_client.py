"""The reference client against the local sandbox: what it sends when the API does what APIs do.

The sandbox's clock is the client's, and waiting moves it: minutes cost nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from conformance.client import Client, Credentials, Endpoint, Outcome, Result
from conformance.clock import SystemClock
from conformance.errors import UsageError
from conformance.material.identity import load_identity
from conformance.sandbox.authority import BadCertificate
from conformance.sandbox.exchange import Exchange
from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.running import Sandbox
from tests.sandbox.calling import application

TARGETS = (
    "/ping", "/ping?", "/ping??", "/%c3%a4/%C3%A4/%7e~", "/a/../b/./c/..", "//a//b", "/a%2Fb;x=1",
    "/q?a=b+c&a=%20&=&&", "/q?x=[1]&y={2}|^`", "/q?a='\"<>\\", "/?/../?", "/%", "/q?%zz&%",
)  # fmt: skip


@pytest.fixture
def client(sandbox: Sandbox, credentials: Credentials) -> Iterator[Client]:
    with opened(sandbox, credentials) as made:
        yield made


def opened(sandbox: Sandbox, credentials: Credentials, base_url: str = "") -> Client:
    """Return a client that lives by the sandbox's clock."""
    endpoint = Endpoint(
        base_url=base_url or sandbox.base_url,
        token_url=None if base_url else sandbox.token_url,
        ca_file=sandbox.ca_file,
    )
    return Client(endpoint, credentials, clock=sandbox.clock, wait=sandbox.advance)


def seen(sandbox: Sandbox) -> list[Exchange]:
    return [*sandbox.record.exchanges()]


def said(sandbox: Sandbox) -> list[tuple[str, int]]:
    """Return what was asked and answered, as path and status."""
    return [
        (item.request.target.removeprefix("/partner-api"), item.status) for item in seen(sandbox)
    ]


TOKEN = ("/oauth2/token", 200)
PING = ("/ping", 200)


def test_a_token_is_got_once_and_kept(sandbox: Sandbox, client: Client) -> None:
    results = [client.ping() for _ in range(3)]
    assert said(sandbox) == [TOKEN, PING, PING, PING]
    assert {result.outcome for result in results} == {Outcome.SUCCESS}
    assert results[0].answer is not None
    assert results[0].answer.body == b"You are connected to partner API!"
    assert [item.diagnosis for item in seen(sandbox)] == [""] * 4


def test_the_tls_certificate_is_presented_on_every_request(
    sandbox: Sandbox, client: Client, credentials: Credentials
) -> None:
    client.ping()
    subject = credentials.tls.certificate.subject.rfc4514_string()
    assert subject
    assert all(item.certificate is not None for item in seen(sandbox))
    assert len({item.certificate for item in seen(sandbox)}) == 1


def test_the_certificate_may_come_from_a_pfx_file(
    sandbox: Sandbox, credentials: Credentials, tmp_path: Path
) -> None:
    packed = tmp_path / "tls.pfx"
    packed.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"tls", credentials.tls.key, credentials.tls.certificate, None,
            BestAvailableEncryption(b"secret"),
        )
    )  # fmt: skip
    tls = load_identity(packed, None, b"secret")
    with opened(sandbox, replace(credentials, tls=tls)) as client:
        assert client.ping().outcome is Outcome.SUCCESS


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_arrives_octet_for_octet_as_it_was_signed(
    sandbox: Sandbox, client: Client, target: str
) -> None:
    client.send("GET", target)
    arrived = seen(sandbox)[-1]
    assert arrived.request.target == "/partner-api" + target
    assert arrived.judgement is not None
    assert not arrived.judgement.findings
    assert arrived.status in (200, 404)


@pytest.mark.parametrize(
    "body", [b"", b"{}", bytes(range(256)), b"\xef\xbb\xbf{}\r\n\n", b"x" * 200_000],
    ids=["empty", "object", "octets", "line ends", "large"],
)  # fmt: skip
def test_a_body_arrives_octet_for_octet_as_it_was_digested(
    sandbox: Sandbox, client: Client, body: bytes
) -> None:
    client.send("POST", "/ping", body)
    arrived = seen(sandbox)[-1]
    assert arrived.request.body == body
    assert arrived.status == 405
    assert not arrived.request.headers.all("transfer-encoding")


def test_a_token_is_renewed_before_it_expires(sandbox: Sandbox, client: Client) -> None:
    client.ping()
    sandbox.advance(timedelta(seconds=3590))
    client.ping()
    assert said(sandbox) == [TOKEN, PING, TOKEN, PING]


def test_a_token_that_died_is_renewed_once_and_the_request_sent_again(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.arm(Fault(kind=FaultKind.TOKEN_DIES, seconds=0))
    result = client.ping()
    assert said(sandbox) == [TOKEN, ("/ping", 401), TOKEN, PING]
    assert result.outcome is Outcome.SUCCESS
    assert result.attempts == 2


def test_a_token_that_is_refused_twice_ends_the_call(sandbox: Sandbox, client: Client) -> None:
    sandbox.arm(Fault(kind=FaultKind.TOKEN_DIES, count=5, seconds=0))
    result = client.ping()
    assert said(sandbox) == [TOKEN, ("/ping", 401), TOKEN, ("/ping", 401)]
    assert result.outcome is Outcome.API_ERROR
    assert result.status == 401


def test_wrong_credentials_are_not_tried_again(sandbox: Sandbox, credentials: Credentials) -> None:
    with opened(sandbox, replace(credentials, client_secret="another")) as client:
        result = client.ping()
    assert said(sandbox) == [("/oauth2/token", 401)]
    assert result.outcome is Outcome.API_ERROR
    assert result.says.startswith("no token: the API answers 401 Unauthorized")
    assert result.attempts == 0


@pytest.mark.parametrize("name", ["ratelimit-reset", "RETRY-AFTER"])
def test_a_429_is_waited_out_and_tried_once_more_signed_afresh(
    sandbox: Sandbox, client: Client, name: str
) -> None:
    client.ping()
    sandbox.arm(Fault(kind=FaultKind.THROTTLED, headers=((name, "7"),)))
    result = client.ping()
    first, second = seen(sandbox)[-2:]
    assert (first.status, second.status) == (429, 200)
    assert second.at - first.at >= timedelta(seconds=7)
    assert result.waited >= timedelta(seconds=7)
    for field in ("date", "signature"):
        assert first.request.headers.first(field) != second.request.headers.first(field)
    assert second.diagnosis == ""


def test_the_longer_of_two_waits_counts(sandbox: Sandbox, client: Client) -> None:
    headers = (("RateLimit-Reset", "3"), ("Retry-After", "9"))
    sandbox.arm(Fault(kind=FaultKind.THROTTLED, path="/ping", headers=headers))
    assert client.ping().waited >= timedelta(seconds=9)


def test_a_second_429_ends_the_call(sandbox: Sandbox, client: Client) -> None:
    sandbox.arm(
        Fault(kind=FaultKind.THROTTLED, path="/ping", count=9, headers=(("Retry-After", "1"),))
    )
    result = client.ping()
    assert result.outcome is Outcome.API_ERROR
    assert (result.status, result.attempts) == (429, 2)
    assert result.problem is not None
    assert result.problem.status == 429  # a text in the body (Q1)


def test_a_wait_past_the_deadline_is_not_begun(sandbox: Sandbox, client: Client) -> None:
    sandbox.arm(Fault(kind=FaultKind.THROTTLED, path="/ping", headers=(("RateLimit-Reset", "60"),)))
    result = client.send("GET", "/ping", deadline=timedelta(seconds=20))
    assert result.outcome is Outcome.GAVE_UP
    assert (result.status, result.attempts) == (429, 1)
    assert result.waited < timedelta(seconds=1)
    again = client.send("GET", "/ping", deadline=timedelta(seconds=20))
    assert again.outcome is Outcome.GAVE_UP, "the limit is one of the address, not of a call"
    assert again.attempts == 0


def test_a_429_for_a_crefo_id_is_not_tried_again(
    sandbox: Sandbox, client: Client, credentials: Credentials
) -> None:
    with opened(sandbox, credentials) as another:
        assert another.apply(application()).status == 201
    result = client.apply(application())
    assert [status for path, status in said(sandbox) if path == "/applications"] == [201, 429]
    assert result.outcome is Outcome.API_ERROR
    assert result.problem is not None
    assert result.problem.is_of_crefo


def test_one_crefo_id_is_applied_for_once_in_five_minutes(sandbox: Sandbox, client: Client) -> None:
    first = client.apply(application())
    early = client.apply(application(request_amount=60000))
    other = client.apply(application("201000999999"))
    sandbox.advance(timedelta(minutes=5))
    late = client.apply(application(request_amount=60000))
    assert [item.status for item in (first, early, other, late)] == [201, None, 201, 201]
    assert early.outcome is Outcome.GAVE_UP
    assert "201000454565" in early.says
    assert len([path for path, _ in said(sandbox) if path == "/applications"]) == 3


def test_an_application_that_was_refused_may_be_mended_at_once(
    sandbox: Sandbox, client: Client
) -> None:
    refused = client.apply(application(currency="USD"))
    mended = client.apply(application())
    assert (refused.status, mended.status) == (422, 201)
    assert refused.problem is not None
    assert "USD" in refused.problem.detail
    assert len(seen(sandbox)) == 3


def test_violations_are_understood(sandbox: Sandbox, client: Client) -> None:
    result = client.apply(b"{}")
    assert result.status == 400
    assert result.attempts == 1
    assert result.problem is not None
    assert {item.field for item in result.problem.violations} >= {"company", "details"}
    assert len(seen(sandbox)) == 2


def test_every_application_has_an_idempotency_key_of_its_own(
    sandbox: Sandbox, client: Client
) -> None:
    results = [client.apply(application(crefo)) for crefo in ("1111111111", "2222222222")]
    keys = [item.request.headers.all("idempotency-key") for item in seen(sandbox)[1:]]
    assert len(keys) == 2
    assert all(len(values) == 1 and len(values[0]) == 36 for values in keys)
    assert keys[0] != keys[1]
    assert [(result.idempotency_key,) for result in results] == keys


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.TRUNCATED, FaultKind.RESET])
def test_a_lost_post_is_sent_again_under_its_key_and_made_once(
    sandbox: Sandbox, client: Client, kind: FaultKind
) -> None:
    sandbox.arm(Fault(kind=kind, path="/applications"))
    result = client.apply(application())
    first, second = seen(sandbox)[-2:]
    assert result.status == 201
    for field, differs in (("idempotency-key", False), ("date", True), ("signature", True)):
        values = [item.request.headers.first(field) for item in (first, second)]
        assert (values[0] != values[1]) is differs, field
    assert first.request.body == second.request.body


def test_an_application_is_resumed_under_the_key_that_was_given_back(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.arm(Fault(kind=FaultKind.LOST, path="/applications", count=2))
    lost = client.apply(application())
    assert lost.outcome is Outcome.TRANSPORT_ERROR
    assert client.apply(application()).outcome is Outcome.GAVE_UP, "a new key would apply twice"
    resumed = client.apply(application(), idempotency_key=lost.idempotency_key)
    assert resumed.status == 201
    keys = {item.request.headers.first("idempotency-key") for item in seen(sandbox)[1:]}
    assert keys == {lost.idempotency_key}


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.TRUNCATED, FaultKind.RESET])
def test_a_lost_get_is_sent_once_more(sandbox: Sandbox, client: Client, kind: FaultKind) -> None:
    sandbox.arm(Fault(kind=kind, path="/ping", count=9))
    result = client.ping()
    assert result.outcome is Outcome.TRANSPORT_ERROR
    assert result.attempts == 2
    sandbox.disarm()
    sandbox.arm(Fault(kind=kind, path="/ping"))
    assert client.ping().outcome is Outcome.SUCCESS


def test_a_lost_post_without_a_key_is_not_sent_again(sandbox: Sandbox, client: Client) -> None:
    sandbox.arm(Fault(kind=FaultKind.LOST, path="/ping"))
    result = client.send("POST", "/ping", b"{}")
    assert result.outcome is Outcome.TRANSPORT_ERROR
    assert len(seen(sandbox)) == 2


def test_a_lost_token_request_is_sent_once_more(sandbox: Sandbox, client: Client) -> None:
    """A token that nobody got does no harm."""
    sandbox.arm(Fault(kind=FaultKind.LOST, path="/oauth2/token"))
    assert client.ping().outcome is Outcome.SUCCESS
    assert said(sandbox) == [TOKEN, TOKEN, PING]


def test_a_503_for_a_post_without_a_key_is_not_tried_again(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.arm(Fault(kind=FaultKind.UNAVAILABLE, path="/ping", headers=(("Retry-After", "1"),)))
    assert client.send("POST", "/ping", b"{}").status == 503
    assert len(seen(sandbox)) == 2


def test_an_application_that_was_throttled_may_be_made_anew(
    sandbox: Sandbox, client: Client
) -> None:
    """The rate limit refuses before anything is applied for; a crefo limit does not."""
    headers = (("Retry-After", "1"),)
    sandbox.arm(Fault(kind=FaultKind.THROTTLED, path="/applications", count=2, headers=headers))
    assert client.apply(application()).status == 429
    assert client.apply(application(request_amount=60000)).status == 201


def test_what_becomes_of_a_resumed_application_does_not_undo_the_first_try(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.arm(Fault(kind=FaultKind.LOST, path="/applications", count=2))
    lost = client.apply(application())
    sandbox.arm(Fault(kind=FaultKind.HTML, path="/applications", status=403))
    assert client.apply(application(), idempotency_key=lost.idempotency_key).status == 403
    assert client.apply(application()).outcome is Outcome.GAVE_UP


@pytest.mark.parametrize(
    ("headers", "tries"),
    [((("Retry-After", "4"),), 2), ((("Retry-After", "soon"),), 1), ((), 1)],
    ids=["with", "garbled", "without"],
)
def test_a_503_is_tried_once_more_when_it_says_when(
    sandbox: Sandbox, client: Client, headers: tuple[tuple[str, str], ...], tries: int
) -> None:
    sandbox.arm(Fault(kind=FaultKind.UNAVAILABLE, path="/ping", count=9, headers=headers))
    result = client.ping()
    assert (result.status, result.attempts) == (503, tries)
    assert (result.waited >= timedelta(seconds=4)) is (tries == 2)


@pytest.mark.parametrize("status", [200, 401, 403, 404, 500, 502, 504])
def test_a_page_is_survived_and_never_taken_for_an_answer(
    sandbox: Sandbox, client: Client, status: int
) -> None:
    sandbox.arm(Fault(kind=FaultKind.HTML, path="/ping", status=status, count=9))
    result = client.ping()
    assert result.outcome is Outcome.API_ERROR
    assert (result.status, result.attempts, result.problem) == (status, 1, None)


def test_a_page_instead_of_a_token_is_told(sandbox: Sandbox, client: Client) -> None:
    sandbox.arm(Fault(kind=FaultKind.HTML, path="/oauth2/token", status=200))
    result = client.ping()
    assert result.outcome is Outcome.API_ERROR
    assert result.says.startswith("no token")
    assert len(seen(sandbox)) == 1
    sandbox.arm(Fault(kind=FaultKind.EMPTY, path="/oauth2/token"))
    assert client.ping().says == "no token: the answer holds none"


def test_a_signature_that_is_refused_is_not_sent_again(
    sandbox: Sandbox, credentials: Credentials, client: Client
) -> None:
    client.ping()
    with opened(sandbox, replace(credentials, signing=credentials.tls)) as wrong:
        result = wrong.ping()
    assert result.problem is not None
    assert result.problem.title == "Signature could not be successfully verified."
    assert said(sandbox)[2:] == [("/oauth2/token", 401)]


@pytest.mark.parametrize("minutes", [4, -4])
def test_a_date_that_is_refused_costs_no_new_token(
    sandbox: Sandbox, credentials: Credentials, minutes: int
) -> None:
    """Its 401 has the title that the one for a token has."""
    endpoint = Endpoint(base_url=sandbox.base_url, ca_file=sandbox.ca_file)
    with Client(endpoint, credentials, clock=SystemClock()) as client:
        client.ping()
        sandbox.advance(timedelta(minutes=minutes))
        result = client.ping()
    assert said(sandbox) == [TOKEN, PING, ("/ping", 401)]
    assert result.problem is not None
    assert result.problem.title == "Unauthorized"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(sandbox: Sandbox, client: Client, status: int) -> None:
    sandbox.arm(
        Fault(kind=FaultKind.REDIRECT, status=status, path="/ping", location=sandbox.origin)
    )
    result = client.ping()
    assert result.outcome is Outcome.API_ERROR
    assert (result.status, result.attempts) == (status, 1)
    assert len(seen(sandbox)) == 2


@pytest.mark.parametrize("fault", BadCertificate)
def test_a_bad_server_certificate_is_refused_before_anything_is_sent(
    sandbox: Sandbox, credentials: Credentials, fault: BadCertificate
) -> None:
    with opened(sandbox, credentials, sandbox.bad_certificate_url(fault)) as client:
        result = client.ping()
    assert result.outcome is Outcome.TRANSPORT_ERROR
    assert "certificate" in result.says
    assert not seen(sandbox)


def test_one_token_serves_all_threads(sandbox: Sandbox, client: Client) -> None:
    start = threading.Barrier(6)

    def ping(_: int) -> Result:
        start.wait()
        return client.ping()

    with ThreadPoolExecutor(6) as pool:
        results = [*pool.map(ping, range(6))]
    assert [result.outcome for result in results] == [Outcome.SUCCESS] * 6
    assert said(sandbox).count(TOKEN) == 1


def test_no_secret_shows_in_what_a_program_may_print(
    sandbox: Sandbox, client: Client, credentials: Credentials
) -> None:
    shown = repr((client.ping(), credentials, client.__dict__))
    for secret in (*credentials.secrets, *sandbox.partners[0].secrets):
        assert secret not in shown


@pytest.mark.parametrize(
    ("method", "target", "headers", "says"),
    [
        ("GET", "ping", (), "cannot be sent as it stands"),
        ("GET", "/a b", (), "cannot be sent as it stands"),
        ("GET", "/ä", (), "cannot be sent as it stands"),
        ("GET", "/a\r\nX: 1", (), "cannot be sent as it stands"),
        ("G T", "/a", (), "no HTTP method"),
        ("GET", "/a", (("date", "now"),), "writes date itself"),
        ("GET", "/a", (("Authorization", "Basic x"),), "writes Authorization itself"),
        ("GET", "/a", (("X", "1\r\nY: 2"),), "header field X cannot"),
    ],
)
def test_what_cannot_be_sent_as_it_stands_is_refused_in_a_sentence(
    client: Client, method: str, target: str, headers: tuple[tuple[str, str], ...], says: str
) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        client.send(method, target, headers=headers)
    assert caught.value.hint


@pytest.mark.parametrize(
    "url", ["http://localhost/partner-api", "localhost", "https://", "https://u@h/", "https://h:x/"]
)
def test_no_address_but_one_of_https_is_called(credentials: Credentials, url: str) -> None:
    for endpoint in (Endpoint(base_url=url), Endpoint(base_url="https://localhost", token_url=url)):
        with pytest.raises(UsageError, match="is no https address"):
            Client(endpoint, credentials)
