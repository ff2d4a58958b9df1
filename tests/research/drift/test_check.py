"""A look at a model: an alarm where something was planted, none where nothing was, and no flicker between."""

from pathlib import Path

import numpy as np
import pytest

from research.drift.check import check
from research.drift.health import health
from research.drift.levels import Level
from research.drift.models import named, watched
from research.scores.bootstrap import Bootstrap
from shared.failures import Refused
from shared.store.memory import MemoryStore
from tests.fixtures.drifting import EDGE, market, taught
from tests.fixtures.sealed_models import trust_of
from tests.fixtures.watched_run import RUN, SECOND_NS, lived, promised

PLAN, FEW = Bootstrap(draws=100), Bootstrap(draws=20)


def test_a_market_that_stays_itself_raises_an_alarm_in_at_most_one_of_a_hundred() -> None:
    trained = taught()
    loud = [
        seed
        for seed in range(100)
        if any(one.level is Level.ALARM for one in health(trained, *market(250, 1_000 + seed), {}, PLAN))
    ]
    assert len(loud) <= 1


def test_a_feature_that_moves_by_a_deviation_is_an_alarm_every_time() -> None:
    trained = taught()
    for seed in range(20):
        found = health(trained, *market(250, seed, shift=1.0), {}, PLAN)
        alarms = {one.name for one in found if one.kind == "feature psi" and one.level is Level.ALARM}
        assert alarms == {"noise"}


def test_a_signal_that_broke_is_an_alarm_of_the_rank_ic() -> None:
    trained = taught()
    for seed in range(20):
        found = health(trained, *market(500, seed, edge=-EDGE), {}, PLAN)
        assert next(one for one in found if one.kind == "rank ic").level is Level.ALARM


def test_a_measure_that_wavers_about_its_limit_raises_one_alarm_and_not_many() -> None:
    """Without two limits each of these looks would cry or be quiet by turns."""
    trained, before = taught(), dict[tuple[str, str], Level]()
    alone, kept = [], []
    for look in range(12):
        rows, said = market(250, 50 + look, shift=0.5)
        key = ("feature psi", "noise")
        levels = {(one.kind, one.name): one.level for one in health(trained, rows, said, before, FEW)}
        fresh = {(one.kind, one.name): one.level for one in health(trained, rows, said, {}, FEW)}
        alone.append(fresh[key] is Level.ALARM)
        kept.append(levels[key] is Level.ALARM)
        before = levels
    turns = [int(np.sum(np.diff(np.array(one, int)) != 0)) for one in (alone, kept)]
    assert turns[0] >= 3
    assert turns[1] <= 1


def test_a_look_at_a_run_is_measured_kept_and_told_once(tmp_path: Path) -> None:
    store = MemoryStore()
    row = promised(tmp_path, store)
    lived(store, tmp_path, row, shift=1.5)
    (model,) = watched(store, RUN, tmp_path, trust_of(tmp_path))
    first = check(store, RUN, model, 7)
    assert (first.model, first.level, first.moments) == ("toy", Level.ALARM, 200)
    assert "feature psi a" in first.raised and "feature psi b" not in first.raised
    kept = {(one.kind, one.name): one for one in store.health(RUN, row.model)}
    assert kept["feature psi", "a"].level == "alarm" and kept["feature psi", "b"].level == "calm"
    assert {one.measured_ns for one in kept.values()} == {7}
    again = check(store, RUN, model, 8)
    assert (again.level, again.raised, again.eased) == (Level.ALARM, (), ())


def test_the_last_close_counts_only_once_its_horizon_has_ended(tmp_path: Path) -> None:
    store = MemoryStore()
    row = promised(tmp_path, store)
    lived(store, tmp_path, row)
    look = check(store, RUN, named(store, "toy", tmp_path, trust_of(tmp_path)), 1)
    assert (look.model, look.until_ns) == ("toy@1", 299 * SECOND_NS)
    assert look.level is not Level.ALARM


def test_a_model_that_promised_nothing_cannot_be_measured(tmp_path: Path) -> None:
    store = MemoryStore()
    row = promised(tmp_path, store, scores={})
    lived(store, tmp_path, row)
    (model,) = watched(store, RUN, tmp_path, trust_of(tmp_path))
    with pytest.raises(Refused, match="says nothing of the data that it learnt from"):
        check(store, RUN, model, 1)


def test_a_run_that_recorded_nothing_is_said_to_have_nothing(tmp_path: Path) -> None:
    store = MemoryStore()
    row = promised(tmp_path, store)
    lived(store, tmp_path, row)
    (model,) = watched(store, RUN, tmp_path, trust_of(tmp_path))

    with pytest.raises(Refused, match="recorded no predictions"):
        check(store, "nobody", model, 1)
