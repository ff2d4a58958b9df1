"""A lake read day by day is the lake."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.block import join
from shared.failures import Refused
from shared.lake.days import read_days, span_of
from shared.lake.parquet import read_stream, write_block
from shared.streams import BARS, TICKS
from shared.time import DAY_NS
from tests.fixtures.feature_tapes import random_tape


def test_day_by_day_gives_the_rows_of_the_whole_in_their_order(tmp_path: Path) -> None:
    tape = random_tape(3_000, 5, 1, step_ns=DAY_NS // 300)
    draw = np.random.default_rng(1)
    for number, rows in enumerate(np.array_split(draw.permutation(len(tape)), 4)):
        part = tape.take(np.sort(rows))
        for start in range(0, len(part), 200):
            write_block(tmp_path, part.rows(start, start + 200), 100 * number + start // 200)
    told: list[tuple[int, int]] = []
    days = list(read_days(tmp_path, TICKS, lambda done, total: told.append((done, total))))
    whole = read_stream(tmp_path, TICKS)
    assert len(days) > 3 and max(len(day) for day in days) < len(tape)
    for name in TICKS.names:
        assert join(days)[name].tobytes() == np.ascontiguousarray(whole[name]).tobytes()
    assert told[-1][0] == told[-1][1] > 0


def test_a_lake_without_the_stream_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no ticks"):
        list(read_days(tmp_path, TICKS))


def test_a_lake_says_when_its_rows_begin_and_end_without_reading_them(tmp_path: Path) -> None:
    tape = random_tape(3_000, 5, 1, step_ns=DAY_NS // 300)
    times = tape["event_time_ns"]
    for start in (1_000, 0, 2_000):
        write_block(tmp_path, tape.rows(start, start + 1_000), start)
    assert span_of(tmp_path, TICKS) == (int(times[0]), int(times[-1]))
    with pytest.raises(Refused, match="holds no bars"):
        span_of(tmp_path, BARS)
