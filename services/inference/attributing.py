"""What each feature adds to what one member says: exact, in the member's own unit.

Boosted trees and linear models speak in margins (before the softmax), a forest in probabilities. The shares
and the base add up to that.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from services.inference import parts
from services.inference.parts import OUTPUTS, Linear, Oblivious, Part, Trees
from services.inference.shap_kernels import KERNELS
from shared import kernels

Floats = npt.NDArray[np.float64]


class Attribution(NamedTuple):
    """Each feature's share of each class (rows, features, classes) and the base that they start from."""

    shares: Floats
    base: Floats


def attribute(part: Part, values: Floats) -> Attribution:
    """The shares of these rows, whose columns are those that the member reads."""
    if isinstance(part, Linear):
        return _linear(part, values)
    return _trees(parts.unfolded(part) if isinstance(part, Oblivious) else part, values)


def _linear(model: Linear, values: Floats) -> Attribution:
    """A column's deviation from its mean times its weights; a missing value adds nothing."""
    off = (values.astype(np.float32) - model.mean) / model.scale
    return Attribution(np.where(np.isnan(off), 0.0, off)[:, :, None] * model.weights, model.bias)


def _trees(trees: Trees, values: Floats) -> Attribution:
    shares, expected = np.zeros((len(values), trees.width, OUTPUTS)), np.zeros(OUTPUTS)
    rows = np.ascontiguousarray(values, np.float32)
    arrays: tuple[npt.NDArray[Any], ...] = (
        trees.feature, trees.threshold, trees.nan_right, trees.left, trees.right, trees.values, trees.cover,
        trees.roots, trees.outputs,
    )  # fmt: skip
    whole = [np.ascontiguousarray(array) for array in arrays]
    if len(rows):
        kernels.entry(*KERNELS[0])(rows, *whole, shares, expected)
    if trees.averaged:
        return Attribution(shares / len(trees.roots), expected / len(trees.roots))
    return Attribution(shares, expected + trees.base)
