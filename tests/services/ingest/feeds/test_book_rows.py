"""A book from recorded rows is the book that was followed."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import pytest

from services.ingest.feeds.book import Top
from services.ingest.feeds.book_rows import tops
from services.ingest.feeds.capture import read_capture
from services.ingest.feeds.events import DepthChange, DepthPicture
from services.ingest.feeds.rows import DepthRows, deltas_block
from services.ingest.feeds.sink_books import BookRecorder
from shared.lake.parquet import read_stream
from shared.streams import BOOK_DELTAS
from tests.fixtures.realdata import real_data
from tests.fixtures.venues import bitcoin

PICTURE = DepthRows(1, DepthPicture(1, 1, 5, ((10, 2), (9, 1)), ((12, 3),)))
BETTER = DepthRows(2, DepthChange(1, 2, 6, 6, 0, ((11, 1),), ()))
GONE = DepthRows(2, DepthChange(1, 2, 7, 7, 0, ((11, 0),), ((12, 0), (13, 1))))
ANEW = DepthRows(3, DepthPicture(1, 3, 20, ((8, 1),), ((9, 1),)))


def test_changes_apply_in_order_and_a_picture_begins_anew() -> None:
    rows = deltas_block([BETTER, PICTURE, BETTER, GONE, ANEW])
    found = [(one.time_ns, one.number, one.top) for one in tops(rows, 1)]
    assert found == [
        (1, 5, Top(10, 2, 12, 3)),
        (2, 6, Top(11, 1, 12, 3)),
        (2, 7, Top(10, 2, 13, 1)),
        (3, 20, Top(8, 1, 9, 1)),
    ]


def test_another_instruments_rows_and_none_at_all_are_no_book() -> None:
    assert list(tops(deltas_block([PICTURE]), 2)) == []
    assert list(tops(deltas_block([]), 1)) == []


@pytest.mark.realdata
def test_the_captured_day_out_of_the_lake_equals_the_venues_best_on_every_change(tmp_path: Path) -> None:
    capture = read_capture(real_data() / "crypto" / "binance_raw" / "spot_btcusdt_20240808.gz", bitcoin())
    recorder = BookRecorder(tmp_path, bitcoin(), print)
    recorder.put(capture.depth)
    recorder.close()
    quotes = capture.tape.ticks
    numbers = quotes["venue_seq"][quotes["kind"] == 2].tolist()
    names = ("bid", "bid_size", "ask", "ask_size")
    best = list(zip(*(quotes[name][quotes["kind"] == 2].tolist() for name in names), strict=True))
    changes = 0
    for one in tops(read_stream(tmp_path, BOOK_DELTAS), 1):
        if one.number >= numbers[0]:
            assert tuple(one.top) == best[bisect_right(numbers, one.number) - 1]
            changes += 1
    assert changes == 3448 + 2, "the picture, the change that straddles it, and all after it"
