"""A LEAN request is read under the ids of the lake that it goes into."""

from __future__ import annotations

import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from services.ingest.lean.source_lean import LeanFolder, LeanRequest
from services.ingest.lean.source_lean_reader import LeanReader
from shared.failures import Refused
from shared.market import Instrument, Instruments

KNOWN = Instrument(instrument=4, symbol="OLD")


@pytest.fixture
def folder(tmp_path: Path) -> LeanFolder:
    """One symbol with one day."""
    daily = tmp_path / "equity" / "usa" / "daily"
    daily.mkdir(parents=True)
    with zipfile.ZipFile(daily / "spy.zip", "w") as archive:
        archive.writestr("spy.csv", "20130701 00:00,10,12,9,11,5\n")
    return LeanFolder(tmp_path)


def test_a_new_symbol_gets_the_next_id_of_the_lake(folder: LeanFolder) -> None:
    reader = LeanReader(folder, LeanRequest(symbols=("spy",), resolution="daily"), Instruments([KNOWN]))
    (chunk,) = reader.chunks()
    assert chunk.ticks["instrument"].tolist() == [5]
    assert (reader.instruments[5].symbol, reader.done) == ("SPY", 1)


def test_a_lake_that_counts_in_other_steps_is_refused(folder: LeanFolder) -> None:
    other = Instruments([Instrument(instrument=1, symbol="SPY", tick=Decimal("0.01"))])
    with pytest.raises(Refused, match="another lake"):
        LeanReader(folder, LeanRequest(symbols=("spy",), resolution="daily"), other)


def test_a_symbol_without_rows_among_others_is_named(folder: LeanFolder) -> None:
    reader = LeanReader(folder, LeanRequest(symbols=("spy", "xyz"), resolution="daily"), Instruments())
    list(reader.chunks())
    assert reader.notes == ("XYZ: no daily rows in these days",)


def test_a_request_without_rows_is_refused(folder: LeanFolder) -> None:
    reader = LeanReader(folder, LeanRequest(symbols=("spy",), resolution="minute"), Instruments())
    with pytest.raises(Refused, match="no minute rows of spy"):
        list(reader.chunks())
