"""What the gate says, and why, a sentence a check."""

from __future__ import annotations

from enum import Enum

import msgspec

from research.scores.card import Scorecard


class Outcome(Enum):
    """A score may be believed, is no better than knowing nothing, or must not be believed."""

    PASS = "pass"
    NO_EDGE = "no edge"
    BLOCKED = "blocked"


class Finding(msgspec.Struct, frozen=True):
    """One check's word."""

    check: str
    outcome: Outcome
    sentence: str


class Verdict(msgspec.Struct, frozen=True):
    """All words, and the scores that they are about."""

    findings: tuple[Finding, ...]
    scorecard: Scorecard

    @property
    def outcome(self) -> Outcome:
        """Blocked if one check blocks, else no edge if one sees none, else passed."""
        said = {finding.outcome for finding in self.findings}
        worst = (Outcome.BLOCKED, Outcome.NO_EDGE)
        return next((outcome for outcome in worst if outcome in said), Outcome.PASS)

    def blocking(self) -> tuple[str, ...]:
        """The checks that block."""
        return tuple(each.check for each in self.findings if each.outcome is Outcome.BLOCKED)


def passed(check: str, sentence: str) -> Finding:
    """The check found nothing."""
    return Finding(check, Outcome.PASS, sentence)


def blocked(check: str, sentence: str) -> Finding:
    """The check found what must not be."""
    return Finding(check, Outcome.BLOCKED, sentence)
