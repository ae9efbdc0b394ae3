"""Packages that only a part of the suite needs, and how to install them where they are missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from conformance.errors import UsageError

_EXTRAS: Final = {"h11": "sandbox", "limits": "sandbox", "OpenSSL": "sandbox"}
"""The extra of each package that belongs to one."""


@contextmanager
def extra_needed(what: str) -> Iterator[None]:
    """Say, where an import in the block fails, how to install what `what` needs.

    Raises:
        UsageError: a package of an extra is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        raise UsageError(
            f"{what} needs the package '{error.name}', which is not installed",
            hint=f"{sys.executable} -m pip install 'lendico-conformance[{extra}]'",
        ) from None
