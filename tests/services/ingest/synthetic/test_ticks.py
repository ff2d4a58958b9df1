"""Ticks and bars of the synthetic market are one thing told twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket
from services.ingest.synthetic.ticks import SyntheticTicks, ticks_of, warm
from shared.block import Block, join
from shared.time import SECOND_NS
from tests.fixtures.markets import START_NS, same_rows

BAR_NS = 5 * SECOND_NS
PLAN = MarketPlan(symbols=6)


def live(plan: MarketPlan = PLAN) -> SyntheticTicks:
    return SyntheticTicks(SyntheticMarket(plan), START_NS)


def rolled(ticks: Block) -> list[tuple[int, ...]]:
    """The bars of a block of ticks, the slow and plain way."""
    found: list[tuple[int, ...]] = []
    close_of = START_NS + ((ticks["event_time_ns"] - START_NS) // BAR_NS + 1) * BAR_NS
    for close in np.unique(close_of):
        for instrument in np.unique(ticks["instrument"]):
            own = ticks.take(np.flatnonzero((close_of == close) & (ticks["instrument"] == instrument)))
            traded = own.take(np.flatnonzero(own["kind"] == 1))
            prices, sizes = traded["price"], traded["size"]
            last = int(own["bid"][-1]), int(own["ask"][-1])
            ohlc = int(prices[0]), int(prices.max()), int(prices.min()), int(prices[-1])
            volumes = int(sizes.sum()), int((sizes * traded["side"]).sum()), len(traded)
            found.append((int(close), int(instrument), *ohlc, *volumes, *last))
    return found


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1 << 40), st.floats(0.1, 200.0))
def test_ticks_rolled_up_are_the_bars_that_they_were_made_from(seed: int, ticks_per_s: float) -> None:
    plan = MarketPlan(symbols=3, seed=seed, ticks_per_s=ticks_per_s)
    bars = SyntheticMarket(plan).bars(around_the_clock(START_NS, BAR_NS, 4))
    prices, sizes = ("open", "high", "low", "close"), ("volume", "signed_volume", "trades")
    names = ("event_time_ns", "instrument", *prices, *sizes, "bid", "ask")
    told = list(zip(*(bars[name].tolist() for name in names), strict=True))
    assert rolled(ticks_of(bars, 5)) == told


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 7 * SECOND_NS), min_size=1, max_size=12))
def test_ticks_do_not_depend_on_how_windows_are_cut(widths: list[int]) -> None:
    source, end, parts = live(), START_NS, []
    for width in widths:
        end += width
        parts.append(source.until(end))
    assert same_rows(join(parts), live().until(end))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 40 * SECOND_NS), st.integers(1, 9 * SECOND_NS))
def test_a_market_can_be_entered_at_any_time(start: int, width: int) -> None:
    begun, late = live(), live()
    begun.until(START_NS + start)
    late.pass_over(START_NS + start)
    end = START_NS + start + width
    assert same_rows(late.until(end), begun.until(end))


def test_ticks_are_sorted_and_inside_their_window() -> None:
    source = live()
    source.until(START_NS + 3 * SECOND_NS)
    ticks = source.until(START_NS + 8 * SECOND_NS)
    times = ticks["event_time_ns"]
    assert times[0] >= START_NS + 3 * SECOND_NS
    assert times[-1] < START_NS + 8 * SECOND_NS
    assert (np.lexsort((ticks["instrument"], times)) == np.arange(len(ticks))).all()


def test_trades_print_between_bid_and_ask_and_quotes_carry_no_price() -> None:
    ticks = live().until(START_NS + 20 * SECOND_NS)
    trades = ticks.take(np.flatnonzero(ticks["kind"] == 1))
    quotes = ticks.take(np.flatnonzero(ticks["kind"] == 2))
    assert ((trades["bid"] < trades["price"]) & (trades["price"] < trades["ask"])).all()
    assert (trades["size"] > 0).all()
    assert set(trades["side"].tolist()) == {-1, 1}
    assert not quotes["price"].any()
    assert not quotes["size"].any()
    assert (ticks["bid_size"] > 0).all()


def test_the_desk_has_hundreds_of_ticks_a_second() -> None:
    ticks = live(MarketPlan()).until(START_NS + 60 * SECOND_NS)
    assert 200 <= len(ticks) / 60 <= 1_000


def test_no_window_holds_no_ticks() -> None:
    source = live()
    assert len(source.until(START_NS)) == 0
    assert source.until(START_NS).watermark_ns == START_NS - 1


def test_warming_up_makes_no_difference() -> None:
    before = live().until(START_NS + BAR_NS)
    warm()
    assert same_rows(live().until(START_NS + BAR_NS), before)
