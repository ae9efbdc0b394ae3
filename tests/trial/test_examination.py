"""An examination asks as the protocol says, and judges by the right key, date and path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from conformance.adapters.interface import Answer, AnswerKind, Hello, SigningAdapter, SignOrder
from conformance.adapters.reference import ProcedureAdapter
from conformance.cases.case import Case
from conformance.cases.vectors import load_vectors, vector_key
from conformance.clock import ManualClock
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.errors import AdapterStartError
from conformance.material.keyfile import KeyFiles, load_key
from conformance.trial.examination import Examination, certificate_of, certified_key
from conformance.wire.message import HeaderFields, Place, SignedPath, UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys

NOW = datetime(2024, 2, 29, 12, 0, 0, tzinfo=UTC)
ASKED = datetime(2019, 7, 3, 8, 28, 28, tzinfo=UTC)
CASE = Case(id="generated/0", method="POST", target="/a?b=1", date=ASKED, key_id="client-1")
OWN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class OwnWay:
    """A signer with a clock or a key of its own, as far as `can` does not say otherwise."""

    def __init__(self, *can: str, clock: ManualClock, cert_pem: str | None = None) -> None:
        self.hello = Hello(
            name="own-way", language="none", can=frozenset({"sign", *can}), cert_pem=cert_pem
        )
        self._clock = clock
        self.orders: list[SignOrder] = []

    def sign(self, order: SignOrder) -> Answer:
        self.orders.append(order)
        key = load_key(order.key_file) if self.hello.has_keys else OWN_KEY
        date = ASKED if self.hello.has_clock else self._clock.now()
        signing = DOCUMENTED.sign(
            UnsignedRequest(
                method=order.method,
                target=order.target,
                date=date,
                key_id=order.key_id,
                body=order.body,
                place=order.place,
            ),
            Keys(signing=key),
        )
        return Answer(kind=AnswerKind.OK, headers=signing.headers, took=timedelta(seconds=2))

    def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
        return map(self.sign, orders)

    def close(self) -> None:
        pass


@pytest.fixture
def files() -> Iterator[KeyFiles]:
    with KeyFiles() as made:
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def examine(
    adapter: SigningAdapter,
    files: KeyFiles,
    clock: ManualClock,
    *,
    signed_path: SignedPath = SignedPath.RELATIVE,
) -> Examination:
    return Examination(
        adapter,
        files=files,
        vector_key=vector_key,
        clock=clock,
        base_url="https://api.example:8443/partner-api",
        signed_path=signed_path,
    )


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("signed_path", list(SignedPath))
def test_the_reference_signer_holds_on_every_vector(
    files: KeyFiles, clock: ManualClock, signed_path: SignedPath
) -> None:
    examination = examine(ProcedureAdapter(), files, clock, signed_path=signed_path)
    vectors = [item for item in load_vectors(signed_path) if not item.id.startswith("key-size/")]
    trials = list(examination.ask_many(vector.case for vector in vectors))
    assert len(trials) > 150
    for trial in trials:
        assert trial.judgement is not None, trial.case.id
        assert not trial.judgement.findings, trial.case.id
        assert not trial.judgement.undetermined, trial.case.id


def test_the_order_holds_what_the_protocol_asks_for(files: KeyFiles, clock: ManualClock) -> None:
    adapter = OwnWay("clock", "keys", clock=clock)
    examine(adapter, files, clock).ask(replace(CASE, body=b"x", place=Place.AUTHORIZATION))
    (order,) = adapter.orders
    assert order.url == "https://api.example:8443/partner-api/a?b=1"
    assert order.base_url == "https://api.example:8443/partner-api"
    assert order.target == "/a?b=1"
    assert order.date == "Wed, 03 Jul 2019 08:28:28 GMT"
    assert order.place is Place.AUTHORIZATION
    assert order.key_file.stat().st_mode & 0o777 == 0o600


def test_with_the_full_path_the_prefix_is_handed_over_and_expected(
    files: KeyFiles, clock: ManualClock
) -> None:
    adapter = OwnWay("clock", "keys", clock=clock)
    trial = examine(adapter, files, clock, signed_path=SignedPath.FULL).ask(CASE)
    assert adapter.orders[0].target == "/partner-api/a?b=1"
    assert trial.judgement is not None
    assert not trial.judgement.findings
    assert b"post /partner-api/a?b=1\n" in (trial.judgement.signing_string or b"")


def test_a_key_of_the_vectors_is_used_where_the_case_names_one(
    files: KeyFiles, clock: ManualClock
) -> None:
    adapter = OwnWay("clock", "keys", clock=clock)
    examination = examine(adapter, files, clock)
    trials = list(examination.ask_many([CASE, replace(CASE, key="rsa-2048"), CASE]))
    assert all(trial.judgement and not trial.judgement.findings for trial in trials)
    run_key, vector, again = (load_key(order.key_file) for order in adapter.orders)
    assert vector.public_key() == vector_key("rsa-2048").public_key()
    assert run_key.public_key() == again.public_key() != vector.public_key()
    assert run_key.key_size == 2048


def test_a_signer_with_its_own_clock_is_judged_by_the_time_of_its_answer(
    files: KeyFiles, clock: ManualClock
) -> None:
    adapter = OwnWay("keys", clock=clock)
    examination = examine(adapter, files, clock)
    trial = examination.ask(CASE)
    assert trial.judgement is not None
    assert trial.judgement.holds("DATE-003")
    late = ManualClock(NOW + timedelta(minutes=3, seconds=1))
    judged = examine(adapter, files, late).ask(CASE).judgement
    assert judged is not None
    assert judged.broken("DATE-003")
    assert not examination.deterministic


def test_a_signer_with_its_own_key_is_judged_by_its_certificate(
    files: KeyFiles, clock: ManualClock
) -> None:
    adapter = OwnWay("clock", clock=clock, cert_pem=certificate(OWN_KEY))
    for case in (CASE, replace(CASE, key="rsa-3072")):
        judged = examine(adapter, files, clock).ask(case).judgement
        assert judged is not None
        assert not judged.findings


def test_a_certificate_of_another_key_is_found_out(files: KeyFiles, clock: ManualClock) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    adapter = OwnWay("clock", clock=clock, cert_pem=certificate(other))
    judged = examine(adapter, files, clock).ask(CASE).judgement
    assert judged is not None
    assert judged.broken("SIG-002")


@pytest.mark.parametrize(
    ("cert_pem", "says"),
    [
        (None, "is missing"),
        ("", "is missing"),
        ("no certificate", "is no PEM certificate"),
        (certificate(ec.generate_private_key(ec.SECP256R1())), "holds no RSA key"),
    ],
    ids=["none", "empty", "text", "elliptic curve"],
)
def test_without_keys_and_certificate_nothing_can_be_judged(
    cert_pem: str | None, says: str
) -> None:
    hello = Hello(name="acme\x1b[31m", language="java", cert_pem=cert_pem)
    with pytest.raises(AdapterStartError, match=says) as caught:
        certified_key(certificate_of(hello))
    assert "\x1b" not in caught.value.message
    assert caught.value.hint


def test_what_is_not_signed_is_not_judged(files: KeyFiles, clock: ManualClock) -> None:
    class Declining(OwnWay):
        def sign(self, order: SignOrder) -> Answer:
            return Answer(kind=AnswerKind.REFUSED, message=order.method)

    trial = examine(Declining("clock", "keys", clock=clock), files, clock).ask(CASE)
    assert trial.judgement is None
    assert trial.answer.message == "POST"
    assert trial.expected.key_id == "client-1"


def test_the_signers_own_time_is_added_up(files: KeyFiles, clock: ManualClock) -> None:
    examination = examine(OwnWay("clock", "keys", clock=clock), files, clock)
    list(examination.ask_many([CASE, CASE]))
    examination.ask(CASE)
    assert examination.waited == timedelta(seconds=6)


def test_a_signature_used_again_is_recognised_across_cases(
    files: KeyFiles, clock: ManualClock
) -> None:
    first = DOCUMENTED.sign(
        UnsignedRequest(method="GET", target="/first", date=ASKED, key_id="client-1"),
        Keys(signing=OWN_KEY),
    )

    class Caching(OwnWay):
        """Signs once, and dates and digests each request all the same."""

        def sign(self, order: SignOrder) -> Answer:
            answer = super().sign(order)
            fields = [item for item in answer.headers if item[0] != "Signature"]
            return replace(answer, headers=HeaderFields((*fields, *first.header.fields)))

    adapter = Caching("clock", clock=clock, cert_pem=certificate(OWN_KEY))
    examination = examine(adapter, files, clock)
    cases = [replace(CASE, method="GET", target="/first"), CASE]
    right, reused = examination.ask_many(cases)
    assert right.judgement is not None
    assert not right.judgement.findings
    assert reused.judgement is not None
    assert [finding.requirement for finding in reused.judgement.findings] == ["SIG-004"]


def test_trials_come_in_the_order_of_the_cases_while_more_are_asked(
    files: KeyFiles, clock: ManualClock
) -> None:
    """An adapter may take several orders before its first answer."""

    class Pipelined(OwnWay):
        def sign_many(self, orders: Iterable[SignOrder]) -> Iterator[Answer]:
            return iter([self.sign(order) for order in orders])

    cases = [replace(CASE, id=f"generated/{n}", target=f"/{n}") for n in range(5)]
    adapter = Pipelined("clock", "keys", clock=clock)
    trials = list(examine(adapter, files, clock).ask_many(cases))
    assert [trial.case for trial in trials] == cases
    assert all(trial.judgement and not trial.judgement.findings for trial in trials)


def test_a_mistake_is_named(files: KeyFiles, clock: ManualClock) -> None:
    adapter = ProcedureAdapter(breed([MISTAKES["string-crlf"]]))
    judged = examine(adapter, files, clock).ask(CASE).judgement
    assert judged is not None
    assert [cause.mistake for cause in judged.causes] == ["string-crlf"]


def test_key_files_go_with_the_run(clock: ManualClock) -> None:
    adapter = OwnWay("clock", "keys", clock=clock)
    with KeyFiles() as files:
        examine(adapter, files, clock).ask(CASE)
        path: Path = adapter.orders[0].key_file
        assert path.exists()
    assert not path.exists()
