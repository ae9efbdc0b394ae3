"""The report fits its schema, says the same twice, and is written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.adapters.interface import AnswerKind, Hello
from conformance.data import SCHEMAS, schema
from conformance.errors import UsageError
from conformance.redaction import Redactor
from conformance.report.check import Check, Outcome
from conformance.report.document import adapter_identity, document
from conformance.report.model import (
    VALID_FOR,
    Certificate,
    Report,
    Stop,
    StopKind,
    Subject,
    Verdict,
)
from conformance.report.plain import from_plain
from conformance.report.verdict import verdict_of
from conformance.report.writing import Evidence, report_text, write_evidence, write_report
from tests.report.factory import (
    CATALOGUE,
    MOMENT,
    PLAN,
    case,
    passing_checks,
    report,
    trial,
    trials,
    unanswered,
    wrong,
)

STOP = Stop(kind=StopKind.ERROR, reason="the adapter ended", hint="see below", detail="a\nb")
DOCS = SCHEMAS.parent / "docs" / "report.md"

RUNS: dict[str, Callable[[], Report]] = {
    "ready": lambda: report(checks=passing_checks()),
    "broken": lambda: report(trials(6, wrong("string-crlf", "digest-hex"))),
    "nothing": report,
    "aborted": lambda: report(trials(2), stop=STOP),
    "refused": lambda: report([unanswered(case(1), AnswerKind.REFUSED, "no")]),
    "flooded": lambda: report(
        [trial(case(1, body=b"\x00\xff" * 9999, target="/" + "%c3" * 3000), wrong("string-crlf"))]
    ),
    "hostile": lambda: report(
        [unanswered(case(1), AnswerKind.ERROR, "\x1b]0;\x07\ud800" + "y" * 99_999)],
        notes=["\x00\u202e" * 5000],
        stop=Stop(kind=StopKind.ERROR, reason="\x1b" * 9000, detail="z\x00" * 50_000),
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_document_fits_the_schema(name: str) -> None:
    text = report_text(RUNS[name]())
    validator = Draft202012Validator(
        schema("report"), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    problems = [f"{item.json_path}: {item.message[:200]}" for item in validator.iter_errors(
        _with_uuid(json.loads(text)))]  # fmt: skip
    assert problems == []


def _with_uuid(plain: dict[str, Any]) -> dict[str, Any]:
    """Give a report of the factory, whose id is short, an id of the right form."""
    return {**plain, "id": "123e4567-e89b-42d3-a456-426614174000"}


def test_the_schema_is_one_and_closed() -> None:
    Draft202012Validator.check_schema(schema("report"))
    objects = [item for item in _walk(schema("report")) if item.get("type") == "object"]
    assert objects
    for item in objects:
        assert "additionalProperties" in item
        if item["additionalProperties"] is False:
            assert sorted(item["required"]) == sorted(item["properties"])


def _walk(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for item in value for found in _walk(item)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for item in value.values() for found in _walk(item))]


def test_every_field_is_explained_for_people() -> None:
    """`docs/report.md` names each field of the schema."""
    names = {
        name
        for item in _walk(schema("report"))
        if isinstance(item.get("properties"), dict)
        for name in item["properties"]
    }
    explained = set(re.findall(r"`([a-z_0-9]+)`", DOCS.read_text("utf-8")))
    assert names - explained == set()


def test_the_fields_that_others_read_are_there() -> None:
    plain = document(report(trials(3, wrong("string-crlf"))))
    assert plain["verdict"] == "NOT_READY"
    assert plain["adapter"]["name"] == "acme-signer"
    assert plain["adapter"]["language"] == "java"
    assert plain["cases"] == {"vectors": 1, "generated": 3, "stories": 0, "sent": 0}
    assert plain["timing"] == {"total_s": 1.5, "adapter_s": 0.25}
    broken = next(item for item in plain["requirements"] if item["id"] == "STR-005")
    assert (broken["level"], broken["outcome"]) == ("MUST", "fail")
    (check,) = broken["checks"]
    assert {"id", "outcome", "reason", "expected", "observed", "evidence"} <= check.keys()
    (cause,) = check["diagnosis"]
    assert cause["mistake"] == "string-crlf"
    assert cause["proved"] is True
    assert {"stage", "says", "mend"} <= cause.keys()


def test_the_same_run_gives_the_same_text() -> None:
    first, second = (report_text(report(trials(4, wrong("string-crlf")))) for _ in range(2))
    assert first == second
    assert list(json.loads(first))[:5] == ["schema_version", "id", "created", "expires", "verdict"]


def test_the_verdict_can_be_computed_again_from_the_document() -> None:
    for make in RUNS.values():
        again = from_plain(Report, json.loads(report_text(make())))
        assert verdict_of(again.requirements, again.aborted) is again.verdict


def test_a_report_expires() -> None:
    made = report()
    assert (made.created, made.expires) == (MOMENT, MOMENT + VALID_FOR)
    assert timedelta(days=1) < VALID_FOR <= timedelta(days=366)


def test_the_catalogue_is_named_by_its_digest() -> None:
    assert document(report())["suite"]["catalogue_sha256"] == CATALOGUE.digest


def test_the_quirks_that_bear_on_the_plan_are_told() -> None:
    quirks = {item["id"]: item for item in document(report())["quirks"]}
    assert "TGT-005" in quirks["Q3"]["requirements"]
    assert "Q15" not in quirks, "it bears on the API alone"
    for item in quirks.values():
        assert set(item["requirements"]) <= set(PLAN.covers)


def test_no_configured_secret_is_left_anywhere() -> None:
    secret = "correct horse"
    check = Check(
        id="vector:a", requirement="DIG-001", outcome=Outcome.FAIL, observed=f"saw {secret}"
    )
    stop = Stop(kind=StopKind.ERROR, reason=f"it printed {secret}", detail=f"x {secret} y")
    redactor = Redactor([secret], key=b"k")
    made = report(checks=[check], stop=stop, redactor=redactor, notes=[secret])
    text = report_text(made)
    assert "horse" not in text
    assert json.loads(text)["redactions"][0]["kind"] == "configured"


def test_tokens_in_what_an_adapter_printed_are_left_out() -> None:
    stop = Stop(kind=StopKind.ERROR, reason="it broke", detail="Authorization: Bearer abcdef12345")
    assert "abcdef12345" not in report_text(report(stop=stop))


def test_what_an_adapter_calls_itself_is_bounded_and_printable() -> None:
    hello = Hello(name="\x1b[2J" + "n" * 9999, language="go\n", can=frozenset({"sign"}))
    told = adapter_identity(hello, "cmd:./signer --pin hunter22", Redactor(["hunter22"]))
    assert told.name.isprintable()
    assert len(told.name) < 300
    assert told.language == "go\\n"
    assert "hunter22" not in told.address
    assert adapter_identity(None, "cmd:x", Redactor()).address == "cmd:x"


def test_certificates_stand_by_fingerprint_and_expiry() -> None:
    certificate = Certificate(
        use="tls",
        sha256="0" * 64,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        expires=datetime(2027, 1, 1, tzinfo=UTC),
    )
    subject = Subject(partner="Acme", client_id="client-1", certificates=(certificate,))
    plain = document(from_plain(Report, document(report()) | {"subject": document_of(subject)}))
    assert plain["subject"]["certificates"][0]["expires"] == "2027-01-01T00:00:00Z"


def document_of(subject: Subject) -> dict[str, Any]:
    return {
        "partner": subject.partner,
        "client_id": subject.client_id,
        "certificates": [
            {
                "use": item.use,
                "sha256": item.sha256,
                "valid_from": item.valid_from.isoformat(),
                "expires": item.expires.isoformat(),
            }
            for item in subject.certificates
        ],
    }


def test_files_are_written_whole_and_into_a_new_directory(tmp_path: Path) -> None:
    made = report(trials(2))
    written = write_report(made, tmp_path / "a" / "b")
    assert written.readiness.read_text("utf-8") == report_text(made)
    assert sorted(item.name for item in written.readiness.parent.iterdir()) == [
        "junit.xml",
        "readiness.json",
    ]


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_report(report(checks=passing_checks()), tmp_path)

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match="No space left") as caught:
        write_report(report(), tmp_path)
    assert "--report-dir" in caught.value.hint
    left = json.loads((tmp_path / "readiness.json").read_text("utf-8"))
    assert left["verdict"] == Verdict.READY


def test_a_directory_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=r"readiness\.json cannot be written"):
        write_report(report(), tmp_path / "file")


def test_the_evidence_file_is_told_of_and_never_an_older_one(tmp_path: Path) -> None:
    lines = ['{"key":"sha256:00"}\n', '{"id":"a"}\n', '{"id":"b"}\n']
    (tmp_path / "exchanges.har").write_text("of an older run")
    (told,) = write_evidence(Evidence(signed=lines), tmp_path)
    assert (told.file, told.exchanges) == ("evidence.jsonl", 2)
    assert told.sha256 == hashlib.sha256((tmp_path / told.file).read_bytes()).hexdigest()
    assert not (tmp_path / "exchanges.har").exists()
    (empty,) = write_evidence(Evidence(signed=[]), tmp_path)
    assert empty.exchanges == 0
    assert (tmp_path / told.file).read_bytes() == b""
