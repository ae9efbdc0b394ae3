"""A local sandbox, and a partner that calls it."""

from __future__ import annotations

from tests.live.local import credentials, sandbox, shared

__all__ = ["credentials", "sandbox", "shared"]
