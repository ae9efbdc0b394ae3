"""The implementation reached for a run, told of in its report, and let go of in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.adapters import open_adapter
from conformance.adapters.interface import Adapter
from conformance.errors import AdapterStartError, UsageError
from conformance.report.document import adapter_identity
from conformance.run.suite import SuiteRun


@contextmanager
def adapted(run: SuiteRun) -> Iterator[Adapter]:
    """Give the adapter that `run` asks for, and close it at the end.

    Raises:
        AdapterStartError, UsageError: it cannot be reached; `run.seen` says so too.
    """
    settings = run.settings
    with halting(run):
        adapter = open_adapter(
            settings.adapter,
            clock=run.clock,
            start_timeout=settings.start_timeout,
            request_timeout=settings.request_timeout,
        )
    try:
        run.seen.adapter = adapter_identity(adapter.hello, run.address, run.redactor)
        yield adapter
    finally:
        adapter.close()


@contextmanager
def halting(run: SuiteRun) -> Iterator[None]:
    """Let `run` end with the error by which it cannot begin.

    Raises:
        AdapterStartError, UsageError: as they were raised; `run.seen` says so too.
    """
    try:
        yield
    except (AdapterStartError, UsageError) as error:
        run.halt(error)
        raise
