"""What can be said of mistakes that nobody has listed."""

from __future__ import annotations

import pytest

from conformance.diagnosis.recovery import Recovered, sha256
from conformance.diagnosis.search import Search
from conformance.diagnosis.unlisted import slip, unknown_string
from conformance.wire.procedure import Stage
from conformance.wire.reading import Reading
from tests.rules.specimen import expected, sent

EXPECTED = b"(request-target): post /A?b=1\ndate: Wed\ndigest: SHA-256=x\nx-one: 1"


@pytest.mark.parametrize(
    ("old", "new", "stage", "requirement", "where"),
    [
        (b"post", b"pOst", Stage.REQUEST_TARGET, "TGT-001", "in the value of (request-target)"),
        (b"/A?", b"/a?", Stage.REQUEST_TARGET, "TGT-002", "in the value of (request-target)"),
        (b"?b=1", b"?b=2", Stage.REQUEST_TARGET, "TGT-003", "in the value of (request-target)"),
        (b"/A?", b"/AA?", Stage.REQUEST_TARGET, "TGT-004", "in the value of (request-target)"),
        (b"Wed", b"Thu", Stage.DATE, "DATE-004", "in the value of date"),
        (b"=x", b"=y", Stage.DIGEST, "STR-007", "in the value of digest"),
        (b"x-one: 1", b"x-one: 2", Stage.SIGNING_STRING, "STR-004", "in line 4, x-one"),
        (b"date:", b"dote:", Stage.SIGNING_STRING, "STR-004", "in line 2, date"),
        (b"\ndate", b"\n\ndate", Stage.SIGNING_STRING, "STR-004", "how its lines are put together"),
        (b"d", b"D", Stage.SIGNING_STRING, "STR-004", "how its lines are put together"),
    ],
)
def test_a_slip_is_told_by_the_line_in_which_it_lies(
    old: bytes, new: bytes, stage: Stage, requirement: str, where: str
) -> None:
    signed = EXPECTED.replace(old, new)
    cause = slip(EXPECTED, signed)
    assert (cause.stage, cause.requirement, cause.proved) == (stage, requirement, True)
    assert cause.mistake == f"unlisted-{stage.value.replace(' ', '-')}"
    assert cause.says.endswith(where)
    assert (cause.expected, cause.observed) == (EXPECTED, signed)
    assert cause.difference is not None
    assert EXPECTED[: cause.difference.offset] == signed[: cause.difference.offset]


@pytest.mark.parametrize(
    ("old", "new", "mend"),
    [
        (b"digest: ", b"digest:  ", "leave out a space after 'digest:\\x20'"),
        (b"date: ", b"date:", "put in a space after 'date:'"),
        (b"Wed", b"Thu", "write 'Wed' instead of 'Thu' after 'date:\\x20'"),
        (b"digest", b"xdigest", "leave out 'x' at the start of the line 'digest: SHA-256=x'"),
        (b"b=1", b"b=1\r", "leave out '\\r' after 'et): post /A?b=1'"),
        (b"\ndate", b"\n\ndate", "leave out '\\n' at the start of the line 'date: Wed'"),
        (b"Wed\ndigest", b"Wed digest", "compare the two strings"),
    ],
)
def test_what_to_change_is_told_where_it_is_one_place(old: bytes, new: bytes, mend: str) -> None:
    assert slip(EXPECTED, EXPECTED.replace(old, new)).mend.startswith(mend)


def test_around_the_colon_the_form_of_a_line_is_told() -> None:
    form = "each line is name, colon, one space, value"
    assert slip(EXPECTED, EXPECTED.replace(b"date: ", b"date:")).mend.endswith(form)
    assert form not in slip(EXPECTED, EXPECTED.replace(b"Wed", b"Wd")).mend


def unknown(*, scheme: str | None = None, exhausted: bool = True, digest: str | None = None) -> str:
    recovered = Recovered(scheme="sha256", value=b"", fingerprints=((scheme, sha256),))
    reading = Reading(request=sent(digested=digest), expected=expected())
    told = unknown_string(reading, recovered, Search(found=None, tried=12345, exhausted=exhausted))
    assert (told.cause.mistake, told.cause.proved) == ("unlisted-signing-string", False)
    assert told.cause.requirement == "SIG-001"
    assert told.cause.expected == reading.expected_string
    return "; ".join(told.ruled_out)


def test_what_is_ruled_out_is_said_and_no_more() -> None:
    words = unknown()
    assert "right key (sha256)" in words
    assert "padding and hash algorithm are right" in words
    assert "the Digest header is that of the body" in words
    assert "12,345 strings were tried (all of them)" in words


def test_a_wrong_scheme_or_digest_is_not_ruled_out() -> None:
    assert "padding and hash algorithm" not in unknown(scheme="signature-sha1")
    assert "the Digest header is that" not in unknown(digest="SHA-256=AAAA")


def test_a_search_that_ran_out_of_time_says_so() -> None:
    assert "as far as the time allowed" in unknown(exhausted=False)
