"""Scores of class probabilities; each is a function of how much every row counts."""

from __future__ import annotations

from typing import Final

import numpy as np

from research.dataset.examples import Classes, Floats
from research.scores.bootstrap import Score, weighted

SMALLEST: Final = 1e-15


def log_loss_of(probabilities: Floats, classes: Classes) -> Score:
    """The mean surprise at what came, in nats."""
    chosen = probabilities[np.arange(len(classes)), classes]
    return mean_of(-np.log(np.maximum(chosen, SMALLEST)))


def brier_of(probabilities: Floats, classes: Classes) -> Score:
    """The mean squared distance of the probabilities from what came, summed over the classes."""
    came = np.eye(probabilities.shape[1])[classes]
    return mean_of(np.sum((probabilities - came) ** 2, axis=1))


def accuracy_of(probabilities: Floats, classes: Classes) -> Score:
    """How often the likeliest class came."""
    return mean_of((probabilities.argmax(axis=1) == classes).astype(np.float64))


def share_of(classes: Classes, one: int) -> Score:
    """How often a class came."""
    return mean_of((classes == one).astype(np.float64))


def majority_of(classes: Classes, count: int) -> Score:
    """The accuracy of always naming the class that came most often."""

    def score(weights: Floats) -> float:
        return float(np.bincount(classes, weights, count).max() / weights.sum())

    return score


def balanced_accuracy_of(probabilities: Floats, classes: Classes) -> Score:
    """The accuracy within each class that came, averaged over those classes."""
    right = (probabilities.argmax(axis=1) == classes).astype(np.float64)
    count = probabilities.shape[1]

    def score(weights: Floats) -> float:
        of_class = np.bincount(classes, weights, count)
        hits = np.bincount(classes, weights * right, count)
        came = of_class > 0.0
        return float(np.mean(hits[came] / of_class[came]))

    return score


def mean_of(values: Floats) -> Score:
    """The weighted mean of one number a row."""

    def score(weights: Floats) -> float:
        return float(weighted(values, weights) / weights.sum())

    return score
