"""The name of a file that a verb writes, looked at before the verb begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from conformance.errors import UsageError
from conformance.wire.shown import shown


class OutputFile(click.Path):
    """A path that may name a file: it is neither empty nor a directory."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path.

        Raises:
            UsageError: it names no file.
        """
        option = param.opts[0] if param else "the option"
        text = str(value)
        if not text:
            raise UsageError(
                f"no file is named: {option} is empty",
                hint=f"Name a file after {option}; a variable that is not set leaves it empty.",
            )
        if Path(text).is_dir():
            raise UsageError(
                f"{option} names a directory: {shown(text, 300)}",
                hint=f"Name a file in it: {option} {shown(str(Path(text) / 'FILE'), 300)}",
            )
        return super().convert(value, param, ctx)
