"""Facts that lie in a lake, told beside the ticks of any source: what is there, and what comes to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from services.ingest.fact_cuts import WIRE_ROWS, apart, with_facts
from services.ingest.facts.told import NONE, ToldFacts
from services.ingest.source import Source
from services.ingest.tape import read_instruments
from shared.block import Block, join
from shared.engine.stage import Closes
from shared.lake.folders import files_of
from shared.lake.parquet import read_any
from shared.market import Instruments
from shared.streams import FACTS
from shared.time import BEFORE_TAPE, SECOND_NS

LOOK_EVERY_NS: Final = 30 * SECOND_NS


class RecordedFacts:
    """The facts of a lake under the ids of a run; those about nobody whom the run knows are left out."""

    def __init__(self, lake: Path, instruments: Instruments) -> None:
        self._lake, self._instruments = lake, instruments
        self._files: tuple[Path, ...] = ()

    def changed(self) -> Block:
        """All facts by the time when they were known, if any came since it was asked last; else none."""
        files = tuple(files_of(self._lake, FACTS)) if self._lake.is_dir() else ()
        if files == self._files:
            return NONE
        self._files = files
        return self._ours(read_any(self._lake, FACTS))

    def _ours(self, facts: Block) -> Block:
        """The market's and the sectors', and those of companies by the symbol that both know."""
        ids = {one.instrument: self._instruments.symbol(one.symbol) for one in read_instruments(self._lake)}
        known = {theirs: ours.instrument for theirs, ours in ids.items() if ours is not None}
        subjects = facts["instrument"]
        kept = facts.take(np.flatnonzero((subjects <= 0) | np.isin(subjects, list(known))))
        named = [known.get(subject, subject) for subject in kept["instrument"].tolist()]
        columns = {**kept.columns, "instrument": np.array(named, np.int32)}
        return FACTS.block(columns, watermark_ns=BEFORE_TAPE).sorted()


class ToldBeside:
    """A source that tells recorded facts with its cuts: each when its time has come, late ones at once."""

    def __init__(
        self, source: Source, recorded: RecordedFacts, taken_up: ToldFacts, most: int = WIRE_ROWS
    ) -> None:
        self.instruments, self.notes = source.instruments, source.notes
        self._source, self._recorded, self._taken_up, self._most = source, recorded, taken_up, most
        self._waiting = NONE
        self._due: deque[list[Block]] = deque()
        self._promised = BEFORE_TAPE
        self._next_look_ns = 0

    def next(self, now_ns: int) -> list[Block] | None:
        """The source's next cut with the facts up to its promise; cuts of facts alone go before it."""
        if not self._due:
            cut = self._source.next(now_ns)
            if cut is None:
                return None
            if now_ns >= self._next_look_ns:
                self._next_look_ns = now_ns + LOOK_EVERY_NS
                self._look()
            self._due.extend(self._told(cut))
        made = self._due.popleft()
        self._promised = made[0].watermark_ns
        return made

    def due_ns(self, now_ns: int) -> int | None:
        """At once while cuts of facts wait, else when the source says."""
        return now_ns if self._due else self._source.due_ns(now_ns)

    def resume(self, cuts: int, watermark_ns: int) -> None:
        """Goes on behind what was promised; what came to the lake in the meantime is late."""
        self._source.resume(cuts, watermark_ns)
        if cuts:
            self._promised = watermark_ns
        self._waiting = _after(self._taken_up.take().sorted(), self._promised)
        self._look()

    def close(self) -> None:
        """Lets the source go."""
        self._taken_up.close()
        if isinstance(self._source, Closes):
            self._source.close()

    def _look(self) -> None:
        """A fact that arrives late is known from the first moment that is still free, and never before."""
        fresh = self._taken_up.fresh(self._recorded.changed())
        if not len(fresh):
            return
        times = fresh["event_time_ns"]
        earliest = self._promised + 1 + np.arange(len(times)) if self._promised > BEFORE_TAPE else times
        columns = {**fresh.columns, "event_time_ns": np.maximum(times, earliest)}
        told = FACTS.block(columns, watermark_ns=BEFORE_TAPE)
        self._taken_up.add(fresh, told)
        self._waiting = join([self._waiting, told]).sorted()

    def _told(self, cut: Sequence[Block]) -> list[list[Block]]:
        ticks, own = apart(cut)
        watermark_ns = ticks[0].watermark_ns
        stop = int(np.searchsorted(self._waiting["event_time_ns"], watermark_ns, side="right"))
        due = self._waiting.rows(0, stop)
        self._waiting = self._waiting.rows(stop, len(self._waiting))
        return list(with_facts([ticks], join([*own, due]).sorted(), self._most))


def _after(facts: Block, time_ns: int) -> Block:
    start = int(np.searchsorted(facts["event_time_ns"], time_ns, side="right"))
    return facts.rows(start, len(facts))
