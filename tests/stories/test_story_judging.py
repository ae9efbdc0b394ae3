"""A story is judged by what is in it: real ones as they are, and each changed in one respect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.adapters.interface import SendOutcome
from conformance.stories.judging import changed_after_signing, differs, judge_story
from conformance.stories.story import Call, Mishap, Story
from conformance.wire.message import HeaderFields
from tests.stories.conftest import Tell

Change = Callable[[Call], Call]


def changed(story: Story, change: Change, *, tokens: bool = True) -> Story:
    """Return `story` with `change` made to its calls, those for tokens included or not."""
    return replace(
        story,
        calls=tuple(
            change(call) if tokens or not call.is_token_request else call for call in story.calls
        ),
    )


def with_field(name: str, value: str | None) -> Change:
    """Change a header field, or leave it out."""

    def change(call: Call) -> Call:
        fields = [item for item in call.request.headers if item[0].lower() != name.lower()]
        if value is not None:
            fields.append((name, value))
        return replace(call, request=replace(call.request, headers=HeaderFields(tuple(fields))))

    return change


def broken(story: Story) -> set[tuple[str, str]]:
    return {(item.finding.requirement, item.finding.reason) for item in judge_story(story).seen}


def requirements(story: Story) -> set[str]:
    return {requirement for requirement, _ in broken(story)}


def test_a_right_call_breaks_nothing_and_holds_all_that_it_shows(tell: Tell) -> None:
    judged = judge_story(tell("call/ping"))

    assert not judged.seen
    assert {"SIG-001", "TGT-004", "TLS-001", "TOK-001", "AUTH-001", "AUTH-002"} <= judged.held
    assert not {"RATE-001", "SEC-001", "TLS-002", "DATE-005", "IDEM-001"} & judged.held, (
        "nothing in a plain call tells of these"
    )


@pytest.mark.parametrize(
    ("change", "requirement"),
    [
        (lambda call: replace(call, certificate=None), "TLS-001"),
        (lambda call: replace(call, certificate="00" * 32), "TLS-001"),
        (with_field("Subscription-Key", None), "SUB-001"),
        (with_field("Subscription-Key", "another"), "SUB-001"),
    ],
)
def test_what_is_wrong_with_each_request_is_found(
    tell: Tell, change: Change, requirement: str
) -> None:
    assert requirements(changed(tell("call/ping"), change)) == {requirement}


@pytest.mark.parametrize(
    ("value", "reason"),
    [(None, "absent"), ("Basic Zm9v", "other-scheme"), ("Bearer of-somebody-else", "other-token")],
)
def test_a_request_without_the_token_it_was_given_is_found(
    tell: Tell, value: str | None, reason: str
) -> None:
    story = changed(tell("call/ping"), with_field("Authorization", value), tokens=False)

    assert broken(story) == {("AUTH-002", reason)}


def test_a_signature_right_for_what_was_asked_was_changed_afterwards(tell: Tell) -> None:
    """The proof is in the story: what was signed verifies for the target that was asked for."""
    story = changed(
        tell("wire/target/utf-8-lower"),
        lambda call: replace(call, request=replace(call.request, target="/partner-api/%C3%A4")),
        tokens=False,
    )
    judged = judge_story(story)

    assert requirements(story) == {"TGT-004"}
    assert judged.seen[0].finding.observed.startswith("changed after signing: ")
    assert changed_after_signing(story, story.resources[0])
    assert differs(story) == "the target /partner-api/%C3%A4"


def test_a_signature_over_something_else_was_wrong_from_the_beginning(tell: Tell) -> None:
    story = tell("wire/target/query")
    asked = replace(story.asked[0], target="/ping?a=2")
    other = changed(
        replace(story, asked=(asked,)),
        lambda call: replace(call, request=replace(call.request, target="/partner-api/ping?a=2")),
        tokens=False,
    )
    judged = judge_story(other)

    assert judged.seen
    assert all("signed wrongly: " in item.finding.observed for item in judged.seen)


@pytest.mark.parametrize(
    ("gap", "found"), [(0.2, True), (0.97, True), (0.99, False), (1.0, False), (30.0, False)]
)
def test_a_429_is_waited_for_as_long_as_it_says(tell: Tell, gap: float, *, found: bool) -> None:
    """Of one second a timer may lose a fiftieth, and no more."""
    story = tell("wait/rate-limit")
    last = story.calls[-1]
    before = story.calls[-2]
    assert before.status == 429
    moved = replace(last, at_s=before.answered_s + gap)

    judged = judge_story(replace(story, calls=(*story.calls[:-1], moved)))

    assert bool(judged.broken("RATE-001")) == found


def test_a_retry_dated_as_the_first_try_is_not_fresh(tell: Tell) -> None:
    story = tell("wait/rate-limit")
    first, last = story.calls[-2:]
    stale = replace(last, request=first.request)

    assert requirements(replace(story, calls=(*story.calls[:-1], stale))) == {"DATE-005"}


def test_a_client_that_does_not_try_again_has_nothing_to_date_afresh(tell: Tell) -> None:
    story = tell("wait/rate-limit")
    judged = judge_story(
        replace(
            story,
            calls=story.calls[:-1],
            asked=(replace(story.asked[0], outcome=SendOutcome.API_ERROR, status=429),),
        )
    )

    assert not judged.seen
    assert {"DATE-005", "RATE-001"} <= judged.held


def test_a_retry_of_what_cannot_succeed_is_found(tell: Tell) -> None:
    story = tell("refused/signature")
    last = story.calls[-1]
    again = replace(last, at_s=last.answered_s + 0.1)

    assert broken(replace(story, calls=(*story.calls, again))) == {("RETRY-001", "retried")}


def test_a_second_renewal_is_a_loop(tell: Tell) -> None:
    story = tell("token/always-refused")
    looping = replace(story, calls=(*story.calls, *story.calls[-2:]))

    assert ("TOK-003", "loops") in broken(looping)


@pytest.mark.parametrize(
    ("name", "sent"),
    [("token/always-refused", "x"), ("error/empty", None), ("token/dies-early", "Bearer another")],
)
def test_the_refusal_of_a_token_that_was_not_carried_is_not_of_the_token(
    tell: Tell, name: str, sent: str | None
) -> None:
    """Who sends none, or it in another way, breaks AUTH-002: what follows is no other fault."""
    story = tell(name)
    calls = tuple(
        call
        if call.is_token_request
        else replace(
            with_field("Authorization", sent)(call),
            status=401, fault=None, reasons=("bearer-missing",),
        )
        for call in story.calls
    )  # fmt: skip
    judged = judge_story(replace(story, calls=calls))
    assert {item.finding.requirement for item in judged.seen} & {"AUTH-002", "TOK-003"} == {
        "AUTH-002"
    }
    assert "TOK-003" not in judged.held


def test_a_key_that_changes_with_the_retry_is_found(tell: Tell) -> None:
    story = tell("application/answer-lost")
    assert len(story.applications) == 2
    other = with_field("Idempotency-Key", "another")(story.calls[-1])

    assert broken(replace(story, calls=(*story.calls[:-1], other))) == {("IDEM-001", "changed")}


def test_a_redirect_is_followed_without_credentials_or_not_at_all(tell: Tell) -> None:
    story = tell("redirect/temporary")
    assert "SEC-001" in judge_story(story).held
    followed = replace(story.calls[-1], host="127.0.0.1", fault=None)
    bare = replace(
        followed, request=replace(followed.request, headers=HeaderFields((("Host", "x"),)))
    )

    assert broken(replace(story, calls=(*story.calls, followed))) == {
        ("SEC-001", "credentials-follow")
    }
    assert not broken(replace(story, calls=(*story.calls, bare)))


def test_who_never_tried_to_connect_has_not_refused_the_certificate(tell: Tell) -> None:
    story = tell("tls/expired")
    assert "TLS-002" in judge_story(story).held

    judged = judge_story(replace(story, mishaps=()))

    assert "TLS-002" not in judged.held
    assert judged.undetermined["TLS-002"] == "the client did not try to connect"


def test_plain_http_after_a_bad_certificate_is_a_fallback(tell: Tell) -> None:
    story = tell("tls/expired")
    plain = Mishap(during=0, at_s=1.0, says="the client speaks HTTP without TLS")

    assert broken(replace(story, mishaps=(*story.mishaps, plain))) == {
        ("TLS-002", "falls-back-to-http")
    }


@pytest.mark.parametrize("case", ["error/html", "error/stall", "token/empty"])
def test_success_that_never_came_is_misread(tell: Tell, case: str) -> None:
    story = tell(case)
    lied: dict[str, Any] = {"outcome": SendOutcome.SUCCESS, "status": 200}

    assert broken(replace(story, asked=(replace(story.asked[0], **lied),))) == {
        ("ERR-001", "misread")
    }


def test_a_clock_that_is_off_is_the_sandbox_s_own(tell: Tell) -> None:
    for case in ("call/clock-far-ahead", "call/clock-far-behind"):
        story = tell(case)
        assert story.calls[0].status == 401
        assert not judge_story(story).seen
