"""Recorded tapes: a folder of blocks, or files of ticks, read whole; and the same written."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from services.ingest.files.checking import BELOW_GRID, RawTicks
from services.ingest.files.options import ReadOptions
from services.ingest.files.reading import unreadable_note
from services.ingest.files.sources import files_under, open_reader
from services.ingest.synthetic.facts import known_at
from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket
from services.ingest.synthetic.ticks import ticks_of
from shared.block import Block, join
from shared.codec import decode
from shared.failures import Refused
from shared.lake.block_log import read_cuts, segments
from shared.lake.folders import files_of
from shared.lake.parquet import read_any, read_stream, write_block
from shared.market import Instrument, Instruments
from shared.streams import FACTS, TICKS
from shared.time import BEFORE_TAPE

INSTRUMENTS_FILE: Final = "instruments.json"
TAPE_START_NS: Final = 1_767_614_400_000_000_000
"""Where synthetic tapes start: noon, UTC, on 5 January 2026."""
PLAIN: Final = ReadOptions()
NO_FACTS: Final = FACTS.empty(watermark_ns=BEFORE_TAPE)
_FILE_ROWS: Final = 1 << 20


class Tape(NamedTuple):
    """All ticks of a tape sorted by time and instrument, what they are of, and what to say once."""

    instruments: Instruments
    ticks: Block
    notes: tuple[str, ...]
    facts: Block = NO_FACTS


def read_tape(path: Path, options: ReadOptions = PLAIN) -> Tape:
    """A tape from a folder of recorded blocks, a lake, or files of ticks."""
    if not path.exists():
        raise Refused(f"there is no tape at {path}")
    instruments = read_instruments(path) if path.is_dir() else Instruments()
    notes: tuple[str, ...] = ()
    facts = NO_FACTS
    if path.is_dir() and segments(path):
        ticks, facts = _from_log(path)
    elif is_recorded(path):
        ticks, facts = read_stream(path, TICKS), read_any(path, FACTS)
    else:
        ticks, notes = _from_files(path, instruments, options)
    if not len(ticks):
        raise Refused(f"{path} holds no rows of ticks")
    notes = (*notes, *_strangers(ticks, instruments))
    return Tape(instruments, ticks.until(int(ticks["event_time_ns"][-1])), notes, facts)


def is_recorded(path: Path) -> bool:
    """Whether a folder holds recorded blocks or the ticks of a lake; other tapes are files."""
    return path.is_dir() and bool(segments(path) or files_of(path, TICKS))


def write_tape(folder: Path, ticks: Block, instruments: Instruments, facts: Block = NO_FACTS) -> None:
    """Records a tape that `read_tape` gives back row by row."""
    if len(facts):
        write_block(folder, facts, 0)
    folder.mkdir(parents=True, exist_ok=True)
    write_instruments(folder, instruments)
    for number, start in enumerate(range(0, len(ticks), _FILE_ROWS)):
        write_block(folder, ticks.rows(start, start + _FILE_ROWS), number)


def write_instruments(folder: Path, instruments: Instruments) -> None:
    """Keeps what the ids in a folder's blocks mean."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{INSTRUMENTS_FILE}.unfinished"
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(list(instruments)), indent=1))
    unfinished.replace(folder / INSTRUMENTS_FILE)


def read_instruments(folder: Path) -> Instruments:
    """What the ids in a folder's blocks mean; none if nobody kept it."""
    path = folder / INSTRUMENTS_FILE
    if not path.exists():
        return Instruments()
    try:
        return Instruments(msgspec.json.decode(path.read_bytes(), type=list[Instrument]))
    except (msgspec.MsgspecError, ValueError, OSError) as error:
        raise Refused(f"{path} is not a list of instruments: {error}") from error


def synthetic_tape(plan: MarketPlan, ticks: int, start_ns: int = TAPE_START_NS) -> Tape:
    """The first ticks of a synthetic market: a function of the plan, the number and the start."""
    market = SyntheticMarket(plan)
    seed = int(market.climate["seed"][0])
    parts, rows = list[Block](), 0
    told = [known_at(plan.seed, market.instruments, start_ns - 1)]
    while rows < ticks:
        bars, facts = market.bars_and_facts(around_the_clock(start_ns, plan.interval_ns, 1))
        parts.append(ticks_of(bars, seed))
        told.append(facts)
        start_ns += plan.interval_ns
        rows += len(parts[-1])
    whole = join(parts).rows(0, ticks)
    return Tape(market.instruments, whole.until(int(whole["event_time_ns"][-1])), (), join(told))


def _from_log(folder: Path) -> tuple[Block, Block]:
    blocks = [decode(payload) for _, payloads in read_cuts(folder) for payload in payloads]
    filled = [block for block in blocks if len(block) and block.stream is TICKS]
    if not filled:
        raise Refused(f"{folder} holds no ticks")
    told = [block for block in blocks if block.stream is FACTS] or [NO_FACTS]
    return join(filled).sorted(), join(told).sorted()


def _from_files(path: Path, instruments: Instruments, options: ReadOptions) -> tuple[Block, tuple[str, ...]]:
    blocks: list[Block] = [TICKS.empty(watermark_ns=BEFORE_TAPE)]
    notes: list[str] = []
    for file in files_under([path]):
        reader = open_reader(file, instruments, options)
        blocks += [_usable(chunk) for chunk in reader.chunks()]
        notes += [*reader.notes, *unreadable_note(reader)]
    return join(blocks).sorted(), tuple(notes)


def _usable(chunk: RawTicks) -> Block:
    """Without the rows whose price vanished in a grid that is too coarse: they would be empty quotes."""
    lost = chunk.flags & BELOW_GRID != 0
    return chunk.ticks.take(np.flatnonzero(~lost)) if lost.any() else chunk.ticks


def _strangers(ticks: Block, instruments: Instruments) -> tuple[str, ...]:
    """Gives default terms to ids that nobody described, and says so."""
    unknown = [int(i) for i in np.unique(ticks["instrument"]) if int(i) not in instruments]
    for instrument in unknown:
        instruments.add(Instrument(instrument=instrument, symbol=f"#{instrument}"))
    return (f"{len(unknown)} unknown instrument ids got the default terms",) if unknown else ()
