"""Shares and base add up to what was served, and a share is a Shapley value."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from services.inference import manifest as manifests
from services.inference.explaining import explain
from services.inference.model import Model, verify
from shared.failures import Refused
from tests.fixtures import models
from tests.fixtures.models import Whole


def served(whole: Whole) -> Model:
    return verify(manifests.encode(whole.manifest), whole.artefacts)


@pytest.mark.parametrize("whole", [models.stacked, lambda: models.single("lightgbm")])
def test_shares_and_base_add_up_to_the_prediction(whole: object) -> None:
    model = served(whole())  # type: ignore[operator]
    for row in models.rows(31, 5):
        told = explain(model, row)
        _, answer = model.predictor.predict(row[None, :])
        assert told.probabilities == tuple(answer[0])
        off = np.array(told.base) + np.sum(told.shares, axis=0) - answer[0]
        assert np.abs(off).max() < 1e-9
        assert np.abs(np.sum(told.shares, axis=1)).max() < 1e-9


def exact(model: Model, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Shapley values by their definition: every set of known features, every reference row."""
    count = len(values)
    sets = list(itertools.product((False, True), repeat=count))
    worth = {}
    for known in sets:
        rows = np.array([np.where(known, values, row.values) for row in model.manifest.reference])
        worth[known] = model.predictor.predict(rows)[1].mean(axis=0)
    shares = np.zeros((count, 3))
    for known in sets:
        size = sum(known)
        weight = math.factorial(size) * math.factorial(count - size - 1) if size < count else 0
        for feature in (i for i in range(count) if not known[i]):
            more = (*known[:feature], True, *known[feature + 1 :])
            shares[feature] += weight / math.factorial(count) * (worth[more] - worth[known])
    return shares


def test_shares_are_the_shapley_values_of_the_whole_stack_within_their_errors() -> None:
    model = served(models.stacked())
    row = models.rows(32, 1)[0]
    told, wanted = explain(model, row, rounds=40), exact(model, row)
    off = np.abs(np.array(told.shares) - wanted)
    errors = np.array(told.errors)
    assert (off <= 5.0 * errors + 1e-12).all()
    assert errors.max() < 0.02
    assert np.abs(wanted).max() > 0.1


def test_the_largest_shares_come_first_with_their_names() -> None:
    model = served(models.single("linear"))
    row = models.rows(33, 1)[0]
    top = explain(model, row).top(3, "buy")
    assert top[0].feature == "a"
    assert sorted((abs(each.share) for each in top), reverse=True) == [abs(each.share) for each in top]
    assert top[0].value == row[0]


def test_the_same_row_is_explained_alike_each_time() -> None:
    model = served(models.stacked())
    row = models.rows(34, 1)[0]
    assert explain(model, row) == explain(model, row)


def test_a_row_without_an_answer_is_not_explained() -> None:
    row = models.rows(35, 1)[0]
    row[2] = np.nan
    with pytest.raises(Refused, match="nothing to explain"):
        explain(served(models.stacked()), row)
