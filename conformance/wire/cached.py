"""A property computed when it is first asked for, and kept."""

from __future__ import annotations

import functools
from typing import Any, Self, TypeVar, overload

T = TypeVar("T")


class cached_property(functools.cached_property[T]):  # noqa: N801 - as the one it is made from
    """`functools.cached_property` without the lock that it takes before Python 3.12.

    The lock costs more than most views of a request, which has a dozen of them. Two threads that
    ask at once may both compute, as they may from 3.12 on.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Self | T:
        """Return the value for `instance`, which keeps it: the next time it is not asked here."""
        if instance is None:
            return self
        value: T = self.func(instance)
        instance.__dict__[self.func.__name__] = value
        return value
