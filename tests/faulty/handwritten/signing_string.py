"""Signers that put the signing string together wrongly, of the right parts."""

# ruff: noqa: D401 - a docstring says what the signer does to the message

from __future__ import annotations

from functools import partial
from typing import Unpack

from tests.faulty.handwritten.entry import faulty
from tests.faulty.handwritten.right import (
    NAMES,
    Headers,
    Order,
    base64_text,
    carrier,
    digest_of,
    lines_of,
    parameters,
    rsa_sha256,
    sent_over,
)


def lf_after_last_line(**order: Unpack[Order]) -> Headers:
    """Each line is written with its end, the last one too."""
    return sent_over(order, "".join(line + "\n" for line in lines_of(order)))


def crlf(**order: Unpack[Order]) -> Headers:
    """Lines end as the platform ends them: CR LF."""
    return sent_over(order, "\r\n".join(lines_of(order)))


def names_as_sent(**order: Unpack[Order]) -> Headers:
    """`Date` and `Digest` keep their capitals."""
    target, date, digest = lines_of(order)
    return sent_over(order, "\n".join([target, date.capitalize(), "D" + digest[1:]]))


def another_order(**order: Unpack[Order]) -> Headers:
    """Target, digest, date are signed; the header says target, date, digest."""
    target, date, digest = lines_of(order)
    return sent_over(order, f"{target}\n{digest}\n{date}")


def no_space_after_colon(**order: Unpack[Order]) -> Headers:
    """Name, colon, value."""
    return sent_over(order, "\n".join(line.replace(": ", ":", 1) for line in lines_of(order)))


def untrimmed(**order: Unpack[Order]) -> Headers:
    """A space is sent before the date, and signed with it."""
    date = " " + order["date"]
    string = "\n".join(lines_of(order, date=date))
    fields = sent_over(order, string)
    return [("Date", date), *fields[1:]]


def digest_not_signed(**order: Unpack[Order]) -> Headers:
    """The digest is sent, but not signed."""
    return sent_over(order, "\n".join(lines_of(order)[:2]), names="(request-target) date")


def date_not_signed(**order: Unpack[Order]) -> Headers:
    """The date is sent, but not signed."""
    target, _, digest = lines_of(order)
    return sent_over(order, f"{target}\n{digest}", names="(request-target) digest")


def _covering(order: Order, extra: Headers, lines: list[str]) -> Headers:
    """Sign `lines` after the three, and send `extra` as well."""
    name = extra[0][0].lower()
    fields = sent_over(order, "\n".join([*lines_of(order), *lines]), names=f"{NAMES} {name}")
    return [*extra, *fields]


def repeated_header_not_joined(**order: Unpack[Order]) -> Headers:
    """A header sent twice is signed with its last value: the fields were kept in a map."""
    return _covering(order, [("X-Trace", "a"), ("X-Trace", "b")], ["x-trace: b"])


def repeated_header_joined_tightly(**order: Unpack[Order]) -> Headers:
    """The values of a header sent twice are joined by a comma without a space."""
    return _covering(order, [("X-Trace", "a"), ("X-Trace", "b")], ["x-trace: a,b"])


def empty_header_left_out(**order: Unpack[Order]) -> Headers:
    """A header with an empty value is declared, but gets no line."""
    return _covering(order, [("X-Trace", "")], [])


def inner_spaces_folded(**order: Unpack[Order]) -> Headers:
    """Two spaces inside a value are signed as one."""
    return _covering(order, [("X-Trace", "a  b")], ["x-trace: a b"])


def encodebytes(**order: Unpack[Order]) -> Headers:
    """`encodebytes` ends its Base64 with LF: the digest's line keeps it, the header loses it."""
    return sent_over(order, "\n".join(lines_of(order, digest=digest_of(order["body"]) + "\n")))


def literal_backslash_n(**order: Unpack[Order]) -> Headers:
    r"""PHP's '\n' in single quotes: a backslash and an n between the lines."""
    return sent_over(order, r"\n".join(lines_of(order)))


def joined_by_commas(**order: Unpack[Order]) -> Headers:
    """An array of lines turned into a text: commas between them."""
    return sent_over(order, ",".join(lines_of(order)))


def not_separated(**order: Unpack[Order]) -> Headers:
    """The lines follow each other with nothing between."""
    return sent_over(order, "".join(lines_of(order)))


def lf_in_front(**order: Unpack[Order]) -> Headers:
    """A multi-line literal whose first line is empty."""
    return sent_over(order, "\n" + "\n".join(lines_of(order)))


def indented(**order: Unpack[Order]) -> Headers:
    """A multi-line literal, the lines after the first indented like the code."""
    return sent_over(order, "\n    ".join(lines_of(order)))


def byte_order_mark(**order: Unpack[Order]) -> Headers:
    """The string is written through an encoder that begins with a byte order mark."""
    return sent_over(order, "\ufeff" + "\n".join(lines_of(order)))


def utf16(**order: Unpack[Order]) -> Headers:
    """`Encoding.Unicode.GetBytes`: the string is signed as UTF-16."""
    return sent_over(order, "\n".join(lines_of(order)).encode("utf-16-le"))


def bare_digest(**order: Unpack[Order]) -> Headers:
    """The line of the digest has the Base64 only; the header has `SHA-256=` in front."""
    return sent_over(order, "\n".join(lines_of(order)).replace("digest: SHA-256=", "digest: "))


def space_before_colon(**order: Unpack[Order]) -> Headers:
    """Name, space, colon, space, value."""
    return sent_over(order, "\n".join(line.replace(": ", " : ", 1) for line in lines_of(order)))


def equals_for_colon(**order: Unpack[Order]) -> Headers:
    """`name=value` lines, as in a form."""
    return sent_over(order, "\n".join(line.replace(": ", "=", 1) for line in lines_of(order)))


def values_only(**order: Unpack[Order]) -> Headers:
    """The values stand alone, as other signature schemes want it."""
    return sent_over(order, "\n".join(line.partition(": ")[2] for line in lines_of(order)))


def declared_not_signed(**order: Unpack[Order]) -> Headers:
    """`headers` names `host`, which is sent; the string has no line for it."""
    host = order["base_url"].split("/")[2]
    fields = sent_over(order, "\n".join(lines_of(order)), names=f"{NAMES} host")
    return [("Host", host), *fields]


def signed_not_declared(**order: Unpack[Order]) -> Headers:
    """The string has a line for `host`; `headers` does not say so."""
    host = order["base_url"].split("/")[2]
    fields = sent_over(order, "\n".join([*lines_of(order), f"host: {host}"]))
    return [("Host", host), *fields]


def created(**order: Unpack[Order]) -> Headers:
    """A signer for later drafts: `(created)` is signed in place of the date."""
    target, _, digest = lines_of(order)
    seconds = "1562142508"
    string = "\n".join([target, f"(created): {seconds}", digest])
    signature = base64_text(rsa_sha256(order, string))
    value = parameters(order, signature, names="(request-target) (created) digest")
    return [
        ("Date", order["date"]),
        ("Digest", digest_of(order["body"])),
        carrier(order, f"{value},created={seconds}"),
    ]


def body_appended(**order: Unpack[Order]) -> Headers:
    """The body follows the three lines, as other signature schemes want it."""
    return sent_over(order, "\n".join(lines_of(order)).encode() + b"\n" + order["body"])


_digest = partial(faulty, stage="digest")
_header = partial(faulty, stage="header")
_wrong = partial(faulty, stage="signing string")

FAULTY = (
    _wrong(lf_after_last_line, "STR-006", "LF|line feed|newline|last line"),
    _wrong(crlf, "STR-005", "CR ?LF"),
    _wrong(names_as_sent, "STR-004", "lower|case"),
    _wrong(another_order, "STR-002", "order"),
    _wrong(no_space_after_colon, "STR-004", "space|colon"),
    _wrong(untrimmed, "STR-007", "trim|white ?space|space"),
    _wrong(repeated_header_not_joined, "STR-008", "join|repeat|values|twice"),
    _wrong(repeated_header_joined_tightly, "STR-008", "join|repeat|comma|values"),
    _wrong(empty_header_left_out, "STR-008", "empty"),
    _digest(digest_not_signed, "STR-001", "digest"),
    _wrong(date_not_signed, "STR-001", "date", listed=False),
    _wrong(encodebytes, "STR-006", "LF|line feed|newline|last line"),
    _wrong(inner_spaces_folded, "STR-007 STR-008", "space|value|string", listed=False),
    _wrong(literal_backslash_n, "STR-005", r"\\n|backslash|line|string", listed=False),
    _wrong(joined_by_commas, "STR-005", "comma|line|string", listed=False),
    _wrong(not_separated, "STR-005", "line|string", listed=False),
    _wrong(lf_in_front, "STR-004 STR-005", "LF|line|string", listed=False),
    _wrong(indented, "STR-004 STR-007", "indent|space|string", listed=False),
    _wrong(byte_order_mark, "STR-004", "BOM|byte order|string", listed=False),
    _wrong(utf16, "STR-004", "UTF-?16|encod|string", listed=False),
    _wrong(bare_digest, "STR-004 STR-007", "SHA-256=|digest|string", listed=False),
    _wrong(space_before_colon, "STR-004", "space|colon|string", listed=False),
    _wrong(equals_for_colon, "STR-004", "colon|=|string", listed=False),
    _wrong(values_only, "STR-004", "name|label|string", listed=False),
    _header(declared_not_signed, "STR-002 STR-008", "host|declar|names|headers"),
    _header(signed_not_declared, "STR-002 STR-008", "host|declar|hid|headers"),
    _wrong(created, "STR-001", "created|date", listed=False),
    _wrong(body_appended, "STR-002 STR-004 STR-006", "body|string", listed=False),
)
