"""Files that describe the whole market: CBOE's VIX day by day, and the yields of US treasuries."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from services.ingest.feeds.events import Candle
from services.ingest.feeds.rows import Received, ticks_block
from services.ingest.files.steps import Step
from services.ingest.tape import Tape
from shared.failures import BadInput, Refused
from shared.market import Instrument, Instruments
from shared.time import SECOND_NS

T = TypeVar("T")

VIX: Final = Instrument(instrument=1, symbol="VIX", venue="CBOE", asset_class="index", calendar="XCBF")
NEW_YORK: Final = ZoneInfo("America/New_York")
LAST_VIX: Final = dt.time(16, 15)
"""When a day's last value is made, in New York."""
YIELDS_OUT: Final = dt.time(18, 0)
"""When a day's yields have been published, in New York."""
PRICES: Final = ("OPEN", "HIGH", "LOW", "CLOSE")
TENORS: Final[Mapping[str, int]] = {
    "1month": 1, "3month": 3, "6month": 6, "1year": 12, "2year": 24, "3year": 36,
    "5year": 60, "7year": 84, "10year": 120, "20year": 240, "30year": 360,
}  # fmt: skip
MILLIONTH: Final = Step(size=VIX.tick / 10_000)


class Yields(NamedTuple):
    """Yields in millionths by day and tenor, -1 where none was made; known from these times on."""

    known_ns: npt.NDArray[np.int64]
    months: tuple[int, ...]
    millionths: npt.NDArray[np.int64]
    notes: tuple[str, ...]


def read_vix(path: Path) -> Tape:
    """A bar a day, at the last nanosecond before its last value was made; bad rows are said and left out."""
    faults: Counter[str] = Counter()
    step = Step(VIX.tick)
    candles = list(_rows(path, ("DATE", *PRICES), lambda row: _candle(row, step), faults))
    flat = sum(1 for candle in candles if candle.open == candle.high == candle.low == candle.close)
    torn = sum(1 for candle in candles if not _holds(candle))
    faults["a day whose four prices are one"] += flat
    faults["a day whose range does not hold its open and close"] += torn
    if not candles:
        raise Refused(f"{path} holds no day of the VIX")
    ticks = ticks_block([Received(candle.time_ns, 0, candle) for candle in candles]).sorted()
    notes = _notes(path, faults)
    return Tape(Instruments([VIX]), ticks.until(int(ticks["event_time_ns"][-1])), notes)


def read_yields(path: Path) -> Yields:
    """The curve of every day, known only once it was published; bad rows are said and left out."""
    faults: Counter[str] = Counter()
    rows = sorted(_rows(path, ("Time Period", *TENORS), _curve, faults))
    if not rows:
        raise Refused(f"{path} holds no day of yields")
    known = np.array([time for time, _ in rows], np.int64)
    table = np.array([curve for _, curve in rows], np.int64)
    return Yields(known, tuple(TENORS.values()), table, _notes(path, faults))


def _rows(
    path: Path, wanted: tuple[str, ...], read: Callable[[dict[str, str]], T], faults: Counter[str]
) -> Iterator[T]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            missing = [name for name in wanted if name not in (table.fieldnames or ())]
            if missing:
                raise Refused(f"{path} has no column {', '.join(missing)}; it has {table.fieldnames}")
            for row in table:
                try:
                    yield read(row)
                except BadInput as error:
                    faults[f"a row that cannot be read ({error})"] += 1
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} cannot be read as a table: {error}") from error


def _candle(row: dict[str, str], step: Step) -> Candle:
    o, h, l, c = (step.nearest(row[name] or "") for name in PRICES)
    if min(o, h, l, c) <= 0:
        raise BadInput("a price is zero")
    return Candle(VIX.instrument, _at(row["DATE"], LAST_VIX) - 1, o, h, l, c, 0)


def _holds(candle: Candle) -> bool:
    return candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high


def _curve(row: dict[str, str]) -> tuple[int, tuple[int, ...]]:
    curve = tuple(MILLIONTH.nearest(row[name]) if row[name] else -1 for name in TENORS)
    return _at(row["Time Period"][:10], YIELDS_OUT), curve


def _at(day: str, clock: dt.time) -> int:
    try:
        moment = dt.datetime.combine(dt.date.fromisoformat(day), clock, NEW_YORK)
    except (ValueError, TypeError) as error:
        raise BadInput(f"found the day {str(day)[:20]!r}") from error
    return int(moment.timestamp()) * SECOND_NS


def _notes(path: Path, faults: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{path.name}: {times} × {fault}" for fault, times in sorted(faults.items()) if times)
