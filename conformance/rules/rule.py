"""A rule: a function that states a requirement and yields what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from conformance.diagnosis.explanation import Explanation
from conformance.errors import DataError
from conformance.rules.finding import Finding
from conformance.wire.reading import Reading
from conformance.wire.visible import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a rule looks at: the request as read, and, when it is wrong, why."""

    reading: Reading
    explanation: Explanation

    def blamed(self, requirement: str) -> Iterable[Finding]:
        """Return a finding for every cause that breaks `requirement`."""
        if not self.explanation.causes:  # most requests are right: do not look for each rule
            return ()
        return [
            Finding(
                requirement=requirement,
                reason=cause.mistake,
                expected=visible(cause.expected or b""),
                observed=visible(cause.observed or b""),
                hint=cause.mend,
                difference=cause.difference,
            )
            for cause in self.explanation.blaming(requirement)
        ]


class Concern(StrEnum):
    """Which requests a rule can speak of; of the others it is silent."""

    ALL = "every request"
    API_REQUESTS = "requests signed in Signature"
    TOKEN_REQUESTS = "requests signed in Authorization"  # noqa: S105 - no password
    EMPTY_BODIES = "requests without a body"
    OWN_CLOCK = "requests dated by the signer's own clock"


class Needs(StrEnum):
    """What must be known before a rule can tell that its requirement holds."""

    NOTHING = ""
    SIGNING_STRING = "what was signed is not known"
    SIGNATURE = "the signature cannot be verified"
    PARAMETERS = "there are no signature parameters to read"
    DIGEST = "there is no Digest header to read"
    WEEKDAY = "the day of the date cannot be read"
    MOMENT = "the moment of the date is not known"


Judge = Callable[[Seen], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The judge of one requirement; `name` and `says` are those of its function."""

    requirement: str
    judge: Judge
    concerns: Concern
    needs: Needs

    @property
    def name(self) -> str:
        """The function's name, in words."""
        return self.judge.__name__.replace("_", " ")

    @property
    def says(self) -> str:
        """The requirement as the function's docstring states it."""
        return " ".join((self.judge.__doc__ or "").split())


class RuleBook:
    """The rules of one stage, in the order in which they are written down."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}

    def __iter__(self) -> Iterator[Rule]:
        """Yield the rules in the order written."""
        return iter(self._rules.values())

    def __call__(
        self, requirement: str, *, concerns: Concern = Concern.ALL, needs: Needs = Needs.NOTHING
    ) -> Callable[[Judge], Judge]:
        """Enter the decorated function as the rule of `requirement`.

        Raises:
            DataError: the requirement has a rule already.
        """

        def enter(judge: Judge) -> Judge:
            if requirement in self._rules:
                raise DataError(f"two rules judge {requirement}")
            self._rules[requirement] = Rule(
                requirement=requirement, judge=judge, concerns=concerns, needs=needs
            )
            return judge

        return enter
