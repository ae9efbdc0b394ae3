"""The reference client of the Partner API, and `SignatureAuth` for programs with `requests`.

What is named here is loaded when it is asked for: most of the suite needs a small part of the
client, and no HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from conformance.client.calling import Client, Endpoint
    from conformance.client.credentials import Credentials
    from conformance.client.result import Outcome, Result
    from conformance.client.signing import SignatureAuth

__all__ = ["Client", "Credentials", "Endpoint", "Outcome", "Result", "SignatureAuth"]

_MODULES: Final = {
    "Client": "calling", "Credentials": "credentials", "Endpoint": "calling", "Outcome": "result",
    "Result": "result", "SignatureAuth": "signing",
}  # fmt: skip

if not TYPE_CHECKING:  # who checks types knows each name from the imports above

    def __getattr__(name: str) -> Any:
        """Return what is called `name`, and keep it (PEP 562)."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return found

    def __dir__() -> list[str]:
        """Return the names, those too that are not loaded yet."""
        return sorted({*globals(), *__all__})
