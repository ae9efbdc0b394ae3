"""One request explained: the cause, every rule, the string line by line; and no secret."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from rich.console import Console

from conformance.report.judged import print_judgement
from conformance.rules import RULES
from conformance.trial import Trial
from tests.report.factory import CATALOGUE, case, trial, wrong


def printed(seen: Trial) -> str:
    assert seen.judgement is not None
    file = io.StringIO()
    print_judgement(Console(file=file, width=80), seen.judgement, CATALOGUE)
    return file.getvalue()


def test_the_first_line_names_the_cause() -> None:
    told = " ".join(printed(trial(case(1), wrong("string-crlf"))).split())
    assert told.startswith("1 requirement broken, 1 cause: ")
    assert "(string-crlf, proved)" in told[:200]


def test_a_right_request_is_said_to_hold() -> None:
    told = printed(trial(case(1)))
    assert told.startswith("every rule that this request concerns holds\n")
    assert "fail " not in told


def test_every_rule_is_told_once() -> None:
    told = printed(trial(case(1), wrong("string-crlf")))
    for identity in RULES:
        assert (
            len(re.findall(rf"(pass|fail|undetermined|n/a) +(MUST|SHOULD) +{identity} ", told)) == 1
        )
    assert re.search(r"fail +MUST +STR-005", told)
    assert re.search(r"n/a +MUST +AUTH-001", told)


def test_the_string_expected_stands_line_by_line() -> None:
    told = printed(trial(case(1, target="/ping?x=1"), wrong("string-crlf")))
    assert (
        "Signing string expected\n"
        "  1  (request-target): get /ping?x=1\\n\n"
        "  2  date: Wed, 03 Jul 2019 08:28:29 GMT\\n\n"
        "  3  digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    ) in told


def test_what_cannot_be_told_is_said_to_be_so() -> None:
    seen = trial(case(1))
    assert seen.judgement is not None
    unclear = replace(seen.judgement, undetermined={"STR-005": "what was signed is not known"})
    told = printed(replace(seen, judgement=unclear))
    assert told.startswith("nothing is broken, but 1 requirement cannot be told")
    assert "what was signed is not known" in told


def test_a_covered_header_that_is_absent_leaves_no_string() -> None:
    told = printed(trial(case(1), wrong("digest-not-sent")))
    assert "  none: a header that `headers` names is not in the request\n" in told


def test_no_secret_of_the_capture_is_printed() -> None:
    further = [("Authorization", "Bearer abcdefgh12345678"), ("Subscription-Key", "0123456789")]
    asked = case(1, body=b"client_id=x&client_secret=s3cr3t99", method="POST")
    told = printed(trial(asked, wrong("string-crlf"), further=further))
    for secret in ("abcdefgh12345678", "0123456789", "s3cr3t99"):
        assert secret not in told
    assert "Authorization: Bearer <redacted:" in told
