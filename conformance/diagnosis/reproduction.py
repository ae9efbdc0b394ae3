"""Making a mistake, and comparing octets: how mistakes that show on the wire are proved.

Digest, date and header are sent, so nothing has to be searched for in them: a mistake is proved
when it turns the right text into the very text that was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, Final

from conformance.diagnosis.cause import Cause
from conformance.diagnosis.mistake import Given, Mistake
from conformance.wire.message import Field, to_octets
from conformance.wire.procedure import CoveredField, SignatureHeader
from conformance.wire.reading import Reading
from conformance.wire.visible import first_difference

_LARGE: Final = 8192

STRING_ONLY: Final = frozenset({"digest-wrapped", "digest-untrimmed", "date-untrimmed"})
"""Mistakes that show in the signing string alone."""


def cause_of(
    mistake: Mistake,
    *,
    expected: bytes | None = None,
    observed: bytes | None = None,
    proved: bool = True,
    requirement: str = "",
    same_as: tuple[str, ...] = (),
) -> Cause:
    """Return `mistake` as a cause, with what it should have been and what it was."""
    both = expected is not None and observed is not None
    return Cause(
        mistake=mistake.id,
        stage=mistake.stage,
        requirement=requirement or mistake.breaks,
        proved=proved,
        says=mistake.says,
        mend=mistake.mend,
        expected=expected,
        observed=observed,
        difference=first_difference(expected or b"", observed or b"") if both else None,
        same_as=same_as,
    )


def reproduced(
    right: Any,
    mistakes: Sequence[Mistake],
    given: Given,
    fits: Callable[[Any], bool],
    *,
    observed: bytes,
    counts: Iterable[int] = (1,),
    goes_first: Callable[[Any], bool] = bool,
) -> Iterator[Cause]:
    """Yield the first set of mistakes of one stage that fits, by the `counts` of them to try.

    Where more than `_LARGE` octets were sent, single mistakes alone are tried. Of several, those
    are made first whose result `goes_first`; the others follow in the order of the registry.
    """
    changed = ((item, item.change(right, given)) for item in mistakes)
    active = [(item, value) for item, value in changed if value != right]
    active.sort(key=lambda pair: not goes_first(pair[1]))
    for count in counts if len(observed) <= _LARGE else (1,):
        found = [
            tuple(item for item, _ in chosen)
            for chosen in combinations(active, count)
            if fits(_made(chosen, given))
        ]
        if found:
            same = tuple(item.id for chosen in found[1:] for item in chosen) if count == 1 else ()
            expected = shown_right(right)
            for mistake in found[0]:
                yield cause_of(mistake, expected=expected, observed=observed, same_as=same)
            return


def _made(chosen: Sequence[tuple[Mistake, Any]], given: Given) -> Any:
    """Return what all of `chosen` make; each comes with what it makes alone."""
    value = chosen[0][1]
    for mistake, _ in chosen[1:]:
        value = mistake.change(value, given)
    return value


def shown_right(right: CoveredField | SignatureHeader) -> bytes:
    """Return the header fields that should have been sent, one a line."""
    fields = right.sent if isinstance(right, CoveredField) else right.fields
    return shown_fields(fields)


def shown_fields(fields: Sequence[Field]) -> bytes:
    """Return header fields, one a line."""
    return to_octets("\n".join(f"{field[0]}: {field[1]}" for field in fields))


def sent_fields(reading: Reading, names: Sequence[str]) -> tuple[Field, ...]:
    """Return the header fields called `names`, in the form in which fields are compared."""
    return normal(tuple(field for field in reading.request.headers if field[0].lower() in names))


def normal(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return header fields so that letter case and outer white space make no difference."""
    return tuple((name.lower(), value.strip(" \t")) for name, value in fields)


def shown_sent(reading: Reading, names: Sequence[str]) -> bytes:
    """Return the header fields called `names` as they were sent, one a line."""
    return shown_fields([field for field in reading.request.headers if field[0].lower() in names])
