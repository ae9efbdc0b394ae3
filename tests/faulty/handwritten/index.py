"""The index of the signers written by hand: those that are wrong, and those that only look it."""

from __future__ import annotations

from tests.faulty.handwritten import (
    date,
    digest,
    harmless,
    header,
    process,
    signature,
    signing_string,
    state,
    target,
)
from tests.faulty.handwritten.entry import FaultySigner, HarmlessSigner

FAULTY: tuple[FaultySigner, ...] = (
    *digest.FAULTY,
    *date.FAULTY,
    *target.FAULTY,
    *signing_string.FAULTY,
    *signature.FAULTY,
    *header.FAULTY,
    *state.FAULTY,
    *process.FAULTY,
)

HARMLESS: tuple[HarmlessSigner, ...] = (*harmless.HARMLESS, *process.HARMLESS)
