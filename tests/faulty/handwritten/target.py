"""Signers that get the request target wrong in the signing string."""

# ruff: noqa: D401 - a docstring says what the signer does to the message

from __future__ import annotations

import html
import posixpath
import re
from functools import partial
from typing import Unpack
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit

from tests.faulty.handwritten import occasion as on
from tests.faulty.handwritten.entry import faulty
from tests.faulty.handwritten.right import (
    Headers,
    Order,
    lines_of,
    sent_over,
    signed,
)


def query_left_out(**order: Unpack[Order]) -> Headers:
    """Only the path is signed."""
    return signed(order, target=order["target"].partition("?")[0])


def decoded(**order: Unpack[Order]) -> Headers:
    """The framework's path and query: percent-decoded."""
    return signed(order, target=unquote(order["target"]))


def encoded_twice(**order: Unpack[Order]) -> Headers:
    """An encoded target is encoded once more: `%20` becomes `%2520`."""
    return signed(order, target=quote(order["target"], safe="/?&=+!$'()*,;:@~"))


def encoded_whole(**order: Unpack[Order]) -> Headers:
    """`quote(target)`: the question mark before the query is encoded too."""
    return signed(order, target=quote(order["target"], safe="/%"))


def normalised(**order: Unpack[Order]) -> Headers:
    """Dot segments and double slashes are resolved, and the trailing slash goes with them."""
    path, mark, query = order["target"].partition("?")
    return signed(order, target=posixpath.normpath(path).replace("//", "/") + mark + query)


def upper_case_percent(**order: Unpack[Order]) -> Headers:
    """The library prints `%c3` as `%C3`."""
    capitals = re.sub(
        "%[0-9a-f]{2}", lambda found: found[0].upper(), order["target"], flags=re.IGNORECASE
    )
    return signed(order, target=capitals)


def empty_query_cut(**order: Unpack[Order]) -> Headers:
    """A bare question mark at the end is lost when the address is taken apart and put together."""
    path, _, query = order["target"].partition("?")
    return signed(order, target=f"{path}?{query}" if query else path)


def query_sorted(**order: Unpack[Order]) -> Headers:
    """The query's fields are sorted, as other signature schemes want it."""
    path, mark, query = order["target"].partition("?")
    return signed(order, target=path + mark + "&".join(sorted(query.split("&"))))


def plus_made_space(**order: Unpack[Order]) -> Headers:
    """`+` is written as `%20`."""
    return signed(order, target=order["target"].replace("+", "%20"))


def method_in_capitals(**order: Unpack[Order]) -> Headers:
    """The method is signed as it stands in the request line."""
    return signed(order, method=order["method"])


def path_in_lower_case(**order: Unpack[Order]) -> Headers:
    """Method and target are lower-cased together."""
    return signed(order, target=order["target"].lower())


def gateway_prefix(**order: Unpack[Order]) -> Headers:
    """The whole path of the address is signed, with the prefix that the gateway takes off."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(order["base_url"]))
    return signed(order, target=order["url"].removeprefix(origin))


def whole_address(**order: Unpack[Order]) -> Headers:
    """Scheme and host are signed too."""
    return signed(order, target=order["url"])


def without_first_segment(**order: Unpack[Order]) -> Headers:
    """A sub-router's path: what it is mounted on is missing."""
    path, mark, query = order["target"].partition("?")
    rest = path[path.find("/", 1) :] if "/" in path[1:] else "/"
    return signed(order, target=rest + mark + query)


def not_signed(**order: Unpack[Order]) -> Headers:
    """Only the headers are signed."""
    return sent_over(order, "\n".join(lines_of(order)[1:]), names="date digest")


def label_missing(**order: Unpack[Order]) -> Headers:
    """The line begins with the method, without `(request-target): ` in front."""
    lines = lines_of(order)
    lines[0] = lines[0].removeprefix("(request-target): ")
    return sent_over(order, "\n".join(lines))


def label_without_parentheses(**order: Unpack[Order]) -> Headers:
    """Name and label are `request-target`."""
    lines = lines_of(order)
    lines[0] = lines[0].replace("(request-target)", "request-target")
    return sent_over(order, "\n".join(lines), names="request-target date digest")


def null_query(**order: Unpack[Order]) -> Headers:
    """`uri.getRawPath() + "?" + uri.getRawQuery()`: without a query it says `?null`."""
    target = order["target"]
    return signed(order, target=target if "?" in target else target + "?null")


def question_mark_always(**order: Unpack[Order]) -> Headers:
    """Path, question mark, query: also where there is no query."""
    target = order["target"]
    return signed(order, target=target if "?" in target else target + "?")


def repeated_keys_lost(**order: Unpack[Order]) -> Headers:
    """The query comes from a map of its fields: of a repeated key the last value is left."""
    path, mark, query = order["target"].partition("?")
    fields = {field.partition("=")[0]: field for field in query.split("&")}
    return signed(order, target=path + mark + "&".join(fields.values()))


def form_encoded(**order: Unpack[Order]) -> Headers:
    """The query is parsed and printed again by the form encoder."""
    path, mark, query = order["target"].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return signed(order, target=path + mark + urlencode(pairs, quote_via=quote_plus))


def escaped_for_html(**order: Unpack[Order]) -> Headers:
    """The address went through a template that escapes for HTML: `&` is `&amp;`."""
    return signed(order, target=html.escape(order["target"], quote=False))


def trailing_slash_cut(**order: Unpack[Order]) -> Headers:
    """The path loses its trailing slash."""
    path, mark, query = order["target"].partition("?")
    return signed(order, target=(path.rstrip("/") or "/") + mark + query)


def end_slash_cut(**order: Unpack[Order]) -> Headers:
    r"""`path.replace(/\/$/, "")`: the path loses its last slash, and `/` all that it has."""
    path, mark, query = order["target"].partition("?")
    return signed(order, target=path.removesuffix("/") + mark + query)


def with_http_version(**order: Unpack[Order]) -> Headers:
    """The request line is signed, its ` HTTP/1.1` included."""
    return signed(order, target=order["target"] + " HTTP/1.1")


def always_post(**order: Unpack[Order]) -> Headers:
    """The method is written into the code."""
    return signed(order, method="post")


def turkish_lower_case(**order: Unpack[Order]) -> Headers:
    """`toLowerCase()` on a Turkish machine: I becomes a dotless i."""
    return signed(order, method=order["method"].replace("I", "\u0131").lower())


def space_doubled(**order: Unpack[Order]) -> Headers:
    """Two spaces stand between method and path."""
    return signed(order, target=" " + order["target"])


_wrong = partial(faulty, stage="request target")

FAULTY = (
    _wrong(query_left_out, "TGT-003", "query", on.ANY_QUERY),
    _wrong(decoded, "TGT-004", "decod", on.PERCENT),
    _wrong(encoded_twice, "TGT-004", "twice|double|encod|%25", on.PERCENT),
    _wrong(normalised, "TGT-004", "normal|dot|slash", on.LOOSE_PATH),
    _wrong(upper_case_percent, "TGT-004", "case|percent|normal|%", on.SMALL_HEX),
    _wrong(
        empty_query_cut,
        *("TGT-003 TGT-004", "empty query|question mark|bare|\\?", on.BARE_QUESTION_MARK),
    ),
    _wrong(query_sorted, "TGT-003 TGT-004", "sort", on.UNSORTED_QUERY),
    _wrong(plus_made_space, "TGT-003 TGT-004", r"\+|plus|%20", on.PLUS),
    _wrong(method_in_capitals, "TGT-001", "method|lower", on.CAPITALS_IN_METHOD),
    _wrong(path_in_lower_case, "TGT-002", "lower|case", on.CAPITALS_IN_TARGET),
    _wrong(gateway_prefix, "TGT-005", "prefix", on.PREFIX),
    _wrong(whole_address, "TGT-004 TGT-005", "URL|host|address"),
    _wrong(without_first_segment, "TGT-004 TGT-005", "router|relative|pref", on.DEEP_PATH),
    _wrong(not_signed, "STR-001", "request-target"),
    _wrong(label_missing, "STR-004", "request-target|label"),
    _wrong(label_without_parentheses, "STR-001 STR-004", "request-target", listed=False),
    _wrong(encoded_whole, "TGT-004", "encod|%3F", on.ENCODED_BY_QUOTE, listed=False),
    _wrong(null_query, "TGT-003 TGT-004", "null|query|target", on.NO_QUERY, listed=False),
    _wrong(
        question_mark_always,
        *("TGT-003 TGT-004", r"\?|question|query|target", on.NO_QUERY),
        listed=False,
    ),
    _wrong(
        repeated_keys_lost,
        *("TGT-003 TGT-004", "repeat|query|target", on.REPEATED_KEYS),
        listed=False,
    ),
    _wrong(
        form_encoded,
        *("TGT-003 TGT-004", "form|query|encod|target", on.LOOSE_QUERY),
        listed=False,
    ),
    _wrong(escaped_for_html, "TGT-003 TGT-004", "html|amp|target", on.AMPERSAND, listed=False),
    _wrong(trailing_slash_cut, "TGT-004", "slash|normal|target", on.TRAILING_SLASH, listed=False),
    _wrong(end_slash_cut, "TGT-004", "end-slash-cut|slash at the end", on.END_SLASH),
    _wrong(with_http_version, "TGT-004", "HTTP/1|version|target", listed=False),
    _wrong(always_post, "TGT-001", "method|post|target", on.NO_POST, listed=False),
    _wrong(turkish_lower_case, "TGT-001", "method|locale|target", on.LETTER_I, listed=False),
    _wrong(space_doubled, "TGT-004 STR-004", "space|target", listed=False),
)
