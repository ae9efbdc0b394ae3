"""What earlier requests should have signed and sent, so that it is known when used again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime
from typing import Final

from conformance.diagnosis.of_date import right_moment
from conformance.wire.reading import Reading

MOST: Final = 20_000
"""How many requests back are remembered."""


class Memory:
    """The strings, dates and digests of earlier requests.

    `strings` maps the SHA-256 of each string that should have been signed to whether it was.
    `digests` maps the digest of each body to whether it was sent with that body. `dates` holds
    the dates that were right: a signer that always errs in the same way sends the same wrong one
    again where the same is asked, and uses nothing twice.
    """

    def __init__(self) -> None:
        self.strings: OrderedDict[bytes, bool] = OrderedDict()
        self.digests: OrderedDict[str, bool] = OrderedDict()
        self.dates: OrderedDict[datetime, bool] = OrderedDict()

    def add(self, reading: Reading) -> None:
        """Keep what a later request may have used again."""
        if reading.expected_string is not None:
            string = hashlib.sha256(reading.expected_string).digest()
            self.strings[string] = self.strings.get(string, False) or reading.verifies is True
        sent = reading.request.headers.combined("digest") == reading.digest
        self.digests[reading.digest] = self.digests.get(reading.digest, False) or sent
        moment = right_moment(reading)
        if moment is not None:
            self.dates[moment] = True
        for kept in (self.strings, self.digests, self.dates):
            if len(kept) > MOST:
                kept.popitem(last=False)
