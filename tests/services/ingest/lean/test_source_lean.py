"""LEAN folders: the right files, in time order, under the name of the day."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from services.ingest.lean.source_lean import LeanFolder, LeanRequest
from shared.actions import Action
from shared.failures import BadInput, Refused

MONDAY, TUESDAY = dt.date(2013, 7, 1), dt.date(2013, 7, 2)


def pack(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(path.stem + ".csv", text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    equity = tmp_path / "equity" / "usa"
    pack(equity / "minute/nwsa/20130628_trade.zip", "34200000,5,5,5,5,1\n")
    pack(equity / "minute/foxa/20130701_trade.zip", "34200000,10,12,9,11,5\n34260000,11,12,9,12,6\n")
    pack(equity / "minute/foxa/20130701_quote.zip", "34200000,1,1,1,10,5,1,1,1,12,5\n")
    pack(equity / "minute/spy/20130701_trade.zip", "34200000,20,22,19,21,5\n")
    pack(equity / "minute/spy/20130702_trade.zip", "34200000,21,22,19,21,5\n")
    pack(equity / "tick/spy/20130701_trade.zip", "34200000,20,1,P,1,0\n")
    pack(equity / "tick/spy/20130701_quote.zip", "34200000,19,1,21,1,P,1,0\n")
    pack(equity / "daily/spy.zip", "20130628 00:00,1,1,1,1,1\n20130701 00:00,2,2,2,2,2\n")
    (equity / "map_files").mkdir()
    (equity / "map_files/tfcfa.csv").write_text(
        "20041112,nwsa\n20130628,nwsa\n20190318,foxa\n20190320,tfcfa\n"
    )
    (equity / "factor_files").mkdir()
    (equity / "factor_files/spy.csv").write_text("20130628,0.5,0.5,100\n20501231,1,1,0\n")
    return tmp_path


def test_symbols_of_a_day_come_in_time_order(folder: Path) -> None:
    tape = LeanFolder(folder).tape(LeanRequest(symbols=("SPY", "foxa"), start=MONDAY, end=MONDAY))

    assert [row.symbol for row in tape.instruments] == ["SPY", "FOXA"]
    assert tape.ticks["instrument"].tolist() == [1, 2, 2, 2]
    assert tape.ticks["kind"].tolist() == [3, 2, 3, 3]
    assert (tape.ticks["event_time_ns"][1:] >= tape.ticks["event_time_ns"][:-1]).all()


def test_days_are_given_one_by_one(folder: Path) -> None:
    days = list(LeanFolder(folder).days(LeanRequest(symbols=("spy",))))

    assert [day for day, _ in days] == [MONDAY, TUESDAY]
    assert [len(ticks) for _, ticks in days] == [1, 1]


def test_a_symbol_is_found_under_the_name_it_had(folder: Path) -> None:
    tape = LeanFolder(folder).tape(LeanRequest(symbols=("TFCFA",), kinds=("trade",)))

    assert tape.ticks["price"].tolist() == [5, 11, 12]
    assert set(tape.ticks["instrument"].tolist()) == {1}


def test_a_quote_comes_before_the_trade_of_its_time(folder: Path) -> None:
    tape = LeanFolder(folder).tape(LeanRequest(symbols=("spy",), resolution="tick"))

    assert tape.ticks["kind"].tolist() == [2, 1]


def test_days_of_a_daily_file_can_be_chosen(folder: Path) -> None:
    tape = LeanFolder(folder).tape(LeanRequest(symbols=("spy",), resolution="daily", start=MONDAY))

    assert tape.ticks["price"].tolist() == [2]


def test_actions_come_from_both_kinds_of_file(folder: Path) -> None:
    actions = LeanFolder(folder).actions(LeanRequest(symbols=("spy", "tfcfa")))

    assert actions["instrument"].tolist() == [1, 1, 2, 2, 2]
    assert actions["action"].tolist() == [
        Action.SPLIT, Action.CASH_DIVIDEND, Action.RENAME, Action.RENAME, Action.DELISTING
    ]  # fmt: skip
    assert actions["amount"].tolist()[1] == 50_000_000
    assert len(LeanFolder(folder).actions(LeanRequest(symbols=("nwsa",)))) == 0


def test_what_is_not_there_is_said(folder: Path) -> None:
    with pytest.raises(Refused, match="no LEAN folder"):
        LeanFolder(folder / "nowhere")
    with pytest.raises(Refused, match="no minute rows of ABC"):
        LeanFolder(folder).tape(LeanRequest(symbols=("ABC",)))
    with pytest.raises(Refused, match="resolution"):
        LeanRequest(symbols=("a",), resolution="weekly")
    with pytest.raises(Refused, match="asset"):
        LeanRequest(symbols=("a",), asset="stamps")
    with pytest.raises(Refused, match="symbol"):
        LeanRequest(symbols=())


def test_a_broken_file_is_named(folder: Path) -> None:
    (folder / "equity/usa/minute/spy/20130703_trade.zip").write_bytes(b"PK nonsense")
    pack(folder / "equity/usa/minute/foxa/20130703_trade.zip", "34200000,10,12\n")

    with pytest.raises(BadInput, match=r"spy.20130703_trade\.zip cannot be read"):
        LeanFolder(folder).tape(LeanRequest(symbols=("spy",)))
    with pytest.raises(BadInput, match=r"foxa.20130703_trade\.zip: LEAN rows"):
        LeanFolder(folder).tape(LeanRequest(symbols=("foxa",)))


def test_an_empty_file_is_an_empty_day(folder: Path) -> None:
    pack(folder / "equity/usa/minute/spy/20130703_trade.zip", "")

    assert len(LeanFolder(folder).tape(LeanRequest(symbols=("spy",))).ticks) == 2
