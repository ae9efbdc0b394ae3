"""What holds for all tests of the project."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts jobs in the background so, and every process that a test starts would inherit
    # it: those that test Ctrl-C would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)
