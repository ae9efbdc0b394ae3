"""The reference client of the Partner API, and `SignatureAuth` for programs with `requests`."""

from conformance.client.signing import SignatureAuth

__all__ = ["SignatureAuth"]
