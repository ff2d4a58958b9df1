"""What a worker reads and writes is counted under its stream and partition."""

from __future__ import annotations

from shared import metrics as m
from shared.engine.bus import Entry, Key
from shared.engine.meter import Meter
from shared.engine.stage import letter
from shared.store.contract import Commit
from shared.streams import BARS, ORDERS, VERDICTS
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
    meter.catch_up()
    counted = [line.rsplit(" ", 1)[1] for line in lines(metrics, 'partition="5"') if "_created" not in line]
    assert sorted(counted) == ["1.0", "2.0", "3.0", "3.0", "6.0"]


def test_a_log_without_news_has_no_lag() -> None:
    metrics, key, other = m.Metrics("risk"), Key("bars", 0), Key("bars", 1)
    meter = Meter(metrics)
    waited = [Entry(1, b"", SECOND_NS), Entry(2, b"", 2 * SECOND_NS)]
    meter.looked({key: 0, other: 0}, {key: waited}, 3 * SECOND_NS)
    meter.catch_up()
    assert sorted(line[-3:] for line in lines(metrics, m.LAG_BLOCKS.name)) == ["0.0", "2.0"]
    assert sorted(line[-3:] for line in lines(metrics, m.LAG_SECONDS.name)) == ["0.0", "2.0"]
    meter.looked({key: 2, other: 0}, {}, 4 * SECOND_NS)
    meter.catch_up()
    assert {line[-3:] for line in lines(metrics, "tapeline_lag")} == {"0.0"}


def test_what_is_in_the_record_is_counted() -> None:
    metrics = m.Metrics("risk")
    meter = Meter(metrics)
    closes = block(VERDICTS, [5, 5, 10], watermark_ns=10, verdict=[1, 5, 5])
    meter.kept([Commit(stage="risk", partition=0, epoch=1, seq=1, rows=(closes,))])
    assert not lines(metrics, m.DECISIONS.name)
    meter.catch_up()
    assert lines(metrics, m.DECISIONS.name)[0].endswith(" 2.0")
    said = {line.split('outcome="')[1].split('"')[0]: line[-3:] for line in lines(metrics, m.VERDICTS.name)}
    assert said == {"entered": "1.0", "below_threshold": "2.0"}


def test_a_decision_is_timed_from_the_receipt_of_its_tick() -> None:
    metrics = m.Metrics("risk")
    meter = Meter(metrics)
    orders = Commit(stage="risk", partition=0, epoch=1, seq=1, rows=(block(ORDERS, [5], watermark_ns=5),))
    verdicts = Commit(stage="risk", partition=0, epoch=1, seq=2, rows=(block(VERDICTS, [5], watermark_ns=5),))
    meter.decided([orders], SECOND_NS // 500)
    meter.decided([verdicts], SECOND_NS)
    meter.decided([orders], 0)
    (told,) = lines(metrics, m.TICK_TO_ORDER_SECONDS.name + "_sum")
    assert told.endswith(" 0.002")


def test_the_end_of_the_tape_is_no_time_to_show() -> None:
    metrics = m.Metrics("features")
    meter = Meter(metrics)
    for watermark_ns in (7 * SECOND_NS, END_OF_TAPE):
        meter.read(Key("bars", 0), block(BARS, [], watermark_ns=watermark_ns))
    meter.catch_up()
    assert lines(metrics, m.WATERMARK.name)[0].endswith(" 7.0")
