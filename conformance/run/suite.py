"""One run of the suite: what is asked, and what was seen of it."""

from __future__ import annotations

import os
import re
import secrets
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conformance.cases.case import Case
from conformance.cases.store import FailureStore
from conformance.cases.vectors import Vector, load_vectors
from conformance.catalogue import Catalogue, load_catalogue
from conformance.clock import Clock, SystemClock
from conformance.config import Part, Settings
from conformance.errors import AdapterError, ConformanceError, UsageError
from conformance.gate.challenge import Challenge
from conformance.gate.waivers import Waiver
from conformance.redaction import Redactor
from conformance.report.model import Report, Stop, StopKind
from conformance.report.verdict import of_part
from conformance.report.writing import Written
from conformance.run.asked import client_case, client_cases, signer_case
from conformance.run.listener import Listener, Silence
from conformance.run.recording import Recording
from conformance.stories.case import PREFIX as STORY
from conformance.stories.case import ClientCase
from conformance.wire.shown import shown

_SEEDS: Final = 2**32
_GENERATED: Final = re.compile(r"generated/([0-9]{1,6})\Z")


@dataclass(kw_only=True)
class SuiteRun:
    """The suite against the implementation that `settings` name.

    `replay` names the one case to ask in a run that asks no more; `challenge` brings cases of its
    own, `waivers` cover failures. `seen` is what this process has seen since it was last taken;
    `whole` gathers what all processes have.
    """

    settings: Settings
    replay: str | None = None
    challenge: Challenge | None = None
    waivers: tuple[Waiver, ...] = ()
    strict: bool = False
    clock: Clock = field(default_factory=SystemClock)
    listener: Listener = field(default_factory=Silence)
    seed: int = field(default_factory=lambda: secrets.randbelow(_SEEDS))
    redactor: Redactor = field(default_factory=Redactor)
    store: FailureStore = field(default_factory=FailureStore)
    seen: Recording = field(default_factory=Recording)
    whole: Recording = field(default_factory=Recording)
    exchanges: dict[str, str] = field(default_factory=dict)
    """What this process sent to the API and got back: entries of the HAR file by their names."""
    catalogue: Catalogue = field(init=False)
    parts: tuple[Part, ...] = field(init=False)
    """What is run."""
    vectors: tuple[Vector, ...] = field(init=False)
    stories: tuple[ClientCase, ...] = field(init=False, default=())
    """The cases of a client."""
    replayed: Case | None = field(init=False, default=None)
    report: Report | None = field(init=False, default=None)
    written: Written | None = field(init=False, default=None)
    unwritten: UsageError | None = field(init=False, default=None)
    """Why the files of the report could not be written; the report itself is there all the same."""
    selected: int = field(init=False, default=0)
    """How many vectors are to be asked."""
    began: float = field(init=False)
    """When it began, by the clock's seconds."""

    def __post_init__(self) -> None:
        """Load what is asked, and make sure that a report can be written.

        Raises:
            UsageError: no case goes by the name of `replay`, or the report cannot be written.
        """
        self.began = self.clock.monotonic()
        if self.settings.seed is not None:
            self.seed = self.settings.seed
        self.catalogue = load_catalogue()
        self.parts = self.settings.parts
        offline = Part.OFFLINE in self.parts
        self.vectors = load_vectors(self.settings.signed_path) if offline else ()
        if Part.CLIENT in self.parts:
            self.stories = tuple(client_cases().values())
        if self.replay is not None and self.replay.startswith(STORY):
            self.stories = (client_case(self.replay.removeprefix(STORY)),)
            self.parts = (Part.CLIENT,)
        elif self.replay is not None:
            if not offline:
                raise UsageError(
                    "--replay is for cases of a signer",
                    hint="Choose what to ask with -k, such as -k API-DIG-002.",
                )
            self.parts = (Part.OFFLINE,)
            self.replayed = signer_case(
                self.replay, vectors=self.vectors, challenge=self.challenge, store=self.store,
                seed=self.settings.seed,
            )  # fmt: skip
        _prove_writable(self.settings.report_dir)

    def requirements(self, part: Part) -> tuple[str, ...]:
        """Return the requirements that `part` judges."""
        return of_part(self.catalogue, part)

    @property
    def asks_adapter(self) -> bool:
        """Whether an implementation is asked through its adapter."""
        return Part.OFFLINE in self.parts or Part.CLIENT in self.parts

    @property
    def shown_parts(self) -> tuple[Part, ...]:
        """The parts that count: a client that cannot send is made up for by calls of the API."""
        adapter = self.whole.adapter
        if Part.LIVE not in self.parts or adapter is None or "send" in adapter.can:
            return self.parts
        return tuple(part for part in self.parts if part is not Part.CLIENT)

    @property
    def address(self) -> str:
        """How the implementation is reached, as people write it."""
        if not self.asks_adapter:
            return self.settings.base_url
        adapter = self.settings.adapter
        return adapter if isinstance(adapter, str) else shlex.join(adapter)

    def broke(self, where: str, error: BaseException) -> None:
        """Put on record that the suite itself broke."""
        self.seen.stop = self.seen.stop or Stop(
            kind=StopKind.ERROR,
            reason=f"the suite broke {where}: {type(error).__name__}: {error}",
            hint=getattr(error, "hint", "") or "This is a defect of the suite: please report it.",
        )

    def halt(self, error: ConformanceError) -> None:
        """Put on record that the run cannot start, and why."""
        self.seen.stop = self.seen.stop or Stop(
            kind=StopKind.INVALID,
            reason=error.message,
            hint=error.hint,
            detail=error.detail if isinstance(error, AdapterError) else "",
        )

    def take(self) -> Recording:
        """Return what this process has seen since the last call."""
        taken, self.seen = self.seen, Recording()
        return taken


def _prove_writable(directory: Path) -> None:
    """Make `directory`, and see that files can be made in it, before anything is asked."""
    probe = directory / f".{secrets.token_hex(8)}.half"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"no report can be written into {shown(str(directory))}: {error.strerror}",
            hint="Choose a directory that can be written with --report-dir.",
        ) from None
