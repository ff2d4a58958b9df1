"""Scores of an order are those that scikit-learn and scipy compute, with ties and weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from research.scores.ranking import auc_of, ic_of, pr_auc_of, rank_ic_across_of, rank_ic_of, ranks

DRAW = np.random.default_rng(9)
CAME = DRAW.random(500) < 0.2
FINE = DRAW.standard_normal(500) + CAME
COARSE = np.round(FINE)
WEIGHTS = DRAW.integers(0, 4, 500).astype(np.float64)
ONCE = np.ones(500)


@pytest.mark.parametrize("weights", [ONCE, WEIGHTS], ids=["once", "weighted"])
@pytest.mark.parametrize("opinion", [FINE, COARSE], ids=["fine", "ties"])
def test_areas_equal_the_reference(opinion: np.ndarray, weights: np.ndarray) -> None:
    assert auc_of(opinion, CAME)(weights) == pytest.approx(
        metrics.roc_auc_score(CAME, opinion, sample_weight=weights), abs=1e-12
    )
    assert pr_auc_of(opinion, CAME)(weights) == pytest.approx(
        metrics.average_precision_score(CAME, opinion, sample_weight=weights), abs=1e-12
    )


def test_correlations_equal_the_reference() -> None:
    outcome = DRAW.standard_normal(500) + 0.2 * FINE
    assert ic_of(FINE, outcome)(ONCE) == pytest.approx(stats.pearsonr(FINE, outcome).statistic, abs=1e-12)
    assert rank_ic_of(COARSE, outcome)(ONCE) == pytest.approx(
        stats.spearmanr(COARSE, outcome).statistic, abs=1e-12
    )
    assert np.array_equal(ranks(COARSE), stats.rankdata(COARSE))
    repeated = np.repeat(np.arange(500), WEIGHTS.astype(int))
    assert ic_of(FINE, outcome)(WEIGHTS) == pytest.approx(
        stats.pearsonr(FINE[repeated], outcome[repeated]).statistic, abs=1e-12
    )


def test_an_opinion_that_never_changes_knows_nothing() -> None:
    flat = np.zeros(500)
    assert ic_of(flat, FINE)(ONCE) == 0.0
    assert auc_of(flat, CAME)(ONCE) == 0.5
    assert pr_auc_of(flat, CAME)(ONCE) == pytest.approx(CAME.mean())


def test_without_one_of_the_two_there_is_no_area() -> None:
    assert np.isnan(auc_of(FINE, np.zeros(500, np.bool_))(ONCE))
    assert np.isnan(pr_auc_of(FINE, np.zeros(500, np.bool_))(ONCE))


def test_across_instruments_is_the_mean_of_the_moments_correlations() -> None:
    times = np.sort(DRAW.integers(0, 60, 500))
    outcome = DRAW.standard_normal(500) + 0.2 * FINE
    moments = [times == one for one in np.unique(times) if np.sum(times == one) > 1]
    each = np.array(
        [
            stats.spearmanr(COARSE[rows], outcome[rows]).statistic if np.ptp(COARSE[rows]) else 0.0
            for rows in moments
        ]
    )
    found = rank_ic_across_of(COARSE, outcome, times)
    assert found(ONCE) == pytest.approx(each.mean(), abs=1e-12)
    drawn = DRAW.integers(0, 4, 60).astype(np.float64)
    counts = np.array([drawn[times[rows][0]] for rows in moments])
    assert found(drawn[times]) == pytest.approx(each @ counts / counts.sum(), abs=1e-12)


def test_what_is_said_of_all_instruments_alike_ranks_none_of_them() -> None:
    times = np.repeat(np.arange(50), 10)
    tide = np.repeat(DRAW.standard_normal(50), 10)
    assert rank_ic_across_of(tide, tide + 0.01 * FINE, times)(ONCE) == 0.0
    assert rank_ic_across_of(FINE + 9.0 * tide, FINE - 9.0 * tide, times)(ONCE) == pytest.approx(1.0)
    assert rank_ic_across_of(FINE, FINE, np.arange(500))(ONCE) == 0.0


def test_no_row_at_all_tells_nothing_of_an_order() -> None:
    nothing = np.zeros(0)
    assert np.isnan(auc_of(nothing, nothing > 0.0)(nothing))
    assert np.isnan(pr_auc_of(nothing, nothing > 0.0)(nothing))
