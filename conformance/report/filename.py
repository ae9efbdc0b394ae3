"""The names of a run's files; they stand alone, so that who only looks for one loads no more."""

from __future__ import annotations

from typing import Final

READINESS: Final = "readiness.json"
JUNIT: Final = "junit.xml"
EVIDENCE: Final = "evidence.jsonl"
STORIES: Final = "stories.jsonl"
EXCHANGES: Final = "exchanges.har"
CERTIFICATES: Final = "certificates.jsonl"
