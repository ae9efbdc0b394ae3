"""A fault read from JSON, as it comes over the control port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from conformance.sandbox.fault import Fault, FaultKind
from conformance.sandbox.problem import PROBLEMS

_MOST_SECONDS: Final = 10 * 365 * 86400
_LONGEST_STALL: Final = 3600
_TEXTS: Final = ("method", "path", "location")


def read_fault(content: Mapping[str, Any]) -> Fault:
    """Return the fault that JSON describes.

    Raises:
        ValueError: a member is unknown, of a wrong type or out of bounds; the text says which.
    """
    known = sorted(field.name for field in fields(Fault))
    if unknown := set(content) - set(known):
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}, only {', '.join(known)}")
    if content.get("kind") not in list(FaultKind):
        raise ValueError(f"kind must be one of {', '.join(FaultKind)}")
    given = {**content, "kind": FaultKind(content["kind"])}
    _check_whole(content.get("count", 1), "count", 1, 1_000_000)
    _check_whole(content.get("status", 200), "status", 200, 599)
    if content.get("problem", "signature") not in PROBLEMS:
        raise ValueError(f"problem must be one of {', '.join(PROBLEMS)}")
    for name in _TEXTS:
        _check_text(content.get(name, ""), name)
    if not 0 <= number(content.get("seconds", 1), "seconds") <= _LONGEST_STALL:
        raise ValueError(f"seconds must lie between 0 and {_LONGEST_STALL}")
    headers = content.get("headers", [])
    if not isinstance(headers, list):
        raise ValueError("headers must be a list of pairs of name and value")  # noqa: TRY004
    given["headers"] = tuple(map(_header, headers))
    return Fault(**given)


def number(value: object, name: str) -> float:
    """Return `value`, a number that is not beyond ten years of seconds.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number")  # noqa: TRY004 - one error for all
    if not abs(value) <= _MOST_SECONDS:
        raise ValueError(f"{name} is out of all bounds")
    return value


def _check_whole(value: object, name: str, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}")


def _check_text(text: object, name: str) -> None:
    if not isinstance(text, str) or not text.isprintable() or not text.isascii():
        raise ValueError(f"{name} must be printable text in ASCII")


def _header(field: object) -> tuple[str, str]:
    if isinstance(field, list) and len(field) == 2 and all(isinstance(text, str) for text in field):
        name, value = field
        if name.replace("-", "").isalnum() and (name + value).isascii() and value.isprintable():
            return name, value
    raise ValueError("headers must be a list of pairs of name and value")
