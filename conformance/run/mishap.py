"""What breaks in the suite while the API is asked, told without secrets."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.errors import ConformanceError
from conformance.run.suite import SuiteRun

_MEANT = (ConformanceError, pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception)


@contextmanager
def told_without_secrets(run: SuiteRun) -> Iterator[None]:
    """Put on record what breaks meanwhile, and fail the test with its traceback, redacted.

    pytest and its plugins print and keep the text of an exception as it is.
    """
    try:
        yield
    except _MEANT:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold a secret
        run.broke("while the API was asked", error)
        says = run.redactor.text(traceback.format_exc())
        raise pytest.fail.Exception(says, pytrace=False) from None
