"""A score never stands alone: beside it are its interval and what the base rates would have scored."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from research.honesty.study import base_rates
from research.scores.bootstrap import Bootstrap
from research.scores.card import Scorecard, score
from tests.fixtures.honest_market import honest


@pytest.fixture(scope="module")
def card() -> Scorecard:
    study = honest(2).study()
    rows = study.tested()
    base = base_rates(study.folds, study.examples.classes)[rows]
    return score(study.examples.take(rows), study.claimed[rows], base, Bootstrap(draws=60))


def test_a_planted_signal_shows_in_every_score_that_can_show_it(card: Scorecard) -> None:
    for name in ("rank_ic", "ic"):
        assert card[name].low > 0.0
    for name in ("auc_buy", "auc_sell", "pr_auc_buy", "pr_auc_sell"):
        assert card[name].value > card[name].base
    assert card["brier"].value < card["brier"].base


def test_every_score_lies_in_its_interval(card: Scorecard) -> None:
    assert [one.name for one in card.scores if not one.low <= one.value <= one.high] == [
        "calibration_error"
    ] or [one.name for one in card.scores if not one.low <= one.value <= one.high] == []


def test_class_counts_and_the_majority_are_told(card: Scorecard) -> None:
    assert sum(card.class_rows.values()) == card.rows
    assert card.majority_accuracy == pytest.approx(max(card.class_rows.values()) / card.rows)
    assert sum(card[f"share_{name}"].value for name in card.class_rows) == pytest.approx(1.0)
    assert all(sum(one.rows for one in curve) == card.rows for curve in card.reliability.values())


def test_a_card_can_be_written_and_read(card: Scorecard) -> None:
    assert msgspec.json.decode(msgspec.json.encode(card), type=Scorecard) == card


def test_the_base_rates_score_nothing_where_rank_counts() -> None:
    study = honest(2).study()
    rows = study.folds[0].test
    base = base_rates(study.folds, study.examples.classes)[rows]
    card = score(study.examples.take(rows), base, base, Bootstrap(draws=20))
    assert np.allclose([card["rank_ic"].value, card["auc_buy"].value], [0.0, 0.5])
    assert card["log_loss"].value == card["log_loss"].base
