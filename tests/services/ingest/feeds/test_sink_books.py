"""Live books lie in the lake once their minute is over, or when the feed ends."""

from __future__ import annotations

import time
from pathlib import Path
from queue import Queue

from services.ingest.feeds.book_rows import tops
from services.ingest.feeds.events import DepthChange, DepthPicture
from services.ingest.feeds.rows import DepthRows
from services.ingest.feeds.sink_books import BookRecorder
from services.ingest.tape import read_instruments
from shared.lake.folders import files_of
from shared.lake.parquet import read_stream
from shared.lake.writer import LakeWriter
from shared.streams import BOOK_DELTAS
from tests.fixtures.venues import bitcoin

PICTURE = DepthRows(1, DepthPicture(1, 1, 5, ((10, 2),), ((12, 3),)))


def change(number: int) -> DepthRows:
    return DepthRows(number, DepthChange(1, number, number, number, 0, ((11, number),), ()))


def test_what_waits_is_kept_when_the_feed_ends(tmp_path: Path) -> None:
    recorder = BookRecorder(tmp_path, bitcoin(), print)
    recorder.put([PICTURE, change(6)])
    recorder.put([change(7)])
    recorder.close()
    assert [one.number for one in tops(read_stream(tmp_path, BOOK_DELTAS), 1)] == [5, 6, 7]
    assert [row.symbol for row in read_instruments(tmp_path)] == ["BTCUSDT"]


def test_a_minute_that_is_over_is_in_the_lake_while_the_feed_goes_on(tmp_path: Path) -> None:
    recorder = BookRecorder(tmp_path, bitcoin(), print, every_s=0.01)
    recorder.put([PICTURE])
    deadline = time.monotonic() + 10
    while not files_of(tmp_path, BOOK_DELTAS):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    recorder.put([change(6)])
    recorder.close()
    assert len(read_stream(tmp_path, BOOK_DELTAS)) == 3


def test_a_lake_that_somebody_else_writes_to_costs_a_line_and_no_feed(tmp_path: Path) -> None:
    said = Queue[str]()
    with LakeWriter(tmp_path):
        recorder = BookRecorder(tmp_path, bitcoin(), said.put)
        assert "books are no longer recorded" in said.get(timeout=10)
        recorder.put([PICTURE])
        assert recorder.waiting == 0
        recorder.close()
    assert said.empty()
