"""A member's shares are those of the shap library and of the member's own, and add up to its sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from services.inference.attributing import attribute
from services.inference.model import parts_of
from services.inference.parts import ALL, Linear, Part, Trees
from tests.fixtures import models

Floats = npt.NDArray[np.float64]
ROWS = 1_000
TREES = [kind for kind in models.KINDS if kind not in {"xgboost_linear", "linear"}]


def part_of(kind: str) -> Part:
    whole = models.single(kind)
    return parts_of(whole.manifest, whole.artefacts)[0]


def by_the_library(kind: str, values: Floats) -> Floats:
    """Shares of each feature and then the base, by the model's own library, or shap where it has none."""
    library = models.trained(kind).library
    if kind == "lightgbm":
        told = library.predict(values, pred_contrib=True)
        return np.asarray(told).reshape(len(values), 3, -1).transpose(0, 2, 1)
    if kind in {"xgboost", "xgboost_linear"}:
        import xgboost

        told = library.predict(xgboost.DMatrix(values), pred_contribs=True)
        return np.asarray(told).transpose(0, 2, 1)
    if kind == "catboost":
        import catboost

        told = library.get_feature_importance(catboost.Pool(values.copy()), type="ShapValues")
        return np.asarray(told).transpose(0, 2, 1)
    return by_shap(part_of(kind), values)


def by_shap(part: Part, values: Floats) -> Floats:
    """Shares and base by the shap library from our own arrays."""
    import shap

    assert isinstance(part, Trees)
    sums = np.zeros((len(values), part.width + 1, 3))
    for output in range(3):
        trees = [
            as_shap(part, tree, output)
            for tree in range(len(part.roots))
            if part.outputs[tree] in {ALL, output}
        ]
        explainer = shap.TreeExplainer({"trees": trees})
        sums[:, :-1, output] = explainer.shap_values(values.astype(np.float32), check_additivity=False)
        sums[:, -1, output] = explainer.expected_value
    return (
        sums / len(part.roots)
        if part.averaged
        else sums + np.append(np.zeros((part.width, 3)), [part.base], 0)
    )


def as_shap(trees: Trees, tree: int, output: int) -> dict[str, Any]:
    """One tree as the shap library wants it."""
    ends = [*trees.roots[1:], len(trees.feature)]
    nodes = slice(int(trees.roots[tree]), int(ends[tree]))
    first = int(trees.roots[tree])
    left = np.where(trees.left[nodes] < 0, -1, trees.left[nodes] - first)
    right = np.where(trees.right[nodes] < 0, -1, trees.right[nodes] - first)
    column = output if trees.values.shape[1] > 1 else 0
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(trees.nan_right[nodes], right, left),
        "features": np.maximum(trees.feature[nodes], 0),
        "thresholds": trees.threshold[nodes],
        "values": trees.values[nodes][:, [column]].astype(np.float64),
        "node_sample_weight": trees.cover[nodes].astype(np.float64),
    }


@pytest.mark.parametrize("kind", [*TREES, "xgboost_linear"])
def test_shares_are_the_library_s(kind: str) -> None:
    values = models.rows(41, ROWS)
    ours, theirs = attribute(part_of(kind), values), by_the_library(kind, values)
    assert np.abs(ours.shares - theirs[:, :-1]).max() < 1e-6
    assert np.abs(ours.base - theirs[:, -1]).max() < 1e-6


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_a_missing_value_has_its_share_too(kind: str) -> None:
    values = models.rows(42, 300, missing=0.2)
    ours, theirs = attribute(part_of(kind), values), by_the_library(kind, values)
    assert np.abs(ours.shares - theirs[:, :-1]).max() < 1e-6


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_shap_itself_says_the_same_of_our_arrays(kind: str) -> None:
    part, values = part_of(kind), models.rows(43, 100)
    theirs = by_shap(part, values)
    assert np.abs(attribute(part, values).shares - theirs[:, :-1]).max() < 1e-6


@pytest.mark.parametrize("kind", models.KINDS)
def test_shares_and_base_add_up_to_what_the_member_said(kind: str) -> None:
    part, values = part_of(kind), models.rows(44, ROWS)
    told = attribute(part, values)
    sums = told.base + told.shares.sum(axis=1)
    if kind != "forest":
        raised = np.exp(sums - sums.max(axis=1, keepdims=True))
        sums = raised / raised.sum(axis=1, keepdims=True)
    assert np.abs(sums - models.trained(kind).predict(values)).max() < 1e-6


def test_a_linear_share_is_a_deviation_times_its_weight() -> None:
    part, values = part_of("linear"), models.rows(45, 3)
    assert isinstance(part, Linear)
    values[1, 2] = np.nan
    told = attribute(part, values)
    assert (told.shares[1, 2] == 0.0).all()
    expected = (values[0, 0] - part.mean[0]) / part.scale[0] * part.weights[0]
    assert np.abs(told.shares[0, 0] - expected).max() < 1e-12
