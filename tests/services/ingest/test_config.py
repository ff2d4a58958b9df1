"""What ingest takes from the settings."""

from __future__ import annotations

import msgspec
import pytest

from services.ingest.config import IngestConfig, Pacing, ingest_config
from services.ingest.synthetic.market import MarketPlan
from shared.settings import Engine, Features, Ingest, Market, Settings
from shared.time import DAY_NS, SECOND_NS


def test_the_defaults_of_the_settings_are_the_defaults_of_ingest() -> None:
    assert ingest_config(Settings()) == IngestConfig()


def test_every_setting_that_ingest_obeys_arrives() -> None:
    settings = Settings(
        market=Market(seed=3, symbols=60, speed=4.0, history_days=2),
        features=Features(bar_s=1.0),
        engine=Engine(block_rows=10, linger_ms=5.0),
        ingest=Ingest(source="tape", tape="day.csv"),
    )
    config = ingest_config(settings)
    assert config.market == MarketPlan(seed=3, symbols=60, interval_ns=SECOND_NS)
    assert config.pacing == Pacing(speed=4.0, rows_per_cut=10, linger_ns=5_000_000)
    assert config.history.minute_bars == 2 * 1440
    assert config.tape == "day.csv"


def test_the_synthetic_clock_starts_in_the_middle_of_a_session() -> None:
    assert IngestConfig().start_ns % DAY_NS == DAY_NS // 2


def test_a_market_without_instruments_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"symbols": 0}, MarketPlan)
