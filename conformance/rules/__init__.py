"""Judge one signed request, whatever made it: one rule a requirement, one file a stage."""

from conformance.rules.finding import Finding, Judgement
from conformance.rules.judge import RULES, judge, judge_reading
from conformance.rules.rule import Rule

__all__ = ["RULES", "Finding", "Judgement", "Rule", "judge", "judge_reading"]
