"""A plan holds what every process must agree on, and never a key."""

from __future__ import annotations

import msgspec

from services.ingest.feeds.plan import LATENESS_NS, FeedKeys, FeedPlan, feed_keys, feed_plan
from shared.settings import Engine, Ingest, Keys, Settings


def test_a_plan_is_made_of_settings_and_comes_back_from_text() -> None:
    settings = Settings(
        ingest=Ingest(source="binance", symbols=("BTCUSDT", "ETHUSDT", "BTCUSDT"), lateness_ms=400),
        engine=Engine(block_rows=64, linger_ms=5.0),
    )
    plan = feed_plan(settings)
    assert plan.symbols == ("BTCUSDT", "ETHUSDT")
    assert plan.pacing[:3] == (400_000_000, 64, 5_000_000)
    assert msgspec.convert(msgspec.to_builtins(plan), FeedPlan) == plan


def test_without_a_lateness_a_feed_takes_what_it_needs() -> None:
    assert feed_plan(Settings(ingest=Ingest(symbols=("X",)))).lateness_ns == LATENESS_NS


def test_no_key_is_ever_part_of_a_plan() -> None:
    keys = Keys(alpaca_key="k1", alpaca_secret="k2", polygon="k3", finnhub="k4")
    settings = Settings(ingest=Ingest(symbols=("X",)), keys=keys)
    assert feed_keys(settings) == FeedKeys("k1", "k2", "k3", "k4")
    text = msgspec.json.encode(feed_plan(settings)).decode()
    assert not any(key in text for key in feed_keys(settings))
