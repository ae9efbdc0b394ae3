"""The reference client of the Partner API, and `SignatureAuth` for programs with `requests`."""

from conformance.client.calling import Client, Endpoint
from conformance.client.credentials import Credentials
from conformance.client.result import Outcome, Result
from conformance.client.signing import SignatureAuth

__all__ = ["Client", "Credentials", "Endpoint", "Outcome", "Result", "SignatureAuth"]
