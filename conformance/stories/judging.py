"""A story judged: by the rules, request by request, and by the reactions, as a whole.

A pure function of the story: whoever has it can judge it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from conformance.diagnosis.diagnostician import Diagnostician
from conformance.rules.finding import Finding, Judgement
from conformance.rules.judge import RULES, judge
from conformance.stories.reaction import Sight
from conformance.stories.reactions import REACTIONS
from conformance.stories.story import Call, Story
from conformance.wire.digest import digest
from conformance.wire.message import SignedRequest
from conformance.wire.reading import SKEW, Expectation, Reading
from conformance.wire.visible import visible

_SIGNED: Final = ("TGT-", "STR-", "SIG-", "DIG-002", "DATE-004")
"""The requirements about what was signed, by how their ids begin."""

_AFTER: Final = "changed after signing"
_WRONGLY: Final = "signed wrongly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One requirement seen broken: what was found, in which request, and how that was judged.

    `call` and `judgement` are None where the story as a whole shows it.
    """

    finding: Finding
    call: Call | None = None
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All that a story shows; a requirement in neither of the three is not concerned."""

    seen: tuple[Seen, ...]
    held: frozenset[str]
    undetermined: Mapping[str, str] = field(default_factory=dict)

    def broken(self, requirement: str) -> tuple[Seen, ...]:
        """Return what was seen against `requirement`."""
        return tuple(item for item in self.seen if item.finding.requirement == requirement)


def judge_story(story: Story) -> Judged:
    """Return what `story` shows of every requirement that it tells of."""
    seen: list[Seen] = []
    held: set[str] = set()
    undetermined: dict[str, str] = {}
    for requirement, sights in _reacted(story):
        seen += [Seen(finding=item.finding, call=item.call) for item in sights]
        held.add(requirement)
    doctor = Diagnostician()
    for call in story.api:
        judgement = _judged(story, call, doctor)
        seen += [
            Seen(finding=_placed(item, story, call), call=call, judgement=judgement)
            for item in _findings(story, call, judgement)
        ]
        held |= judgement.held(RULES)
        undetermined |= judgement.undetermined
    if story.bad_certificate and not story.mishaps:
        held.discard("TLS-002")
        undetermined["TLS-002"] = "the client did not try to connect"
    broken = {item.finding.requirement for item in seen}
    held -= broken
    untold = {name: why for name, why in undetermined.items() if name not in held | broken}
    return Judged(seen=tuple(seen), held=frozenset(held), undetermined=untold)


def _reacted(story: Story) -> Iterator[tuple[str, list[Sight]]]:
    for reaction in REACTIONS:
        if reaction.concerns(story):
            yield reaction.requirement, [*reaction.judge(story)]


def _judged(story: Story, call: Call, doctor: Diagnostician) -> Judgement:
    return judge(call.request, _expectation(story, call), diagnostician=doctor)


def _expectation(story: Story, call: Call) -> Expectation:
    """Return what a request is judged against; its date by either clock, where the two differ."""
    registered = story.registered
    expected = Expectation(
        key=public_key(registered.signing_key),
        key_id=registered.client_id,
        place=call.place,
        base_path=registered.base_path,
        signed_path=registered.signed_path,
        now=story.moment(call.at_s),
        tls_key=public_key(registered.tls_key),
        host=f"https://{call.request.headers.first('host') or 'localhost'}",
    )
    if not call.ahead_s:
        return expected
    theirs = story.moment(call.at_s, call.ahead_s)
    moment = Reading(request=call.request, expected=expected).moment
    fits = moment is not None and abs(moment - theirs.replace(microsecond=0)) <= SKEW
    return replace(expected, now=theirs) if fits else expected


@lru_cache(64)
def public_key(der: bytes) -> RSAPublicKey:
    """Return the RSA key in SubjectPublicKeyInfo.

    Raises:
        ValueError: it is none.
    """
    key = load_der_public_key(der)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("a key in the story is no RSA key")  # noqa: TRY004 - a broken story
    return key


def _findings(story: Story, call: Call, judgement: Judgement) -> Iterator[Finding]:
    """Yield what the rules found; what was changed after signing is told as just that.

    Where the signature is right for the target that was asked for, neither the signature nor
    its string is at fault, whatever could not be reproduced.
    """
    found = judgement.findings
    if not any(item.requirement.startswith(_SIGNED) for item in found):
        yield from found
        return
    if not signed_as_asked(story, call):
        yield from found
        return
    yield from (item for item in found if not item.requirement.startswith(("STR-", "SIG-")))
    if not any(item.requirement.startswith("TGT-") for item in found):
        asked = story.asked[call.during]
        yield Finding(
            requirement="TGT-004", reason="target-changed",
            expected=visible(story.registered.base_path + asked.target, limit=400),
            observed=visible(call.request.target, limit=400),
        )  # fmt: skip


def signed_as_asked(story: Story, call: Call) -> bool:
    """Tell whether a signature is right for another target than was sent: the one asked for."""
    if call.is_token_request or call.during >= len(story.asked):
        return False
    wanted = story.registered.base_path + story.asked[call.during].target
    if call.request.target == wanted:
        return False
    as_asked = replace(call.request, target=wanted)
    return Reading(request=as_asked, expected=_expectation(story, call)).verifies is True


def _placed(finding: Finding, story: Story, call: Call) -> Finding:
    """Say of a finding about what was signed whether that was wrong, or was changed afterwards."""
    if not finding.requirement.startswith(_SIGNED):
        return finding
    words = changed_after_signing(story, call)
    if not words and finding.requirement == "DATE-004":
        words = "another date was sent than was signed"
    if words:
        return replace(finding, observed=f"{_AFTER}: {words}; {finding.observed}")
    return replace(finding, observed=f"{_WRONGLY}: {finding.observed}")


def changed_after_signing(story: Story, call: Call) -> str:
    """Return what was changed between signing and sending, in words; empty when nothing was.

    The proof: the signature is right for what the client was asked to send.
    """
    if call.is_token_request or call.during >= len(story.asked):
        return ""
    asked, request = story.asked[call.during], call.request
    if signed_as_asked(story, call):
        return "what was signed is the target that was asked for, and another one was sent"
    if request.body != asked.body and digest(asked.body) in request.headers.all("digest"):
        return "what was hashed is the body that was asked for, and another one was sent"
    return ""


def differs(story: Story) -> str:
    """Say how the first request differs from what the client was asked to send; empty if not."""
    for call in story.resources[:1] if story.asked else ():
        asked = story.asked[min(call.during, len(story.asked) - 1)]
        sent: SignedRequest = call.request
        if sent.method != asked.method:
            return f"the method {sent.method}"
        if sent.target != story.registered.base_path + asked.target:
            return f"the target {sent.target}"
        if sent.body != asked.body:
            return "another body"
    return ""
