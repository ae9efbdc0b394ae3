"""Evidence lets the same rules judge every request again, without the signer and its secrets."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from conformance.adapters.interface import AnswerKind
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.errors import AdapterCrashError, AdapterGoneError, UsageError
from conformance.redaction import Redactor
from conformance.report import evidence
from conformance.report.evidence import LARGEST_HEADERS, EvidenceLines, exchange_of
from conformance.report.filename import EVIDENCE
from conformance.report.rereading import LONGEST_LINE, BodyOf, read_evidence
from conformance.report.writing import Evidence, write_evidence
from conformance.rules import judge
from conformance.trial import Trial
from tests.report.factory import PLAN, case, key, teller, trial, trials, unanswered, wrong

BODY = bytes(range(256))
SECRET_HEADER = ("Authorization", "Bearer abcdefgh12345678")


def written(directory: Path, seen: Iterable[Trial], secrets: Sequence[str] = ()) -> Path:
    lines = EvidenceLines(Redactor(secrets, key=b"k"))
    signed = [line for each in seen for line in lines.of(exchange_of(each))]
    write_evidence(Evidence(signed=signed), directory)
    return directory / EVIDENCE


def reread(path: Path, body_of: BodyOf = lambda _: None) -> list[Trial]:
    again = partial(judge, diagnostician=Diagnostician())
    return [item.trial(again) for item in read_evidence(path, body_of=body_of)]


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_checks_come_out_the_same_from_the_evidence_alone(tmp_path: Path) -> None:
    crash, gone = AdapterCrashError("it ended", hint="see its log"), AdapterGoneError("it is gone")
    seen = [
        *trials(6),
        *trials(6, wrong("string-crlf", "digest-hex"), first=20),
        trial(case(40, body=BODY)),
        trial(case(41, identity="vectors/body/binary", body=BODY, requirements=("DIG-002",))),
        unanswered(case(42), AnswerKind.REFUSED, "no"),
        unanswered(case(43), AnswerKind.UNSUPPORTED, "no such method"),
        unanswered(case(44), AnswerKind.ERROR, error=crash),
        unanswered(case(45), AnswerKind.ERROR, error=gone),
    ]
    again = reread(written(tmp_path, seen))
    told = teller()
    assert told.generated_checks(again, PLAN.covers) == told.generated_checks(seen, PLAN.covers)
    vector = next(item for item in again if item.case.id == "vectors/body/binary")
    assert told.vector_checks(vector) == told.vector_checks(seen[13])
    assert [told.failure(item) for item in again] == [told.failure(item) for item in seen]


def test_what_the_adapter_said_it_signed_is_kept(tmp_path: Path) -> None:
    seen = trial(case(1))
    said = replace(seen, answer=replace(seen.answer, said=b"(request-target): get /ping\r\n"))
    expected = replace(said.expected, said=said.answer.said)
    (again,) = read_evidence(written(tmp_path, [replace(said, expected=expected)]))
    assert again.expected == expected
    assert again.answer.said == said.answer.said


def test_each_public_key_is_written_once_and_no_private_one(tmp_path: Path) -> None:
    path = written(tmp_path, trials(5))
    assert sum("spki_b64" in record for record in records(path)) == 1
    text = path.read_text("utf-8")
    assert "PRIVATE" not in text
    private = key().private_numbers()
    for number in (private.d, private.p, private.q):
        assert f"{number:x}"[:20] not in text


def test_openssl_names_the_key_alike(tmp_path: Path) -> None:
    """The fingerprint is the SHA-256 of the SubjectPublicKeyInfo, as other tools compute it."""
    pem = (
        key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem, capture_output=True, check=True
    ).stdout
    record = records(written(tmp_path, [trial(case(1))]))[0]
    assert record["key"] == f"sha256:{hashlib.sha256(der).hexdigest()}"


def test_a_large_body_of_a_vector_is_named_by_its_hash(tmp_path: Path) -> None:
    body = b"\xff" * (evidence.INLINE_BODY + 1)
    seen = trial(case(1, identity="vectors/body/large", body=body))
    path = written(tmp_path, [seen])
    assert path.stat().st_size < 10_000
    (again,) = reread(path, {"vectors/body/large": body}.get)
    assert again.judgement == seen.judgement
    (without,) = read_evidence(path)
    assert "not at hand" in without.withheld
    with pytest.raises(UsageError, match="another body"):
        list(read_evidence(path, body_of=lambda _: b"other"))


def test_a_large_generated_body_is_kept_up_to_a_limit(tmp_path: Path) -> None:
    kept = trial(case(1, body=b"x" * (evidence.INLINE_BODY + 1)))
    (again,) = reread(written(tmp_path, [kept]))
    assert again.judgement == kept.judgement
    (withheld,) = read_evidence(
        written(tmp_path, [trial(case(1, body=b"x" * (evidence.LARGEST_BODY + 1)))])
    )
    assert "octets" in withheld.withheld


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (lambda: trial(case(1), further=[SECRET_HEADER]), "authorization"),
        (lambda: trial(case(1, body=b"pin=hunter22")), "secret"),
        (lambda: trial(case(1, target="/x?pin=hunter22")), "secret"),
        (lambda: trial(case(1), further=[("X-Long", "x" * 70_000)]), "header fields"),
    ],
    ids=["token", "body", "target", "flood"],
)
def test_what_cannot_be_kept_whole_says_so_and_is_not_judged_again(
    tmp_path: Path, seen: Any, why: str
) -> None:
    path = written(tmp_path, [seen()], secrets=["hunter22"])
    text = path.read_text("utf-8")
    assert "hunter22" not in text
    assert "abcdefgh12345678" not in text
    assert len(text) < 200_000
    (again,) = read_evidence(path)
    assert why in again.withheld
    assert again.request is None
    with pytest.raises(ValueError, match="withheld"):
        again.trial(judge)


def test_a_secret_in_the_signing_string_is_not_kept(tmp_path: Path) -> None:
    seen = trial(case(1))
    said = replace(seen, answer=replace(seen.answer, said=b"authorization: Bearer abcdefgh1234"))
    path = written(tmp_path, [said])
    assert "said_b64" not in records(path)[-1]
    assert next(read_evidence(path)).withheld


def test_a_full_file_still_names_every_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "LARGEST_FILE", 4_000)
    found = list(read_evidence(written(tmp_path, trials(10))))
    assert len(found) == 10
    assert not found[0].withheld
    assert "full" in found[-1].withheld


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b'{"key": "sha256:00", "spki_b64": "AAAA"}',
        b'{"id": "x", "withheld": "", "body": {"b64": "%%"}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_line_is_named_in_one_sentence(tmp_path: Path, line: bytes) -> None:
    path = written(tmp_path, [trial(case(1))])
    with path.open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(UsageError, match="line 3 of the evidence file"):
        list(read_evidence(path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", "2019-07-03T08:28:28"),
        ("skew_s", 1e300),
        ("skew_s", "soon"),
        ("key", "sha256:unknown"),
        ("place", "footer"),
    ],
)
def test_a_line_that_was_tampered_with_is_named(tmp_path: Path, name: str, value: Any) -> None:
    path = written(tmp_path, [trial(case(1))])
    key_line, line = records(path)
    line["expected"][name] = value
    path.write_text(json.dumps(key_line) + "\n" + json.dumps(line), encoding="utf-8")
    with pytest.raises(UsageError, match="line 2 of the evidence file"):
        list(read_evidence(path))


def test_a_changed_request_is_judged_as_changed(tmp_path: Path) -> None:
    path = written(tmp_path, [trial(case(1))])
    path.write_text(path.read_text("utf-8").replace("/ping", "/pong"), encoding="utf-8")
    (again,) = reread(path)
    assert again.judgement is not None
    assert again.judgement.findings


def test_header_fields_that_no_run_keeps_are_not_read(tmp_path: Path) -> None:
    """What is judged again is bounded as what is kept: a header of a megabyte would cost time."""
    path = written(tmp_path, [trial(case(1))])
    key_line, line = records(path)
    line["headers"].append(["X-Large", "\\" * LARGEST_HEADERS])
    path.write_text(json.dumps(key_line) + "\n" + json.dumps(line), encoding="utf-8")
    with pytest.raises(UsageError, match=r"line 2 of .*header fields have more than"):
        list(read_evidence(path))


def test_a_line_without_end_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_bytes(b" " * (LONGEST_LINE + 10))
    with pytest.raises(UsageError, match="more than"):
        list(read_evidence(path))


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing\.jsonl cannot be read"):
        list(read_evidence(tmp_path / "nothing.jsonl"))
