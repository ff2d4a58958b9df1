"""What every reader of a file has in common: chunks of rows, a count of what it could not read, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Protocol, runtime_checkable

from services.ingest.files.checking import RawTicks
from shared.market import Instrument, Instruments

EXAMPLES: Final = 5
SHOWN: Final = 60


class Fault(NamedTuple):
    """One line that could not be read."""

    line: int
    reason: str
    text: str


class Unreadable:
    """How many lines could not be read and why, with the first few of them."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.examples: list[Fault] = []

    def __len__(self) -> int:
        return sum(self.counts.values())

    def add(self, line: int, reason: str, text: str = "") -> None:
        """Counts one line."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(Fault(line, reason, text[:SHOWN]))


class Reader(Protocol):
    """A file of ticks that is read once, from its beginning to its end."""

    source: str
    size: int
    instruments: Instruments

    @property
    def unreadable(self) -> Unreadable:
        """What could not be read so far."""
        ...

    @property
    def done(self) -> int:
        """Bytes that have been read."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be said once, when everything has been read."""
        ...

    def chunks(self) -> Iterator[RawTicks]:
        """Every row that could be read, in the order of the file."""
        ...


@runtime_checkable
class Captured(Protocol):
    """A reader of a captured feed, which knows what its lines were and how far off our clock was."""

    @property
    def lines(self) -> Mapping[str, int]:
        """How many lines were what."""
        ...

    @property
    def skew_ns(self) -> int:
        """Our clock less the venue's."""
        ...


def unknown_note(source: str, unknown: list[Instrument]) -> tuple[str, ...]:
    """Says which symbols nobody had described, and what was taken for granted."""
    if not unknown:
        return ()
    names = ", ".join(row.symbol for row in unknown[:5]) + (", …" if len(unknown) > 5 else "")
    one = unknown[0]
    terms = f"tick {one.tick:f}, lot {one.lot:f}, {one.currency}"
    which = "unknown symbol" if len(unknown) == 1 else "unknown symbols"
    return (f"{source}: {len(unknown)} {which} got the default terms ({terms}): {names}",)


def rounded_note(source: str, prices: int, sizes: int, lost: int) -> tuple[str, ...]:
    """Says how many numbers did not lie on the grid of their instrument, and how many vanished in it."""
    said = [
        f"{count:,} rows have a {what} between two {steps}, rounded; --{option} gives another grid"
        for count, what, steps, option in ((prices, "price", "ticks", "tick"), (sizes, "size", "lots", "lot"))
        if count
    ]
    if lost:
        said.append(
            f"{lost:,} rows have a price below half a tick, none of which is used; give a finer --tick"
        )
    return tuple(f"{source}: {line}" for line in said)


def doubtful_note(source: str, times: int) -> tuple[str, ...]:
    """Says how many local times happened twice."""
    if not times:
        return ()
    return (f"{source}: {times:,} times happened twice when clocks went back; the first was taken",)


def source_name(path: Path) -> str:
    """A file as it is called in notes and records."""
    return path.name


def unreadable_note(reader: Reader) -> tuple[str, ...]:
    """Says how many lines of a file could not be read and why, with the first of them."""
    unreadable = reader.unreadable
    if not len(unreadable):
        return ()
    why = ", ".join(f"{count:,} {reason}" for reason, count in unreadable.counts.items())
    first = unreadable.examples[0]
    lines = "1 line" if len(unreadable) == 1 else f"{len(unreadable):,} lines"
    return (f"{reader.source}: {lines} could not be read ({why}), the first is line {first.line}",)
