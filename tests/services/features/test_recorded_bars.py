"""Recorded trades and minutes of a publisher: our bars are its bars, and those of a second opinion."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from services.features.building import BarRule, build
from services.ingest.lean.rows import local_midnight
from services.ingest.lean.source_lean import LeanFolder, LeanRequest
from shared.calendars import Sessions
from shared.time import DAY_NS, MINUTE_NS, SECOND_NS
from tests.fixtures.aggregate import aggregate, between
from tests.fixtures.realdata import real_data

pytestmark = pytest.mark.realdata

PRICES = ("open", "high", "low", "close")
MINUTES = BarRule(size=MINUTE_NS)


def hours_of(day: dt.date) -> Sessions:
    start = local_midnight(day, "America/New_York")
    return Sessions(np.array([start + 34_200 * SECOND_NS]), np.array([start + 57_600 * SECOND_NS]))


def test_trades_of_ibm_are_its_bars() -> None:
    folder = LeanFolder(real_data() / "lean")
    ticks = LeanRequest(symbols=("IBM",), resolution="tick", kinds=("trade",))
    bars = LeanRequest(symbols=("IBM",), resolution="second", kinds=("trade",), end=dt.date(2013, 10, 9))
    same, wanted = 0, 0
    for (day, trades), (also, seconds) in zip(folder.days(ticks), folder.days(bars), strict=True):
        assert day == also
        hours = hours_of(day)
        after = int(hours.closes[0])
        ours, left = build(trades.until(max(trades.watermark_ns, after)), MINUTES, {1: hours})
        theirs, _ = build(seconds.until(max(seconds.watermark_ns, after)), MINUTES, {1: hours})
        assert left == 0
        assert ours["event_time_ns"].tolist() == theirs["event_time_ns"].tolist()
        second_opinion = aggregate(between(trades, int(hours.opens[0]), after), MINUTE_NS)
        assert all(ours[name].tolist() == second_opinion[name].tolist() for name in (*PRICES, "volume"))
        equal = np.all([ours[name] == theirs[name] for name in PRICES], axis=0)
        same, wanted = same + int(equal.sum()), wanted + len(equal)

    assert wanted == 3 * 390
    assert same / wanted >= 0.99
    assert same == 1_169, "one open differs, that of the third day's first minute"


def test_minutes_of_spy_are_its_days() -> None:
    folder = LeanFolder(real_data() / "lean")
    minutes = LeanRequest(symbols=("SPY",), kinds=("trade",), end=dt.date(2013, 12, 31))
    whole = LeanRequest(
        symbols=("SPY",), resolution="daily", start=dt.date(2013, 10, 4), end=dt.date(2013, 10, 11)
    )
    days = folder.tape(whole).ticks
    differences = []
    for place, (day, bars) in enumerate(folder.days(minutes)):
        hours = hours_of(day)
        ours, _ = build(bars.until(int(hours.closes[0])), BarRule(size=DAY_NS), {1: hours})
        assert ours["event_time_ns"].tolist() == hours.closes.tolist()
        for name, theirs in (*((name, name) for name in PRICES[:3]), ("close", "price"), ("volume", "size")):
            if int(ours[name][0]) != int(days[theirs][place]):
                differences.append((str(day), name, int(ours[name][0]), int(days[theirs][place])))

    assert len(days) == 6
    assert differences == [("2013-10-08", "low", 1_653_600, 1_653_700)], "a penny in the publisher's own data"
