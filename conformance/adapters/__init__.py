"""Reach an implementation under test: a process, an HTTP server, a Python object, the reference.

`open_adapter` is the way in; what comes out is an `Adapter` (interface.py). The protocol that
adapters speak is told in docs/adapter-protocol.md. Transports are imported when they are used.
"""

from conformance.adapters.interface import Refused
from conformance.adapters.opening import open_adapter

__all__ = ["Refused", "open_adapter"]
