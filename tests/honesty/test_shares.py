"""The walk over daily shares counts all that it tries, and its page says no more than came of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from research.dataset.examples import Examples
from research.dataset.folds import Fold
from research.dataset.manifest import DatasetManifest
from research.honesty.study import base_rates
from research.scores.books import Costs, books, earned
from research.scores.bootstrap import Bootstrap
from research.scores.card import opinion, score
from research.scores.years import years
from research.training.outcome import SetReport, Universe
from research.training.walked import Walked
from services.ingest.quality.report import DayQuality, QualityReport, write_at
from services.ingest.tape import write_tape
from shared.market import Instrument, Instruments
from shared.streams import TICKS
from shared.time import BEFORE_TAPE, DAY_NS
from tests.honesty.shares import PLAN, Asked, Finished, trained
from tests.honesty.shares_page import conclusion, page
from tests.honesty.shares_traps import DAYS, Event, events, without

SESSIONS, NAMES, HASH = 300, 20, "0" * 64
START_NS = int(np.datetime64("2016-01-04", "ns").astype(np.int64))


def walked(skill: float, seed: int = 1) -> Walked:
    """A walk of a model that knows so much."""
    draw = np.random.default_rng(seed)
    returns = 0.01 * draw.standard_normal(SESSIONS * NAMES)
    times = START_NS + np.repeat(np.arange(SESSIONS), NAMES) * DAY_NS
    classes = np.digitize(returns, (-0.005, 0.005)).astype(np.int8)
    names = np.tile(np.arange(NAMES, dtype=np.int32), SESSIONS)
    tested = Examples((), np.zeros((len(times), 0)), times, names, classes, returns, times + DAY_NS)
    lean = 0.1 * np.tanh(skill * 100.0 * returns + draw.standard_normal(len(times)))
    said = np.column_stack([0.3 - lean, np.full(len(times), 0.4), 0.3 + lean])
    whole = np.arange(len(times))
    return Walked(tested, said, base_rates([Fold(whole, whole)], classes))


def finished(asked: Asked, skill: float) -> Finished:
    walk = walked(skill)
    card = score(walk.tested, walk.said, walk.base, Bootstrap(draws=40))
    money = earned(walk.tested, opinion(walk.said), Costs(), np.full(len(walk.tested), 1e9))
    data = DatasetManifest(
        tape=HASH,
        feature_spec=1,
        features=(),
        label="direction",
        labels=HASH,
        values=HASH,
        code=HASH,
        rows=len(walk.tested),
        instruments=NAMES,
        from_ns=START_NS,
        until_ns=START_NS + SESSIONS * DAY_NS,
    )
    report = SetReport(
        name="one",
        family=asked.family,
        sector=asked.sector,
        horizon=asked.horizon,
        label="direction",
        verdict="pass" if skill else "no edge",
        sentence="",
        findings=(),
        scorecard=card,
        folds=(),
        members=(),
        importances=(),
        shares=(),
        books=books(money, Costs(), len(PLAN)),
        years=years(walk.tested, walk.said, walk.base, money),
        universe=Universe(instruments=NAMES, left=0, synthetic=False),
        dataset=data,
        settings=HASH,
    )
    return Finished(asked, report, walk)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A tape of two shares on which one bar was refused and one noted."""
    shares = Instruments([Instrument(instrument=0, symbol="A"), Instrument(instrument=1, symbol="B")])
    ticks = TICKS.empty(watermark_ns=BEFORE_TAPE)
    columns = {column.name: np.zeros(20, column.numpy) for column in TICKS.columns}
    columns["event_time_ns"] = START_NS + np.repeat(np.arange(1, 11), 2) * DAY_NS - 1
    columns["instrument"] = np.tile(np.array([0, 1], np.int32), 10)
    columns["price"] = np.where(np.arange(20) < 10, 100, 50)
    ticks = TICKS.block(columns, watermark_ns=int(columns["event_time_ns"][-1]))
    write_tape(tmp_path, ticks, shares)
    days = (_day("A", "2016-01-06", "PART_SPLIT"), _day("B", "2016-01-10", "LEVEL_SHIFT", "OFF_GRID"))
    told = QualityReport(
        source="x",
        rows=20,
        accepted=19,
        refused=1,
        noted=1,
        missing=0,
        complete=1.0,
        symbols=2,
        reasons={},
        first_seen={},
        days=days,
    )
    write_at(told, tmp_path / "commits" / "x.quality.json")
    return tmp_path


def _day(symbol: str, day: str, *reasons: str) -> DayQuality:
    return DayQuality(
        symbol=symbol,
        day=day,
        rows=1,
        accepted=1,
        refused=0,
        noted=1,
        missing=0,
        complete=1.0,
        first="",
        last="",
        lag_least_ms=None,
        lag_mean_ms=None,
        reasons=dict.fromkeys(reasons, 1),
    )


def test_every_training_is_told_of_all_that_is_tried(tmp_path: Path) -> None:
    told: list[Sequence[str]] = []
    trained(tmp_path, lambda folder, *words: told.append(words))
    own = [33 if "all" in words else 3 for words in told]
    assert len(PLAN) == len(set(PLAN)) == sum(own) == 48
    assert [
        int(words[words.index("--tried") + 1]) + count for words, count in zip(told, own, strict=True)
    ] == [48] * 6


def test_knowing_nothing_is_said_and_what_is_missing_is_named(lake: Path) -> None:
    done = [finished(asked, 0.0) for asked in PLAN[:2]] + [finished(PLAN[-1], 0.0)]
    said = page(done, lake)
    assert "**3 of the 48 sets are finished**" in said
    assert "`fast` by sector over 1, 2, 5; `fast` of all over 1, 2, 5" in said
    assert "3 *no edge*" in said
    assert "Nobody should trade this." in said
    assert "| A | 2016-01-06 | `PART_SPLIT` | refused: the next close is" in said
    assert "on 2016-01-09" in said
    assert "1 were refused, 1 were noted" in said


def test_knowing_something_is_said_too() -> None:
    said = conclusion([finished(PLAN[0], 2.0)])
    assert "1 *pass*" in said
    assert "1 are beyond luck" in " ".join(said.split())


def test_only_the_rows_that_a_bar_touches_are_left_out(lake: Path) -> None:
    found = events(lake)
    assert [(one.symbol, one.reason, one.refused) for one in found] == [
        ("A", "PART_SPLIT", True),
        ("B", "LEVEL_SHIFT", False),
    ]
    walk = walked(1.0)
    one = Event("A", 0, START_NS + 100 * DAY_NS, "LEVEL_SHIFT", refused=False)
    made = without(walk, [one])
    assert DAYS < made.rows < DAYS + 10
    nothing = without(walk, [])
    assert nothing.rows == 0
    assert nothing.across == nothing.across_without
    assert nothing.spread_bps == nothing.spread_bps_without
