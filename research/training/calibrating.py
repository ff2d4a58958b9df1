"""Makes probabilities mean what they say: softmax(scale · log p + shift), from answers to unseen rows."""

from __future__ import annotations

from typing import Final

import numpy as np

from research.dataset.examples import Classes, Floats
from research.members.lesson import CLASSES
from services.inference.manifest import Calibration

SMALLEST: Final = 1e-300
"""Below this a probability is 0 to the serving engine too."""
LEAST_SCALE: Final = 1e-3
STEPS: Final = 50
HALVINGS: Final = 30
PULL: Final = 20.0
"""How many rows' worth of doubt pull the scale towards 1 and the shift towards 0."""
DONE: Final = 1e-12
START: Final = np.array([1.0, 0.0, 0.0, 0.0])


def calibrate(said: Floats, classes: Classes, weights: Floats) -> Calibration:
    """One scale, always above zero, and a shift a class under which what came was likeliest."""
    logs = np.log(np.maximum(said, SMALLEST))
    terms, surprise = START, _surprise(START, logs, classes, weights)
    for _ in range(STEPS):
        step = np.linalg.solve(*_derivatives(terms, logs, classes, weights))
        for halving in range(HALVINGS):
            tried = terms - step / 2.0**halving
            found = _surprise(tried, logs, classes, weights)
            if found < surprise:
                break
        else:
            break
        gained, terms, surprise = surprise - found, tried, found
        if gained < DONE * surprise:
            break
    scale, shift = max(float(terms[0]), LEAST_SCALE), terms[1:] - terms[1:].mean()
    return Calibration(scale=(scale,) * 3, shift=(float(shift[0]), float(shift[1]), float(shift[2])))


def apply(calibration: Calibration | None, said: Floats) -> Floats:
    """Probabilities as the serving engine would calibrate them."""
    if calibration is None:
        return said
    logs = np.log(np.maximum(said, SMALLEST))
    return _softmax(logs * np.array(calibration.scale) + np.array(calibration.shift))


def _surprise(terms: Floats, logs: Floats, classes: Classes, weights: Floats) -> float:
    said = _softmax(logs * terms[0] + terms[1:])[np.arange(len(classes)), classes]
    doubt = 0.5 * PULL * float(np.sum((terms - START) ** 2))
    return float(-np.log(np.maximum(said, SMALLEST)) @ weights) + doubt


def _derivatives(terms: Floats, logs: Floats, classes: Classes, weights: Floats) -> tuple[Floats, Floats]:
    """Curvature and slope of the surprise in the scale and the three shifts."""
    said = _softmax(logs * terms[0] + terms[1:])
    off = (said - np.eye(CLASSES)[classes]) * weights[:, None]
    slope = np.append(np.sum(off * logs), off.sum(axis=0)) + PULL * (terms - START)
    middle = np.sum(said * logs, axis=1)
    leaning = said * (logs - middle[:, None])
    bend = PULL * np.eye(1 + CLASSES)
    bend[0, 0] += float(weights @ np.sum(leaning * logs, axis=1))
    bend[0, 1:] += weights @ leaning
    bend[1:, 0] = bend[0, 1:]
    bend[1:, 1:] += np.diag(weights @ said) - said.T @ (said * weights[:, None])
    return bend, slope


def _softmax(sums: Floats) -> Floats:
    grown = np.exp(sums - sums.max(axis=1, keepdims=True))
    said: Floats = grown / grown.sum(axis=1, keepdims=True)
    return said
