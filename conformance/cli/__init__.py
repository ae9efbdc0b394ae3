"""The command `lendico-conformance`: one module a verb, and the only place that exits."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv`, or with the arguments of the process; return the exit code.

    Exit codes: 0 to 6 as the verdict says, 2 for a wrong usage or configuration, 3 when the suite
    or an adapter broke, 130 when interrupted, 141 when the reader of the output went away.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        from conformance.cli.failure import interrupted  # noqa: PLC0415 - every start would pay

        return interrupted()
    except BrokenPipeError:
        _drop_output()
        return 141
    except OSError as error:
        _drop_output()
        print(f"error: the output cannot be written: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 3
    return code


def _run(arguments: list[str]) -> int:
    if "_LENDICO_CONFORMANCE_COMPLETE" not in os.environ:
        from conformance.cli.front import answer  # noqa: PLC0415 - cheap before dear

        code = answer(arguments)
        if code is not None:
            return code
    from conformance.cli.frame import run  # noqa: PLC0415 - click costs four bare starts

    return run(arguments)


def _drop_output() -> None:
    """Let what is still buffered go nowhere, so that Python's own exit does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
