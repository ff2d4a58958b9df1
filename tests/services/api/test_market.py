"""The market's conditions are those of the newest vector, word for word, and its hours those of the plan."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from services.api.market import conditions, hours_at, market_now, newest_of
from services.features.catalogue import CONTEXT
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket
from shared.block import Block
from shared.codec import encode
from shared.engine.plan import RunPlan
from shared.hours import hours_of
from shared.market import Instrument
from shared.streams import FEATURES
from shared.time import SECOND_NS
from tests.fixtures.gateway import RUN
from tests.fixtures.plans import PLAN

NAMES = FeatureSpec(features=CONTEXT).features
SAID = {
    "market.trend_state_5_20": 1.0,
    "market.annual_volatility_20_252": 0.18,
    "market.volatility_regime_5_20_1.25": -1.0,
    "market.momentum_score_20": 0.4,
    "market.return_5": 0.01,
    "market.return_20": -0.02,
    "vix.close": 17.25,
    "vix.return_5": 0.1,
}
AT = 1_732_892_400 * SECOND_NS
"""The half day of Thanksgiving 2024, 15:00 UTC."""


def vectors(time_ns: int, said: dict[str, float], rows: int = 2) -> Block:
    values = np.array([[said.get(name, 0.5) for name in NAMES]] * rows).reshape(rows, len(NAMES))
    columns = {
        "event_time_ns": np.full(rows, time_ns),
        "instrument": np.arange(1, rows + 1),
        "spec": np.full(rows, 7),
        "values": values,
    }
    return FEATURES.block(columns, watermark_ns=time_ns)


def plan(**given: object) -> RunPlan:
    return msgspec.structs.replace(PLAN, partitions=2, features=NAMES, **given)


def test_a_run_that_asks_nothing_of_the_market_says_so() -> None:
    blind = msgspec.structs.replace(plan(), features=("return_1",))
    block = FEATURES.block(
        {
            "event_time_ns": np.array([AT]),
            "instrument": np.array([1]),
            "spec": np.array([7]),
            "values": np.zeros((1, 1)),
        },
        watermark_ns=AT,
    )
    told = market_now(RUN, blind, {}, [encode(block)], 0)

    assert told.conditions is None
    assert told.missing == "the vector of this run asks nothing of the market"


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [
        ("2024-11-29T14:29", False, "2024-11-29T14:30"),
        ("2024-11-29T14:30", True, "2024-11-29T18:00"),
        ("2024-11-29T17:59", True, "2024-11-29T18:00"),
        ("2024-11-29T18:00", False, "2024-12-02T14:30"),
    ],
)
def test_hours_are_those_of_the_calendar(moment: str, is_open: bool, until: str, tmp_path: Path) -> None:
    share = Instrument(instrument=1, symbol="SHARE", calendar="XNYS")
    coin = Instrument(instrument=2, symbol="COIN")
    now_ns = int(np.datetime64(moment, "ns").astype(np.int64))
    hours = hours_of([share], now_ns, now_ns + 4 * 86_400 * SECOND_NS, tmp_path)

    around, exchange = hours_at(hours, [share, coin], now_ns)

    assert (around.calendar, around.open, around.until) == ("24/7", True, None)
    assert (exchange.calendar, exchange.open, str(exchange.until)[:16]) == ("XNYS", is_open, until)


def test_a_feeds_hours_are_the_walls_and_a_tapes_its_own(tmp_path: Path) -> None:
    share = Instrument(instrument=1, symbol="SHARE", calendar="XNYS")
    hours = hours_of([share], AT, AT, tmp_path)
    payloads, evening = [encode(vectors(AT, SAID))], AT + 5 * 3_600 * SECOND_NS
    live, taped = (
        market_now(RUN, plan(hours=hours, source={"kind": kind}), {1: share}, payloads, evening)
        for kind in ("alpaca", "paced-tape")
    )

    assert (live.clock, live.open, taped.clock, taped.open) == ("wall", False, "market", True)


def test_what_is_told_is_what_the_features_service_computed() -> None:
    market = SyntheticMarket(MarketPlan(symbols=3))
    spec = FeatureSpec(features=CONTEXT, interval_ns=market.plan.interval_ns)
    bars, facts = market.bars_and_facts(around_the_clock(AT, spec.interval_ns, 60))
    processor = FeatureProcessor(spec, 0)
    processor.handle(facts)
    told = processor.learn(bars)
    made = conditions(spec.features, told)

    assert made is not None
    last = dict(zip(spec.features, told["values"][-1].tolist(), strict=True))
    assert made.volatility == last["market.annual_volatility_20_252"]
    assert made.vix == last["vix.close"]
    assert made.trend in ("bullish", "neutral", "bearish")


def test_the_newest_of_nothing_is_nothing() -> None:
    assert newest_of([FEATURES.empty(watermark_ns=1)]) is None
