"""Other people's tick tables as our columns: names, times, symbols, and prices as whole price ticks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from shared.block import Block
from shared.failures import Refused
from shared.market import Instrument, Instruments
from shared.streams import TICKS
from shared.time import BEFORE_TAPE

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[Any]

ALIASES: Final = {
    "timestamp": ("timestamp", "event_time_ns", "ts_event", "time", "datetime", "date"),
    "symbol": ("symbol", "ticker", "instrument"),
    "price": ("price", "close", "last"),
    "size": ("size", "volume", "quantity"),
}
PRICES: Final = ("bid", "ask", "price", "open", "high", "low")
SIZES: Final = ("bid_size", "ask_size", "size")
KINDS: Final = {"trade": 1, "t": 1, "1": 1, "quote": 2, "q": 2, "2": 2, "bar": 3, "b": 3, "3": 3}
SIDES: Final = {"buy": 1, "b": 1, "1": 1, "sell": -1, "s": -1, "-1": -1}
NANO: Final = 1_000_000_000
_LARGEST: Final = 9.0e9


def ticks_from(table: pa.Table, instruments: Instruments, source: str) -> tuple[Block, tuple[str, ...]]:
    """Sorted ticks, and what should be said about them once; unknown symbols join the instruments."""
    named = _named(table, source)
    if not table.num_rows:
        raise Refused(f"{source} holds no rows")
    ids, terms, unknown = _instruments(named["symbol"], instruments, source)
    columns = {column.name: np.zeros(table.num_rows, column.numpy) for column in TICKS.columns}
    columns["event_time_ns"] = _times(named["timestamp"], source)
    columns["instrument"] = ids
    for name in (*PRICES, *SIZES):
        if name in named:
            step = "tick" if name in PRICES else "lot"
            columns[name] = _steps(_floats(named[name], name, source), terms, step, f"{source}: {name}")
    columns["side"] = _coded(named.get("side"), SIDES, table.num_rows).astype(np.int8)
    columns["kind"] = _kinds(named.get("kind"), columns)
    notes = _notes(unknown, source)
    return TICKS.block(columns, watermark_ns=BEFORE_TAPE).sorted(), notes


def half_even_steps(values: Array, step: Decimal) -> Array:
    """How many whole steps each value is, ties to even; values carry at most fifteen significant digits."""
    ratio = Fraction(step) * NANO
    if ratio.denominator != 1:
        raise Refused(f"a step of {step} is finer than nine decimals")
    fits = np.abs(values) < _LARGEST
    if not fits.all():
        raise Refused(f"{values[~fits][0]} is no price or size that can be kept")
    nanos, unit = np.rint(values * NANO).astype(np.int64), ratio.numerator
    quotient = nanos // unit
    twice = 2 * (nanos - quotient * unit)
    return quotient + ((twice > unit) | ((twice == unit) & (quotient & 1 == 1)))


def _named(table: pa.Table, source: str) -> dict[str, Any]:
    found = {str(name).strip().lower(): place for place, name in enumerate(table.column_names)}
    named = {}
    for name in ("timestamp", "symbol", *PRICES, *SIZES, "side", "kind"):
        for alias in ALIASES.get(name, (name,)):
            if alias in found:
                named[name] = table.column(found[alias])
                break
    for name in ("timestamp", "symbol"):
        if name not in named:
            raise Refused(f"{source} has no column {name}; it has {', '.join(sorted(found))}")
    if not {"bid", "ask", "price"} & named.keys():
        raise Refused(
            f"{source} has none of the columns bid, ask and price; it has {', '.join(sorted(found))}"
        )
    return named


def _instruments(
    symbols: Any, instruments: Instruments, source: str
) -> tuple[Array, list[tuple[Instrument, Array]], list[str]]:
    """Ids a row, the rows of each instrument, and the symbols that were unknown."""
    import pyarrow as pa

    encoded = symbols.cast(pa.string()).combine_chunks().dictionary_encode()
    if encoded.null_count:
        raise Refused(f"{source} has a row without a symbol")
    texts = encoded.dictionary.to_pylist()
    unknown = sorted(text for text in texts if instruments.symbol(text) is None)
    for text in unknown:
        instruments.default(text)
    rows = [instruments.default(text) for text in texts]
    codes = encoded.indices.to_numpy()
    ids = np.array([row.instrument for row in rows], np.int32)[codes]
    return ids, [(row, codes == place) for place, row in enumerate(rows)], unknown


def _times(column: Any, source: str) -> Array:
    import pyarrow as pa

    try:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = column.cast(pa.timestamp("ns", tz="UTC"))
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("ns", tz=column.type.tz))
        if not (pa.types.is_timestamp(column.type) or pa.types.is_integer(column.type)):
            raise Refused(f"{source}: timestamp holds {column.type}; give nanoseconds or RFC 3339")
        times = column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise Refused(f"{source}: timestamp wants nanoseconds or RFC 3339: {error}") from error
    if times.null_count:
        raise Refused(f"{source} has a row without a timestamp")
    return np.ascontiguousarray(times.to_numpy())


def _floats(column: Any, name: str, source: str) -> Array:
    import pyarrow as pa

    try:
        values = column.cast(pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Refused(f"{source}: {name} wants numbers: {error}") from error
    return np.where(np.isnan(values), 0.0, values)


def _steps(values: Array, terms: list[tuple[Instrument, Array]], step: str, place: str) -> Array:
    sizes: dict[Decimal, Array] = {}
    for row, mask in terms:
        size: Decimal = getattr(row, step)
        sizes[size] = sizes[size] | mask if size in sizes else mask
    if len(sizes) == 1:
        return _named_steps(values, next(iter(sizes)), place)
    whole = np.zeros(len(values), np.int64)
    for size, mask in sizes.items():
        whole[mask] = _named_steps(values[mask], size, place)
    return whole


def _named_steps(values: Array, size: Decimal, place: str) -> Array:
    try:
        return half_even_steps(values, size)
    except Refused as error:
        raise Refused(f"{place}: {error}") from error


def _coded(column: Any, codes: dict[str, int], rows: int) -> Array:
    import pyarrow as pa

    if column is None:
        return np.zeros(rows, np.int64)
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    values = [codes.get(str(text).strip().lower(), 0) for text in encoded.dictionary.to_pylist()]
    places = encoded.indices.fill_null(len(values)).to_numpy()
    return np.array([*values, 0], np.int64)[places]


def _kinds(column: Any, columns: dict[str, Array]) -> Array:
    """What each row says it is, else a bar if it has a range, a trade if it has a price, or a quote."""
    rows = len(columns["price"])
    guessed = np.where(columns["high"] > 0, 3, np.where(columns["price"] > 0, 1, 2))
    said = _coded(column, KINDS, rows)
    return np.where(said > 0, said, guessed).astype(np.int8)


def _notes(unknown: list[str], source: str) -> tuple[str, ...]:
    if not unknown:
        return ()
    shown = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
    return (
        f"{source}: {len(unknown)} unknown symbols got the default terms (tick 0.01, lot 1, USD): {shown}",
    )
