"""Ask an implementation cases and judge what it answers."""

from conformance.trial.trial import Trial

__all__ = ["Trial"]
