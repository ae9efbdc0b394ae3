"""Mistakes of the digest stage: what is hashed, how, and how the hash is written."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from conformance.diagnosis.javascript import rewritten
from conformance.diagnosis.mistake import Given, Shelf
from conformance.wire.digest import digest
from conformance.wire.procedure import CoveredField, Stage

SHELF = Shelf(Stage.DIGEST)


def _value(text: str, octets: bytes = b"") -> CoveredField:
    return CoveredField(sent=(("Digest", text),), signed=text, octets=octets)


def _of(body: bytes) -> CoveredField:
    return _value(digest(body), body)


def _unless_same(changed: bytes, field: CoveredField) -> CoveredField:
    """Digest the changed body; where the change changes nothing, leave the field alone."""
    return field if changed == field.octets else _of(changed)


def _written(text: str, field: CoveredField) -> CoveredField:
    """Write the digest in another way, where there is one."""
    return field if not field.sent or field.signed is None else _value(text, field.octets)


@SHELF(
    "digest-absent-for-empty-body",
    breaks="DIG-001",
    says="no Digest header is sent when the body is empty",
    mend="send and sign the digest of the empty string, "
    "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, when there is no body",
    source="pyauth/requests-http-signature#18, apache/cxf#869",
)
def absent_for_empty_body(field: CoveredField, given: Given) -> CoveredField:
    """Leave the digest out of requests without a body."""
    return field if given.request.body else CoveredField(sent=(), signed=None)


@SHELF(
    "digest-absent",
    breaks="DIG-001",
    says="no Digest header is sent, and none is signed",
    mend="send a Digest header with every request and sign it",
)
def absent(_field: CoveredField, _given: Given) -> CoveredField:
    """Know nothing of digests."""
    return CoveredField(sent=(), signed=None)


@SHELF(
    "digest-not-sent",
    breaks="DIG-001",
    says="the digest is signed, but the Digest header is never sent",
    mend="add the Digest header to the request with the very value that is signed",
    source="the documented shell sample",
)
def not_sent(field: CoveredField, _given: Given) -> CoveredField:
    """Compute and sign the digest, and forget the header."""
    return replace(field, sent=())


@SHELF(
    "digest-of-line-feed",
    breaks="DIG-003",
    says="an empty body is hashed as a line feed",
    mend="hash nothing at all for an empty body: printf '' instead of echo \"\" (or echo -n)",
    source='echo "" | openssl dgst',
)
def of_line_feed(field: CoveredField, given: Given) -> CoveredField:
    """Hash what `echo ""` prints."""
    return field if given.request.body else _of(b"\n")


@SHELF(
    "digest-hex",
    breaks="DIG-002",
    says="the hash is written in hexadecimal instead of Base64",
    mend="Base64-encode the 32 octets of the hash, not their hexadecimal form: digest('base64') "
    "in Node, digest() instead of hexdigest() in Python, hash(…, true) in PHP, openssl dgst "
    "-binary in a shell",
    source="mastodon/documentation#1119",
)
def in_hex(field: CoveredField, _given: Given) -> CoveredField:
    """Write the hash as hexadecimal digits."""
    return _written(f"SHA-256={hashlib.sha256(field.octets).hexdigest()}", field)


@SHELF(
    "digest-base64-of-hex",
    breaks="DIG-002",
    says="the Base64 text holds the hexadecimal digits of the hash (88 characters), not the hash",
    mend="Base64-encode the raw 32 octets: digest() instead of hexdigest() in Python, "
    "digest('base64') in Node, hash(…, true) in PHP, openssl dgst -binary in a shell",
)
def base64_of_hex(field: CoveredField, _given: Given) -> CoveredField:
    """Encode the hexadecimal text."""
    text = hashlib.sha256(field.octets).hexdigest().encode("ascii")
    return _written(f"SHA-256={base64.b64encode(text).decode('ascii')}", field)


@SHELF(
    "digest-base64-of-upper-hex",
    breaks="DIG-002",
    says="the Base64 text holds the upper-case hexadecimal digits of the hash, not the hash",
    mend="Base64-encode the raw 32 octets: Convert.ToBase64String(hash), not of its hex text",
)
def base64_of_upper_hex(field: CoveredField, _given: Given) -> CoveredField:
    """Encode the upper-case hexadecimal text, as C#'s Convert.ToHexString gives it."""
    text = hashlib.sha256(field.octets).hexdigest().upper().encode("ascii")
    return _written(f"SHA-256={base64.b64encode(text).decode('ascii')}", field)


@SHELF(
    "digest-base64-of-openssl-line",
    breaks="DIG-002",
    says="the Base64 text holds the line that openssl dgst prints, not the hash",
    mend="let openssl print the hash itself: openssl dgst -sha256 -binary | openssl base64 -A",
)
def base64_of_openssl_line(field: CoveredField, _given: Given) -> CoveredField:
    """Encode what `openssl dgst` prints."""
    line = f"SHA2-256(stdin)= {hashlib.sha256(field.octets).hexdigest()}\n".encode("ascii")
    return _written(f"SHA-256={base64.b64encode(line).decode('ascii')}", field)


@SHELF(
    "digest-base64-of-hex-line",
    breaks="DIG-002",
    says="the Base64 text holds the hexadecimal digits of the hash and a line feed, not the hash",
    mend="Base64-encode the raw 32 octets: openssl dgst -sha256 -binary | openssl base64 -A",
)
def base64_of_hex_line(field: CoveredField, _given: Given) -> CoveredField:
    """Encode what `sha256sum | cut` prints."""
    line = f"{hashlib.sha256(field.octets).hexdigest()}\n".encode("ascii")
    return _written(f"SHA-256={base64.b64encode(line).decode('ascii')}", field)


@SHELF(
    "digest-base64url",
    breaks="DIG-002",
    says="the digest is base64url: - and _ stand for + and /, or the padding is cut",
    mend="use the standard Base64 alphabet with padding",
)
def base64url(field: CoveredField, _given: Given) -> CoveredField:
    """Use the alphabet for URLs, without padding."""
    name, _, text = (field.signed or "").partition("=")
    return _written(f"{name}={text.rstrip('=').replace('+', '-').replace('/', '_')}", field)


@SHELF(
    "digest-base64url-padded",
    breaks="DIG-002",
    says="the digest is base64url: - and _ stand for + and /",
    mend="use the standard Base64 alphabet",
)
def base64url_padded(field: CoveredField, _given: Given) -> CoveredField:
    """Use the alphabet for URLs, with padding."""
    name, _, text = (field.signed or "").partition("=")
    return _written(f"{name}={text.replace('+', '-').replace('/', '_')}", field)


@SHELF(
    "digest-unpadded",
    breaks="DIG-002",
    says="the = at the end of the digest's Base64 is cut off",
    mend="keep the padding: the Base64 of 32 octets has 44 characters, the last one is =",
)
def unpadded(field: CoveredField, _given: Given) -> CoveredField:
    """Cut the padding."""
    name, _, text = (field.signed or "").partition("=")
    return _written(f"{name}={text.rstrip('=')}", field)


@SHELF(
    "digest-no-algorithm",
    breaks="DIG-004",
    says="SHA-256= is missing in front of the digest",
    mend="write SHA-256= in front of the Base64 text",
    source="misskey-dev/misskey#12678",
)
def no_algorithm(field: CoveredField, _given: Given) -> CoveredField:
    """Send the bare Base64 text."""
    return _written((field.signed or "").partition("=")[2], field)


@SHELF(
    "digest-lower-case-algorithm",
    breaks="DIG-004",
    says="the digest's algorithm is written in lower case",
    mend="write SHA-256= in upper case",
    source="Automattic/wordpress-activitypub#2949",
)
def lower_case_algorithm(field: CoveredField, _given: Given) -> CoveredField:
    """Write `sha-256`."""
    return _written((field.signed or "").replace("SHA-256=", "sha-256=", 1), field)


@SHELF(
    "digest-algorithm-spelling",
    breaks="DIG-004",
    says="the digest's algorithm is written SHA256",
    mend="write SHA-256= with its hyphen",
)
def algorithm_spelling(field: CoveredField, _given: Given) -> CoveredField:
    """Write `SHA256`, as most languages call it."""
    return _written((field.signed or "").replace("SHA-256=", "SHA256=", 1), field)


def _other_hash(identity: str, name: str) -> None:
    @SHELF(
        f"digest-{identity}",
        breaks="DIG-002",
        says=f"the digest is a {name} under the name SHA-256",
        mend="hash the body with SHA-256",
    )
    def other_hash(field: CoveredField, _given: Given) -> CoveredField:
        hashed = hashlib.new(identity, field.octets, usedforsecurity=False).digest()
        return _value(f"SHA-256={base64.b64encode(hashed).decode('ascii')}")


_other_hash("sha1", "SHA-1")
_other_hash("sha512", "SHA-512")
_other_hash("sha384", "SHA-384")
_other_hash("md5", "MD5")


@SHELF(
    "digest-sha512-named",
    breaks="DIG-004",
    says="the digest is a SHA-512, under its own name",
    mend="hash the body with SHA-256 and write SHA-256= in front",
)
def sha512_named(field: CoveredField, _given: Given) -> CoveredField:
    """Use the stronger hash."""
    hashed = hashlib.sha512(field.octets).digest()
    return _value(f"SHA-512={base64.b64encode(hashed).decode('ascii')}")


@SHELF(
    "digest-hashed-twice",
    breaks="DIG-002",
    says="the body is hashed twice: the digest is the SHA-256 of the SHA-256",
    mend="hash the body once",
)
def hashed_twice(field: CoveredField, _given: Given) -> CoveredField:
    """Hash the hash."""
    return _of(hashlib.sha256(field.octets).digest())


def _as_text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _json_again(
    identity: str,
    how: str,
    dump: Callable[[Any], str],
    read: Callable[[bytes], object] = json.loads,
) -> None:
    @SHELF(
        f"digest-json-{identity}",
        breaks="DIG-002",
        says=f"the JSON is written again before it is hashed ({how}), so the hash is not of the "
        "body sent",
        mend="write the JSON once, keep those octets, and both hash and send them: in Node hash "
        "and send one string, never JSON.stringify(JSON.parse(body))",
        source="MaddyUnderStars/shoot#35",
    )
    def json_again(field: CoveredField, _given: Given) -> CoveredField:
        try:
            text = dump(read(field.octets))
        except (ValueError, RecursionError):
            return field
        return _unless_same(text.encode("utf-8", "surrogatepass"), field)


_json_again("compact", "no spaces", lambda data: json.dumps(data, separators=(",", ":")))
_json_again("spaced", "with spaces after , and :", json.dumps)
_json_again(
    "compact-utf8", "no spaces, not escaped",
    lambda data: json.dumps(data, separators=(",", ":"), ensure_ascii=False),
)  # fmt: skip
_json_again(
    "spaced-utf8", "with spaces, not escaped", lambda data: json.dumps(data, ensure_ascii=False)
)
_json_again("javascript", "as JavaScript does, with 1 for 1.0", rewritten, _as_text)
_json_again(
    "sorted", "keys sorted, no spaces",
    lambda data: json.dumps(data, separators=(",", ":"), sort_keys=True),
)  # fmt: skip
_json_again(
    "sorted-spaced", "keys sorted, with spaces", lambda data: json.dumps(data, sort_keys=True)
)
_json_again("indented", "indented by two", lambda data: json.dumps(data, indent=2))
_json_again("indented-4", "indented by four", lambda data: json.dumps(data, indent=4))
_json_again(
    "slashes", "slashes escaped, as PHP does",
    lambda data: json.dumps(data, separators=(",", ":")).replace("/", "\\/"),
)  # fmt: skip
_json_again("string", "as a JSON string", lambda data: json.dumps(json.dumps(data)))


def _body_change(identity: str, says: str, mend: str, change: Callable[[bytes], bytes]) -> None:
    @SHELF(
        f"digest-{identity}",
        breaks="DIG-002",
        says=says,
        mend=mend,
        source="tschwecke/harvey#78, httpwg/http-extensions#2388",
    )
    def body_change(field: CoveredField, _given: Given) -> CoveredField:
        return _unless_same(change(field.octets), field)


def _composed(body: bytes) -> bytes:
    try:
        return unicodedata.normalize("NFC", body.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return body


_AS_SENT = "hash the very octets that are sent, after every step that changes them"
_body_change(
    "body-trimmed", "white space around the body is cut off before it is hashed", _AS_SENT,
    bytes.strip,
)  # fmt: skip
_body_change(
    "body-lf-added", "a line feed is hashed after the body",
    "use printf '%s' or --data-binary: echo and here-strings add a line feed",
    lambda body: body + b"\n" if body else body,
)  # fmt: skip
_body_change(
    "body-lf-cut", "line ends at the end of the body are cut off before it is hashed",
    "$(…) in a shell and rstrip elsewhere cut them: hash the file or the octets themselves",
    lambda body: body.rstrip(b"\r\n"),
)  # fmt: skip
_body_change(
    "body-crlf-to-lf", "CR LF in the body becomes LF before it is hashed", _AS_SENT,
    lambda body: body.replace(b"\r\n", b"\n"),
)  # fmt: skip
_body_change(
    "body-lf-to-crlf", "LF in the body becomes CR LF before it is hashed", _AS_SENT,
    lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
)  # fmt: skip
_body_change(
    "body-bom-cut", "the byte order mark at the start of the body is not hashed", _AS_SENT,
    lambda body: body.removeprefix(b"\xef\xbb\xbf"),
)  # fmt: skip
_body_change(
    "body-bom-added",
    "a byte order mark is hashed in front of the body",
    "encode text as UTF-8 without a byte order mark (new UTF8Encoding(false) in C#)",
    lambda body: b"\xef\xbb\xbf" + body,
)
_body_change(
    "body-normalised",
    "the text is brought to Unicode's composed form (NFC) before it is hashed",
    _AS_SENT,
    _composed,
)
_body_change(
    "body-cut-at-nul", "the body is hashed up to its first NUL octet only",
    "keep the body in a byte array: shell variables and C strings end at NUL",
    lambda body: body.partition(b"\0")[0],
)  # fmt: skip
_body_change(
    "body-without-nul", "NUL octets are dropped from the body before it is hashed",
    "keep the body in a file or byte array: shell variables drop NUL",
    lambda body: body.replace(b"\0", b""),
)  # fmt: skip
_body_change(
    "body-trimmed-by-php",
    "white space and NUL around the body are cut off before it is hashed, as PHP's trim does",
    _AS_SENT,
    lambda body: body.strip(b" \t\n\r\x0b\0"),
)
_body_change(
    "body-first-block", "only the first 64 KiB of the body are hashed",
    "read until the end of the body: one read gives one block",
    lambda body: body[:65536],
)  # fmt: skip
_body_change(
    "body-first-8-kib", "only the first 8 KiB of the body are hashed",
    "read until the end of the body: one read gives one block",
    lambda body: body[:8192],
)  # fmt: skip
_body_change(
    "body-replacement-characters",
    "a binary body is decoded as UTF-8 and encoded again, with U+FFFD where it does not decode",
    "keep the body as octets; never make a string of it",
    lambda body: body.decode("utf-8", "replace").encode("utf-8"),
)  # fmt: skip
_body_change(
    "body-undecodable-dropped", "octets of the body that are no UTF-8 are dropped before hashing",
    "keep the body as octets; never make a string of it",
    lambda body: body.decode("utf-8", "ignore").encode("utf-8"),
)  # fmt: skip
_body_change(
    "body-mojibake", "the UTF-8 body is taken for Latin-1 and encoded as UTF-8 once more",
    "keep the body as octets, or decode and encode it with the same charset",
    lambda body: body.decode("latin-1").encode("utf-8"),
)  # fmt: skip


def _charset(identity: str, name: str) -> None:
    @SHELF(
        f"digest-charset-{identity}",
        breaks="DIG-002",
        says=f"the text is hashed in {name}, and sent in another charset",
        mend="encode the text once, as UTF-8, name the charset in the call "
        "(getBytes(StandardCharsets.UTF_8)), and hash and send those octets",
        source="TrueLayer/truelayer-signing#192",
    )
    def charset(field: CoveredField, _given: Given) -> CoveredField:
        try:
            text = field.octets.decode("utf-8")
        except UnicodeDecodeError:
            return field
        return _unless_same(text.encode(identity, "replace"), field)


_charset("iso-8859-1", "ISO 8859-1 (Latin-1)")
_charset("windows-1252", "Windows-1252")
_charset("us-ascii", "ASCII, with ? for every other character")
_charset("utf-16-le", "UTF-16")
_charset("utf-16-be", "UTF-16, big-endian")


def _fixed(identity: str, text: str, says: str) -> None:
    @SHELF(
        f"digest-of-{identity}",
        breaks="DIG-002",
        says=says,
        mend="take the digest over the body itself, once it is complete",
        source="form bodies in the documented Postman sample",
    )
    def fixed(field: CoveredField, _given: Given) -> CoveredField:
        return _unless_same(text.encode(), field)


_fixed("nothing", "", "the hash of nothing is sent, though the request has a body")
_fixed("undefined", "undefined", "the word undefined is hashed in place of the body")
_fixed("null", "null", "the word null is hashed in place of the body")
_fixed("none", "None", "the word None is hashed in place of the body")
_fixed("object", "[object Object]", "an object is hashed as the text [object Object]")
_fixed("empty-object", "{}", "{} is hashed in place of the body")
_fixed("empty-string-in-quotes", '""', "a pair of quotes is hashed in place of the body")
_fixed("array", "Array", "the word Array is hashed in place of the body")


@SHELF(
    "digest-of-form-reencoded",
    breaks="DIG-002",
    says="the form is encoded again before it is hashed, so the hash is not of the body sent",
    mend="encode the form once, keep those octets, and both hash and send them",
)
def of_form_reencoded(field: CoveredField, _given: Given) -> CoveredField:
    """Hash the form as another encoder writes it."""
    body = field.octets
    if b"=" not in body or len(body) > 65536:
        return field
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return _unless_same(urlencode(pairs, encoding="latin-1").encode("latin-1"), field)


@SHELF(
    "digest-of-base64",
    breaks="DIG-002",
    says="the Base64 text of the body is hashed, not the body",
    mend="hash the body's own octets",
)
def of_base64(field: CoveredField, _given: Given) -> CoveredField:
    """Hash the body before it is decoded."""
    return _unless_same(base64.b64encode(field.octets), field)


@SHELF(
    "digest-content-digest",
    breaks="DIG-001",
    says="a Content-Digest header (RFC 9530) is sent instead of Digest",
    mend="send Digest: SHA-256=… as the documents ask; Content-Digest is a newer field",
    source="social-web-foundation/tags.pub#22",
)
def content_digest(field: CoveredField, _given: Given) -> CoveredField:
    """Use the newer field."""
    text = base64.b64encode(hashlib.sha256(field.octets).digest()).decode("ascii")
    return CoveredField(sent=(("Content-Digest", f"sha-256=:{text}:"),), signed=None)


@SHELF(
    "digest-wrapped",
    breaks="STR-006",
    says="the Base64 encoder ends its text with a line feed, and that is signed with the digest",
    mend="encode without line ends: openssl base64 -A, base64 -w0, b64encode instead of "
    "encodebytes",
    source="shell samples without -A",
    alike=("string-final-lf",),
)
def wrapped(field: CoveredField, _given: Given) -> CoveredField:
    """Sign the digest with the line feed that a wrapping encoder adds."""
    return field if field.signed is None else replace(field, signed=f"{field.signed}\n")


@SHELF(
    "digest-untrimmed",
    breaks="STR-007",
    says="white space around the Digest value is signed too",
    mend="strip leading and trailing white space from the value before it goes into the string",
    source="Security.md, tips",
)
def untrimmed(field: CoveredField, _given: Given) -> CoveredField:
    """Send and sign a space at the end of the value."""
    value = f"{field.signed} "
    return _written(value, field)


@SHELF(
    "digest-sent-twice",
    breaks="DIG-001",
    says="two Digest headers are sent",
    mend="send one Digest header: replace it instead of adding to it",
)
def sent_twice(field: CoveredField, _given: Given) -> CoveredField:
    """Add the header twice."""
    return replace(field, sent=field.sent * 2)


@SHELF(
    "digest-reused",
    breaks="DIG-002",
    says="the digest is that of an earlier request's body",
    mend="hash each body with a hash object of its own, when the request is signed",
)
def reused(field: CoveredField, given: Given) -> CoveredField:
    """Keep the digest of the first request."""
    kept: CoveredField = given.memory.setdefault("digest", field)
    return kept


@SHELF(
    "digest-in-quotes",
    breaks="DIG-002",
    says="the Base64 text of the digest stands in quotes",
    mend="write the Base64 text without quotes",
)
def in_quotes(field: CoveredField, _given: Given) -> CoveredField:
    """Quote the value, as parameters are."""
    name, _, text = (field.signed or "").partition("=")
    return _written(f'{name}="{text}"', field)


@SHELF(
    "digest-hex-with-hyphens",
    breaks="DIG-002",
    says="the hash is written in hexadecimal with hyphens, as BitConverter prints it",
    mend="Base64-encode the 32 octets of the hash: Convert.ToBase64String(hash)",
)
def hex_with_hyphens(field: CoveredField, _given: Given) -> CoveredField:
    """Write the hash as BitConverter.ToString does."""
    return _written(f"SHA-256={hashlib.sha256(field.octets).digest().hex('-').upper()}", field)


@SHELF(
    "digest-through-text",
    breaks="DIG-002",
    says="the hash was made a text string before it was Base64-encoded, which destroys it",
    mend="Base64-encode the octets of the hash; never make a string of them",
)
def through_text(field: CoveredField, _given: Given) -> CoveredField:
    """Decode the hash as UTF-8 and encode it again."""
    text = hashlib.sha256(field.octets).digest().decode("utf-8", "replace").encode()
    return _written(f"SHA-256={base64.b64encode(text).decode('ascii')}", field)


@SHELF(
    "digest-changed-after-signing",
    breaks="DIG-002",
    says="the digest signed is that of the body, but another Digest header is sent",
    mend="send the very digest that is signed; keep libraries and filters from setting it",
)
def changed_after_signing(field: CoveredField, _given: Given) -> CoveredField:
    """Let somebody else write the header, over something else."""
    return replace(field, sent=(("Digest", digest(field.octets + b" ")),))


def _not_encoded(identity: str, how: str, write: Callable[[bytes], bytes], source: str) -> None:
    @SHELF(
        f"digest-not-encoded{identity}",
        breaks="DIG-002",
        says="the raw octets of the hash stand in the header, put into text without Base64: " + how,
        mend="Base64-encode the 32 octets of the hash: digest('base64') in Node, "
        "Base64.getEncoder() in Java, base64_encode(hash('sha256', $body, true)) in PHP, "
        "base64.b64encode in Python, Convert.ToBase64String in C#, base64.StdEncoding in Go",
        source=source,
    )
    def not_encoded(field: CoveredField, _given: Given) -> CoveredField:
        octets = write(hashlib.sha256(field.octets).digest())
        return _written("SHA-256=" + octets.decode("latin-1"), field)


_not_encoded(
    "", "as UTF-8, which destroys them", lambda octets: octets.decode("utf-8", "replace").encode(),
    "`${buffer}` in Node, new String(octets) in Java",
)  # fmt: skip
_not_encoded(
    "-latin-1", "as Latin-1", lambda octets: octets.decode("latin-1").encode(),
    "toString('binary') in Node",
)  # fmt: skip
_not_encoded("-raw", "as they are", lambda octets: octets, "hash('sha256', $body, true) in PHP")
