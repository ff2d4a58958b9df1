"""Files into the lake: counts add up, and nothing is lost or doubled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from services.ingest.files.checking import AcceptAll, RawTicks
from services.ingest.files.intake import Intake, found_before, name_of, sum_of, take_in
from services.ingest.files.options import ReadOptions
from services.ingest.files.sources import open_reader
from services.ingest.tape import read_tape
from shared.failures import Refused
from shared.lake.parquet import read_stream
from shared.lake.writer import LakeWriter
from shared.market import Instruments
from shared.streams import BAR_DETAILS, QUARANTINE, VOLUME_PROFILE
from tests.fixtures.tick_files import HEADER, file_of, row, taken

BARS = (
    "timestamp,open,high,low,close,volume,bid_ask_delta,volume_profile,session,symbol\n"
    "2026-01-05T12:00:00Z,10,11,9.5,10.5,70,-12,10.25:40|10.5:30,RTH,ES\n"
    "2026-01-05T12:00:01Z,10,11,9.5,10.5,70,5,10.25:7,ETH,ES\n"
)


class RefuseOdd:
    """Refuses every second row, for two reasons in turn."""

    def check(self, chunk: RawTicks) -> npt.NDArray[Any]:
        """0, 3, 0, 4, …"""
        return np.tile(np.array([0, 3, 0, 4], np.int16), len(chunk) // 4 + 1)[: len(chunk)]


def test_read_is_accepted_and_quarantined_and_unreadable(tmp_path: Path) -> None:
    path = file_of(tmp_path, HEADER + "".join(row(n) for n in range(10)) + "bad\n")
    lake = tmp_path / "lake"
    with LakeWriter(lake) as writer:
        reader = open_reader(path, Instruments(), ReadOptions())
        made = take_in(reader, RefuseOdd(), writer, lake, ("one", lambda done, total: None))
    assert (made.read, made.accepted, made.quarantined, made.unreadable) == (11, 5, 5, 1)
    assert made.reasons == {3: 3, 4: 2}
    assert len(read_tape(lake).ticks) == 5
    refused = read_stream(lake, QUARANTINE)
    assert refused["reason"].tolist() == [3, 4, 3, 4, 3]
    assert refused["price"].tolist() == [1001] * 5


def test_what_a_bar_says_beside_its_prices_lies_beside_it(tmp_path: Path) -> None:
    taken(file_of(tmp_path, BARS), tmp_path / "lake")
    details = read_stream(tmp_path / "lake", BAR_DETAILS)
    assert details["delta"].tolist() == [-12, 5]
    assert details["session"].tolist() == [1, 2]
    levels = read_stream(tmp_path / "lake", VOLUME_PROFILE)
    assert list(zip(levels["price"].tolist(), levels["volume"].tolist(), strict=True)) == [
        (1025, 40), (1050, 30), (1025, 7)
    ]  # fmt: skip


def test_a_file_is_known_again_by_its_content_and_by_how_it_was_read(tmp_path: Path) -> None:
    path, lake = file_of(tmp_path, HEADER + row()), tmp_path / "lake"
    name = name_of(path, ReadOptions())
    assert found_before(lake, name) is None
    made = taken(path, lake, name=name)
    again = found_before(lake, name)
    assert again is not None
    assert again.already
    assert again.accepted == made.accepted == 1
    assert name_of(path, ReadOptions(tz="UTC")) != name
    assert name_of(file_of(tmp_path, HEADER + row(1), "y.csv"), ReadOptions()) != name


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    taken(file_of(tmp_path, HEADER + row(), "good.csv"), lake)
    text = HEADER + "".join(row(n % 60) for n in range(90_000)) + "2026-01-05T07:00:00-05:00,A,1,1\n"
    with pytest.raises(Refused, match=r"line 90002: .*another time zone"):
        taken(file_of(tmp_path, text, "mixed.csv"), lake, name="two")
    assert len(read_tape(lake).ticks) == 1


def test_files_that_share_symbols_share_instruments(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    taken(file_of(tmp_path, HEADER + row(0, symbol="B")), lake)
    taken(file_of(tmp_path, HEADER + row(1, symbol="A") + row(2, symbol="B")), lake, name="two")
    tape = read_tape(lake)
    assert [tape.instruments[int(i)].symbol for i in tape.ticks["instrument"]] == ["B", "A", "B"]


def test_a_header_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds a header and no rows"):
        taken(file_of(tmp_path, HEADER), tmp_path / "lake")


def test_nothing_is_refused_unless_somebody_checks() -> None:
    from tests.fixtures.markets import small_tape

    tape = small_tape()
    chunk = RawTicks("x", tape.ticks, tape.instruments, np.arange(3000), np.zeros(3000, np.int16))
    reasons = AcceptAll().check(chunk)
    assert reasons.dtype == np.int16
    assert not reasons.any()
    assert len(reasons) == len(chunk) == 3000


def test_parts_of_a_source_add_up() -> None:
    one = Intake(
        source="s",
        read=3,
        accepted=2,
        quarantined=1,
        reasons={20: 1},
        symbols=1,
        first_ns=5,
        last_ns=9,
        notes=["a"],
    )
    other = Intake(
        source="s", read=4, accepted=1, unreadable=3, faults={"cut": 3}, symbols=1, first_ns=1, last_ns=2
    )
    none = Intake(source="s", read=2, quarantined=2, reasons={20: 1, 8: 1}, notes=["a", "b"])
    told = sum_of([one, other, none])
    assert (told.read, told.accepted, told.quarantined, told.unreadable) == (9, 3, 3, 3)
    assert (told.reasons, told.faults) == ({20: 2, 8: 1}, {"cut": 3})
    assert (told.symbols, told.first_ns, told.last_ns, told.notes) == (1, 1, 9, ["a", "b"])
