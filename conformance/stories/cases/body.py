"""An application that fits the documented schema."""

from __future__ import annotations

import json
from typing import Any

_ADDRESS = {
    "line_1": "Beispielstr. 1", "city": "Berlin", "zip": "10115", "country_code": "DE",
    "type": "PRIMARY",
}  # fmt: skip


def application(crefo: str) -> bytes:
    """Return an application for one crefo id, as JSON."""
    document: dict[str, Any] = {
        "company": {
            "name": "Beispiel GmbH",
            "address": _ADDRESS,
            "financials": [{"year": 2022, "revenue": "120000.50", "currency": "EUR"}],
            "representatives": [
                {
                    "roles": ["MD", "APPLICANT"], "salutation": "MRS", "email": "a@example.de",
                    "birthday": "1980-02-29", "first_name": "Erika", "last_name": "Muster",
                    "nationality": "DE", "phone_number": "+49 30 123456",
                    "addresses": [_ADDRESS],
                }
            ],
            "legal_form": "GMBH",
            "foundation_date": "2010-01-31",
            "bookkeeping_standard": "HGB_ESTR",
            "credit_scores": [{"type": "CREFO", "id": crefo}],
        },
        "details": {
            "purpose": "Stock", "product_code": "TERM_LOAN_EQUAL_INSTALLMENT", "currency": "EUR",
            "request_amount": 50000, "request_term": 24, "request_term_unit": "MONTH",
        },
        "partner_account_manager": {
            "salutation": "MR", "email": "b@example.de", "first_name": "Max",
            "last_name": "Muster", "phone_number": "030 123456",
        },
    }  # fmt: skip
    return json.dumps(document).encode()
