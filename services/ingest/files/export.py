"""A tape as files that others read: CSV, Parquet, and the two bar formats with deltas and volume profiles."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

import msgspec
import numpy as np

from services.ingest.tape import Tape
from shared.block import Block
from shared.failures import Refused
from shared.lake.folders import UNFINISHED, files_of
from shared.lake.parquet import read_stream
from shared.market import Instrument
from shared.streams import BAR_DETAILS, VOLUME_PROFILE
from shared.time import iso

COLUMNS: Final = (
    "timestamp", "symbol", "kind", "side", "conditions", "bid", "ask", "bid_size", "ask_size",
    "price", "size", "open", "high", "low", "venue_seq",
)  # fmt: skip
PRICES: Final = frozenset({"bid", "ask", "price", "open", "high", "low"})
SIZES: Final = frozenset({"bid_size", "ask_size", "size"})
BAR_COLUMNS: Final = (
    "timestamp", "open", "high", "low", "close", "volume", "bid_ask_delta", "volume_profile",
    "session", "symbol",
)  # fmt: skip
KINDS: Final = {1: "trade", 2: "quote", 3: "bar"}
SIDES: Final = {1: "buy", -1: "sell"}
SESSIONS: Final = {1: "RTH", 2: "ETH", 3: "other"}
QUOTE: Final = 2
TRADE: Final = 1
CHUNK: Final = 1 << 16


class Details(NamedTuple):
    """What was recorded beside a bar."""

    delta: int = 0
    session: int = 0
    levels: tuple[tuple[int, int], ...] = ()


class Beside:
    """The details of a lake's bars, by instrument and time; several of one moment in their order."""

    def __init__(self, lake: Path) -> None:
        self._said: dict[tuple[int, int], Details] = {}
        levels: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for row in _tuples(lake, VOLUME_PROFILE, ("instrument", "event_time_ns", "price", "volume")):
            levels.setdefault(row[:2], []).append(row[2:])
        for instrument, time, delta, session in _tuples(
            lake, BAR_DETAILS, ("instrument", "event_time_ns", "delta", "session")
        ):
            found = tuple(levels.get((instrument, time), ()))
            self._said[instrument, time] = Details(delta, session, found)

    def of(self, instrument: int, time: int) -> Details | None:
        """What is known of one bar."""
        return self._said.get((instrument, time))


def export(tape: Tape, lake: Path, kind: str, path: Path) -> int:
    """Writes a tape; the file appears whole or not at all. Gives the number of its rows."""
    if kind not in FORMATS:
        raise Refused(f"no format {kind!r}; there are {', '.join(FORMATS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        rows = FORMATS[kind](tape, lake, unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def exact(steps: int, step: Decimal) -> str:
    """So many steps as a decimal, every digit of it and none too many."""
    return f"{steps * step:f}"


def _csv(tape: Tape, lake: Path, path: Path) -> int:
    with _opened(path) as file:
        file.write(",".join(COLUMNS) + "\n")
        for chunk in _chunks(tape.ticks):
            file.write("".join(",".join(cells) + "\n" for cells in _cells(chunk, tape)))
    return len(tape.ticks)


def _parquet(tape: Tape, lake: Path, path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    ticks = tape.ticks
    ids, codes = np.unique(ticks["instrument"], return_inverse=True)
    terms = [tape.instruments[int(i)] for i in ids]
    columns: dict[str, Any] = {
        "timestamp": pa.array(ticks["event_time_ns"]).cast(pa.timestamp("ns", tz="UTC")),
        "symbol": pa.DictionaryArray.from_arrays(codes.astype(np.int32), [row.symbol for row in terms]),
    }
    for name in COLUMNS[2:]:
        if name in PRICES | SIZES:
            sizes = [row.tick if name in PRICES else row.lot for row in terms]
            columns[name] = _doubles(ticks[name], codes, sizes)
        else:
            columns[name] = ticks[name]
    pq.write_table(pa.table(columns), path, compression="lz4")
    return len(ticks)


def _doubles(steps: np.ndarray[Any, Any], codes: np.ndarray[Any, Any], sizes: list[Decimal]) -> Any:
    """Steps as the doubles nearest to their decimals: exact integers divided by a power of ten."""
    ratios = [Decimal(size).as_integer_ratio() for size in sizes]
    above = np.array([float(top) for top, _ in ratios])[codes]
    below = np.array([float(bottom) for _, bottom in ratios])[codes]
    return steps * above / below


def _bars_csv(tape: Tape, lake: Path, path: Path) -> int:
    rows = 0
    with _opened(path) as file:
        file.write(",".join(BAR_COLUMNS) + "\n")
        for cells in _bars(tape, lake):
            file.write(",".join([*cells[:7], "|".join(f"{p}:{v}" for p, v in cells[7]), *cells[8:]]) + "\n")
            rows += 1
    return rows


def _bars_json(tape: Tape, lake: Path, path: Path) -> int:
    rows = 0
    with _opened(path) as file:
        for cells in _bars(tape, lake):
            numbers = ",".join(
                f'"{name}":{cell}' for name, cell in zip(BAR_COLUMNS[1:7], cells[1:7], strict=True)
            )
            profile = ",".join(f'"{price}":{volume}' for price, volume in cells[7])
            words = "".join(
                f',"{name}":{msgspec.json.encode(cell).decode()}'
                for name, cell in zip(BAR_COLUMNS[8:], cells[8:], strict=True)
            )
            file.write(f'{{"timestamp":"{cells[0]}",{numbers},"volume_profile":{{{profile}}}{words}}}\n')
            rows += 1
    return rows


def _bars(tape: Tape, lake: Path) -> Iterator[list[Any]]:
    """Every bar and trade in the order of the columns; a trade is a bar of one price."""
    beside = Beside(lake)
    names = ("event_time_ns", "instrument", "kind", "side", "open", "high", "low", "price", "size")
    for chunk in _chunks(tape.ticks):
        for time, number, kind, side, *prices, close, size in zip(
            *(chunk[name].tolist() for name in names), strict=True
        ):
            if kind == QUOTE:
                continue
            terms = tape.instruments[number]
            said = beside.of(number, time) or Details(delta=side * size if kind == TRADE else 0)
            shown = [close] * 3 if kind == TRADE else prices
            yield [
                iso(time),
                *(exact(price, terms.tick) for price in (*shown, close)),
                exact(size, terms.lot),
                exact(said.delta, terms.lot),
                [(exact(price, terms.tick), exact(volume, terms.lot)) for price, volume in said.levels],
                SESSIONS.get(said.session, ""),
                terms.symbol,
            ]


def _cells(chunk: Block, tape: Tape) -> Iterator[list[str]]:
    terms = [tape.instruments[number] for number in chunk["instrument"].tolist()]
    columns = [[iso(time) for time in chunk["event_time_ns"].tolist()], [row.symbol for row in terms]]
    for name in COLUMNS[2:]:
        columns.append(_texts(name, chunk[name].tolist(), terms))
    return (list(cells) for cells in zip(*columns, strict=True))


def _texts(name: str, values: list[int], terms: list[Instrument]) -> list[str]:
    words: Mapping[int, str] | None = {"kind": KINDS, "side": SIDES}.get(name)
    if words is not None:
        return [words.get(value, "") for value in values]
    if name in PRICES:
        return [exact(value, row.tick) if value else "" for value, row in zip(values, terms, strict=True)]
    if name in SIZES:
        return [exact(value, row.lot) if value else "" for value, row in zip(values, terms, strict=True)]
    return [str(value) if value else "" for value in values]


def _tuples(lake: Path, stream: Any, names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    if not lake.is_dir() or not files_of(lake, stream):
        return
    rows = read_stream(lake, stream)
    yield from zip(*(rows[name].tolist() for name in names), strict=True)


def _chunks(ticks: Block) -> Iterator[Block]:
    return (ticks.rows(start, start + CHUNK) for start in range(0, len(ticks), CHUNK))


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """A file for text, packed if its name says so, with the same bytes for the same rows."""
    with ExitStack() as open_files:
        raw: Any = open_files.enter_context(path.open("wb"))
        if path.name.removesuffix(UNFINISHED).endswith(".gz"):
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
            raw = open_files.enter_context(packed)
        yield open_files.enter_context(TextIOWrapper(raw, "utf-8", newline=""))


FORMATS: Final[Mapping[str, Callable[[Tape, Path, Path], int]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "s3csv": _bars_csv,
    "jsonl": _bars_json,
}
