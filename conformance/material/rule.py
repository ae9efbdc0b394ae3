"""A rule on certificates: a function that states a requirement and yields what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from conformance.errors import DataError
from conformance.material.contents import Contents
from conformance.material.submitted import Submitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One requirement seen broken by one certificate.

    `reason` is a stable kebab-case code. `expected` and `observed` are printable ASCII on one
    line each.
    """

    requirement: str
    reason: str
    expected: str
    observed: str
    hint: str = ""


class Needs(StrEnum):
    """What must be known before a rule can tell whether its requirement holds."""

    FILE = "the certificate is not given"
    CERTIFICATE = "the file with the certificate cannot be read"
    KEY = "the private key is not given"
    OTHER = "the other certificate is not given, or cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a rule looks at: one certificate as handed over, the other one, and the time."""

    file: Submitted
    other: Submitted | None
    now: datetime

    @property
    def contents(self) -> Contents:
        """What the file holds, where the rule needs the certificate."""
        if self.file.contents is None:
            raise DataError("a rule looks at a certificate without saying that it needs one")
        return self.file.contents

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate itself, where the rule needs it."""
        return self.contents.leaves[0]

    @property
    def other_certificate(self) -> x509.Certificate | None:
        """The other certificate, where it is known."""
        return self.other.certificate if self.other else None

    @property
    def key(self) -> PublicKeyTypes:
        """The public half of the private key, where the rule needs it."""
        if self.file.key is None:
            raise DataError("a rule looks at a private key without saying that it needs one")
        return self.file.key


Judge = Callable[[Seen], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The judge of one requirement; `name` and `says` are those of its function.

    `of_both` is a rule that compares: it is asked once, not for each certificate.
    """

    requirement: str
    judge: Judge
    needs: Needs
    of_both: bool = False

    @property
    def name(self) -> str:
        """The function's name, in words."""
        return self.judge.__name__.replace("_", " ")

    @property
    def says(self) -> str:
        """The requirement as the function's docstring states it."""
        return " ".join((self.judge.__doc__ or "").split())


class RuleBook:
    """Rules by the requirement that they judge, in the order in which they are written down."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}

    def __call__(
        self, requirement: str, *, needs: Needs = Needs.CERTIFICATE, of_both: bool = False
    ) -> Callable[[Judge], Judge]:
        """Enter the decorated function as the rule of `requirement`.

        Raises:
            DataError: the requirement has a rule already.
        """

        def enter(judge: Judge) -> Judge:
            if requirement in self.rules:
                raise DataError(f"two rules judge {requirement}")
            self.rules[requirement] = Rule(
                requirement=requirement, judge=judge, needs=needs, of_both=of_both
            )
            return judge

        return enter
