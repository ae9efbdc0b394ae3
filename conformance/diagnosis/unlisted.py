"""What can be said of a mistake that nobody has listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.edits import LONGEST
from conformance.diagnosis.recovery import Recovered
from conformance.diagnosis.slips import slips_between
from conformance.wire.procedure import Stage
from conformance.wire.reading import Reading
from conformance.wire.visible import first_difference, visible

if TYPE_CHECKING:
    from conformance.diagnosis.search import Search

_SEEN: Final = 16
"""Octets before a slip by which its place is told."""

_LINES: Final = {
    "(request-target)": (Stage.REQUEST_TARGET, "TGT-004"),
    "date": (Stage.DATE, "DATE-004"),
    "digest": (Stage.DIGEST, "STR-007"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A string that nothing leads to: the cause as far as it goes, and what it is not."""

    cause: Cause
    ruled_out: tuple[str, ...]


def slip(expected: bytes, signed: bytes) -> Cause:
    """Return the cause for a string that is known, by no mistake that is: the difference itself."""
    stage, requirement, where = _stage_of(expected, signed)
    difference = first_difference(expected, signed)
    return Cause(
        mistake=f"unlisted-{stage.value.replace(' ', '-')}",
        stage=stage,
        requirement=requirement,
        proved=True,
        says=f"the string that was signed differs from the one expected, {where}",
        mend=_mend(expected, signed),
        expected=expected,
        observed=signed,
        difference=difference,
    )


def _mend(expected: bytes, signed: bytes) -> str:
    """Return what to change: the one place, where it is one."""
    found = next((item for item in slips_between(expected, signed) if item.from_end), None)
    if found is None:
        return "compare the two strings: the first octet in which they part is marked"
    line = next(line for line in expected.split(b"\n") if line.startswith(found.name))
    before = line[: len(line) - found.at][-_SEEN:]
    place = f"after {_quoted(before)}" if before else f"at the start of the line {_quoted(line)}"
    if not found.removed:
        told = f"leave out {_quoted(found.inserted)} {place}"
    elif not found.inserted:
        told = f"put in {_quoted(found.removed)} {place}"
    else:
        told = f"write {_quoted(found.removed)} instead of {_quoted(found.inserted)} {place}"
    framed = len(line) - found.at <= len(found.name) + 2
    return f"{told}; each line is name, colon, one space, value" if framed else told


def _quoted(octets: bytes) -> str:
    return "a space" if octets == b" " else f"'{visible(octets, limit=60)}'"


def _stage_of(expected: bytes, signed: bytes) -> tuple[Stage, str, str]:
    """Return the stage in which the strings part: that of the line, or of the string as such."""
    right, wrong = expected.split(b"\n"), signed.split(b"\n")
    apart = [
        index for index, pair in enumerate(zip(right, wrong, strict=False)) if pair[0] != pair[1]
    ]
    if len(right) != len(wrong) or len(apart) != 1:
        return Stage.SIGNING_STRING, "STR-004", "in how its lines are put together"
    line = right[apart[0]]
    name, _, _ = line.partition(b": ")
    label = name.decode("latin-1")
    if not wrong[apart[0]].startswith(name + b": ") or label not in _LINES:
        return Stage.SIGNING_STRING, "STR-004", f"in line {apart[0] + 1}, {label}"
    stage, requirement = _LINES[label]
    if label == "(request-target)":
        requirement = _target_requirement(line, wrong[apart[0]])
    return stage, requirement, f"in the value of {label}"


def _target_requirement(expected: bytes, signed: bytes) -> str:
    """Return which of TGT-001 to TGT-004 a changed request target breaks."""
    right = expected.partition(b": ")[2].partition(b" ")
    wrong = signed.partition(b": ")[2].partition(b" ")
    if right[0] != wrong[0]:
        return "TGT-001"
    if right[2].lower() == wrong[2].lower():
        return "TGT-002"
    return "TGT-003" if right[2].partition(b"?")[0] == wrong[2].partition(b"?")[0] else "TGT-004"


def unknown_string(reading: Reading, recovered: Recovered, search: Search) -> Unknown:
    """Return what is left to say when no string was found: what has been ruled out."""
    ruled_out = [f"the signature was made with the right key ({recovered.scheme})"]
    if recovered.fingerprints[0][0] is None:
        ruled_out.append("padding and hash algorithm are right, so the signed string differs")
    if reading.request.headers.combined("digest") == reading.digest:
        ruled_out.append("the Digest header is that of the body")
    far = "all of them" if search.exhausted else "as far as the time allowed"
    each = search.exhausted and len(reading.expected_string or b"") <= LONGEST
    ruled_out.append(
        f"{search.tried:,} strings were tried ({far}): up to three known mistakes at once in "
        "request target, date, digest and the way the lines are put together, and "
        f"{'every slip' if each else 'the likeliest slips'} of one character"
    )
    return Unknown(
        cause=Cause(
            mistake="unlisted-signing-string",
            stage=Stage.SIGNING_STRING,
            requirement="SIG-001",
            proved=False,
            says="the signature is right for some other string than the one expected",
            mend="print the string just before it is signed and compare it, octet for octet, with "
            "the one expected; an adapter that answers signing_string_b64 has this done for it",
            expected=reading.expected_string,
        ),
        ruled_out=tuple(ruled_out),
    )
