# ruff: noqa: E501 - as printed
"""The error bodies as the Security page prints them, character for character."""

from __future__ import annotations

import json
from typing import Any, Final

_PRINTED: Final = {
    "address": """{
    "title": "Forbidden",
    "status": 403,
    "detail": "Caller IP address is not allowed. Access denied."
}""",
    "rate": """{
    "title": "Rate limit is exceeded.",
    "status": "429",
    "detail": "Rate limit is exceeded. Try again in 46 seconds."
}""",
    "crefo": """{
    "title": "Limit of requests by crefo Id exceeded.",
    "status": 429,
    "detail": "Limit of requests, in a given amount of time, by crefo Id exceeded, try again later."
}""",
    "subscription-key-missing": """{
  "title": "Missing subscription key",
  "status": "401",
  "detail": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
}""",
    "subscription-key-invalid": """{
  "title": "Invalid subscription key",
  "status": "401",
  "detail": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
}""",
    "client-certificate": """{
    "title": "Invalid client certificate",
    "status": "401",
    "detail": "Invalid certificate provided, please try again with a valid certificate"
}""",
    "digest-diverges": """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "Unauthorized",
    "status": 400,
    "detail": "Request was malformed or otherwise invalid - [Provided payload digest diverge of provided digest]."
}""",
    "digest-header": """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "Unauthorized",
    "status": 400,
    "detail": "Request was malformed or otherwise invalid - [Digest Header]."
}""",
    "date-skew": """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "Unauthorized",
    "status": 401,
    "detail": "Difference between current GMT time and the Date header is more than 3 minutes allowed]."
}""",
    "date-header": """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "401",
    "status": 400,
    "detail": "Request was malformed or otherwise invalid - [Date Header]."
}""",
    "signature": """{
    "type": "https://lendico.github.io/partner-api-documentation/",
    "title": "Signature could not be successfully verified.",
    "status": 401,
    "detail": "Either the signature is malformed or the information required for constructing that signature is invalid or erroneous, please check the documentation."
}""",
}  # fmt: skip

PRINTED: Final[dict[str, dict[str, Any]]] = {
    name: json.loads(text) for name, text in _PRINTED.items()
}
"""The documented bodies by the names of their schemas."""

STATUS: Final = {
    "address": 403, "rate": 429, "crefo": 429, "subscription-key-missing": 401,
    "subscription-key-invalid": 401, "client-certificate": 401, "digest-diverges": 400,
    "digest-header": 400, "date-skew": 401, "date-header": 400, "signature": 401,
}  # fmt: skip
"""The HTTP status that each comes with."""
