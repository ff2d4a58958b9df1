"""Arrow tables as rows of ours: names, times, symbols, and numbers as whole price ticks and lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.files.checking import (
    BELOW_GRID,
    NOT_A_NUMBER,
    OFF_GRID_PRICE,
    OFF_GRID_SIZE,
    RawTicks,
)
from services.ingest.files.float_kernels import POWERS, float_steps
from services.ingest.files.headers import PRICES, SIZES, mapped
from services.ingest.files.options import ReadOptions
from services.ingest.files.reading import Unreadable, doubtful_note, rounded_note, unknown_note
from services.ingest.files.stamps import nanoseconds
from services.ingest.files.symbols import ratio
from services.ingest.files.text_kernels import BAD_TIME, FAULTS, NO_SYMBOL, TOO_LARGE
from shared.block import Block
from shared.failures import Refused
from shared.market import Instrument, Instruments
from shared.streams import TICKS
from shared.time import BEFORE_TAPE

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[Any]

KINDS: Final = {"trade": 1, "t": 1, "1": 1, "quote": 2, "q": 2, "2": 2, "bar": 3, "b": 3, "3": 3}
SIDES: Final = {"buy": 1, "b": 1, "1": 1, "sell": -1, "s": -1, "-1": -1}
SESSIONS: Final = {"rth": 1, "eth": 2}
NANO: Final = 1_000_000_000
LARGEST: Final = 9.0e9


class Columns:
    """One file's columns, matched once; turns table after table into rows."""

    def __init__(
        self, names: Sequence[str], instruments: Instruments, options: ReadOptions, source: str
    ) -> None:
        places = mapped(names, options, source)
        self.wanted = {ours: names[place] for ours, place in places.items() if ours != "profile"}
        self.unreadable = Unreadable()
        self._instruments, self._options, self._source = instruments, options, source
        self._unknown: list[Instrument] = []
        self._rounded = dict.fromkeys((OFF_GRID_PRICE, OFF_GRID_SIZE, BELOW_GRID), 0)
        self._doubtful = 0
        self._nothing: dict[np.dtype[Any], Array] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Unknown symbols, rounded numbers, times that happened twice."""
        odd = rounded_note(self._source, *self._rounded.values())
        twice = doubtful_note(self._source, self._doubtful)
        return (*unknown_note(self._source, self._unknown), *odd, *twice)

    def rows(self, table: pa.Table, first: int) -> RawTicks:
        """The rows that can be read; the others are counted by their number."""
        count = table.num_rows
        cells = {ours: table.column(theirs) for ours, theirs in self.wanted.items()}
        times, doubtful = nanoseconds(cells["timestamp"], self._options, self._source)
        self._doubtful += doubtful
        fault = np.zeros(count, np.uint8)
        if cells["timestamp"].null_count:
            fault[_nulls(cells["timestamp"])] = BAD_TIME
        terms, codes = self._terms(cells.get("symbol"), count, fault)
        columns = {column.name: self._zeros(column.numpy, count) for column in TICKS.columns}
        flags = np.zeros(count, np.int16)
        for name in (*PRICES, *SIZES):
            if name in cells:
                columns[name] = self._steps(cells[name], name, (terms, codes), flags, fault)
        delta = (
            self._steps(cells["delta"], "delta", (terms, codes), flags, fault) if "delta" in cells else None
        )
        columns["event_time_ns"] = times
        columns["instrument"] = np.array([row.instrument for row in terms] or [0], np.int32)[codes]
        columns["side"] = _coded(cells.get("side"), SIDES, count).astype(np.int8)
        columns["kind"] = _kinds(cells.get("kind"), columns)
        for name in ("venue_seq", "conditions"):
            if name in cells:
                columns[name] = _whole(cells[name], name, self._source)
        extras: dict[str, Array] = {} if delta is None else {"delta": delta}
        if "session" in cells:
            extras["session"] = _coded(cells["session"], SESSIONS, count, other=3)
        lines = np.arange(first, first + count, dtype=np.int64)
        return self._good(columns, flags, lines, extras, fault)

    def _zeros(self, dtype: np.dtype[Any], count: int) -> Array:
        """Zeros that all tables share, not to be written to."""
        kept = self._nothing.get(dtype)
        if kept is None or len(kept) < count:
            kept = np.zeros(count, dtype)
            kept.flags.writeable = False
            self._nothing[dtype] = kept
        return kept[:count]

    def _good(
        self, columns: dict[str, Array], flags: Array, lines: Array, extras: Mapping[str, Array], fault: Array
    ) -> RawTicks:
        if fault.any():
            for row in np.flatnonzero(fault):
                self.unreadable.add(int(lines[row]), FAULTS[fault[row]])
            kept = np.flatnonzero(fault == 0)
            columns = {name: array[kept] for name, array in columns.items()}
            flags, lines = flags[kept], lines[kept]
            extras = {name: array[kept] for name, array in extras.items()}
        if flags.any():
            for bit in self._rounded:
                self._rounded[bit] += int(np.count_nonzero(flags & bit))
        ticks = Block(TICKS, columns, BEFORE_TAPE)
        return RawTicks(self._source, ticks, self._instruments, lines, flags, extras)

    def _terms(self, symbols: Any, count: int, fault: Array) -> tuple[list[Instrument], Array]:
        """The instruments of a table, and which of them each row is of."""
        if symbols is None:
            return [self._instrument(self._options.symbol)], np.zeros(count, np.int64)
        encoded = _dictionary(symbols)
        codes = encoded.indices
        if codes.null_count:
            fault[_nulls(symbols)] = NO_SYMBOL
            codes = codes.fill_null(0)
        texts = encoded.dictionary.to_pylist()
        return [self._instrument(_text(text).strip() or "?") for text in texts], codes.to_numpy()

    def _instrument(self, symbol: str) -> Instrument:
        is_new = self._instruments.symbol(symbol) is None
        row = self._instruments.default(symbol, self._options.tick, self._options.lot)
        if is_new:
            self._unknown.append(row)
        return row

    def _steps(
        self, column: Any, name: str, terms: tuple[list[Instrument], Array], flags: Array, fault: Array
    ) -> Array:
        """A column as whole steps; what lies between two steps is rounded half to even, and flagged."""
        bit = OFF_GRID_PRICE if name in PRICES else OFF_GRID_SIZE
        values = _floats(column, name, self._source)
        sizes: dict[Decimal, list[int]] = {}
        for code, row in enumerate(terms[0]):
            sizes.setdefault(row.tick if name in PRICES else row.lot, []).append(code)
        whole = np.zeros(len(values), np.int64)
        for size, members in sizes.items():
            units, decimals = ratio(size)
            mask = np.ones(0, np.bool_) if len(sizes) == 1 else np.isin(terms[1], members)
            odd = float_steps(values, mask, units, POWERS[decimals], whole)
            if odd:
                _settle(values, (mask, size, bit), whole, flags, fault)
        return whole


def half_even_steps(values: Array, step: Decimal) -> Array:
    """How many whole steps each value is, ties to even; values carry at most fifteen significant digits."""
    ratio = Fraction(step) * NANO
    if ratio.denominator != 1:
        return np.rint(values / float(step)).astype(np.int64)
    nanos, unit = np.rint(values * NANO).astype(np.int64), ratio.numerator
    quotient = nanos // unit
    twice = 2 * (nanos - quotient * unit)
    return quotient + ((twice > unit) | ((twice == unit) & (quotient & 1 == 1)))


def _settle(values: Array, how: tuple[Array, Decimal, int], whole: Array, flags: Array, fault: Array) -> None:
    """The few values that are not exactly a number of steps: rounded and flagged, or too large."""
    mask, size, bit = how
    units, decimals = ratio(size)
    with np.errstate(all="ignore"):
        off = ~((whole * units) / POWERS[decimals] == values)
    off = off & mask if len(mask) else off
    for row in np.flatnonzero(off):
        value = float(values[row])
        if not np.isfinite(value):
            flags[row] |= NOT_A_NUMBER
            whole[row] = 0
        elif abs(value) >= LARGEST and abs(value / float(size)) >= 2.0**62:
            fault[row] = TOO_LARGE
            whole[row] = 0
        else:
            flags[row] |= bit
    near = off & (np.abs(values) < LARGEST) & np.isfinite(values)
    whole[near] = half_even_steps(values[near], size)
    if bit == OFF_GRID_PRICE:
        flags[near & (whole == 0) & (values != 0)] |= BELOW_GRID


def _dictionary(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return column.unify_dictionaries().combine_chunks()
    return column.cast(pa.string()).combine_chunks().dictionary_encode()


def _text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _floats(column: Any, name: str, source: str) -> Array:
    import pyarrow as pa

    try:
        if column.null_count:
            column = column.fill_null(0)
        if pa.types.is_float32(column.type) or pa.types.is_decimal(column.type):
            column = column.cast(pa.string())  # its digits, which a cast to doubles would not keep
        values = column.cast(pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Refused(f"{source}: {name} wants numbers: {str(error).splitlines()[0]}") from error
    return np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf) if np.isnan(values).any() else values


def _nulls(column: Any) -> Array:
    found: Array = column.is_null().to_numpy()
    return found


def _whole(column: Any, name: str, source: str) -> Array:
    import pyarrow as pa

    try:
        values = column.cast(pa.int64()).fill_null(0).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Refused(f"{source}: {name} wants whole numbers: {str(error).splitlines()[0]}") from error
    return np.ascontiguousarray(values, next(c.numpy for c in TICKS.columns if c.name == name))


def _coded(column: Any, codes: Mapping[str, int], rows: int, other: int = 0) -> Array:
    if column is None:
        return np.zeros(rows, np.int64)
    encoded = _dictionary(column)
    values = [codes.get(_text(text).strip().lower(), other) for text in encoded.dictionary.to_pylist()]
    places = encoded.indices.fill_null(len(values)).to_numpy()
    return np.array([*values, 0], np.int64)[places]


def _kinds(column: Any, columns: Mapping[str, Array]) -> Array:
    """What each row says it is, else a bar if it has a range, a trade if it has a price, or a quote."""
    guessed = np.where(
        columns["high"] > 0, np.int8(3), np.where(columns["price"] != 0, np.int8(1), np.int8(2))
    )
    if column is None:
        return guessed.astype(np.int8, copy=False)
    said = _coded(column, KINDS, len(guessed))
    return np.where(said > 0, said, guessed).astype(np.int8)
