"""Which requests a faulty signer is wrong on, each said in words and as a predicate."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from tests.faulty.handwritten.entry import Occasion
from tests.faulty.handwritten.right import Order, moment, printed_by_javascript, private_key


def _when(says: str, holds: Callable[[Order], bool]) -> Occasion:
    return Occasion(says, lambda order, _: holds(order))


def _path(order: Order) -> str:
    return order["target"].partition("?")[0]


def _query(order: Order) -> str:
    return order["target"].partition("?")[2]


def _keys(order: Order) -> list[str]:
    return [field.partition("=")[0] for field in _query(order).split("&")]


def _text(order: Order) -> str | None:
    """Return the body as text, None where it is no UTF-8."""
    try:
        return order["body"].decode()
    except UnicodeDecodeError:
        return None


def _printed_differently(order: Order, **options: object) -> bool:
    """Return whether the body is JSON that `json.dumps` with `options` prints differently."""
    try:
        value = json.loads(order["body"])
    except ValueError:
        return False
    return json.dumps(value, **options).encode() != order["body"]  # type: ignore[arg-type]


def _decoded_by_javascript(order: Order) -> bool:
    """Return whether `decodeURI` changes the target: it leaves reserved characters encoded."""
    octets = re.findall("%([0-9A-Fa-f]{2})", order["target"])
    try:
        bytes.fromhex("".join(octets)).decode()
    except UnicodeDecodeError:
        return False
    return any(chr(int(pair, 16)) not in ";/?:@&=+$,#" for pair in octets)


def _through_echo(body: bytes) -> bytes:
    """Return what `echo "$(cat)"` prints of `body`."""
    return body.replace(b"\0", b"").rstrip(b"\n") + b"\n"


EMPTY_BODY = _when("the body is empty", lambda o: not o["body"])
SOME_BODY = _when("the body is not empty", lambda o: bool(o["body"]))
LOOSE_JSON = _when("JSON that Python would print otherwise", _printed_differently)
SPACED_JSON = _when(
    "JSON with white space between its tokens",
    lambda o: _printed_differently(o, separators=(",", ":"), ensure_ascii=False),
)
JAVASCRIPT_JSON = _when(
    "JSON that JavaScript would print otherwise",
    lambda o: printed_by_javascript(o["body"]) != o["body"],
)
OUTER_SPACE = _when("white space around the body", lambda o: o["body"] != o["body"].strip())
CRLF = _when("CR LF in the body", lambda o: b"\r\n" in o["body"])
UMLAUTS = _when("text that is not ASCII", lambda o: not (_text(o) or "").isascii())
BINARY = _when("a body that is no UTF-8", lambda o: _text(o) is None)
LARGE_BODY = _when("a body of more than 8192 octets", lambda o: len(o["body"]) > 8192)
NUL = _when("NUL in the body", lambda o: b"\0" in o["body"])
DECOMPOSED = _when(
    "text that is not in NFC", lambda o: not unicodedata.is_normalized("NFC", _text(o) or "")
)
CHANGED_BY_ECHO = _when(
    "NUL in the body, or anything but one LF at its end",
    lambda o: _through_echo(o["body"]) != o["body"],
)

EARLY_IN_MONTH = _when("days 1 to 9", lambda o: moment(o).day < 10)
AFTERNOON = _when("the hours 00 and 13 to 23", lambda o: moment(o).hour not in range(1, 13))
NEW_YEAR = _when(
    "days whose ISO week belongs to another year",
    lambda o: moment(o).isocalendar().year != moment(o).year,
)
MINUTES_UNLIKE_MONTH = _when(
    "minutes more than 3 away from the month's number",
    lambda o: abs(moment(o).minute - moment(o).month) > 3,
)

ANY_QUERY = _when("a query", lambda o: "?" in o["target"])
NO_QUERY = _when("no query", lambda o: "?" not in o["target"])
BARE_QUESTION_MARK = _when("an empty query", lambda o: "?" in o["target"] and not _query(o))
PERCENT = _when("percent-encoding", lambda o: "%" in o["target"])
PLUS = _when("a plus sign", lambda o: "+" in o["target"])
AMPERSAND = _when("an ampersand", lambda o: "&" in o["target"])
ENCODED_BY_QUOTE = _when(
    "anything but letters, digits, /, %, -, _, . and ~",
    lambda o: quote(o["target"], safe="/%") != o["target"],
)
DECODED_BY_JAVASCRIPT = _when("percent-encoding of unreserved octets", _decoded_by_javascript)
SMALL_HEX = _when(
    "percent-encoding in lower case",
    lambda o: bool(re.search("%([a-f].|.[a-f])", o["target"])),
)
LOOSE_PATH = _when(
    "dot segments, double or trailing slashes",
    lambda o: bool(re.search(r"//|/\.\.?(/|$)|./$", _path(o))),
)
TRAILING_SLASH = _when("a trailing slash", lambda o: _path(o) != "/" and _path(o).endswith("/"))
END_SLASH = _when("a slash at the end of the path", lambda o: _path(o).endswith("/"))
DEEP_PATH = _when("a path other than /", lambda o: _path(o) != "/")
UNSORTED_QUERY = _when(
    "fields out of order in the query",
    lambda o: _query(o).split("&") != sorted(_query(o).split("&")),
)
REPEATED_KEYS = _when(
    "a repeated key in the query",
    lambda o: len(set(_keys(o))) < len(_keys(o)),
)
LOOSE_QUERY = _when(
    "a query that a form encoder writes otherwise",
    lambda o: urlencode(parse_qsl(_query(o), keep_blank_values=True)) != _query(o),
)
PATHNAME_DIFFERS = _when("a query, or dot segments", lambda o: ANY_QUERY(o) or "/." in _path(o))
PREFIX = _when("a gateway prefix", lambda o: urlsplit(o["base_url"]).path not in {"", "/"})
CAPITALS_IN_TARGET = _when("capitals in the target", lambda o: o["target"].lower() != o["target"])
CAPITALS_IN_METHOD = _when("capitals in the method", lambda o: o["method"].lower() != o["method"])
NO_POST = _when("methods other than POST", lambda o: o["method"].lower() != "post")
LETTER_I = _when("the letter I in the method", lambda o: "I" in o["method"])

API_REQUEST = _when("API requests", lambda o: o["place"] == "signature")
TOKEN_REQUEST = _when("the token request", lambda o: o["place"] == "authorization")
SMALL_KEY_ID = _when("small letters in the client id", lambda o: o["key_id"].upper() != o["key_id"])
LOOSE_KEY_ID = _when(
    "characters in the client id that a URL must encode",
    lambda o: quote(o["key_id"], safe="") != o["key_id"],
)
PADDED_SIGNATURE = _when(
    "keys whose signatures have padding in Base64: 2048 and 4096 bit, not 3072",
    lambda o: private_key(o).key_size // 8 % 3 != 0,
)


def _seen_before(order: Order, earlier: Sequence[Order]) -> bool:
    """Return whether the first request with this method and target signed something else."""
    same = [e for e in earlier if (e["method"], e["target"]) == (order["method"], order["target"])]
    return bool(same) and (same[0]["date"], same[0]["body"]) != (order["date"], order["body"])


def _long_after_first(order: Order, earlier: Sequence[Order]) -> bool:
    return bool(earlier) and abs((moment(order) - moment(earlier[0])).total_seconds()) > 180


LATER = Occasion(
    "all requests but the first that differ from it", lambda o, e: bool(e) and e[0] != o
)
SAME_TARGET_AGAIN = Occasion(
    "a method and target seen before, with another date or body", _seen_before
)
MINUTES_LATER = Occasion("dates more than 3 minutes from the first", _long_after_first)
AFTER_A_BODY = Occasion(
    "all requests after the first with a body", lambda _, e: any(order["body"] for order in e)
)
AFTER_ANOTHER_BODY = Occasion(
    "a body unlike the one before", lambda o, e: bool(e) and e[-1]["body"] != o["body"]
)
EVERY_THIRD = Occasion("every third request", lambda _, e: len(e) % 3 == 2)
EVERY_SECOND = Occasion("every second request", lambda _, e: len(e) % 2 == 1)
