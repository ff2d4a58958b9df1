"""A training from end to end: models that a server loads, verdicts that are kept, sets found again."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from research.scores.books import books, earned
from research.scores.bootstrap import Bootstrap
from research.scores.card import opinion, score
from research.scores.years import years
from research.training.job import Training, train
from research.training.keeping import begin, found_whole, read_report
from research.training.outcome import SetReport
from research.training.plan import POOLED, SyntheticPast, TrainPlan, rule_of
from research.training.sets import Begun, Done, names_of
from research.training.table import make_table
from research.training.walked import read_walk
from services.features.config import FeatureSpec
from services.ingest.synthetic.market import MarketPlan
from shared.failures import Refused
from shared.market import Instrument, Instruments
from shared.time import DAY_NS, SECOND_NS
from tests.fixtures.signed import loaded

FEATURES = ("return_1", "return_5", "rsi_14", "volatility_20", "signed_volume", "flow_imbalance_5")


def plan(features: tuple[str, ...] = FEATURES, bar_ns: int = DAY_NS, **changed: Any) -> TrainPlan:
    market = MarketPlan(symbols=11, planted_ic=0.2, interval_ns=bar_ns)
    asked: dict[str, Any] = {
        "family": "booster",
        "synthetic": SyntheticPast(market=market, bars=800),
        "spec": FeatureSpec(interval_ns=bar_ns, features=features),
        "label": "triple_barrier(1, 1, 20)",
        "horizons": ("1",),
        "sectors": (POOLED,),
        "seed": 3,
    }
    return TrainPlan(**{**asked, **changed})


def made(asked: TrainPlan, out: Path) -> list[Done]:
    training = Training(asked, out, 1)
    return [training.make(name) for name in training.names()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SetReport]:
    out = tmp_path_factory.mktemp("trained")
    report = made(plan(), out)[0].report
    assert report is not None
    return out, report


def test_a_planted_signal_passes_and_the_server_loads_the_model(trained: tuple[Path, SetReport]) -> None:
    out, report = trained
    assert report.verdict == "pass"
    assert 0.0 < report.scorecard["rank_ic"].low < 0.2
    manifest = loaded(out / POOLED / "1", out / "data").manifest
    assert manifest.verdict == "pass"
    assert manifest.dataset == report.dataset.hash
    assert manifest.scores["rank_ic_low"] == report.scorecard["rank_ic"].low
    assert manifest.scores["log_loss"] < manifest.scores["log_loss_base"]
    assert manifest.horizon_ns == DAY_NS


def test_what_knows_the_direction_is_missed_more_than_what_does_not(trained: tuple[Path, SetReport]) -> None:
    lost = {one.feature: one.loss for one in trained[1].importances}
    assert lost["signed_volume"] > max(lost["return_1"], lost["return_5"], lost["rsi_14"])
    assert [one.name for one in trained[1].members] == ["lightgbm"]


def test_its_exact_shares_say_which_way_it_speaks(trained: tuple[Path, SetReport]) -> None:
    (member,) = trained[1].shares
    by_name = {one.feature: one for one in member.features}
    assert (member.name, member.unit, set(by_name)) == ("lightgbm", "log-odds", set(FEATURES))
    assert by_name["signed_volume"].direction > 0.5
    assert max(member.features, key=lambda one: one.buy + one.sell - one.hold).feature == "signed_volume"
    page = (trained[0] / POOLED / "1" / "report.html").read_text()
    assert "Exact shares" in page and "speaks for buy" in page


def test_tests_follow_one_another_and_learn_from_more_each_time(trained: tuple[Path, SetReport]) -> None:
    folds = trained[1].folds
    assert len(folds) == 3
    assert all(one.until_ns < other.from_ns for one, other in pairwise(folds))
    assert [one.train_rows for one in folds] == sorted(one.train_rows for one in folds)


def test_the_page_needs_nothing_else(trained: tuple[Path, SetReport]) -> None:
    page = (trained[0] / POOLED / "1" / "report.html").read_text()
    assert "<svg" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert all(finding.check in page for finding in trained[1].findings)


def test_a_finished_set_is_found_again_and_other_settings_are_another_set(
    trained: tuple[Path, SetReport],
) -> None:
    out, report = trained
    again = made(plan(), out)[0]
    assert again.found
    assert again.report == report
    assert Training(plan(), out, 1).make(names_of(plan(), Instruments())[0]).found
    assert plan(seed=4).settings_hash(POOLED, "1") != plan().settings_hash(POOLED, "1")


@pytest.mark.parametrize("harmed", ["report.json", "manifest.json", "lightgbm.txt"])
def test_a_set_of_which_something_is_missing_or_broken_is_not_believed(
    trained: tuple[Path, SetReport], harmed: str, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    shutil.copytree(trained[0] / POOLED / "1", folder)
    assert found_whole(folder, trained[1].key) == trained[1]
    assert found_whole(folder, "another key") is None
    (folder / harmed).write_bytes((folder / harmed).read_bytes()[:-9])
    assert found_whole(folder, trained[1].key) is None
    (folder / harmed).unlink()
    assert found_whole(folder, trained[1].key) is None


def test_what_an_earlier_training_left_is_taken_away_and_what_is_the_user_s_stays(
    trained: tuple[Path, SetReport], tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    shutil.copytree(trained[0] / POOLED / "1", folder)
    for name in ("meta.txt.unfinished", "return_1.arrays", "manifest.sig", "notes.txt"):
        (folder / name).touch()
    begin(folder)
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


def test_the_walk_tells_every_score_again(trained: tuple[Path, SetReport]) -> None:
    out, report = trained
    walked = read_walk(out / POOLED / "1")
    card = score(walked.tested, walked.said, walked.base, Bootstrap())
    assert card == report.scorecard
    money = earned(walked.tested, opinion(walked.said), report.books.costs)
    again = books(money, report.books.costs, report.books.trials)
    assert [one.net_bps for one in again.lines] == [one.net_bps for one in report.books.lines]
    assert years(walked.tested, walked.said, walked.base, money) == report.years
    assert all(one.capacity is not None for one in report.books.lines)


def test_two_workers_make_the_bits_that_one_makes(trained: tuple[Path, SetReport], tmp_path: Path) -> None:
    count, *told = train(plan(horizons=("1", "2")), tmp_path, jobs=2)
    assert count == len([one for one in told if isinstance(one, Begun)]) == 2
    assert all(one.report is not None for one in told if isinstance(one, Done))
    ours, theirs = (loaded(out / POOLED / "1", out / "data").manifest for out in (trained[0], tmp_path))
    assert ours == theirs


def test_a_clock_is_blocked_and_no_model_is_kept(tmp_path: Path) -> None:
    done = made(plan((*FEATURES, "session_sine"), bar_ns=5 * SECOND_NS), tmp_path)[0]
    assert done.report is not None
    assert done.report.verdict == "blocked"
    assert "session_sine" in done.report.sentence
    folder = tmp_path / POOLED / "1"
    assert sorted(file.name for file in folder.iterdir()) == ["report.html", "report.json"]
    assert read_report(folder) == done.report


def test_base_rates_have_no_edge(tmp_path: Path) -> None:
    done = made(plan(family="base_rate"), tmp_path)[0]
    assert done.report is not None
    assert done.report.verdict == "no edge"
    assert loaded(tmp_path / POOLED / "1", tmp_path / "data").manifest.verdict == "no edge"


def test_too_little_history_is_one_line(tmp_path: Path) -> None:
    few = SyntheticPast(market=MarketPlan(symbols=2, interval_ns=DAY_NS), bars=100)
    done = made(plan(synthetic=few), tmp_path)[0]
    assert done.report is None
    assert "training wants 1000 or more" in done.refusal


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sectors": ("Wood",)}, "no sector Wood"),
        ({"horizons": ()}, "horizons must be named once"),
        ({"label": "forward_return"}, "has no classes"),
        ({"label": "luck"}, "no label"),
        ({"device": "abacus"}, "device abacus"),
        ({"probe": "oracle"}, "probe oracle"),
    ],
)
def test_a_plan_that_cannot_be_is_one_line(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        plan(**changed)


def test_the_horizon_stands_before_a_label_s_parameters() -> None:
    assert rule_of("triple_barrier(1, 2, 20)", "5d").name == "triple_barrier_5d_1_2_20"
    assert rule_of("threshold", "2").name == "threshold_2_10"


def test_sets_are_sectors_times_horizons() -> None:
    there = Instruments([Instrument(instrument=1, symbol="A", sector="Energy")])
    asked = plan(sectors=("all", "Energy"), horizons=("1", "5"))
    assert names_of(asked, there) == [("Energy", "1"), ("Energy", "5")]
    with pytest.raises(Refused, match="no instrument of Utilities"):
        names_of(plan(sectors=("Utilities",)), there)
    with pytest.raises(Refused, match="has a sector"):
        names_of(plan(sectors=("all",)), Instruments())


def test_a_plan_survives_the_way_to_a_worker() -> None:
    content = msgspec.json.encode(plan())
    assert msgspec.json.decode(content, type=TrainPlan) == plan()


def test_a_sector_may_be_told_beside_the_tape() -> None:
    table = make_table(plan(sector_of={"BABX": "Energy"}))
    assert {one.sector for one in table.instruments if one.symbol == "BABX"} <= {"Energy"}
    assert len(table.bars) == len(table.values) == 8_800
    assert np.isnan(table.values[:11]).any()
