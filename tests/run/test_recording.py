"""What was seen survives the way from a test worker to the controller."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from conformance.material.submitted import Role
from conformance.redaction import Redaction
from conformance.report.check import Check, Diagnosis, Outcome
from conformance.report.failure import Broken, Example, Failure, Trouble
from conformance.report.model import AdapterIdentity, Certificate, Stop, StopKind
from conformance.run.recording import Recording

CAUSE = Diagnosis(mistake="string-crlf", stage="signing string", proved=True, says="a", mend="b")
FULL = Recording(
    checks=[
        Check(id="vector:a/b", requirement="DIG-001", outcome=Outcome.FAIL, diagnosis=(CAUSE,))
    ],
    failures=[
        Failure(
            kind=Trouble.MISTAKE,
            example=Example(case="vectors/a/b", method="GET", target="/", body="no body", size=4),
            broken=(Broken(requirement="DIG-001", reason="digest-absent"),),
            diagnosis=(CAUSE,),
        )
    ],
    evidence=['{"id": "vectors/a/b"}\n'],
    notes=["a note"],
    redactions=[Redaction(kind="token", fingerprint="00112233", count=2)],
    vectors=3,
    generated=4,
    waited_s=0.5,
    adapter=AdapterIdentity(name="acme", can=("sign",)),
    certificates=[
        Certificate(
            use="signature",
            sha256="00",
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            expires=datetime(2027, 1, 1, tzinfo=UTC),
        )
    ],
    stop=Stop(kind=StopKind.INTERRUPTED, reason="told to"),
)


def test_it_comes_back_as_it_was_sent() -> None:
    sent = json.dumps(FULL.plain())
    assert Recording.revived(json.loads(sent)) == FULL


def test_an_empty_one_travels_too() -> None:
    assert Recording.revived(json.loads(json.dumps(Recording().plain()))) == Recording()


def test_two_are_added_up_and_the_first_stop_counts() -> None:
    whole = Recording()
    whole.add(FULL)
    whole.add(Recording(vectors=1, notes=["a note", "another"],
                        stop=Stop(kind=StopKind.ERROR, reason="later")))  # fmt: skip
    assert whole.vectors == 4
    assert whole.notes == ["a note", "another"]
    assert whole.stop == FULL.stop
    assert whole.adapter == FULL.adapter
    assert len(whole.checks) == 1


def test_a_secret_met_by_two_workers_is_one_secret() -> None:
    whole = Recording()
    whole.add(FULL)
    whole.add(FULL)
    assert whole.secrets == (Redaction(kind="token", fingerprint="00112233", count=4),)


def test_it_travels_as_plain_values_alone() -> None:
    """Test workers take nothing else, not even a key of a kind of its own."""

    def plain(value: object) -> bool:
        if type(value) is dict:
            return all(type(key) is str and plain(item) for key, item in value.items())
        if type(value) is list:
            return all(map(plain, value))
        return value is None or type(value) in {str, int, float, bool}

    recording = Recording(material={Role.TLS: "a certificate", "signing": "another"})
    assert plain(recording.plain())
    assert Recording.revived(recording.plain()) == recording
