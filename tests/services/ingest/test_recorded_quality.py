"""Recorded data of other people: its known faults are found, and its good rows are left alone."""

from __future__ import annotations

import csv
import gzip
import zipfile
from collections import Counter
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest

from services.ingest.adjust import factors
from services.ingest.lean.actions import parse_factors
from services.ingest.lean.source_lean import LeanFolder, LeanRequest
from services.ingest.quality.checks import QualityChecker
from services.ingest.quality.plan import DAILY, QualityPlan
from services.ingest.quality.reasons import Reason
from services.ingest.quality.report import QualityReport, problems, report
from services.ingest.quality.tables import check_pair
from shared.block import Block
from shared.market import Instrument, Instruments
from shared.streams import TICKS
from shared.time import SECOND_NS
from tests.fixtures.realdata import real_data

pytestmark = pytest.mark.realdata

CLOSE_NS = 21 * 3_600 * SECOND_NS
FAULTY = {"BBY", "CHD", "CHK", "DHR", "ES", "FTV", "ICE", "IP", "LNT", "MRO", "NWL", "UA"}
"""Symbols with a row that lacks something, contradicts itself, or is missing."""
ACTIONS = {"DISCA", "NI", "HPE", "BHGE"}
"""Symbols with an action that the publisher has not adjusted for."""
COPIED = {"2014-07-18", "2014-08-04", "2014-12-04", "2014-12-09"}
"""Days on which many symbols repeat the day before, prices and volume alike."""
MASKS = ("open", "high", "low", "close")


def daily_bars(tables: dict[str, list[list[str]]], scale: int) -> tuple[Block, Instruments]:
    known = Instruments(Instrument(instrument=i, symbol=name) for i, name in enumerate(sorted(tables), 1))
    parts: dict[str, list[Any]] = {column.name: [] for column in TICKS.columns}
    for row in known:
        told = tables[row.symbol]
        days = np.array([line[0] for line in told], "datetime64[ns]").astype(np.int64)
        numbers = np.array([[float(cell or 0) for cell in line[1:6]] for line in told])
        columns = {name: np.zeros(len(told), np.int64) for name in parts}
        columns["event_time_ns"], columns["instrument"] = days + CLOSE_NS, np.full(len(told), row.instrument)
        columns["kind"][:] = 3
        for place, name in enumerate(("open", "high", "low", "price")):
            columns[name] = np.rint(numbers[:, place] * scale).astype(np.int64)
        columns["size"] = numbers[:, 4].astype(np.int64) if numbers.shape[1] > 4 else columns["size"]
        for name, values in columns.items():
            parts[name].append(values)
    block = TICKS.block({name: np.concatenate(values) for name, values in parts.items()}, watermark_ns=0)
    return block.sorted(), known


@cache
def stocks() -> tuple[QualityReport, int]:
    with zipfile.ZipFile(real_data() / "daily" / "sp500_5yr_2013_2018.dev.zip") as archive:
        tables = {
            name.rpartition("/")[2].removesuffix(".csv"): [
                line.split(",") for line in archive.read(name).decode().splitlines()[1:]
            ]
            for name in archive.namelist()
            if name.endswith(".csv")
        }
    bars, known = daily_bars(tables, 10_000)
    checker = QualityChecker(DAILY)
    checker.check(bars)
    return report("stocks", checker.findings(), known), len(bars)


def found(symbol: str, told: QualityReport) -> dict[str, dict[str, int]]:
    return {day.day: dict(day.reasons) for day in told.days if day.symbol == symbol and day.reasons}


def test_the_split_that_was_applied_to_one_price_of_one_day_is_found() -> None:
    assert found("LNT", stocks()[0])["2016-05-19"] == {"PART_SPLIT": 1}


def test_missing_opens_and_ranges_are_found() -> None:
    told, _ = stocks()

    assert found("UA", told)["2016-04-07"] == {"NO_RANGE": 1}
    assert found("FTV", told)["2016-07-01"] == {"NO_RANGE": 1}
    assert found("DHR", told)["2015-07-17"] == {"MISSING_OPEN": 1}
    assert found("ES", told)["2015-07-17"] == {"MISSING_OPEN": 1}
    assert found("DHR", told)["2016-01-12"] == {"NO_RANGE": 1}


def test_bars_that_contradict_themselves_days_that_are_missing_and_prices_that_came_back_are_found() -> None:
    told, _ = stocks()

    assert found("CHD", told)["2014-05-19"] == {"OPEN_OUTSIDE": 1}
    assert found("BBY", told)["2016-03-14"] == {"CLOSE_OUTSIDE": 1}
    assert found("ICE", told)["2013-09-12"] == {"STALE": 1}
    assert found("MRO", told)["2017-09-15"] == {"JUMP_REVERTED": 1}
    assert found("NWL", told)["2017-09-15"] == {"JUMP_REVERTED": 1}


def test_actions_that_nobody_adjusted_for_are_found() -> None:
    told, _ = stocks()

    assert [s for s in sorted(ACTIONS) if "LEVEL_SHIFT" in _names(found(s, told))] == sorted(ACTIONS)


def test_days_that_are_copies_of_the_day_before_are_found() -> None:
    told, _ = stocks()
    copied = Counter(day.day for day in told.days if "REPEATED_BAR" in day.reasons)

    assert sum(copied.values()) == 168
    assert {day for day, count in copied.items() if count > 1} == COPIED


def test_good_rows_of_clean_symbols_raise_no_alarm() -> None:
    told, rows = stocks()
    alarms = [
        (day.symbol, day.day, dict(day.reasons))
        for day in told.days
        if day.symbol not in FAULTY | ACTIONS and day.reasons and set(day.reasons) != {"REPEATED_BAR"}
    ]

    assert problems(told) == []
    assert told.rows == rows > 381_000
    assert len(alarms) <= rows / 10_000, alarms
    assert len(alarms) <= 3, alarms


def test_days_of_one_price_are_found_in_the_index() -> None:
    path = real_data() / "index" / "vix_daily_cboe_1990_2026.csv"
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    bars, known = daily_bars({"VIX": lines}, 100)
    checker = QualityChecker(DAILY)
    checker.check(bars)
    told = report("vix", checker.findings(), known)

    flat = [day.day for day in told.days if "FLAT_BAR" in day.reasons]
    assert len(flat) == 506
    assert flat[0] == "1990-01-02"
    assert told.reasons["OPEN_OUTSIDE"] == 47
    assert problems(told) == []


def test_the_clock_of_the_captured_feed_is_found_to_be_behind() -> None:
    path = real_data() / "crypto" / "binance_raw" / "spot_btcusdt_20240808.gz"
    rows: list[dict[str, int]] = []
    with gzip.open(path) as lines:
        for line in lines:
            received, _, text = line.partition(b" ")
            told = msgspec.json.decode(text).get("data", {})
            if told.get("e") == "trade":
                price, size = round(float(told["p"]) * 100), round(float(told["q"]) * 1e8)
                times = {"event_time_ns": told["T"] * 1_000_000, "received_ns": int(received)}
                rows.append({**times, "price": price, "size": size, "venue_seq": told["t"], "kind": 1})
    columns = {column.name: np.array([row.get(column.name, 0) for row in rows]) for column in TICKS.columns}
    checker = QualityChecker(QualityPlan(lateness_ns=SECOND_NS))

    reasons = checker.check(TICKS.block(columns, watermark_ns=0))

    told_day = report("capture", checker.findings(), Instruments()).days[0]
    assert not reasons.any()
    assert checker.findings().count(Reason.RECEIVED_EARLY) == len(rows)
    assert told_day.lag_least_ms == pytest.approx(-1_270, abs=10)
    assert told_day.missing == 0


def test_the_swapped_columns_of_the_fundamentals_are_found() -> None:
    folder = real_data() / "fundamentals"
    swapped, right = (_pair(folder / f"sp500_financials_{day}.csv") for day in ("2018-02-08", "2026-08"))

    assert swapped.words == "52 Week Low and 52 Week High are swapped in 505 of 505 rows"
    assert right.words == ""


@pytest.mark.parametrize("symbol", ["AAPL", "SPY", "IBM"])
def test_factors_of_our_own_agree_with_the_publisher_to_its_digits(symbol: str) -> None:
    folder = LeanFolder(real_data() / "lean")
    request = LeanRequest(symbols=(symbol,), resolution="daily")
    bars = folder.tape(request).ticks
    text = (real_data() / "lean/equity/usa/factor_files" / f"{symbol.lower()}.csv").read_text(
        encoding="utf-8"
    )
    theirs = parse_factors(text)
    days = bars["event_time_ns"].astype("datetime64[ns]").astype("datetime64[D]")
    place = np.searchsorted(np.array([row.day for row in theirs], "datetime64[D]"), days)

    ours = factors(bars["event_time_ns"], bars["price"] / 10_000, folder.actions(request))

    wanted = np.array([row.price * row.split for row in theirs])[place]
    assert np.abs(ours / wanted - 1.0).max() < 3e-6


def test_the_split_of_apple_is_expected_when_it_is_known() -> None:
    folder = LeanFolder(real_data() / "lean")
    request = LeanRequest(symbols=("AAPL",))
    ticks = folder.tape(request).ticks
    told, untold = QualityChecker(QualityPlan()), QualityChecker(QualityPlan())
    told.know_actions(folder.actions(request))

    assert not told.check(ticks).any()
    assert np.isin(untold.check(ticks), [Reason.QUOTE_SPIKE, Reason.BAR_SPIKE]).sum() > 0


def test_lows_of_a_tenth_of_the_price_and_a_minute_before_the_split_are_found() -> None:
    folder = LeanFolder(real_data() / "lean")
    told = {}
    for resolution, plan in (("daily", DAILY), ("minute", QualityPlan())):
        request = LeanRequest(symbols=("AAPL",), resolution=resolution)
        checker = QualityChecker(plan)
        checker.know_actions(folder.actions(request))
        checker.check(folder.tape(request).ticks)
        told[resolution] = dict(report("lean", checker.findings(), Instruments()).reasons)

    assert told == {"daily": {"RANGE_SPIKE": 3, "STALE": 1}, "minute": {"SPLIT_FOR_A_DAY": 1}}


def _pair(path: Any) -> Any:
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    names = ("52 Week Low", "52 Week High", "Price")
    table = {name: np.array([float(row[name] or "nan") for row in rows]) for name in names}
    return check_pair(table, *names)


def _names(days: dict[str, dict[str, int]]) -> list[str]:
    return [name for reasons in days.values() for name in reasons]
