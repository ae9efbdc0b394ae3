"""Every case of the client suite, by topic: explicitly listed, none found by scanning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from conformance.errors import DataError
from conformance.stories.case import ClientCase
from conformance.stories.cases import application, call, error, tls, token, wait, wire

_TOPICS = (call, wire, tls, token, wait, application, error)


@cache
def load_cases() -> Mapping[str, ClientCase]:
    """Return every case by its id.

    Raises:
        DataError: two have one id.
    """
    found = [case for topic in _TOPICS for case in topic.cases()]
    cases = {case.id: case for case in found}
    if len(cases) != len(found):
        raise DataError("two cases of the client suite have one id")
    return MappingProxyType(cases)
