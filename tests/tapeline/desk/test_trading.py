from __future__ import annotations

from tapeline.desk.trading import TradingReader


def test_while_the_record_is_away_there_are_no_news() -> None:
    reader = TradingReader("postgresql://nobody@/none?host=/nowhere", "desk")
    assert reader.read() is None
    reader.close()
