"""Every kind of member answers what its own library answers, and a row's answer is its own."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from services.inference.ensemble_kernels import OUTLIER, UNANSWERED
from services.inference.manifest import Calibration
from services.inference.model import predictor_of
from services.inference.outliers import distances
from services.inference.predictor import Predictor
from tests.fixtures import models
from tests.fixtures.models import Whole


def engine(whole: Whole, **changes: object) -> Predictor:
    return predictor_of(msgspec.structs.replace(whole.manifest, **changes), whole.artefacts)


@pytest.mark.parametrize("kind", models.KINDS)
def test_our_probabilities_are_the_library_s(kind: str) -> None:
    values = models.rows(5, 1_003)
    _, ours = engine(models.single(kind)).predict(values)
    assert np.abs(ours - models.trained(kind).predict(values)).max() < 1e-6


@pytest.mark.parametrize("kind", models.BOOSTED)
def test_a_member_takes_a_missing_value_as_its_library_does(kind: str) -> None:
    values = models.rows(6, 1_003, missing=0.2)
    said = engine(models.single(kind)).members(values)[:, 0]
    assert np.abs(said - models.trained(kind).predict(values)).max() < 1e-6


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost", "xgboost_vector", "forest"])
def test_a_threshold_met_exactly_goes_where_the_library_sends_it(kind: str) -> None:
    values = models.rows(models.SEED, 3_000)
    met = np.random.default_rng(4).choice(values.ravel(), size=(1_000, values.shape[1]))
    _, ours = engine(models.single(kind)).predict(met)
    assert np.abs(ours - models.trained(kind).predict(met)).max() < 1e-6


def test_a_row_s_answer_does_not_depend_on_its_neighbours() -> None:
    predictor, values = engine(models.stacked()), models.rows(7, 100)
    values[17, 2] = np.nan
    whole = predictor.answer(values)
    for size in (1, 3, 8, 33):
        cut = [predictor.answer(values[i : i + size]) for i in range(0, 100, size)]
        for place in range(3):
            assert np.concatenate([part[place] for part in cut]).tobytes() == whole[place].tobytes()


def test_a_stack_answers_what_its_meta_library_says_of_its_members() -> None:
    whole, values = models.stacked(), models.rows(8, 1_000)
    predictor = engine(whole)
    said = predictor.members(values)
    import lightgbm

    meta = lightgbm.Booster(model_str=whole.artefacts["meta.bin"].decode())
    _, ours = predictor.predict(values)
    assert np.abs(ours - meta.predict(said.reshape(len(values), -1))).max() < 1e-6


def test_a_blend_is_half_its_meta_member_and_half_the_mean_of_its_members() -> None:
    stacked, values = models.stacked(), models.rows(8, 200)
    blended = msgspec.structs.replace(stacked.manifest, combine="blended")
    _, said = engine(stacked).predict(values)
    _, ours, members = predictor_of(blended, stacked.artefacts).answer(values)
    assert np.allclose(ours, 0.5 * (said + members.mean(axis=1)), rtol=0.0, atol=1e-12)


def test_a_mean_weighs_its_members() -> None:
    whole, values = models.mean_of(("lightgbm", "linear", "forest")), models.rows(9)
    members = [
        msgspec.structs.replace(member, weight=weight)
        for member, weight in zip(whole.manifest.members, (1.0, 0.0, 3.0), strict=True)
    ]
    predictor = engine(whole, members=tuple(members))
    said = predictor.answer(values)[2]
    expected = (said[:, 0] + 3.0 * said[:, 2]) / 4.0
    assert np.abs(predictor.predict(values)[1] - expected).max() < 1e-12


def test_a_calibration_bends_probabilities_as_it_says() -> None:
    whole, values = models.single("lightgbm"), models.rows(10)
    scale, shift = (0.5, 0.8, 0.7), (0.1, 0.0, -0.2)
    _, plain = engine(whole).predict(values)
    _, bent = engine(whole, calibration=Calibration(scale=scale, shift=shift)).predict(values)
    raised = np.exp(np.log(plain) * scale + shift)
    assert np.abs(bent - raised / raised.sum(axis=1, keepdims=True)).max() < 1e-12


def test_a_missing_feature_is_flagged_and_left_unanswered() -> None:
    values = models.rows(6, 3)
    values[1, 4] = np.nan
    flags, probabilities = engine(models.stacked()).predict(values)
    assert (flags & UNANSWERED).tolist() == [0, UNANSWERED, 0]
    assert np.isnan(probabilities[1]).all()
    assert np.isfinite(probabilities[[0, 2]]).all()


def test_what_lies_far_from_the_training_data_is_flagged() -> None:
    whole, values = models.single("linear"), models.rows(12)
    values[::7] *= 4.0
    values[3, 0] = np.inf
    flags, probabilities = engine(whole).predict(values)
    spread = whole.manifest.spread
    assert spread is not None
    far = distances(values, spread) > spread.limit
    assert 10 < far.sum() < 200
    assert ((flags & OUTLIER != 0) == far).all()
    assert (np.isnan(probabilities).any(axis=1) == (flags & UNANSWERED != 0)).all()


def test_a_member_reads_its_own_columns() -> None:
    whole, values = models.single("lightgbm"), models.rows(13)
    order = (3, 0, 5, 1, 4, 2)
    (member,) = whole.manifest.members
    shuffled = np.empty_like(values)
    shuffled[:, order] = values
    moved = engine(whole, members=(msgspec.structs.replace(member, columns=order),))
    assert moved.predict(shuffled)[1].tobytes() == engine(whole).predict(values)[1].tobytes()


def test_no_rows_are_no_answers() -> None:
    flags, probabilities, answers = engine(models.stacked()).answer(np.empty((0, 6)))
    assert (flags.shape, probabilities.shape, answers.shape) == ((0,), (0, 3), (0, 5, 3))
