"""The report's values as plain JSON values, and back.

Frozen dataclasses become objects with their fields in the order written, so that the same value
always gives the same text. The way back serves test workers that send their checks home, and
readers of a written report.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, TypeVar, cast, get_args, get_origin

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Return `value` made of dict, list, str, int, float, bool and None only.

    Moments become RFC 3339 text in UTC, cut to the second.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return {item.name: to_plain(getattr(value, item.name)) for item in dataclasses.fields(value)}


def from_plain(kind: type[T], data: Any) -> T:
    """Return the value of type `kind` that `to_plain` made `data` of.

    Raises:
        ValueError: `data` does not have that form; says at which field.
    """
    try:
        return cast("T", _reader(cast("Any", kind))(data))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no {kind.__name__} in plain form: {error}") from error


def with_text(value: T, change: Callable[[str], str]) -> T:
    """Return `value` with `change` made to every text in it, at any depth; enums stay."""
    return cast("T", _changed(value, change))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _changed(item, change) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_changed(item, change) for item in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    before = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    after = {name: _changed(item, change) for name, item in before.items()}
    changes = {name: item for name, item in after.items() if item != before[name]}
    return dataclasses.replace(value, **changes) if changes else value


_Reader = Callable[[Any], Any]

_AS_THEY_ARE: Final = (str, int, float, bool)
"""The types of fields whose values are the same in both forms."""


@functools.cache
def _reader(kind: Any) -> _Reader:
    """Return what makes a value of type `kind` of plain data; made once, since reports are long."""
    origin = get_origin(kind)
    if origin is types.UnionType:
        wanted = _reader(get_args(kind)[0])
        return lambda data: None if data is None else wanted(data)
    if origin is tuple:
        return functools.partial(_tuple, _reader(get_args(kind)[0]))
    return cast("_Reader", dict) if origin is Mapping else _single_reader(kind)


def _single_reader(kind: type[Any]) -> _Reader:
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = {item.name: _reader(hints[item.name]) for item in dataclasses.fields(kind)}
        exact = {name: hints[name] for name in fields if hints[name] in _AS_THEY_ARE}
        return functools.partial(_dataclass, kind, fields, exact)
    if kind is datetime:
        return _moment
    if issubclass(kind, Enum):
        return functools.partial(_member, kind, {item.value: item for item in kind})
    return functools.partial(_single, (int, float) if kind is float else kind, kind.__name__)


def _moment(text: str) -> datetime:
    """Return the moment that `text` names; one that UTC has no year for is none."""
    moment = datetime.fromisoformat(text)
    try:
        moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]} is beyond all calendars") from error
    return moment


def _tuple(reader: _Reader, data: Any) -> tuple[Any, ...]:
    if not isinstance(data, list | tuple):
        raise TypeError(f"{data!r} is no list")
    return tuple(map(reader, data))


def _dataclass(
    kind: Any, fields: Mapping[str, _Reader], exact: Mapping[str, Any], data: Any
) -> Any:
    """Return a value of the dataclass `kind`; of `exact` type means that nothing is to be read."""
    return kind(
        **{
            name: item if item.__class__ is exact.get(name) else fields[name](item)
            for name, item in data.items()
        }
    )


def _member(kind: Any, members: Mapping[str, Any], data: Any) -> Any:
    return members.get(data) or kind(data)


def _single(kind: Any, name: str, data: Any) -> Any:
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} is no {name}")
    return data
