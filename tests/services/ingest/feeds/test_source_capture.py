"""A capture is read in bounded pieces: every line is counted once, rows come in order, books beside them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.ingest.feeds.source_capture as source_capture
from services.ingest.feeds.book_rows import tops
from services.ingest.feeds.source_capture import CaptureReader
from services.ingest.files.checking import SEEN_BEFORE
from services.ingest.files.reading import Captured
from shared.block import Block, join
from shared.failures import Refused
from shared.market import Instruments
from shared.time import BEFORE_TAPE
from tests.fixtures.captures import captured, change, picture, quote, trade
from tests.fixtures.venues import BITCOIN, bitcoin

ETHER = msgspec.structs.replace(BITCOIN, instrument=2, symbol="ETHUSDT", lot=Decimal("0.0001"))
MINUTE = [line for n in range(1, 300) for line in (trade(200 * n, n), quote(200 * n + 50, n))]


def both() -> Instruments:
    return Instruments([BITCOIN, ETHER])


def ticks_of(reader: CaptureReader) -> Block:
    return join([chunk.ticks for chunk in reader.chunks()])


def deltas_of(reader: CaptureReader) -> Block:
    return join([block for chunk in reader.chunks() for block in chunk.beside]).until(BEFORE_TAPE)


def test_every_line_is_counted_as_what_it_was(tmp_path: Path) -> None:
    lines = [
        *(trade(1, 1), trade(2, 2), trade(3, 2), quote(4, 1), change(5, 7, 8), picture(6, 8)),
        *(b"no frame", trade(7, 3, symbol="DOGEUSDT"), trade(8, 4, price="100.001")),
        *(trade(9, 5)[:70], b'5 {"result":null,"id":1}', b'6 {"stream":"btcusdt@kline_1m","data":{}}'),
    ]
    reader = CaptureReader(captured(tmp_path / "feed", lines), bitcoin())
    rows = ticks_of(reader)
    kinds = {"trades": 3, "quotes": 1, "changes": 1, "pictures": 1, "silent": 2, "left_out": 0}
    assert reader.lines == {"lines": len(lines), **kinds}
    assert len(rows) == 4
    assert reader.unreadable.counts == {
        "no `<ns> <frame>`": 1,
        "Binance speaks of DOGEUSDT, which nobody asked for": 1,
        "found …, wanted a decimal number in steps of 0.01": 1,
        "a frame of Binance is no message": 1,
    }
    assert [fault.line for fault in reader.unreadable.examples] == [7, 8, 9, 10]
    assert reader.done == reader.size
    told: object = reader
    assert isinstance(told, Captured)


@given(st.integers(1, 50), st.integers(1, 700))
def test_rows_do_not_depend_on_the_size_of_the_pieces(few: int, many: int) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        path = captured(Path(folder) / "feed", MINUTE)
        patch.setattr(source_capture, "CHUNK_ROWS", few)
        fine = ticks_of(CaptureReader(path, bitcoin()))
        patch.setattr(source_capture, "CHUNK_ROWS", many)
        coarse = ticks_of(CaptureReader(path, bitcoin()))
    assert all((fine[name] == coarse[name]).all() for name in fine.columns)
    assert bool((np.diff(fine["event_time_ns"]) >= 0).all())


def test_no_more_than_a_piece_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_capture, "CHUNK_ROWS", 50)
    sizes = [len(chunk) for chunk in CaptureReader(captured(tmp_path / "feed", MINUTE), bitcoin()).chunks()]
    assert sum(sizes) == len(MINUTE)
    assert max(sizes) <= 50 + 5


def test_rows_out_of_order_within_the_bound_are_put_in_order(tmp_path: Path) -> None:
    lines = [trade(100, 1), trade(90, 2, skew_ns=15_000_000), quote(95, 1)]
    rows = ticks_of(CaptureReader(captured(tmp_path / "feed", lines), bitcoin()))
    assert rows["venue_seq"].tolist() == [2, 1, 1]
    assert bool((np.diff(rows["event_time_ns"]) >= 0).all())


def test_a_row_that_came_before_is_marked(tmp_path: Path) -> None:
    lines = [trade(1, 1), trade(2, 2), trade(1, 1, skew_ns=2_000_000)]
    (chunk,) = CaptureReader(captured(tmp_path / "feed", lines), bitcoin()).chunks()
    assert dict(zip(chunk.lines.tolist(), chunk.flags.tolist(), strict=True)) == {1: 0, 2: 0, 3: SEEN_BEFORE}


def test_the_clock_that_is_behind_is_found_out_and_taken_off(tmp_path: Path) -> None:
    behind = -1_270_000_000
    lines = [quote(0, 1, skew_ns=behind), trade(1, 1, skew_ns=behind), quote(2, 2, skew_ns=behind)]
    reader = CaptureReader(captured(tmp_path / "feed", lines), bitcoin())
    rows = ticks_of(reader)
    assert (np.diff(rows["event_time_ns"]) == 1_000_000).all()
    assert reader.skew_ns == behind + 30_000_000
    assert "our clock was 1.240 s behind the venue's" in "\n".join(reader.notes)


def test_a_book_is_the_picture_and_what_follows_it_and_a_gap_is_told(tmp_path: Path) -> None:
    lines = [
        *(change(1, 8, 9, [["99.98", "7"]]), picture(2, 9, [["99.99", "1"]], [["100.01", "2"]])),
        *(change(3, 10, 11, [["100.00", "3"]]), change(4, 14, 15, [["100.00", "0"]])),
    ]
    path = captured(tmp_path / "feed", lines)
    found = [
        (one.number, one.top.bid, one.top.ask) for one in tops(deltas_of(CaptureReader(path, bitcoin())), 1)
    ]
    assert found == [(9, 9_999, 10_001), (11, 10_000, 10_001)]
    reader = CaptureReader(path, bitcoin())
    deltas_of(reader)
    assert "1 gap in a book" in "\n".join(reader.notes)


def test_a_picture_without_a_symbol_goes_to_the_book_whose_numbers_it_goes_on_from(tmp_path: Path) -> None:
    lines = [
        *(change(1, 5_000, 5_001), change(2, 80, 81, symbol="ETHUSDT")),
        *(picture(3, 81, [["3.00", "1"]]), picture(4, 5_001, [["99.99", "1"]])),
    ]
    rows = deltas_of(CaptureReader(captured(tmp_path / "feed", lines), both()))
    assert rows["instrument"].tolist() == [2, 1]
    assert rows["price"].tolist() == [300, 9_999]


def test_only_the_symbols_that_somebody_wants_are_read(tmp_path: Path) -> None:
    lines = [trade(1, 1), trade(2, 1, symbol="ETHUSDT"), trade(3, 2)]
    reader = CaptureReader(captured(tmp_path / "feed", lines), both(), ["BTCUSDT"])
    assert ticks_of(reader)["instrument"].tolist() == [1, 1]
    assert reader.lines["left_out"] == 1 and len(reader.unreadable) == 0


def test_sizes_between_two_lots_are_told(tmp_path: Path) -> None:
    reader = CaptureReader(captured(tmp_path / "feed", [trade(1, 1, size="0.000014")]), bitcoin())
    assert ticks_of(reader)["size"].tolist() == [1]
    assert "1 size of BTCUSDT lies between two lots of 0.00001; each went to the nearest" in reader.notes[-1]


def test_a_capture_of_quotes_alone_is_read_by_our_clock(tmp_path: Path) -> None:
    reader = CaptureReader(captured(tmp_path / "feed", [quote(1, 1), quote(2, 2)]), bitcoin())
    assert ticks_of(reader)["venue_seq"].tolist() == [1, 2]


def test_a_book_without_a_picture_is_told(tmp_path: Path) -> None:
    reader = CaptureReader(captured(tmp_path / "feed", [change(1, 5, 6), change(2, 7, 8)]), bitcoin())
    assert [chunk.beside for chunk in reader.chunks()] == [()]
    assert "no picture of the book of BTCUSDT: its changes cannot be followed" in "\n".join(reader.notes)


def test_a_capture_of_something_else_is_refused(tmp_path: Path) -> None:
    path = captured(tmp_path / "feed", [trade(1, 1, symbol="DOGEUSDT")])
    with pytest.raises(Refused, match="holds no frames of BTCUSDT; it speaks of DOGEUSDT"):
        CaptureReader(path, bitcoin())
