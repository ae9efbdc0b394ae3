"""JSON as JavaScript reads and writes it: `JSON.stringify(JSON.parse(text))`."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

_INDEX: Final = re.compile(r"(?:0|[1-9][0-9]{0,9})\Z")
_LAST_INDEX: Final = 2**32 - 2


def rewritten(text: str | bytes) -> str:
    """Return JSON `text` as JavaScript writes it again.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    return _value(json.loads(text, parse_int=float, parse_constant=_refused))


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _value(data: Any) -> str:
    if isinstance(data, dict):
        pairs = (f"{_text(name)}:{_value(data[name])}" for name in sorted(data, key=_place))
        return "{" + ",".join(pairs) + "}"
    if isinstance(data, list):
        return "[" + ",".join(map(_value, data)) + "]"
    if isinstance(data, float):
        return number(data)
    return _text(data) if isinstance(data, str) else json.dumps(data)


def _place(name: str) -> tuple[bool, int]:
    """Return where a property stands: array indices first, by their number, the others as read."""
    index = int(name) if _INDEX.match(name) else _LAST_INDEX + 1
    return (False, index) if index <= _LAST_INDEX else (True, 0)


def _text(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", written)


def number(value: float) -> str:
    """Return a number as JavaScript prints it: 1 for 1.0, 1e+21 for a long one, null for none."""
    if math.isinf(value):
        return "null"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    digits = whole + part
    point = len(whole) + int(exponent or 0)
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Return `digits` with the point after `point` of them: ECMA-262, Number::toString."""
    if 0 < point <= 21:
        if len(digits) <= point:
            return digits.ljust(point, "0")
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if digits[1:] else ""
    return f"{digits[0]}{rest}e{point - 1:+}"
