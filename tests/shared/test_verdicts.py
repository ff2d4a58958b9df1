"""Every outcome of a decision is explained in words."""

from __future__ import annotations

from shared.verdicts import MEANING, Verdict


def test_every_verdict_has_a_meaning_of_its_own() -> None:
    assert set(MEANING) == set(Verdict)
    assert len(set(MEANING.values())) == len(Verdict)
