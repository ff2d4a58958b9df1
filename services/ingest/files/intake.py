"""Files into the lake: every row is accepted, quarantined or unreadable, and the counts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from services.ingest.files.ahead import ahead
from services.ingest.files.checking import ACCEPTED, Checker, RawTicks
from services.ingest.files.reading import EXAMPLES, Captured, Fault, Reader
from services.ingest.tape import write_instruments
from shared.block import Block
from shared.failures import Refused
from shared.lake.folders import COMMITS
from shared.lake.writer import LakeWriter
from shared.streams import BAR_DETAILS, QUARANTINE, VOLUME_PROFILE
from shared.time import BEFORE_TAPE, END_OF_TAPE

Array = npt.NDArray[Any]

Progress = Callable[[int, int], None]
"""Told how many bytes of how many have been read."""
HEAD_BYTES: Final = 1 << 20
COUNTS: Final = ("read", "accepted", "quarantined", "unreadable")


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file: read = accepted + quarantined + unreadable.

    `beside` are rows of other streams that came with the ticks; `lines` and `skew_ns` are a captured feed's:
    how many of its lines were what, and our clock less the venue's.
    """

    source: str
    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    unreadable: int = 0
    reasons: Mapping[int, int] = {}
    faults: Mapping[str, int] = {}
    examples: Sequence[Fault] = ()
    symbols: int = 0
    first_ns: int = 0
    last_ns: int = 0
    notes: Sequence[str] = ()
    already: bool = False
    beside: Mapping[str, int] = {}
    lines: Mapping[str, int] = {}
    skew_ns: int = 0


def take_in(
    reader: Reader, checker: Checker, writer: LakeWriter, lake: Path, call: tuple[str, Progress]
) -> Intake:
    """Reads a file to its end under a name of its own; nothing of it is in the lake before all of it is."""
    name, told = call
    tally = _Tally(reader)
    for chunk in ahead(reader.chunks()):
        reasons = checker.check(chunk)
        for block in tally.passed(chunk, reasons):
            writer.add(block)
        told(reader.done, reader.size)
    made = tally.result()
    if not made.read and not made.beside:
        raise Refused(f"{reader.source} holds a header and no rows")
    write_instruments(lake, reader.instruments)
    writer.commit(name, msgspec.to_builtins(made))
    return made


def sum_of(parts: Sequence[Intake]) -> Intake:
    """What became of parts of one source, together; notes and examples each once."""
    told = {name: sum(getattr(part, name) for part in parts) for name in COUNTS}
    tables = {name: _added(getattr(part, name) for part in parts) for name in ("reasons", "faults", "beside")}
    with_rows = [part for part in parts if part.accepted]
    return msgspec.structs.replace(
        parts[0],
        **told,
        **tables,
        symbols=max(part.symbols for part in parts),
        first_ns=min((part.first_ns for part in with_rows), default=0),
        last_ns=max((part.last_ns for part in with_rows), default=0),
        notes=list(dict.fromkeys(note for part in parts for note in part.notes)),
        examples=[fault for part in parts for fault in part.examples][:EXAMPLES],
    )


def _added(tables: Iterable[Mapping[Any, int]]) -> dict[Any, int]:
    total: Counter[Any] = Counter()
    for table in tables:
        total.update(table)
    return dict(total)


def found_before(lake: Path, name: str) -> Intake | None:
    """What became of a file that the lake already holds."""
    record = lake / COMMITS / f"{name}.json"
    if not record.exists():
        return None
    found = msgspec.json.decode(record.read_bytes())
    found.pop("files", None)
    return msgspec.structs.replace(msgspec.convert(found, Intake, strict=False), already=True)


def report_of(lake: Path, name: str) -> Path:
    """Where the data-quality report of a commit lies: beside it."""
    return lake / COMMITS / f"{name}.quality.json"


def name_of(path: Path, told: object) -> str:
    """The file as the lake remembers it: its size, its beginning and end, and how it was to be read."""
    import hashlib

    size = path.stat().st_size
    digest = hashlib.blake2b(f"{size}|{told!r}|".encode(), digest_size=8)
    with path.open("rb") as file:
        digest.update(file.read(HEAD_BYTES))
        file.seek(max(0, size - HEAD_BYTES))
        digest.update(file.read(HEAD_BYTES))
    return digest.hexdigest()


class _Tally:
    """Counts as rows go by."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._accepted = 0
        self._reasons: dict[int, int] = {}
        self._beside: dict[str, int] = {}
        self._first, self._last = END_OF_TAPE, BEFORE_TAPE
        self._seen = np.zeros(0, np.int32)

    def passed(self, chunk: RawTicks, reasons: Array) -> Iterator[Block]:
        """The blocks that go to the lake."""
        good = reasons == ACCEPTED
        whole = bool(good.all())
        ticks = chunk.ticks if whole else chunk.ticks.take(np.flatnonzero(good))
        self._accepted += len(ticks)
        if len(ticks):
            times = ticks["event_time_ns"]
            self._first, self._last = min(self._first, int(times.min())), max(self._last, int(times.max()))
            self._seen = np.union1d(self._seen, _different(ticks["instrument"]))
            yield ticks
            yield from details(chunk, good)
        for block in chunk.beside:
            self._beside[block.stream.name] = self._beside.get(block.stream.name, 0) + len(block)
            yield block
        if not whole:
            bad = np.flatnonzero(~good)
            for reason, count in zip(*np.unique(reasons[bad], return_counts=True), strict=True):
                self._reasons[int(reason)] = self._reasons.get(int(reason), 0) + int(count)
            yield quarantined(chunk, bad, reasons)

    def result(self) -> Intake:
        """The sums."""
        reader, unreadable = self._reader, self._reader.unreadable
        refused = sum(self._reasons.values())
        return Intake(
            source=reader.source,
            read=self._accepted + refused + len(unreadable),
            accepted=self._accepted,
            quarantined=refused,
            unreadable=len(unreadable),
            reasons=self._reasons,
            faults=unreadable.counts,
            examples=unreadable.examples,
            symbols=len(self._seen),
            first_ns=self._first if self._accepted else 0,
            last_ns=self._last if self._accepted else 0,
            notes=reader.notes,
            beside=self._beside,
            lines=dict(reader.lines) if isinstance(reader, Captured) else {},
            skew_ns=reader.skew_ns if isinstance(reader, Captured) else 0,
        )


def quarantined(chunk: RawTicks, bad: Array, reasons: Array) -> Block:
    """The refused rows as the quarantine keeps them."""
    rows = chunk.ticks.take(bad)
    price = np.where(rows["price"] != 0, rows["price"], np.where(rows["bid"] != 0, rows["bid"], rows["ask"]))
    columns = {name: rows[name] for name in ("event_time_ns", "instrument", "size", "venue_seq")}
    return QUARANTINE.block({**columns, "price": price, "reason": reasons[bad]}, watermark_ns=BEFORE_TAPE)


def details(chunk: RawTicks, good: Array) -> Iterator[Block]:
    """What a file said beside the ticks: deltas and sessions a bar, and the levels of its volume profile."""
    times, instruments, extras = chunk.ticks["event_time_ns"], chunk.ticks["instrument"], chunk.extras
    if {"delta", "session"} & extras.keys():
        nothing = np.zeros(len(chunk), np.int64)
        columns = {"event_time_ns": times, "instrument": instruments}
        columns |= {name: extras.get(name, nothing) for name in ("delta", "session")}
        kept = {name: array[good] for name, array in columns.items()}
        yield BAR_DETAILS.block(kept, watermark_ns=BEFORE_TAPE)
    if len(extras.get("profile_row", ())):
        rows = extras["profile_row"]
        kept_levels = good[rows]
        rows = rows[kept_levels]
        levels = {
            "event_time_ns": times[rows],
            "instrument": instruments[rows],
            "price": extras["profile_price"][kept_levels],
            "volume": extras["profile_volume"][kept_levels],
        }
        yield VOLUME_PROFILE.block(levels, watermark_ns=BEFORE_TAPE)


def _different(instruments: Array) -> Array:
    if len(instruments) and instruments.min() >= 0 and instruments.max() < 1 << 20:
        return np.flatnonzero(np.bincount(instruments)).astype(np.int32)
    return np.unique(instruments)
