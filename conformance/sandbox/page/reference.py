"""What the page needs to know of requirements and refusals, in words for people."""

from __future__ import annotations

from typing import Any

from conformance.catalogue import Requirement, load_catalogue
from conformance.rules import RULES
from conformance.sandbox.problem import PROBLEMS
from conformance.sandbox.refusal import REASONS


def reference() -> dict[str, Any]:
    """Return requirements, refusals and problems by their ids, as JSON has them."""
    known = load_catalogue().requirements
    return {
        "requirements": {name: _requirement(item) for name, item in known.items()},
        "concerns": {name: rule.concerns.value for name, rule in RULES.items()},
        "reasons": {
            reason.id: {"says": reason.says, "demands": reason.demands, "promises": reason.promises}
            for reason in REASONS.values()
        },
        "problems": {
            problem.id: problem.requirement for problem in PROBLEMS.values() if problem.requirement
        },
    }


def _requirement(requirement: Requirement) -> dict[str, str]:
    return {
        "title": requirement.title.replace("`", ""),
        "level": requirement.level.value,
        "text": requirement.text.replace("`", ""),
        "hint": requirement.hint.replace("`", ""),
        "source": "; ".join(map(str, requirement.sources)),
    }
