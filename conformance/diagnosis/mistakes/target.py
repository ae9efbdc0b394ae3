"""Mistakes of the request-target stage: method, path and query on their way into the string."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote_to_bytes, urlencode

from conformance.diagnosis.mistake import Given, Shelf
from conformance.wire.message import SignedPath, signed_target
from conformance.wire.procedure import RequestTarget, Stage

SHELF = Shelf(Stage.REQUEST_TARGET)

_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")
_AS_SENT: Final = (
    "sign the path and query character for character as they go on the wire: take the encoded "
    "form (getRawPath and getRawQuery in Java), after the last step that changes it"
)


def _path(
    identity: str,
    says: str,
    change: Callable[[str], str],
    *,
    breaks: str = "TGT-004",
    mend: str = _AS_SENT,
    source: str = "own",
) -> None:
    @SHELF(f"target-{identity}", breaks=breaks, says=says, mend=mend, source=source)
    def changed(target: RequestTarget, _given: Given) -> RequestTarget:
        return replace(target, path=change(target.path))


def _split(path: str) -> tuple[str, str, str]:
    return path.partition("?")


def _on_path(change: Callable[[str], str]) -> Callable[[str], str]:
    """Change the path alone."""

    def changed(whole: str) -> str:
        path, mark, query = _split(whole)
        return change(path) + mark + query

    return changed


def _on_query(change: Callable[[str], str]) -> Callable[[str], str]:
    """Change the query alone, where there is one."""

    def changed(whole: str) -> str:
        path, mark, query = _split(whole)
        return path + mark + change(query) if query else whole

    return changed


def _decode(text: str) -> str:
    return unquote_to_bytes(text.encode("latin-1", "replace")).decode("latin-1")


def _decode_plus(text: str) -> str:
    return _decode(text.replace("+", " "))


def _encode(safe: str) -> Callable[[str], str]:
    """Percent-encode what is not in `safe`, leaving escapes alone."""
    return lambda text: quote(text.encode("latin-1", "replace"), safe=safe + "%")


def _percent(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: _PERCENT.sub(lambda match: change(match[0]), text)


def _decode_unreserved(escape: str) -> str:
    character = chr(int(escape[1:], 16))
    return character if _UNRESERVED.match(character) else escape


def remove_dot_segments(path: str) -> str:
    """Return `path` without `.` and `..` segments (RFC 3986, section 5.2.4)."""
    return _resolved(path, {".": ".", "..": ".."})


_ESCAPED_DOTS: Final = {
    ".": ".", "%2e": ".", "..": "..", ".%2e": "..", "%2e.": "..", "%2e%2e": "..",
}  # fmt: skip


def _resolved_by_whatwg(path: str) -> str:
    """Return `path` as the URL class of browsers and Node has it: %2e counts as a dot."""
    return _resolved(path, _ESCAPED_DOTS)


def _resolved(path: str, dots: Mapping[str, str]) -> str:
    output: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        kind = dots.get(segment.lower())
        if kind == "..":
            del output[-1:]
        elif kind is None:
            output.append(segment)
    if dots.get(segments[-1].lower()) is not None:
        output.append("")
    return "/" + "/".join(output)


def _sorted_query(query: str) -> str:
    return "&".join(sorted(query.split("&")))


def _sorted_by_key(query: str) -> str:
    return "&".join(sorted(query.split("&"), key=lambda pair: pair.partition("=")[0]))


def _form_encoded(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
    return urlencode(pairs, encoding="latin-1", errors="replace")


def _form_encoded_without_blanks(query: str) -> str:
    return urlencode(parse_qsl(query, encoding="latin-1"), encoding="latin-1", errors="replace")


def _last_of_repeated(query: str) -> str:
    pairs = dict(parse_qsl(query, keep_blank_values=True, encoding="latin-1"))
    return urlencode(pairs, encoding="latin-1", errors="replace")


@SHELF(
    "target-prefix-signed",
    breaks="TGT-005",
    says="the gateway prefix is signed, though the configuration says it is left out",
    mend="sign the path without the prefix: get /ping, not get /partner-api/ping "
    '(or set signed_path = "full" if your API verifies the whole path)',
    source="WxJava#3968, quirk Q3",
)
def prefix_signed(target: RequestTarget, given: Given) -> RequestTarget:
    """Sign the path as it is on the wire."""
    request = given.request
    prefixed = target.path if target.path.startswith(request.base_path) else (
        request.base_path + target.path
    )  # fmt: skip
    return target if request.signed_path is SignedPath.FULL else replace(target, path=prefixed)


@SHELF(
    "target-prefix-left-out",
    breaks="TGT-005",
    says="the gateway prefix is left out, though the configuration says it is signed",
    mend="sign the whole path, prefix included "
    '(or set signed_path = "relative" if your API strips the prefix)',
    source="quirk Q3",
)
def prefix_left_out(target: RequestTarget, given: Given) -> RequestTarget:
    """Sign the path without the prefix."""
    path = signed_target(target.path, given.request.base_path, SignedPath.RELATIVE)
    return replace(target, path=path)


_SLASH: Final = (
    "leave the slash at the end where it is, and sign / where the path is /; " + _AS_SENT
)
_path(
    "query-left-out", "the query is left out of the signing string",
    lambda path: _split(path)[0], breaks="TGT-003",
    mend="sign path and query together, as in get /applications?status=open",
    source="misskey#17734, friendica#14973, TykTechnologies/tyk#3113",
)  # fmt: skip
_path(
    "question-mark-left-out", "the ? between path and query is left out",
    lambda path: path.replace("?", "", 1), breaks="TGT-003",
    mend="sign path and query with the ? between them",
)  # fmt: skip
_path(
    "bare-question-mark-cut", "the ? of an empty query is cut off",
    lambda path: path.removesuffix("?") if path.count("?") == 1 else path, breaks="TGT-003",
    source="pyauth/http-message-signatures#19",
)  # fmt: skip
_path(
    "question-mark-always", "a ? is signed also where there is no query",
    lambda path: path if "?" in path else f"{path}?", breaks="TGT-003",
    mend="append ? and the query only when there is one",
)  # fmt: skip
_path(
    "question-mark-doubled", "the ? is doubled", lambda path: path.replace("?", "??", 1),
    breaks="TGT-003", source="pyauth/http-message-signatures#19",
)  # fmt: skip
_path(
    "question-marks-merged", "two ? become one", lambda path: path.replace("??", "?"),
    breaks="TGT-003", source="pyauth/http-message-signatures#19",
)  # fmt: skip
_path(
    "query-sorted", "the query's parameters are sorted before signing", _on_query(_sorted_query),
    breaks="TGT-003", mend="keep the query in the order in which it is sent",
)  # fmt: skip
_path(
    "query-sorted-by-key", "the query's parameters are sorted by name before signing",
    _on_query(_sorted_by_key), breaks="TGT-003",
    mend="keep the query in the order in which it is sent",
)  # fmt: skip
_path("query-decoded", "the query is percent-decoded before signing", _on_query(_decode))
_path(
    "query-form-decoded", "the query is decoded before signing, + to a space too",
    _on_query(_decode_plus),
)  # fmt: skip
_path(
    "path-decoded", "the path is percent-decoded before signing", _on_path(_decode),
    source="DavidLievrouw/HttpMessageSigning#12, Java's URI.getPath",
)  # fmt: skip
_path("decoded", "path and query are percent-decoded before signing", _decode)
_path("form-decoded", "path and query are decoded before signing, + to a space too", _decode_plus)
_path(
    "encoded-twice", "what is percent-encoded is encoded once more (%20 becomes %2520)",
    lambda path: path.replace("%", "%25"),
)  # fmt: skip
_path(
    "signed-before-encoding",
    "the address is signed before the client encodes it: !$'()* are sent as they are and signed "
    "encoded, or the other way round",
    _encode("/?&=;:@,+~"), source="openapi-generator#6637",
)  # fmt: skip
_path(
    "reserved-encoded", "reserved characters of path and query are encoded before signing",
    _encode("/?&="),
)  # fmt: skip
_path(
    "form-encoded",
    "path and query are encoded as a form is (%20 becomes +) before signing",
    lambda path: path.replace("%20", "+"),
    source="urlencode in PHP, URLEncoder in Java",
)
_path(
    "path-form-encoded",
    "the path is taken apart and encoded as a form is (%20 becomes +) before signing",
    _on_path(
        lambda path: "/".join(
            quote_plus(_decode(part), encoding="latin-1") for part in path.split("/")
        )
    ),
    source="urlencode in PHP, URLEncoder in Java",
)
_path(
    "query-component-encoded", "the whole query is encoded as one component before signing",
    _on_query(lambda query: quote(query.encode("latin-1", "replace"), safe="")),
)  # fmt: skip
_path(
    "escapes-upper-case", "the digits of percent escapes are put in upper case (%c3 becomes %C3)",
    _percent(str.upper), source="the library normalises the path: requests, urllib3",
)  # fmt: skip
_path(
    "escapes-lower-case", "the digits of percent escapes are put in lower case (%C3 becomes %c3)",
    _percent(str.lower), source="C#'s UrlEncode",
)  # fmt: skip
_path(
    "unreserved-decoded", "escapes of unreserved characters are decoded (%7E becomes ~)",
    _percent(_decode_unreserved), source="the library normalises the path: requests",
)  # fmt: skip
_path(
    "normalised",
    "the library normalises the path: escapes of unreserved characters are decoded, the others "
    "put in upper case",
    lambda path: _percent(str.upper)(_percent(_decode_unreserved)(path)),
    source="requests, urllib3",
)  # fmt: skip
_path(
    "dot-segments-removed", "dot segments are resolved before signing (/a/../b becomes /b)",
    _on_path(remove_dot_segments), source="the library normalises the path: requests, WHATWG URL",
)  # fmt: skip
_path(
    "resolved-by-whatwg",
    "dot segments are resolved before signing, escaped ones (%2e) too, as the URL class of "
    "browsers and Node does",
    _on_path(_resolved_by_whatwg),
    source="the library normalises the path: WHATWG URL",
)
_path(
    "slashes-merged", "doubled slashes are merged before signing",
    _on_path(lambda path: re.sub(r"/{2,}", "/", path)),
)  # fmt: skip
_path(
    "trailing-slash-cut", "a slash at the end of the path is cut off before signing",
    _on_path(lambda path: path.rstrip("/") or "/"),
)  # fmt: skip
_path(
    "end-slashes-cut",
    "slashes at the end of the path are cut off before signing, even where the path is /",
    _on_path(lambda path: path.rstrip("/")), mend=_SLASH, source="rtrim in PHP, rstrip in Python",
)  # fmt: skip
_path(
    "end-slash-cut",
    "the slash at the end of the path is cut off before signing, even where the path is /",
    _on_path(lambda path: path.removesuffix("/")), mend=_SLASH,
    source="path.replace(/\\/$/, '') in JavaScript",
)  # fmt: skip
_path(
    "trailing-slash-added", "a slash is signed at the end of the path",
    _on_path(lambda path: path if path.endswith("/") else f"{path}/"),
)  # fmt: skip
_path(
    "leading-slash-missing", "the slash at the start of the path is missing",
    lambda path: path.removeprefix("/"), source="TritonDataCenter/node-http-signature#135",
)  # fmt: skip
_path("leading-slash-doubled", "the path starts with two slashes", lambda path: f"/{path}")
_path(
    "parameters-cut", "the path is cut at its first semicolon",
    _on_path(lambda path: path.partition(";")[0]),
)  # fmt: skip
_path(
    "empty", "an empty path is signed for /",
    lambda path: path[1:] if path == "/" or path.startswith("/?") else path,
    mend="sign / when the path is empty", source="yaronf/httpsign#8",
)  # fmt: skip
_path(
    "router-relative",
    "the path is signed relative to its first segment",
    _on_path(lambda path: path[path.find("/", 1) :] if "/" in path[1:] else "/"),
    mend="sign the whole path, not what the router leaves of it",
    source="TritonDataCenter/node-http-signature#135",
)
_path(
    "plus-to-percent-20", "+ in the query becomes %20 before signing",
    _on_query(lambda query: query.replace("+", "%20")), breaks="TGT-004",
)  # fmt: skip
_path(
    "percent-20-to-plus", "%20 in the query becomes + before signing",
    _on_query(lambda query: query.replace("%20", "+")), breaks="TGT-004",
)  # fmt: skip
_path(
    "plus-to-percent-2b", "+ becomes %2B before signing",
    lambda path: path.replace("+", "%2B"),
)  # fmt: skip
_path(
    "lower-case", "the path is lower-cased too", str.lower, breaks="TGT-002",
    mend="lower-case the method only", source="Security.md, tips",
)  # fmt: skip
_path(
    "path-lower-case", "the path is lower-cased, the query is not", _on_path(str.lower),
    breaks="TGT-002", mend="lower-case the method only", source="Security.md, tips",
)  # fmt: skip
_path(
    "upper-case", "the path is upper-cased", str.upper, breaks="TGT-002",
    mend="leave the path's letter case alone",
)  # fmt: skip
_path(
    "ampersands-escaped", "& is signed as &amp;", lambda path: path.replace("&", "&amp;"),
    mend="sign the address itself, not its HTML form",
)  # fmt: skip
_path(
    "latin1-to-utf8", "characters beyond ASCII in the path are encoded as UTF-8 before signing",
    lambda path: path.encode("utf-8", "surrogatepass").decode("latin-1"),
)  # fmt: skip


_path(
    "query-reencoded", "the query is taken apart and encoded again before signing",
    _on_query(_form_encoded), breaks="TGT-003",
)  # fmt: skip
_path(
    "query-blanks-dropped",
    "the query is taken apart and encoded again; parameters with an empty value are lost",
    _on_query(_form_encoded_without_blanks), breaks="TGT-003",
)  # fmt: skip
_path(
    "query-repeats-dropped", "of a repeated query parameter only the last one is signed",
    _on_query(_last_of_repeated), breaks="TGT-003",
)  # fmt: skip
_path(
    "null-query", "the word null is signed where there is no query",
    lambda path: path if "?" in path else f"{path}?null", breaks="TGT-003",
    mend="append ? and the query only when there is one",
)  # fmt: skip
_path(
    "question-mark-encoded", "the ? before the query is percent-encoded before signing",
    lambda path: quote(path.encode("latin-1", "replace"), safe="/%"), breaks="TGT-004",
)  # fmt: skip
_path(
    "path-resolved", "dot segments, doubled slashes and a slash at the end are resolved",
    _on_path(lambda path: posixpath.normpath(path).replace("//", "/")),
)  # fmt: skip
_path(
    "http-version", "the request line is signed whole, with its HTTP/1.1",
    lambda path: f"{path} HTTP/1.1", mend="sign path and query only",
)  # fmt: skip
_path(
    "two-spaces", "two spaces stand between method and path", lambda path: f" {path}",
    mend="put one space between method and path",
)  # fmt: skip
_path(
    "fragment-kept", "a # is signed at the end of the address", lambda path: f"{path}#",
    mend="sign path and query only",
)  # fmt: skip


@SHELF(
    "target-method-turkish",
    breaks="TGT-001",
    says="the method is lower-cased by Turkish rules: I became a dotless i",
    mend="lower-case the method with a fixed locale (Locale.ROOT, ToLowerInvariant)",
)
def method_turkish(target: RequestTarget, given: Given) -> RequestTarget:
    """Lower-case as a Turkish machine does; U+0131 is two octets of UTF-8."""
    parts = (part.lower() for part in given.request.method.split("I"))
    return replace(target, method="\xc4\xb1".join(parts))


@SHELF(
    "target-method-case",
    breaks="TGT-001",
    says="the method is not lower-cased",
    mend="write the method in lower case: get, post",
    source="Security.md, tips",
)
def method_case(target: RequestTarget, given: Given) -> RequestTarget:
    """Sign the method as the request line has it."""
    return replace(target, method=given.request.method)


@SHELF(
    "target-method-upper-case",
    breaks="TGT-001",
    says="the method is upper-cased",
    mend="write the method in lower case: get, post",
)
def method_upper_case(target: RequestTarget, given: Given) -> RequestTarget:
    """Sign the method in upper case."""
    return replace(target, method=given.request.method.upper())


@SHELF(
    "target-method-capitalised",
    breaks="TGT-001",
    says="the method is written with a capital letter",
    mend="write the method in lower case: get, post",
)
def method_capitalised(target: RequestTarget, given: Given) -> RequestTarget:
    """Sign `Get`, as enumerations of .NET print it."""
    return replace(target, method=given.request.method.capitalize())


def _fixed_method(method: str) -> None:
    @SHELF(
        f"target-method-always-{method}",
        breaks="TGT-001",
        says=f"the method signed is always {method}",
        mend="sign the method of the request itself",
    )
    def fixed_method(target: RequestTarget, _given: Given) -> RequestTarget:
        return replace(target, method=method)


_fixed_method("get")
_fixed_method("post")


@SHELF(
    "target-whole-url",
    breaks="TGT-004",
    says="the whole URL is signed, scheme and host included",
    mend="sign path and query only",
)
def whole_url(target: RequestTarget, given: Given) -> RequestTarget:
    """Sign the address."""
    return replace(target, path=f"https://{given.host}{given.request.target}")


@SHELF(
    "target-with-host",
    breaks="TGT-004",
    says="the host is signed in front of the path",
    mend="sign path and query only",
)
def with_host(target: RequestTarget, given: Given) -> RequestTarget:
    """Sign host and path."""
    return replace(target, path=f"{given.host}{given.request.target}")


@SHELF(
    "target-no-method",
    breaks="TGT-001",
    says="the method is missing from the request target",
    mend="write the lower-cased method and one space in front of the path",
)
def no_method(target: RequestTarget, _given: Given) -> RequestTarget:
    """Sign the path alone, with the space in front of it."""
    return replace(target, method="")
