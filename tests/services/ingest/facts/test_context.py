"""Files of days become facts of each day's last moment; recorded ones join prices by date and never leak."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from research.dataset.vectors import Beside, vectors
from services.features.config import FeatureSpec
from services.ingest.facts.context import asked, hours, known_on, take_in
from shared.block import Block, join
from shared.calendars import sessions
from shared.facts import MARKET, FactRows, Field, sector_subject
from shared.failures import Refused
from shared.market import Instrument, Instruments
from shared.time import DAY_NS
from tests.fixtures.feature_tapes import ticks
from tests.fixtures.realdata import real_data

INSTRUMENTS = Instruments([Instrument(instrument=7, symbol="AAA"), Instrument(instrument=8, symbol="BBB")])
NINTH = known_on(dt.date(2018, 2, 9))


def facts_in(text: str) -> tuple[Block, int]:
    rows = FactRows()
    refused = take_in(asked(text), INSTRUMENTS, rows)
    return rows.block(), refused


def test_a_level_of_a_day_is_known_in_its_last_moment(tmp_path: Path) -> None:
    path = tmp_path / "vix.csv"
    path.write_text("DATE,OPEN,CLOSE\n2018-02-09,1,29.5\n2/12/2018,1,25.5\n2018-02-13,1,-4\n2018-02-14,1,\n")
    facts, refused = facts_in(f"vix={path}")
    assert facts["value"].tolist() == [29.5, 25.5] and refused == 1
    assert facts["event_time_ns"].tolist() == [NINTH, NINTH + 3 * DAY_NS]
    assert int(np.datetime64("2018-02-10", "ns").astype(np.int64)) - 1 == NINTH
    assert set(facts["instrument"].tolist()) == {MARKET} and set(facts["field"].tolist()) == {Field.VIX}


def test_a_sectors_index_is_asked_for_by_the_sectors_name(tmp_path: Path) -> None:
    path = tmp_path / "xle.csv.gz"
    path.write_bytes(gzip.compress(b"date,close\n2018-02-09,66.5\n"))
    facts, _ = facts_in(f"energy={path}")
    assert facts["instrument"].tolist() == [sector_subject("Energy")]


def test_a_snapshot_tells_companies_of_the_tape_and_of_its_own_day(tmp_path: Path) -> None:
    path = tmp_path / "companies.csv"
    path.write_text(
        "Symbol,Sector,Price/Earnings,Dividend Yield,return_on_equity\n"
        "AAA,Health Care,20.5,2.5,0.18\nBBB,Biotechnology,,0.5,x\nCCC,Energy,9,9,9\n"
    )
    facts, refused = facts_in(f"companies={path}@2018-02-09")
    told = list(
        zip(facts["instrument"].tolist(), facts["field"].tolist(), facts["value"].tolist(), strict=True)
    )
    assert told == [
        (7, Field.SECTOR, 2.0),
        (7, Field.PE_RATIO, 20.5),
        (7, Field.DIVIDEND_YIELD, 0.025),
        (7, Field.RETURN_ON_EQUITY, 0.18),
        (8, Field.DIVIDEND_YIELD, 0.005),
    ]
    assert set(facts["event_time_ns"].tolist()) == {NINTH} and refused == 1


def test_a_yield_that_is_a_share_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "companies_2018-02-09.csv"
    path.write_text("Symbol,Dividend Yield\nAAA,0.0175\nBBB,0.03\n")
    assert facts_in(f"companies={path}")[0]["value"].tolist() == [0.0175, 0.03]


@pytest.mark.parametrize("kind", ["real estate", "real_estate", "Real-Estate"])
def test_a_sector_of_two_words_may_be_written_as_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "xlre.csv"
    path.write_text("date,close\n2018-02-09,31.5\n")
    assert facts_in(f"{kind}={path}")[0]["value"].tolist() == [31.5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spx.csv", "kind=file"),
        ("weather=x.csv", "kind one of market, vix"),
        ("vix=nowhere.csv", "no file of context"),
        ("companies={folder}/plain.csv", "on which day"),
        ("vix={folder}/plain.csv", "column date or time period or day"),
        ("market={folder}/dated.csv", "column close or vix"),
        ("vix={folder}/undated.csv", "no day such as"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plain.csv").write_text("a,b\n1,2\n")
    (tmp_path / "dated.csv").write_text("date,b\n2018-02-09,2\n")
    (tmp_path / "undated.csv").write_text("date,close\nFriday,2\n")
    with pytest.raises(Refused, match=said):
        facts_in(text.format(folder=tmp_path))


def prices_of(symbol: str) -> dict[str, float]:
    """Recorded closes by day."""
    archive = zipfile.ZipFile(real_data() / "daily" / "sp500_5yr_2013_2018.dev.zip")
    with archive, archive.open(f"{symbol}.csv") as file:
        return {row["date"]: float(row["close"]) for row in csv.DictReader(io.TextIOWrapper(file))}


def tape_of(prices: dict[str, float]) -> Block:
    """A trade at noon of each day."""
    rows = [
        {
            "event_time_ns": known_on(dt.date.fromisoformat(day)) - DAY_NS // 2,
            "instrument": 7, "kind": 1, "price": round(100 * close), "size": 1,
        }
        for day, close in sorted(prices.items())
    ]  # fmt: skip
    last = max(prices)
    return ticks(rows, known_on(dt.date.fromisoformat(last)))


RECORDED = ("vix.close", "market.return_1", "treasury_yield", "pe_ratio", "market_cap.age")


def recorded(prices: dict[str, float]) -> tuple[list[str], np.ndarray]:
    """Each bar's day and vector, with everything that was recorded told beside it."""
    index = real_data() / "index"
    known = Instruments([Instrument(instrument=7, symbol="ABBV")])
    rows = FactRows()
    snapshot = real_data() / "fundamentals" / "sp500_financials_2018-02-08.csv"
    for text in (
        f"vix={index / 'vix_daily_cboe_1990_2026.csv'}",
        f"market={index / 'arch_sp500.csv.gz'}",
        f"treasury={index / 'us_treasury_curves_daily.csv'}",
        f"companies={snapshot}",
    ):
        take_in(asked(text), known, rows)
    spec = FeatureSpec(features=RECORDED, interval_ns=DAY_NS)
    made = [features for _, features in vectors([tape_of(prices)], spec, Beside(rows.block()))]
    whole = join(made)
    days = (whole["event_time_ns"] - DAY_NS).astype("datetime64[ns]").astype("datetime64[D]").astype(str)
    return days.tolist(), whole["values"]


@pytest.mark.realdata
def test_the_vix_and_the_index_of_a_day_stand_beside_the_prices_of_that_day() -> None:
    days, values = recorded(prices_of("ABBV"))
    assert len(days) == 1_259 and days[-1] == "2018-02-07"
    with (real_data() / "index" / "vix_daily_cboe_1990_2026.csv").open() as file:
        vix = {row["DATE"]: float(row["CLOSE"]) for row in csv.DictReader(file)}
    assert values[:, 0].tolist() == [vix[day] for day in days]
    with gzip.open(real_data() / "index" / "arch_sp500.csv.gz", "rt") as file:
        told = [(row["Date"], float(row["Close"])) for row in csv.DictReader(file)]
    level = {
        f"{int(y):04}-{int(m):02}-{int(d):02}": close for day, close in told for m, d, y in [day.split("/")]
    }
    before = dict(zip(list(level)[1:], list(level), strict=False))
    moves = [np.log(level[day] / level[before[day]]) for day in days]
    np.testing.assert_allclose(values[:, 1], moves, rtol=1e-12)


@pytest.mark.realdata
def test_the_snapshot_of_the_day_after_prices_end_never_leaks_into_them() -> None:
    prices = prices_of("ABBV")
    _, values = recorded(prices)
    assert np.isnan(values[:, 3:]).all()
    longer = prices | {"2018-02-08": 110.0, "2018-02-09": 111.0}
    days, values = recorded(longer)
    assert days[-2:] == ["2018-02-08", "2018-02-09"]
    assert np.isnan(values[:-2, 3:]).all()
    assert not np.isnan(values[-2:, 3]).any() and values[-1, 4] == pytest.approx(1.0, abs=1e-9)


def test_the_market_is_open_from_its_open_to_its_close_and_short_days_are_short(tmp_path: Path) -> None:
    rows = FactRows()
    hours(sessions("XNYS", dt.date(2023, 11, 22), dt.date(2023, 11, 25), tmp_path), rows)
    facts = rows.block()
    times = facts["event_time_ns"].astype("datetime64[ns]").astype("datetime64[m]").astype(str).tolist()
    assert times == ["2023-11-22T14:30", "2023-11-22T21:00", "2023-11-24T14:30", "2023-11-24T18:00"]
    assert facts["value"].tolist() == [1.0, 0.0, 1.0, 0.0]
    minute = 60 * 10**9
    trades = [
        {"event_time_ns": int(time_ns) + shift, "instrument": 7, "kind": 1, "price": 100, "size": 1}
        for time_ns in facts["event_time_ns"].tolist()
        for shift in (-minute, 0)
    ]
    spec = FeatureSpec(features=("market_hours",), interval_ns=minute)
    tape = ticks(trades, trades[-1]["event_time_ns"] + minute)
    values = join([features for _, features in vectors([tape], spec, Beside(facts))])["values"][:, 0]
    assert np.isnan(values[0]) and values[1:].tolist() == [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]


def test_a_market_around_the_clock_never_closes(tmp_path: Path) -> None:
    rows = FactRows()
    hours(sessions("24/7", dt.date(2023, 11, 22), dt.date(2023, 11, 24), tmp_path), rows)
    assert rows.block()["value"].tolist() == [1.0, 1.0, 1.0, 0.0]
