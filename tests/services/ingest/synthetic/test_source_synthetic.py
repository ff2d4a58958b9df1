"""The synthetic market as a live source: its pace and its promises."""

from __future__ import annotations

import msgspec
import numpy as np

from services.ingest.config import Pacing
from services.ingest.fact_cuts import apart
from services.ingest.synthetic.history import market_at_start
from services.ingest.synthetic.source_synthetic import SyntheticSource
from services.ingest.synthetic.ticks import SyntheticTicks
from shared.block import Block, join
from shared.time import SECOND_NS
from tests.fixtures.markets import START_NS, small_config

WALL_NS = 5_000 * SECOND_NS
MS = 1_000_000


def played(source: SyntheticSource, seconds: float, step_ns: int = MS) -> list[tuple[int, list[Block]]]:
    """What comes when the source is asked at every step of the wall clock."""
    found = []
    for now in range(WALL_NS, WALL_NS + int(seconds * SECOND_NS), step_ns):
        blocks = source.next(now)
        if blocks is not None:
            found.append((now, list(apart(blocks)[0])))
    return found


def test_the_market_runs_at_its_speed_from_its_own_start() -> None:
    for speed in (1.0, 3.0):
        *_, (now, blocks) = played(SyntheticSource(small_config(speed=speed)), 2.0)
        assert blocks[0].watermark_ns - START_NS <= (now - WALL_NS) * speed
        assert blocks[0].watermark_ns - START_NS > (now - WALL_NS) * speed - SECOND_NS // 4 * speed


def test_the_rows_are_the_markets_rows_whatever_the_pace() -> None:
    told = played(SyntheticSource(small_config(speed=5.0)), 2.0)
    rows = join([join(blocks).sorted() for _, blocks in told]).sorted()
    wanted = SyntheticTicks(market_at_start(small_config()), START_NS).until(told[-1][1][0].watermark_ns + 1)
    assert len(rows) == len(wanted) > 100
    for name in ("event_time_ns", "instrument", "kind", "price", "size", "bid", "ask"):
        assert (rows[name] == wanted[name]).all()


def test_time_passes_at_least_four_times_a_second_even_without_rows() -> None:
    quiet = small_config(speed=0.001)
    told = played(SyntheticSource(quiet), 2.0)
    walls = np.array([now for now, _ in told])
    assert (np.diff(walls) <= 250 * MS).all()
    assert any(not any(map(len, blocks)) for _, blocks in told)


def test_rows_wait_at_most_the_linger() -> None:
    for now, blocks in played(SyntheticSource(small_config()), 2.0):
        lag = (now - WALL_NS) - (join(blocks)["event_time_ns"] - START_NS)
        assert (lag <= 4 * MS).all()


def test_a_bars_end_is_promised_without_waiting_for_a_row() -> None:
    config = small_config()
    end = START_NS + config.market.interval_ns
    first = next(
        now for now, blocks in played(SyntheticSource(config), 6.0) if blocks[0].watermark_ns >= end - 1
    )
    assert first - WALL_NS - config.market.interval_ns <= 4 * MS


def test_a_block_never_holds_more_rows_than_allowed() -> None:
    small = msgspec.structs.replace(small_config(), pacing=Pacing(speed=500.0, rows_per_cut=10))
    told = played(SyntheticSource(small), 0.5)
    assert max(sum(map(len, blocks)) for _, blocks in told) == 10


def test_rows_say_when_they_were_received() -> None:
    for now, blocks in played(SyntheticSource(small_config()), 0.5):
        assert all((block["received_ns"] == now).all() for block in blocks)


def test_a_reader_that_slept_slows_the_market_and_misses_nothing() -> None:
    source = SyntheticSource(small_config())
    told = [*played(source, 0.5)]
    asleep_until = WALL_NS + 3_600 * SECOND_NS
    late = source.next(asleep_until)
    assert late is not None
    assert late[0].watermark_ns <= told[-1][1][0].watermark_ns + small_config().market.interval_ns
    after = source.next(asleep_until + SECOND_NS)
    assert after is not None
    assert after[0].watermark_ns > late[0].watermark_ns


def test_a_restart_goes_on_at_once_however_long_it_took() -> None:
    source = SyntheticSource(small_config())
    promised = played(source, 1.0)[-1][1][0].watermark_ns
    again = SyntheticSource(small_config())
    again.resume(5, promised)
    first = played(again, 0.3)[0][1]
    assert promised < first[0].watermark_ns < promised + SECOND_NS


def test_the_indices_are_told_with_the_last_moment_of_each_bar() -> None:
    source, told = SyntheticSource(small_config(speed=20.0)), list[Block]()
    for now in range(WALL_NS, WALL_NS + 2 * SECOND_NS, MS):
        told += apart(source.next(now) or ())[1]
    times = join(told)["event_time_ns"]
    base = small_config().market.interval_ns
    assert len(times) >= 13 * 2 and ((times + 1) % base == 0).all()
    assert all((block["event_time_ns"] <= block.watermark_ns).all() for block in told)
