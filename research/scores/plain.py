"""How good a prediction was on rows it had never seen, beside what knowing nothing would have scored."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from research.dataset.learning import Dataset
from research.labels.next_bar import BUY, SELL
from research.scores.calibration import expected_error_of

SMALLEST: Final = 1e-15
BLOCKS: Final = 20


def log_loss(probabilities: npt.NDArray[np.float64], classes: npt.NDArray[np.int8]) -> float:
    """The mean surprise at what came, in nats."""
    chosen = probabilities[np.arange(len(classes)), classes]
    return float(-np.mean(np.log(np.maximum(chosen, SMALLEST))))


def rates(classes: npt.NDArray[np.int8], count: int) -> npt.NDArray[np.float64]:
    """How often each class came."""
    return np.bincount(classes, minlength=count) / len(classes)


def rank_correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Spearman's correlation, 0 where one of the two never changes."""
    first, second = _ranks(one), _ranks(other)
    if first.std() == 0.0 or second.std() == 0.0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def information_coefficient(
    dataset: Dataset, probabilities: npt.NDArray[np.float64]
) -> tuple[float, float, float]:
    """Rank correlation of (buy - sell) with the next return, and its 95 % interval over blocks of time.

    Returns are in units of each instrument's own deviation, so that it can be held against what was planted:
    pooled as they are, a few loud instruments would stand for all.
    """
    opinion = probabilities[:, BUY] - probabilities[:, SELL]
    returns = standardised(dataset.labels.returns, dataset.instruments)
    whole = rank_correlation(opinion, returns)
    parts = [part for part in np.array_split(np.arange(len(returns)), BLOCKS) if len(part) > 2]
    each = np.array([rank_correlation(opinion[part], returns[part]) for part in parts])
    error = float(each.std(ddof=1)) / math.sqrt(len(each)) if len(each) > 1 else math.inf
    return whole, whole - 1.96 * error, whole + 1.96 * error


def standardised(
    returns: npt.NDArray[np.float64], instruments: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    """Returns over the standard deviation of their instrument; one that never moved stays as it is."""
    _, place, rows = np.unique(instruments, return_inverse=True, return_counts=True)
    means = np.bincount(place, returns) / rows
    away = returns - means[place]
    deviations = np.sqrt(np.bincount(place, away * away) / rows)
    scale: npt.NDArray[np.float64] = np.where(deviations > 0.0, deviations, 1.0)
    return returns / scale[place]


def report(earlier: Dataset, later: Dataset, probabilities: npt.NDArray[np.float64]) -> dict[str, float]:
    """The scores of the later part; the base rate is the earlier part's, which is all one knew."""
    count = probabilities.shape[1]
    base = np.broadcast_to(rates(earlier.labels.classes, count), probabilities.shape)
    ic, low, high = information_coefficient(later, probabilities)
    scores = {
        "rows": float(len(later)),
        "log_loss": log_loss(probabilities, later.labels.classes),
        "log_loss_base_rate": log_loss(base, later.labels.classes),
        "calibration_error": expected_error_of(probabilities, later.labels.classes)(np.ones(len(later))),
        "information_coefficient": ic,
        "information_coefficient_low": low,
        "information_coefficient_high": high,
    }
    for name, rate in zip(("sell", "hold", "buy"), rates(later.labels.classes, count), strict=True):
        scores[f"share_{name}"] = float(rate)
    return {name: score for name, score in scores.items() if math.isfinite(score)}


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Places in order from 0, equal values sharing the middle of their places."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    middles: npt.NDArray[np.float64] = (last - sizes + last - 1) / 2.0
    return middles[group]
