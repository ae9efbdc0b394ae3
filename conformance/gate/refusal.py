"""A file that was handed in and is not believed: the reason, in a sentence and as a code."""

from __future__ import annotations

from conformance.errors import UsageError


class RefusalError(UsageError):
    """What was handed in is refused: nothing that it claims counts; verdict INVALID, exit code 2.

    `reason` is the stable code, such as `hash-differs` or `certificate-not-registered`.
    """

    def __init__(self, reason: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
