"""Our forest says what LightGBM says, and a damaged model is refused in one line."""

from __future__ import annotations

import functools
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.inference.forest import Forest
from services.inference.forest_text import parse
from shared.failures import Refused


@functools.cache
def booster(objective: str) -> Any:
    draw = np.random.default_rng(3)
    values = draw.normal(size=(3_000, 6))
    values[draw.random(values.shape) < 0.1] = np.nan
    values[:, 5] = np.round(np.nan_to_num(values[:, 5]))
    score = np.nan_to_num(values[:, 0]) + np.where(np.isnan(values[:, 1]), 1.0, 0.0)
    classes = np.digitize(score, [-0.5, 0.5]) if objective == "multiclass" else score > 0.2
    count = 3 if objective == "multiclass" else 1
    data = lightgbm.Dataset(values, classes.astype(int))
    parameters = {"objective": objective, "num_class": count, "num_leaves": 15, "verbosity": -1}
    return lightgbm.train({**parameters, "num_threads": 1, "seed": 1}, data, num_boost_round=20)


def text(objective: str = "multiclass") -> bytes:
    content: str = booster(objective).model_to_string()
    return content.encode()


def some_rows(seed: int, rows: int = 1_003) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(rows, 6))


def test_our_probabilities_are_lightgbm_s() -> None:
    values = some_rows(1)
    flags, ours = Forest.parse(text()).predict(values)
    assert np.abs(ours - booster("multiclass").predict(values)).max() < 1e-9
    assert not flags.any()


def test_two_classes_are_lightgbm_s_too() -> None:
    values = some_rows(2)
    _, ours = Forest.parse(text("binary")).predict(values)
    assert np.abs(ours[:, 1] - booster("binary").predict(values)).max() < 1e-9


def test_a_threshold_met_exactly_goes_left() -> None:
    thresholds = np.concatenate([tree.thresholds for tree in parse(text()).trees])
    values = np.random.default_rng(4).choice(thresholds, size=(500, 6))
    _, ours = Forest.parse(text()).predict(values)
    assert np.abs(ours - booster("multiclass").predict(values)).max() < 1e-9


def test_a_row_s_answer_does_not_depend_on_its_neighbours() -> None:
    forest, values = Forest.parse(text()), some_rows(5, 100)
    values[17, 2] = np.nan
    _, whole = forest.predict(values)
    alone = np.concatenate([forest.predict(values[i : i + 1])[1] for i in range(100)])
    thirds = np.concatenate([forest.predict(values[i : i + 33])[1] for i in range(0, 100, 33)])
    assert whole.tobytes() == alone.tobytes() == thirds.tobytes()


def test_a_missing_feature_is_flagged_and_left_unanswered() -> None:
    values = some_rows(6, 3)
    values[1, 4] = np.nan
    flags, probabilities = Forest.parse(text()).predict(values)
    assert flags.tolist() == [0, 1, 0]
    assert np.isnan(probabilities[1]).all()
    assert np.isfinite(probabilities[[0, 2]]).all()


@given(st.data())
@settings(max_examples=200)
def test_a_mutated_model_is_refused_or_still_answers_in_probabilities(data: st.DataObject) -> None:
    content = bytearray(text()[:20_000] + b"\nend of trees\n")
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.sampled_from(b"0123456789-. =\neTx\xff"))
    try:
        forest = Forest.parse(bytes(content))
    except Refused as refusal:
        said = str(refusal)
    else:
        forest.predict(some_rows(7, 20))
        said = "used"
    assert said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("found", "planted"),
    [
        (b"left_child=1", b"left_child=0"),
        (b"split_feature=", b"split_feature=9"),
        (b"leaf_value=", b"leaf_value=nan "),
        (b"num_cat=0", b"num_cat=1"),
        (b"end of trees", b"end of tree"),
        (b"objective=multiclass", b"objective=lambdarank"),
        (b"num_leaves=15", b"num_leaves=900"),
        (b"tree\n", b"\x80\x04pickle"),
    ],
)
def test_a_planted_fault_is_refused(found: bytes, planted: bytes) -> None:
    assert found in text()
    with pytest.raises(Refused):
        parse(text().replace(found, planted, 1))
