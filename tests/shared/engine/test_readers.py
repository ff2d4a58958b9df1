"""Everyone who must not miss a log is named as its reader."""

from __future__ import annotations

from shared.engine.bus import Key
from shared.engine.readers import readers_of
from tests.fixtures.plans import PLAN

READERS = readers_of(PLAN)


def test_money_logs_wait_for_risk_and_ledger_of_their_own_account() -> None:
    assert READERS[Key("fills", 1)] == {"risk:1", "ledger:1"}
    assert READERS[Key("orders", 0)] == {"execution.routing:0"}
    assert READERS[Key("reports", 0)] == {"execution.booking:0"}


def test_ticks_wait_for_their_features_and_every_venue() -> None:
    assert READERS[Key("ticks", 3)] == {"features:3", "venue:0", "venue:1"}


def test_bars_wait_for_every_risk_and_every_ledger() -> None:
    assert READERS[Key("bars", 0)] == {"risk:0", "risk:1", "ledger:0", "ledger:1"}


def test_every_partition_of_a_stream_has_readers() -> None:
    for name in ("ticks", "bars", "features", "predictions"):
        assert all(READERS[Key(name, p)] for p in range(PLAN.partitions))
