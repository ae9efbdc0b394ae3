"""Signers that get the `Digest` wrong."""

# ruff: noqa: D401 - a docstring says what the signer does to the message

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import unicodedata
from contextlib import suppress
from functools import partial
from typing import Unpack

from tests.faulty.handwritten import occasion as on
from tests.faulty.handwritten.entry import faulty
from tests.faulty.handwritten.right import (
    Headers,
    Order,
    base64_text,
    carrier,
    digest_of,
    lines_of,
    parameters,
    printed_by_javascript,
    rsa_sha256,
    sent_over,
    signed,
)


def left_out_for_empty_body(**order: Unpack[Order]) -> Headers:
    """No body, so no `Digest`, and no line for it."""
    if order["body"]:
        return signed(order)
    signature = base64_text(rsa_sha256(order, "\n".join(lines_of(order)[:2])))
    value = parameters(order, signature, names="(request-target) date")
    return [("Date", order["date"]), carrier(order, value)]


def signed_never_sent(**order: Unpack[Order]) -> Headers:
    """The digest goes into the signing string, but the header is forgotten."""
    return [field for field in signed(order) if field[0] != "Digest"]


def hexadecimal(**order: Unpack[Order]) -> Headers:
    """The hash is written in hexadecimal."""
    return signed(order, digest="SHA-256=" + hashlib.sha256(order["body"]).hexdigest())


def base64_of_hexadecimal(**order: Unpack[Order]) -> Headers:
    """The hexadecimal text of the hash is what gets encoded in Base64."""
    text = hashlib.sha256(order["body"]).hexdigest()
    return signed(order, digest="SHA-256=" + base64.b64encode(text.encode()).decode())


def base64_for_urls(**order: Unpack[Order]) -> Headers:
    """Base64 of the URL-safe alphabet, without padding."""
    octets = hashlib.sha256(order["body"]).digest()
    return signed(order, digest="SHA-256=" + base64.urlsafe_b64encode(octets).decode().rstrip("="))


def lower_case_algorithm(**order: Unpack[Order]) -> Headers:
    """The algorithm is written in lower case."""
    return signed(order, digest=digest_of(order["body"]).replace("SHA-256", "sha-256"))


def no_algorithm(**order: Unpack[Order]) -> Headers:
    """The bare Base64, no `SHA-256=` in front."""
    return signed(order, digest=digest_of(order["body"]).removeprefix("SHA-256="))


def sha1(**order: Unpack[Order]) -> Headers:
    """A SHA-1 hash under the name of SHA-256."""
    octets = hashlib.sha1(order["body"]).digest()  # noqa: S324 - the mistake
    return signed(order, digest="SHA-256=" + base64_text(octets))


def json_printed_again(**order: Unpack[Order]) -> Headers:
    """The body is parsed and printed once more for the hash."""
    try:
        body = json.dumps(json.loads(order["body"])).encode()
    except ValueError:
        body = order["body"]
    return signed(order, digest=digest_of(body))


def json_printed_by_javascript(**order: Unpack[Order]) -> Headers:
    """`JSON.stringify(JSON.parse(body))`, which prints 1.0 as 1."""
    return signed(order, digest=digest_of(printed_by_javascript(order["body"])))


def trimmed(**order: Unpack[Order]) -> Headers:
    """White space around the body is cut before it is hashed."""
    return signed(order, digest=digest_of(order["body"].strip()))


def crlf_made_lf(**order: Unpack[Order]) -> Headers:
    """The body is read in text mode, where CR LF becomes LF."""
    return signed(order, digest=digest_of(order["body"].replace(b"\r\n", b"\n")))


def ascii_with_question_marks(**order: Unpack[Order]) -> Headers:
    """The text is encoded as ASCII, `?` for what does not fit, before it is hashed."""
    body = order["body"]
    with suppress(UnicodeDecodeError):
        body = body.decode().encode("ascii", errors="replace")
    return signed(order, digest=digest_of(body))


def binary_taken_for_text(**order: Unpack[Order]) -> Headers:
    """Octets that are no UTF-8 are replaced by U+FFFD on their way through a string."""
    return signed(order, digest=digest_of(order["body"].decode(errors="replace").encode()))


def stream_read_before(**order: Unpack[Order]) -> Headers:
    """Something read the body's stream first; what is hashed is the nothing that was left."""
    return signed(order, digest=digest_of(b""))


def first_block_only(**order: Unpack[Order]) -> Headers:
    """One `read(8192)` where a loop was needed."""
    return signed(order, digest=digest_of(order["body"][:8192]))


def content_digest(**order: Unpack[Order]) -> Headers:
    """The newer field, in its newer syntax, instead of `Digest`."""
    value = f"sha-256=:{base64_text(hashlib.sha256(order['body']).digest())}:"
    lines = [*lines_of(order)[:2], f"content-digest: {value}"]
    names = "(request-target) date content-digest"
    fields = sent_over(order, "\n".join(lines), names=names)
    return [("Content-Digest", value) if name == "Digest" else (name, v) for name, v in fields]


def sent_twice(**order: Unpack[Order]) -> Headers:
    """Client and middleware both add the header."""
    fields = signed(order)
    return [fields[0], fields[1], *fields[1:]]


def utf16(**order: Unpack[Order]) -> Headers:
    """`Encoding.Unicode.GetBytes(body)`: the text is hashed as UTF-16."""
    body = order["body"].decode(errors="replace").encode("utf-16-le")
    return signed(order, digest=digest_of(body))


def byte_order_mark(**order: Unpack[Order]) -> Headers:
    """A writer for UTF-8 text puts a byte order mark in front of what is hashed."""
    return signed(order, digest=digest_of(b"\xef\xbb\xbf" + order["body"]))


def python_repr(**order: Unpack[Order]) -> Headers:
    """`str(body)` of octets: what is hashed begins with b and a quotation mark."""
    return signed(order, digest=digest_of(str(order["body"]).encode()))


def base64_of_body(**order: Unpack[Order]) -> Headers:
    """The body is hashed in the Base64 in which it was handed over."""
    return signed(order, digest=digest_of(base64.b64encode(order["body"])))


def hashed_twice(**order: Unpack[Order]) -> Headers:
    """The hash of the hash: the function called hashes already."""
    return signed(order, digest=digest_of(hashlib.sha256(order["body"]).digest()))


def compressed(**order: Unpack[Order]) -> Headers:
    """A filter compresses first; what goes out is not compressed."""
    return signed(order, digest=digest_of(gzip.compress(order["body"], mtime=0)))


def cut_at_nul(**order: Unpack[Order]) -> Headers:
    """`strlen(body)`: hashed up to the first NUL."""
    return signed(order, digest=digest_of(order["body"].partition(b"\0")[0]))


def composed(**order: Unpack[Order]) -> Headers:
    """The text is brought to Unicode's composed form (NFC) before it is hashed."""
    body = order["body"]
    with suppress(UnicodeDecodeError):
        body = unicodedata.normalize("NFC", body.decode()).encode()
    return signed(order, digest=digest_of(body))


def two_algorithms(**order: Unpack[Order]) -> Headers:
    """A SHA-512 digest stands beside the right one, in the same header."""
    more = base64_text(hashlib.sha512(order["body"]).digest())
    return signed(order, digest=f"{digest_of(order['body'])},SHA-512={more}")


def value_in_quotes(**order: Unpack[Order]) -> Headers:
    """The Base64 stands in quotation marks."""
    value = base64_text(hashlib.sha256(order["body"]).digest())
    return signed(order, digest=f'SHA-256="{value}"')


def bit_converter(**order: Unpack[Order]) -> Headers:
    """`BitConverter.ToString(hash)`: upper-case hexadecimal with hyphens."""
    return signed(
        order, digest="SHA-256=" + hashlib.sha256(order["body"]).digest().hex("-").upper()
    )


def hash_through_text(**order: Unpack[Order]) -> Headers:
    """`new String(hash)`: the hash goes through a text before Base64, and is spoilt."""
    text = hashlib.sha256(order["body"]).digest().decode(errors="replace")
    return signed(order, digest="SHA-256=" + base64_text(text.encode()))


_wrong = partial(faulty, stage="digest")

FAULTY = (
    _wrong(left_out_for_empty_body, "DIG-001", "digest", on.EMPTY_BODY),
    _wrong(signed_never_sent, "DIG-001", "digest"),
    _wrong(hexadecimal, "DIG-002", "hex"),
    _wrong(base64_of_hexadecimal, "DIG-002", "hex"),
    _wrong(base64_for_urls, "DIG-002", "url|alphabet|padding"),
    _wrong(lower_case_algorithm, "DIG-004", "case|SHA-256"),
    _wrong(no_algorithm, "DIG-002 DIG-004", "SHA-256="),
    _wrong(sha1, "DIG-002", "SHA-?1"),
    _wrong(json_printed_again, "DIG-002", "JSON|serialis", on.LOOSE_JSON),
    _wrong(json_printed_by_javascript, "DIG-002", "JavaScript", on.JAVASCRIPT_JSON),
    _wrong(trimmed, "DIG-002", "trim|white ?space|line feed|LF", on.OUTER_SPACE),
    _wrong(crlf_made_lf, "DIG-002", "CR ?LF|line end", on.CRLF),
    _wrong(ascii_with_question_marks, "DIG-002", r"ASCII|charset|encod|\?", on.UMLAUTS),
    _wrong(binary_taken_for_text, "DIG-002", "binary|text|UTF-8|U.FFFD", on.BINARY),
    _wrong(stream_read_before, "DIG-002", "empty|undefined|nothing|no body", on.SOME_BODY),
    _wrong(first_block_only, "DIG-002", "block|first|part|8192|8 KiB", on.LARGE_BODY),
    _wrong(content_digest, "DIG-001 STR-001", "Content-Digest"),
    _wrong(sent_twice, "DIG-001", "two|twice|more than one|several|2"),
    _wrong(utf16, "DIG-002", "UTF-?16|charset|encod", on.SOME_BODY, listed=False),
    _wrong(byte_order_mark, "DIG-002", "BOM|byte order mark|digest", listed=False),
    _wrong(python_repr, "DIG-002", "repr|b'|digest", listed=False),
    _wrong(base64_of_body, "DIG-002", "Base64|digest", on.SOME_BODY, listed=False),
    _wrong(hashed_twice, "DIG-002", "twice|double|digest", listed=False),
    _wrong(compressed, "DIG-002", "compress|gzip|digest", listed=False),
    _wrong(cut_at_nul, "DIG-002", "NUL|digest", on.NUL, listed=False),
    _wrong(composed, "DIG-002", "NFC|normal|digest", on.DECOMPOSED, listed=False),
    _wrong(two_algorithms, "DIG-002 DIG-004", "one|algorithm|SHA-512", listed=False),
    _wrong(value_in_quotes, "DIG-002", "quot|digest", listed=False),
    _wrong(bit_converter, "DIG-002", "hex|digest", listed=False),
    _wrong(hash_through_text, "DIG-002", "text|digest", listed=False),
)
