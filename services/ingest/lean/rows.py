"""LEAN's rows as ticks: pure parsing of the text inside its zip files, whole columns at a time."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from services.ingest.files.columns import LARGEST, half_even_steps
from shared.block import Block
from shared.failures import BadInput, Refused
from shared.market import Instrument
from shared.streams import TICKS
from shared.time import BEFORE_TAPE, DAY_NS, MINUTE_NS, SECOND_NS

Array = npt.NDArray[Any]

TRADE, QUOTE, BAR = 1, 2, 3
HOUR_NS: Final = 60 * MINUTE_NS
MS_NS: Final = 1_000_000
INTERVALS: Final = {"second": SECOND_NS, "minute": MINUTE_NS, "hour": HOUR_NS}
SUSPICIOUS: Final = -(1 << 31)
"""The bit of `conditions` that stands for LEAN's mark of a suspicious tick; the others are the venue's."""
EQUITY_CLOSE: Final = 16
"""The hour in New York at which an equity's daily bar is known."""

BAR_COLUMNS: Final = "ifffff"
QUOTE_BAR_COLUMNS: Final = "iffffffffff"
TRADE_TICK_COLUMNS: Final = "iffssi"
QUOTE_TICK_COLUMNS: Final = "iffffssi"


class Terms(NamedTuple):
    """How an asset class is written: its clock, whether prices are ten-thousandths, and its steps."""

    zone: str
    is_scaled: int
    tick: Decimal
    lot: Decimal
    calendar: str


TERMS: Final = {
    "equity": Terms("America/New_York", 1, Decimal("0.0001"), Decimal("1"), "XNYS"),
    "forex": Terms("UTC", 0, Decimal("0.00001"), Decimal("1"), "24/7"),
    "crypto": Terms("UTC", 0, Decimal("0.01"), Decimal("0.00000001"), "24/7"),
    "future": Terms("America/New_York", 0, Decimal("0.01"), Decimal("1"), "24/7"),
}
MULTIPLIERS: Final = {"es": Decimal(50)}


def instrument(number: int, symbol: str, asset: str) -> Instrument:
    """The terms of a symbol of LEAN's folders."""
    terms = TERMS[asset]
    return Instrument(
        instrument=number,
        symbol=symbol.upper(),
        venue="LEAN",
        asset_class=asset,
        tick=terms.tick,
        lot=terms.lot,
        multiplier=MULTIPLIERS.get(symbol.lower().split()[0], Decimal(1)),
        calendar=terms.calendar,
    )


def utc(day: dt.date, wall_ns: Array, zone: str) -> Array:
    """Nanoseconds since a day's midnight by the wall clock, as UTC; right on days when the clock is moved."""
    hours = wall_ns // HOUR_NS
    known: dict[int, int] = {int(hour): _offset(day, int(hour), zone) for hour in np.unique(hours)}
    shifts = np.zeros(max(known, default=0) + 1, np.int64)
    for hour, shift in known.items():
        shifts[hour] = shift
    return midnight(day) + wall_ns - shifts[hours]


def midnight(day: dt.date) -> int:
    """A day's midnight as if it were UTC."""
    return (day - dt.date(1970, 1, 1)).days * DAY_NS


def local_midnight(day: dt.date, zone: str) -> int:
    """A day's midnight in a zone."""
    return int(utc(day, np.zeros(1, np.int64), zone)[0])


def parse_bars(text: bytes, day: dt.date, asset: str, resolution: str, row: Instrument) -> Block:
    """Bars of a second, minute or hour; each is told at its last nanosecond, when it is known."""
    columns = _read(text, BAR_COLUMNS)
    start = columns[0] * MS_NS
    times = utc(day, start, TERMS[asset].zone) + INTERVALS[resolution] - 1
    return _bars(times, columns[1:], asset, row)


def parse_daily(text: bytes, asset: str, row: Instrument) -> Block:
    """Daily bars; an equity's is told a nanosecond before four in New York, any other's before midnight."""
    columns = _read(text, "s" + "f" * text.partition(b"\n")[0].count(b","))
    days = _days(columns[0])
    hour = EQUITY_CLOSE if asset == "equity" else 24
    ends = days * DAY_NS + hour * HOUR_NS - 1
    times = ends - _offsets(days, hour, TERMS[asset].zone)
    if len(columns) == len(QUOTE_BAR_COLUMNS):
        return _quote_bars(times, columns[1:], asset, row)
    return _bars(times, columns[1:], asset, row)


def parse_quote_bars(text: bytes, day: dt.date, asset: str, resolution: str, row: Instrument) -> Block:
    """The closing quote of each bar of quotes, at the bar's last nanosecond."""
    columns = _read(text, QUOTE_BAR_COLUMNS)
    times = utc(day, columns[0] * MS_NS, TERMS[asset].zone) + INTERVALS[resolution] - 1
    return _quote_bars(times, columns[1:], asset, row)


def parse_trade_ticks(text: bytes, day: dt.date, asset: str, row: Instrument) -> Block:
    """Trades with the bits of their sale conditions."""
    times, prices, sizes, _, conditions, marks = _read(text, TRADE_TICK_COLUMNS)
    bits = _hexadecimal(conditions)
    bits = np.where(marks != 0, bits | SUSPICIOUS, bits)
    return _ticks(
        row,
        event_time_ns=utc(day, times * MS_NS, TERMS[asset].zone),
        kind=np.full(len(bits), TRADE),
        conditions=bits,
        price=_prices(prices, asset, row),
        size=_lots(sizes, row),
    )


def parse_quote_ticks(text: bytes, day: dt.date, asset: str, row: Instrument) -> Block:
    """Quotes; a row that tells one side only leaves the other as it last was on that day."""
    times, bids, bid_sizes, asks, ask_sizes, _, conditions, marks = _read(text, QUOTE_TICK_COLUMNS)
    bits = _hexadecimal(conditions)
    bid, ask = _prices(bids, asset, row), _prices(asks, asset, row)
    last_bid, last_ask = _last_told(bid > 0), _last_told(ask > 0)
    return _ticks(
        row,
        event_time_ns=utc(day, times * MS_NS, TERMS[asset].zone),
        kind=np.full(len(bits), QUOTE),
        conditions=np.where(marks != 0, bits | SUSPICIOUS, bits),
        bid=_at(bid, last_bid),
        ask=_at(ask, last_ask),
        bid_size=_at(_lots(bid_sizes, row), last_bid),
        ask_size=_at(_lots(ask_sizes, row), last_ask),
    )


def _bars(times: Array, columns: list[Any], asset: str, row: Instrument) -> Block:
    opens, highs, lows, closes = (_prices(column, asset, row) for column in columns[:4])
    return _ticks(
        row,
        event_time_ns=times,
        kind=np.full(len(times), BAR),
        open=opens,
        high=highs,
        low=lows,
        price=closes,
        size=_lots(columns[4], row),
    )


def _quote_bars(times: Array, columns: list[Any], asset: str, row: Instrument) -> Block:
    return _ticks(
        row,
        event_time_ns=times,
        kind=np.full(len(times), QUOTE),
        bid=_prices(columns[3], asset, row),
        bid_size=_lots(columns[4], row),
        ask=_prices(columns[8], asset, row),
        ask_size=_lots(columns[9], row),
    )


def _ticks(row: Instrument, **told: Array) -> Block:
    rows = len(told["event_time_ns"])
    columns = {column.name: np.zeros(rows, column.numpy) for column in TICKS.columns}
    columns.update({name: values.astype(columns[name].dtype) for name, values in told.items()})
    columns["instrument"][:] = row.instrument
    return TICKS.block(columns, watermark_ns=BEFORE_TAPE)


def _read(text: bytes, kinds: str) -> list[Any]:
    """The columns of a file: i whole, f number, s text; what is blank is zero or empty."""
    import pyarrow as pa
    import pyarrow.csv

    types = {"i": pa.int64(), "f": pa.float64(), "s": pa.string()}
    names = [str(place) for place in range(len(kinds))]
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text),
            read_options=pyarrow.csv.ReadOptions(column_names=names, use_threads=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: types[kind] for name, kind in zip(names, kinds, strict=True)},
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        raise BadInput(f"LEAN rows of {len(kinds)} columns: {str(error).splitlines()[0]}") from error
    return [
        column.combine_chunks() if kind == "s" else column.fill_null(0).to_numpy()
        for column, kind in zip(table.columns, kinds, strict=True)
    ]


def _prices(values: Array, asset: str, row: Instrument) -> Array:
    if TERMS[asset].is_scaled:
        return np.rint(values).astype(np.int64)
    return _kept_steps(values, row.tick)


def _lots(values: Array, row: Instrument) -> Array:
    return _kept_steps(values, row.lot) if row.lot != 1 else np.rint(values).astype(np.int64)


def _kept_steps(values: Array, step: Decimal) -> Array:
    """Whole steps of values that have room in one."""
    fits = np.abs(values) < LARGEST
    if not fits.all():
        raise Refused(f"{values[~fits][0]} is no price or size that can be kept")
    return half_even_steps(values, step)


def _hexadecimal(column: Any) -> Array:
    """Bits written as hexadecimal digits; a file has few different ones."""
    encoded = column.dictionary_encode()
    try:
        known = [int(text, 16) if text else 0 for text in encoded.dictionary.to_pylist()]
    except ValueError as error:
        raise BadInput(f"LEAN sale conditions: {error}") from error
    values = np.array([*known, 0], np.int64)
    bits = values[encoded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)]
    return (bits & 0xFFFF_FFFF).astype(np.uint32).view(np.int32).astype(np.int64)


def _days(column: Any) -> Array:
    """Days since 1970 of dates written as 20131007 00:00."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        digits = pc.utf8_slice_codeunits(column, 0, 8).cast(pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise BadInput(f"LEAN dates: {str(error).splitlines()[0]}") from error
    months = (digits // 10_000 - 1970) * 12 + digits // 100 % 100 - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.asarray(first + digits % 100 - 1, np.int64)


def _offset(day: dt.date, hour: int, zone: str) -> int:
    moment = dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + dt.timedelta(hours=hour)
    shift = moment.utcoffset() or dt.timedelta()
    return int(shift.total_seconds()) * SECOND_NS


def _offsets(days: Array, hour: int, zone: str) -> Array:
    epoch = dt.date(1970, 1, 1)
    return np.array([_offset(epoch + dt.timedelta(days=int(d)), hour, zone) for d in days], np.int64)


def _last_told(is_told: Array) -> Array:
    """For each row the last row at or before it that told something, -1 if none did."""
    return np.maximum.accumulate(np.where(is_told, np.arange(len(is_told)), -1))


def _at(values: Array, places: Array) -> Array:
    return np.where(places >= 0, values[np.maximum(places, 0)], 0)
