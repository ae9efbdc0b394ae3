"""Mistakes of the signing-string stage: which lines, in what order, put together how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from conformance.diagnosis.mistake import Given, Shelf
from conformance.wire.procedure import SigningString, Stage
from conformance.wire.signing_string import DOCUMENTED_NAMES, REQUEST_TARGET

SHELF = Shelf(Stage.SIGNING_STRING)

Lines = tuple[tuple[str, str], ...]

_LF: Final = "join the lines with a single LF (0x0A), with none after the last"


def _so(
    identity: str,
    breaks: str,
    says: str,
    mend: str,
    change: Callable[[SigningString], SigningString],
    *,
    source: str = "own",
    alike: tuple[str, ...] = (),
) -> None:
    @SHELF(f"string-{identity}", breaks=breaks, says=says, mend=mend, source=source, alike=alike)
    def changed(string: SigningString, _given: Given) -> SigningString:
        return change(string)


def _labels(change: Callable[[str], str]) -> Callable[[SigningString], SigningString]:
    return lambda string: replace(
        string, lines=tuple((change(label), value) for label, value in string.lines)
    )


def _values(change: Callable[[str], str]) -> Callable[[SigningString], SigningString]:
    return lambda string: replace(
        string, lines=tuple((label, change(value)) for label, value in string.lines)
    )


def _without(name: str, *, declared: bool) -> Callable[[SigningString], SigningString]:
    """Leave the line of `name` out, and out of `headers` too unless it is still declared."""
    return lambda string: replace(
        string,
        names=string.names if declared else tuple(item for item in string.names if item != name),
        lines=tuple(line for line in string.lines if line[0].lower() != name),
    )


def _capitalised(label: str) -> str:
    return (
        label if label.startswith("(") else "-".join(part.capitalize() for part in label.split("-"))
    )


_so(
    "crlf", "STR-005", "the lines of the signing string end in CR LF",
    "join the lines with a single LF (0x0A): \"\\n\", not Environment.NewLine, PHP_EOL, "
    "System.lineSeparator() or println on Windows",
    lambda string: replace(string, separator="\r\n", end="\r\n" if string.end else ""),
    source="arkerone/api-key-auth#2",
)  # fmt: skip
_so(
    "cr", "STR-005", "the lines of the signing string end in CR", _LF,
    lambda string: replace(string, separator="\r"),
)  # fmt: skip
_so(
    "literal-backslash-n", "STR-005",
    "the lines are joined with a backslash and the letter n, not with a line feed",
    "use double quotes in PHP and $'\\n' or printf in bash: '\\n' in single quotes is two "
    "characters; in Node, Java, C#, Go and Python one backslash, not two, and no raw string",
    lambda string: replace(string, separator="\\n"),
)  # fmt: skip
_so(
    "spaces-for-line-ends", "STR-005", "the lines are joined with a space, not with a line feed",
    _LF, lambda string: replace(string, separator=" "),
)  # fmt: skip
_so(
    "commas-for-line-ends", "STR-005", "the lines are joined with a comma and a space", _LF,
    lambda string: replace(string, separator=", "),
)  # fmt: skip
_so(
    "no-line-ends", "STR-005", "nothing stands between the lines", _LF,
    lambda string: replace(string, separator=""),
)  # fmt: skip
_so(
    "blank-lines", "STR-005", "a blank line stands between the lines", _LF,
    lambda string: replace(string, separator="\n\n"),
)  # fmt: skip
_so(
    "final-lf", "STR-006", "a line feed follows the last line of the signing string",
    "end the string with the last value: print without newline (printf '%s', echo -n), trim the "
    "builder's last line end",
    lambda string: replace(string, end=string.separator),
    source="mastodon/documentation#1119", alike=("digest-wrapped",),
)  # fmt: skip
_so(
    "leading-lf", "STR-004", "a line feed stands before the first line", _LF,
    lambda string: replace(
        string,
        lines=tuple(
            ("\n" + label if not index and label else label, value)
            for index, (label, value) in enumerate(string.lines)
        ),
    ),
)  # fmt: skip
_so(
    "names-capitalised", "STR-004", "header names are capitalised in the signing string",
    "lower-case the names: date:, digest:", _labels(_capitalised), source="oracle/oci-go-sdk#132",
)  # fmt: skip
_so(
    "names-upper-case", "STR-004", "header names are in upper case in the signing string",
    "lower-case the names: date:, digest:",
    _labels(lambda label: label if label.startswith("(") else label.upper()),
)  # fmt: skip
_so(
    "lower-case", "STR-004", "the whole signing string is lower-cased, values too",
    "lower-case the names and the method only",
    lambda string: _values(str.lower)(_labels(str.lower)(string)),
)  # fmt: skip
_so(
    "no-space-after-colon", "STR-004", "no space follows the colon",
    "write name, colon, one space, value", lambda string: replace(string, colon=":"),
)  # fmt: skip
_so(
    "space-before-colon", "STR-004", "a space stands before the colon",
    "write name, colon, one space, value", lambda string: replace(string, colon=" : "),
)  # fmt: skip
_so(
    "two-spaces-after-colon", "STR-004", "two spaces follow the colon",
    "write name, colon, one space, value", lambda string: replace(string, colon=":  "),
)  # fmt: skip
_so(
    "equals-for-colon", "STR-004", "names and values are joined with =",
    "write name, colon, one space, value", lambda string: replace(string, colon="="),
)  # fmt: skip
_so(
    "no-names", "STR-004", "the lines hold the values only, without their names",
    "write name, colon, one space, value", _labels(lambda _: ""),
)  # fmt: skip
_so(
    "target-label-missing", "STR-004", "(request-target): is missing in front of the first line",
    "write (request-target): in front of method and path",
    _labels(lambda label: "" if label == REQUEST_TARGET else label),
    source="adamcin/httpsig-java#5",
)  # fmt: skip
_so(
    "target-label-bare", "STR-004", "request-target stands without its parentheses",
    "write (request-target) with its parentheses",
    _labels(lambda label: "request-target" if label == REQUEST_TARGET else label),
)  # fmt: skip
_so(
    "target-label-at", "STR-004", "the first line is called @request-target",
    "write (request-target), as draft 10 has it; @request-target is of RFC 9421",
    _labels(lambda label: "@request-target" if label == REQUEST_TARGET else label),
)  # fmt: skip


@SHELF(
    "string-body-instead",
    breaks="STR-001",
    says="the body is signed, not the signing string",
    mend="sign the three lines (request-target), date and digest; the digest stands for the body",
)
def body_instead(string: SigningString, given: Given) -> SigningString:
    """Sign the body."""
    return replace(string, lines=(("", given.request.body.decode("latin-1")),))


@SHELF(
    "string-digest-instead",
    breaks="STR-001",
    says="the value of the Digest header alone is signed, not the signing string",
    mend="sign the three lines (request-target), date and digest",
)
def digest_instead(string: SigningString, _given: Given) -> SigningString:
    """Sign the digest."""
    digests = tuple(value for label, value in string.lines if label.lower() == "digest")
    return replace(string, lines=tuple(("", value) for value in digests))


@SHELF(
    "string-body-appended",
    breaks="STR-002",
    says="the body follows the lines of the signing string",
    mend="sign the three lines only; the digest stands for the body",
)
def body_appended(string: SigningString, given: Given) -> SigningString:
    """Put the body under the lines."""
    body = given.request.body.decode("latin-1")
    return replace(string, lines=(*string.lines, ("", body)))


@SHELF(
    "string-host-signed",
    breaks="STR-002",
    says="a line for host is signed, which headers does not name",
    mend="name exactly the lines that are signed",
)
def host_signed(string: SigningString, given: Given) -> SigningString:
    """Sign the host too, as many gateways ask, and do not say so."""
    return replace(string, lines=(*string.lines, ("host", given.host)))


_so(
    "empty",
    "STR-001",
    "nothing at all is signed",
    "sign the three lines (request-target), date and digest",
    lambda string: replace(string, lines=()),
)
_so(
    "digest-not-signed", "STR-001", "the digest is sent but not signed",
    'sign it: headers="(request-target) date digest"', _without("digest", declared=False),
    source="NodeBB/NodeBB#14241",
)  # fmt: skip
_so(
    "date-not-signed", "STR-001", "the date is sent but not signed",
    'sign it: headers="(request-target) date digest"', _without("date", declared=False),
)  # fmt: skip
_so(
    "target-not-signed", "STR-001", "(request-target) is not signed",
    'sign it: headers="(request-target) date digest"', _without(REQUEST_TARGET, declared=False),
    source="snarfed/bridgy-fed#40",
)  # fmt: skip
_so(
    "only-date-signed", "STR-001", "only the date is signed",
    'sign all three: headers="(request-target) date digest"',
    lambda string: _without("digest", declared=False)(
        _without(REQUEST_TARGET, declared=False)(string)
    ),
)  # fmt: skip
_ALL: Final = "sign exactly the lines that headers names, no more and no fewer"
_so(
    "digest-line-missing", "STR-002", "headers names digest, but its line is not in the string",
    _ALL, _without("digest", declared=True),
)  # fmt: skip
_so(
    "date-line-missing", "STR-002", "headers names date, but its line is not in the string",
    _ALL, _without("date", declared=True),
)  # fmt: skip
_so(
    "target-line-missing", "STR-002",
    "headers names (request-target), but its line is not in the string", _ALL,
    _without(REQUEST_TARGET, declared=True),
)  # fmt: skip


def _order(identity: str, says: str, change: Callable[[Lines], Lines]) -> None:
    _so(
        identity, "STR-002", says,
        "put the lines in the very order in which headers names them",
        lambda string: replace(string, lines=change(string.lines)), source="quirk Q6",
    )  # fmt: skip


def _by_name(*names: str) -> Callable[[Lines], Lines]:
    """Put the lines called `names` in that order, and the others behind them."""

    def ordered(lines: Lines) -> Lines:
        rank = {name: index for index, name in enumerate(names)}
        return tuple(sorted(lines, key=lambda line: rank.get(line[0].strip().lower(), len(rank))))

    return ordered


_OTHER: Final = "the lines stand in another order than headers says: "
_order(
    "order-target-digest-date", _OTHER + "(request-target), digest, date",
    _by_name(REQUEST_TARGET, "digest", "date"),
)  # fmt: skip
_order(
    "order-date-target-digest", _OTHER + "date, (request-target), digest",
    _by_name("date", REQUEST_TARGET, "digest"),
)  # fmt: skip
_order(
    "order-date-digest-target", _OTHER + "date, digest, (request-target)",
    _by_name("date", "digest", REQUEST_TARGET),
)  # fmt: skip
_order(
    "order-digest-date-target", _OTHER + "digest, date, (request-target)",
    _by_name("digest", "date", REQUEST_TARGET),
)  # fmt: skip
_order(
    "order-digest-target-date", _OTHER + "digest, (request-target), date",
    _by_name("digest", REQUEST_TARGET, "date"),
)  # fmt: skip
_so(
    "utf-16", "STR-004", "the signing string is encoded as UTF-16",
    "encode the string as ASCII or UTF-8 (Encoding.UTF8, not Encoding.Unicode)",
    lambda string: replace(string, encoding="utf-16-le"),
)  # fmt: skip
_so(
    "byte-order-mark", "STR-004", "a byte order mark stands before the signing string",
    "encode the string as UTF-8 without a byte order mark",
    lambda string: replace(
        string,
        lines=tuple(
            ("\xef\xbb\xbf" + label if not index and label else label, value)
            for index, (label, value) in enumerate(string.lines)
        ),
    ),
)  # fmt: skip
_so(
    "trailing-space", "STR-004", "a space stands at the end of every line",
    "end each line with its value", _values(lambda value: f"{value} "),
)  # fmt: skip
_so(
    "quoted-values", "STR-004", "the values are put in quotes", "write the values as they are",
    _values(lambda value: f'"{value}"'),
)  # fmt: skip
_so(
    "white-space-collapsed", "STR-007", "runs of white space within values are collapsed",
    "strip white space around a value only, never within it",
    _values(lambda value: " ".join(value.split())),
)  # fmt: skip
_so(
    "white-space-removed", "STR-007", "white space within values is removed",
    "strip white space around a value only, never within it",
    _values(lambda value: "".join(value.split())),
)  # fmt: skip


def _further_values(change: Callable[[str], str]) -> Callable[[SigningString], SigningString]:
    """Change the values of further fields, where a date's own comma is not in the way."""
    return lambda string: replace(
        string,
        lines=tuple(
            (label, value if label.lower() in DOCUMENTED_NAMES else change(value))
            for label, value in string.lines
        ),
    )


def _repeats(identity: str, says: str, change: Callable[[str], str]) -> None:
    _so(
        identity, "STR-008", says,
        "join the values of repeated header fields with a comma and a space, in the order sent",
        _further_values(change), source="node-http-signature#75",
    )  # fmt: skip


_repeats(
    "repeats-without-space", "the values of repeated headers are joined without a space",
    lambda value: value.replace(", ", ","),
)  # fmt: skip
_repeats(
    "repeats-joined-by-lf", "each value of a repeated header is put on a line of its own",
    lambda value: value.replace(", ", "\n"),
)  # fmt: skip
_repeats(
    "repeats-last-only", "of a repeated header only the last value is signed",
    lambda value: value.rpartition(", ")[2],
)  # fmt: skip
_repeats(
    "repeats-first-only", "of a repeated header only the first value is signed",
    lambda value: value.partition(", ")[0],
)  # fmt: skip
_so(
    "empty-value-space", "STR-008", "the space after the colon is missing where a value is empty",
    "write name, colon, one space, also when the value is empty",
    lambda string: replace(
        string,
        lines=tuple(
            (label, value) if value else ("", f"{label}:") for label, value in string.lines
        ),
    ),
    source="node-http-signature#107",
)  # fmt: skip
_so(
    "empty-value-line", "STR-008", "the line of a header whose value is empty is left out",
    "write name, colon, one space, also when the value is empty",
    lambda string: replace(string, lines=tuple(line for line in string.lines if line[1])),
    source="node-http-signature#107",
)  # fmt: skip
