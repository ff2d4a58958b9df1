"""What a rule that knows nothing scores on rare labels: the arithmetic behind impressive accuracies."""

from __future__ import annotations

import math

from research.honesty.verdict import Finding, Outcome, passed

SURE = 2.576


def always_hold_accuracy(volatility: float, threshold: float) -> float:
    """How often a move stays inside ± the threshold, for Student's t with 4 degrees and this deviation."""
    t = threshold / volatility * math.sqrt(2.0)
    part = t * t / (4.0 + t * t)
    return 1.5 * math.sqrt(part) * (1.0 - part / 3.0)


def judge_accuracy(accuracy: float, majority: float, rows: int) -> Finding:
    """An accuracy alone against always naming the commonest class, 99 % sure by the binomial law."""
    error = SURE * math.sqrt(max(majority * (1.0 - majority), 1.0 / rows) / rows)
    said_so = f"accuracy {accuracy:.2%}, the commonest class alone gives {majority:.2%} ± {error:.2%}"
    if accuracy > majority + error:
        return passed("accuracy", said_so)
    return Finding("accuracy", Outcome.NO_EDGE, f"{said_so}: no better than always naming it")
