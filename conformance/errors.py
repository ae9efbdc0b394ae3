"""Everything this package raises on purpose, in one small tree.

ConformanceError                one sentence, and a hint at what to do next
├── UsageError                  the run cannot start: wrong command line, configuration or file
│   ├── ConfigError             a setting is unknown, of a wrong type or contradicts another
│   ├── MaterialError           a certificate or key cannot be read
│   ├── CaptureError            a captured request cannot be read
│   └── RefusalError            what was handed in is not believed (`gate.refusal`); a reason code
├── AdapterError                the adapter, not the signer, broke
│   ├── AdapterStartError       it could not be started, or `hello` failed
│   ├── AdapterTimeoutError     no answer within the deadline
│   ├── AdapterCrashError       the process ended, or the connection broke, before the answer
│   ├── AdapterProtocolError    the answer breaks the adapter protocol
│   ├── AdapterSharedError      it broke with several calls in flight: any of them may have done it
│   └── AdapterGoneError        it broke too often and was not asked any more: not run
├── WireError                   text that is no Date, Digest or Signature; carries a reason code
└── DataError                   the suite's own vectors, schemas or catalogue are broken

What a partner's signer or client does wrong is never an exception: it is a `Finding`.
"""

from __future__ import annotations


class ConformanceError(Exception):
    """One sentence that says what happened, with `hint`: what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ConformanceError):
    """The run cannot start as it was asked for; verdict INVALID, exit code 2."""


class ConfigError(UsageError):
    """A setting is unknown, has a wrong type, or contradicts another one."""


class MaterialError(UsageError):
    """A certificate, key or PKCS#12 file cannot be read or does not fit.

    `reason` is the stable code of what is wrong with the file, where there is one, such as
    `password-wrong`.
    """

    def __init__(self, message: str, *, hint: str = "", reason: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class CaptureError(UsageError):
    """A captured request cannot be read as an HTTP message, HAR entry or curl command."""


class AdapterError(ConformanceError):
    """The adapter broke; counts as `error`, never as a failure of the signer.

    `detail` holds what helps to mend the adapter: its last lines on standard error, the
    offending line, the exit code. It is hostile text and bounded in size.
    """

    def __init__(self, message: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message, hint=hint)
        self.detail = detail


class AdapterStartError(AdapterError):
    """The adapter could not be started, or did not answer `hello` as the protocol asks."""


class AdapterTimeoutError(AdapterError):
    """No answer came within the deadline."""


class AdapterCrashError(AdapterError):
    """The adapter's process ended, or its connection broke, before it answered."""


class AdapterProtocolError(AdapterError):
    """The adapter's answer breaks the adapter protocol."""


class AdapterSharedError(AdapterError):
    """The adapter broke with several calls in flight: any of them may have done it."""


class AdapterGoneError(AdapterError):
    """The adapter broke too often and was not asked: what was left is `not_run`, not `error`."""


class WireError(ConformanceError):
    """A text that the protocol's grammar refuses.

    `reason` is the stable code, such as `date-zone` or `base64-padding`, that findings and
    negative vectors carry.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type[WireError], tuple[str, str]]:
        """Return how to make it again: pickle gives an exception its message alone."""
        return type(self), (self.reason, self.message)


class DataError(ConformanceError):
    """The suite's own data is missing or breaks its schema: a defect of the suite."""
