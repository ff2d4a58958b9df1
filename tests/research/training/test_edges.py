"""Odd data and odd wishes end in a right result or in one line that says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from research.training.job import Training
from research.training.plan import POOLED, SyntheticPast, TrainPlan
from research.training.sets import Done
from services.features.config import FeatureSpec
from services.ingest.synthetic.market import MarketPlan
from shared.failures import Refused
from shared.time import DAY_NS
from tests.fixtures.signed import loaded

FEATURES = ("return_1", "rsi_14", "signed_volume")


def made(out: Path, symbols: int = 2, bars: int = 620, **changed: Any) -> Done:
    """The only set of a small plan."""
    asked: dict[str, Any] = {
        "family": "booster",
        "synthetic": SyntheticPast(market=MarketPlan(symbols=symbols, interval_ns=DAY_NS), bars=bars),
        "spec": FeatureSpec(interval_ns=DAY_NS, features=changed.pop("features", FEATURES)),
        "label": "direction",
        "horizons": ("1",),
        "sectors": (POOLED,),
        "folds": 1,
    }
    training = Training(TrainPlan(**{**asked, **changed}), out, 1)
    return training.make(training.names()[0])


@pytest.mark.parametrize("family", ["fast", "factors"])
def test_labels_of_one_class_teach_that_class_and_rule_none_out(family: str, tmp_path: Path) -> None:
    done = made(tmp_path, family=family, label="threshold(90)")
    assert done.report is not None, done.refusal
    assert done.report.verdict == "no edge"
    assert done.report.scorecard.class_rows["buy"] == 0
    assert done.report.scorecard["log_loss"].value < 0.05
    assert "auc_buy" not in [one.name for one in done.report.scorecard.scores]
    model = loaded(tmp_path / POOLED / "1", tmp_path / "data")
    said = model.manifest.reference[0].probabilities
    assert said[1] > 0.95
    assert min(said) > 0.0
    again = made(tmp_path, family=family, label="threshold(90)")
    assert again.found


def test_settings_are_searched_from_end_to_end_and_counted(tmp_path: Path) -> None:
    done = made(tmp_path, tune=3)
    assert done.report is not None, done.refusal
    assert done.report.books.trials == 1 + 3
    assert done.report.verdict != "blocked"
    assert made(tmp_path, tune=3).found


def test_a_sector_of_one_instrument_has_nothing_to_rank_it_against(tmp_path: Path) -> None:
    done = made(tmp_path, symbols=11, bars=1_200, sectors=("Energy",))
    assert done.report is not None
    assert done.report.dataset.instruments == 1
    assert done.report.scorecard["rank_ic_across"].value == 0.0
    assert done.report.books["top beyond equal weight"].gross_bps == 0.0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"features": (*FEATURES, "pe_ratio")}, "pe_ratio is known at no bar"),
        ({"features": ("sma_2000",)}, "sma_2000 is known at no bar"),
        ({"horizons": ("5000d",)}, "the tape ends before any label of 5000d does"),
        ({"horizons": ("600",)}, "give more history"),
        ({"embargo": "900d"}, "no row left to learn from"),
    ],
)
def test_what_the_data_cannot_give_is_one_line(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    done = made(tmp_path, **changed)
    assert done.report is None
    assert said in done.refusal
    assert "\n" not in done.refusal


def test_no_card_is_one_line_before_anything_is_learnt(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="finds no card to train on") as told:
        made(tmp_path, device="cuda")
    assert "lightgbm" in str(told.value)
    assert "\n" not in str(told.value)
