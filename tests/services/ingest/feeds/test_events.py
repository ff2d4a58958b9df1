"""One vocabulary: what is a tick and what is not."""

from __future__ import annotations

from services.ingest.feeds.events import Candle, DepthPicture, Pulse, Quote, Tick, Trade


def test_trades_quotes_and_candles_are_ticks_and_books_are_not() -> None:
    ticks = (Trade(1, 0, 1, 1, 1, 1), Quote(1, 0, 1, 2, 1, 1, 1), Candle(1, 0, 1, 1, 1, 1, 1))
    assert all(isinstance(tick, Tick) for tick in ticks)
    assert not isinstance(DepthPicture(1, 0, 1, (), ()), Tick)
    assert not isinstance(Pulse(1, 0, 1), Tick)
