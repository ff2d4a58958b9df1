"""What a worker reads and writes is counted under its stream and partition."""

from __future__ import annotations

from shared import metrics as m
from shared.engine.bus import Key
from shared.engine.meter import Meter
from shared.engine.stage import letter
from shared.streams import BARS
from shared.time import END_OF_TAPE, SECOND_NS
from tests.fixtures.blocks import block


def lines(metrics: m.Metrics, part: str) -> list[str]:
    return [line for line in metrics.text().decode().splitlines() if part in line and line[0] != "#"]


def test_blocks_and_rows_are_counted_in_and_out() -> None:
    metrics = m.Metrics("features")
    meter = Meter(metrics)
    made = block(BARS, [1, 2], watermark_ns=3 * SECOND_NS, partition=5)
    meter.read(Key("bars", 5), made)
    meter.wrote([letter(made, "t", 1, 0)] * 3)
    counted = [line.rsplit(" ", 1)[1] for line in lines(metrics, 'stream="bars"') if "_created" not in line]
    assert sorted(counted) == ["1.0", "2.0", "3.0", "3.0"]


def test_the_end_of_the_tape_is_no_time_to_show() -> None:
    metrics = m.Metrics("features")
    meter = Meter(metrics)
    for watermark_ns in (7 * SECOND_NS, END_OF_TAPE):
        meter.read(Key("bars", 0), block(BARS, [], watermark_ns=watermark_ns))
    assert lines(metrics, m.WATERMARK.name)[0].endswith(" 7.0")
