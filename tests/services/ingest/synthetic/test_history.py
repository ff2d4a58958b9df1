"""The past of the synthetic market leads to its present."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from services.ingest.config import IngestConfig
from services.ingest.synthetic.history import history, market_at_start, past, write_history
from services.ingest.synthetic.ticks import SyntheticTicks
from shared.block import join
from shared.lake.parquet import read_stream
from shared.streams import BARS, FACTS
from tests.fixtures.markets import START_NS, same_rows, small_config


def test_each_stretch_ends_where_the_next_one_starts() -> None:
    config = IngestConfig()
    stretches = past(config)
    for one, after in pairwise(stretches):
        assert one.grid.closes[-1] == after.grid.closes[0] - after.grid.interval_ns
    assert stretches[-1].grid.closes[-1] == config.start_ns


def test_live_ticks_start_at_the_price_where_history_ended() -> None:
    config = small_config()
    *_, last = [block for _, block in history(config) if block.stream is BARS]
    closes = dict(zip(last["instrument"][-5:].tolist(), last["close"][-5:].tolist(), strict=True))
    ticks = SyntheticTicks(market_at_start(config), START_NS).until(START_NS + config.market.interval_ns)
    trades = ticks.take(np.flatnonzero(ticks["kind"] == 1))
    for instrument, close in closes.items():
        assert int(trades["price"][trades["instrument"] == instrument][0]) == close


def test_live_volatility_goes_on_at_its_level() -> None:
    config = small_config()
    market = market_at_start(config)
    assert market.state["log_vol"].any()
    assert market.climate["slow_vol"][0] != 0.0


def test_history_in_the_lake_is_the_history_that_was_made(tmp_path: Path) -> None:
    config = small_config()
    counts = write_history(config, tmp_path)
    assert counts == {"daily": 25, "minute": 100, "base": 50}
    for name in counts:
        for stream in (BARS, FACTS):
            blocks = [block for stretch, block in history(config) if stretch == name]
            made = join([block for block in blocks if block.stream is stream])
            assert same_rows(read_stream(tmp_path / name, stream), made)
