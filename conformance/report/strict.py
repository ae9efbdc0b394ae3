"""JSON from outside, read strictly: one meaning or none.

A key that stands twice, NaN, a number past what a float can hold and text that is no UTF-8 are
refused: two readers may take them for different things, and one of them may be a gate.
"""

from __future__ import annotations

import codecs
import json
import math
from collections import Counter
from typing import Any, Final


def strict_json(data: bytes) -> Any:
    """Return the JSON value in `data`.

    Raises:
        ValueError: it is no JSON in UTF-8, has a key twice, or a number that JSON does not know;
            also where it is nested too deeply to be read.
    """
    if data.startswith(codecs.BOM_UTF8):
        raise ValueError("it is no JSON (it begins with a BOM, which RFC 8259 forbids)")
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"it is no JSON ({error.msg} at {where})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:60]!a} stands in one object twice")
    return found


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
)
