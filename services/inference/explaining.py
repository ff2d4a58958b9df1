"""Why a whole model said what it said: each feature's share of the probabilities that were served.

Members, meta member and calibration are taken as the one function that serves. A feature's share is its
Shapley value: what the answer changes when the feature moves from a reference row's value to this row's,
averaged over reference rows and over the orders in which features move. Orders are drawn in pairs, each with
its reverse. In every order the changes add up to the answer less the reference row's answer, so that the
shares and the base add up to the prediction whatever was drawn; how far each share may be off is told beside
it. No member's share is passed through the meta member: trees have no slope along which to do that honestly.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from services.inference.manifest import CLASSES
from services.inference.model import Model
from shared.failures import Refused

ROUNDS: Final = 4
"""Pairs of orders for each reference row."""

Floats = npt.NDArray[np.float64]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature adds to one probability, and the standard error of that figure."""

    feature: str
    value: float
    share: float
    error: float


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction and its parts: for each class, base + the sum of the shares is the probability."""

    classes: tuple[str, ...]
    features: tuple[str, ...]
    values: tuple[float, ...]
    probabilities: tuple[float, ...]
    base: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]
    errors: tuple[tuple[float, ...], ...]

    def top(self, count: int, of: str) -> list[Share]:
        """The features that moved the probability of this class most, the largest first."""
        place = self.classes.index(of)
        shares = [each[place] for each in self.shares]
        order = sorted(range(len(shares)), key=lambda feature: (-abs(shares[feature]), feature))
        return [
            Share(
                feature=self.features[i],
                value=self.values[i],
                share=shares[i],
                error=self.errors[i][place],
            )
            for i in order[:count]
        ]


def explain(model: Model, values: Floats, rounds: int = ROUNDS) -> Explanation:
    """The shares of one answered row; the same row is explained alike each time."""
    flags, probabilities = model.predictor.predict(values[None, :])
    if np.isnan(probabilities).any():
        raise Refused(
            f"{model.manifest.name} left this row unanswered (flags {flags[0]}): nothing to explain"
        )
    references = np.array([row.values for row in model.manifest.reference])
    draw = np.random.default_rng(model.hash & (1 << 63) - 1)
    found = [_moved(model, values, reference, draw) for _ in range(rounds) for reference in references]
    changes = np.stack(found)
    spread = changes.std(axis=0, ddof=1) if len(found) > 1 else np.full(changes.shape[1:], np.inf)
    return Explanation(
        classes=CLASSES,
        features=model.manifest.features,
        values=tuple(values.tolist()),
        probabilities=tuple(probabilities[0].tolist()),
        base=tuple(model.predictor.predict(references)[1].mean(axis=0).tolist()),
        shares=tuple(map(tuple, changes.mean(axis=0).tolist())),
        errors=tuple(map(tuple, (spread / np.sqrt(len(found))).tolist())),
    )


def _moved(model: Model, values: Floats, reference: Floats, draw: np.random.Generator) -> Floats:
    """What each feature changed on its way from the reference row to this one, in an order and its reverse."""
    features = len(values)
    order = draw.permutation(features)
    changed = np.empty((features, len(CLASSES)))
    total = np.zeros_like(changed)
    for way in (order, order[::-1]):
        rank = np.empty(features, np.int64)
        rank[way] = np.arange(features)
        walk = np.where(rank < np.arange(features + 1)[:, None], values, reference)
        changed[way] = np.diff(model.predictor.predict(walk)[1], axis=0)
        total += changed
    return total / 2.0
