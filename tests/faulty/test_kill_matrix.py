"""Every faulty signer is caught by the requirement it breaks, and its cause is named."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.diagnosis.mistake import Mistake
from conformance.diagnosis.registry import MISTAKES, breed
from conformance.rules import RULES, judge
from conformance.wire.message import UnsignedRequest
from conformance.wire.procedure import DOCUMENTED, Keys
from tests.faulty import bred, byhand
from tests.faulty.handwritten.entry import FaultySigner, HarmlessSigner
from tests.faulty.handwritten.index import FAULTY, HARMLESS
from tests.faulty.matrix import NAMED, new_keys
from tests.faulty.requests import REQUESTS

pytestmark = pytest.mark.slow

NARROWED = frozenset({
    "digest/utf16",
    "digest/python-repr",
    "digest/compressed",
    "digest/two-algorithms",
    "target/repeated-keys-lost",
    "signing-string/joined-by-commas",
    "signing-string/indented",
    "header/names-as-array",
    "header/serial-number-for-key-id",
    "header/single-quotes",
    "header/typographic-quotes",
    "header/json-object",
    "header/key-id-percent-encoded",
    "header/folded",
    "header/cut-off",
    "header/quote-not-closed",
    "header/text-in-quotes",
    "state/hash-not-reset",
    "bash/date-command",
    "node/array-to-string",
    "node/promise-not-awaited",
    "node/undefined-key-id",
})  # fmt: skip
"""Hand-written signers whose mistake is narrowed down to its stage, not named."""

UNTOLD = frozenset({
    "signature-other-key", "signature-hmac", "signature-cut", "signature-empty",
    "signature-not-encoded",
})  # fmt: skip
"""Mistakes that leave nothing of the signed string to be known, so that no second one is seen."""


@pytest.fixture(scope="session")
def keys_and_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Keys, Path]:
    """Return keys made for the session, and the file of the signing key."""
    return new_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def keys(keys_and_file: tuple[Keys, Path]) -> Keys:
    """Return the private keys."""
    return keys_and_file[0]


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_bred_signer_is_caught_and_called_by_its_name(mistake: Mistake, keys: Keys) -> None:
    row = bred.run(mistake, keys)
    assert row.tried, "no request shows this mistake: add one to tests/faulty/requests.py"
    assert (row.seen, row.named, row.notes) == (row.tried, row.tried, [])
    assert mistake.breaks in row.requirements


@pytest.mark.parametrize("entry", FAULTY, ids=lambda entry: entry.name)
def test_a_hand_written_signer_is_caught_and_its_stage_known(
    entry: FaultySigner, keys_and_file: tuple[Keys, Path]
) -> None:
    if not byhand.can_run(entry):
        pytest.skip(f"needs {' and '.join(entry.needs)}")
    keys, key_file = keys_and_file
    row = byhand.run_faulty(entry, key_file, keys.signing.public_key())
    assert row.tried
    assert (row.seen, row.misled, row.notes) == (row.tried, 0, [])
    assert row.misnamed == (entry.name in NARROWED)


def test_most_hand_written_signers_are_named_outright() -> None:
    assert len(NARROWED) <= (1 - NAMED) * len(FAULTY)


@pytest.mark.parametrize("entry", HARMLESS, ids=lambda entry: entry.name)
def test_a_harmless_variety_is_left_alone(
    entry: HarmlessSigner, keys_and_file: tuple[Keys, Path]
) -> None:
    if not byhand.can_run(entry):
        pytest.skip(f"needs {' and '.join(entry.needs)}")
    keys, key_file = keys_and_file
    assert byhand.run_harmless(entry, key_file, keys.signing.public_key()) == []


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda item: f"{item.method} {item.target}")
def test_a_right_signature_gets_no_finding_and_no_diagnosis(
    request_: UnsignedRequest, keys: Keys
) -> None:
    judgement = judge(DOCUMENTED.sign(request_, keys).signed, bred.expectation(request_, keys))
    assert (judgement.findings, judgement.causes, dict(judgement.undetermined)) == ((), (), {})


def test_every_signer_requirement_is_broken_by_some_mistake() -> None:
    assert {mistake.breaks for mistake in MISTAKES.values()} >= set(RULES) - {"STR-003"}


def test_most_pairs_of_mistakes_are_both_named(keys: Keys) -> None:
    """Of 200 random pairs that both show in one request, at least 95 % have both named."""
    choice = random.Random(20190703)  # noqa: S311 - a sample, not a secret
    named = 0
    missed: list[tuple[object, object]] = []
    while named + len(missed) < 200:
        pair, request = _pair(choice, keys)
        judgement = judge(breed(pair).sign(request, keys).signed, bred.expectation(request, keys))
        assert judgement.findings, pair
        told = {name for cause in judgement.causes for name in (cause.mistake, *cause.same_as)}
        if told >= {mistake.id for mistake in pair}:
            named += 1
        else:
            missed.append((tuple(mistake.id for mistake in pair), sorted(told)))
    assert named >= 190, missed


def _pair(choice: random.Random, keys: Keys) -> tuple[Sequence[Mistake], UnsignedRequest]:
    """Return two mistakes and a request in which each of them changes what the other leaves."""
    known = [item for item in MISTAKES.values() if item.id not in bred.STATEFUL | UNTOLD]
    while True:
        pair = sorted(choice.sample(known, 2), key=lambda item: list(MISTAKES).index(item.id))
        request = choice.choice(REQUESTS)
        alone = [breed([mistake]).sign(request, keys) for mistake in pair]
        both = breed(pair).sign(request, keys)
        right = DOCUMENTED.sign(request, keys)
        shown = {(item.string.data, item.headers) for item in (both, right, *alone)}
        if len(shown) == 4:
            return pair, request
