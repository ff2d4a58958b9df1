"""A tape as a stage: its cuts are numbered by their place, so the tape itself is the log to resume from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from services.ingest.fact_cuts import TOLD
from services.ingest.source_control import Gate
from shared.block import Block
from shared.engine.bus import EPOCH_BITS, Bus, Key, number
from shared.engine.silent import ReadsNothing
from shared.engine.stage import Step, letter
from shared.store.contract import Letter, Store

EPOCH: Final = 1
BATCH: Final = 32
ROWS_AHEAD: Final = 262_144
HELD_BACK_S: Final = 0.01
IDLE_S: Final = 0.25

Cuts = Callable[[], Iterator[Sequence[Block]]]
"""The tape's cuts from the first one on, each a block a partition; equal at every call."""


class TapeStage(ReadsNothing):
    """Publishes cut after cut, held back by the slowest reader."""

    leisure_ns = 0

    name = "ingest"
    partition = 0

    def __init__(
        self,
        cuts: Cuts,
        rows_per_cut: int,
        readers: Mapping[Key, frozenset[str]],
        gate: Gate | None = None,
    ) -> None:
        self.run = ""
        self._make = cuts
        self._cuts = cuts()
        self._readers = {key: names for key, names in readers.items() if key.stream in TOLD}
        self._ahead = max(4, ROWS_AHEAD // max(1, rows_per_cut))
        self._made = 0
        self._fetched = 0
        self._ended = False
        self._gate = gate
        self._held: Sequence[Block] | None = None
        self._last = dict.fromkeys(self._readers, 0)
        self._bus: Bus | None = None

    def outputs(self) -> tuple[Key, ...]:
        """Every partition of the ticks, and the facts if the run has any."""
        return tuple(self._readers)

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Goes on after the last cut that every partition holds."""
        self._bus = bus
        self._last = {key: bus.last(key) for key in self._readers}
        done = min(self._last.values()) & ((1 << EPOCH_BITS) - 1)
        self._held = None
        self._cuts = islice(self._make(), done, None)
        self._made = done
        self._last = dict.fromkeys(self._last, number(EPOCH, done) if done else 0)
        return []

    def patience_s(self, now_ns: int) -> float:
        """Not long: either there is more to publish, or a reader will soon have caught up."""
        if self._ended:
            return IDLE_S
        if self._gate is not None and self._held is not None:
            return self._gate.wait_s(self._held[0].watermark_ns, now_ns)
        return 0.0 if self._made - self._fetched < self._ahead else HELD_BACK_S

    def advance(self, now_ns: int) -> Step:
        """A few more cuts, as far as the readers' fetching allows."""
        step = Step()
        if self._made - self._fetched >= self._ahead:
            self._fetched = self._slowest()
        room = min(BATCH, self._ahead - (self._made - self._fetched))
        for cut in self._due(room, now_ns):
            self._made += 1
            seq = number(EPOCH, self._made)
            for block in cut:
                key = Key(block.stream.name, block.partition)
                step.letters.append(letter(block, self.run, seq, self._last[key]))
                self._last[key] = seq
        self._ended = room > 0 and not step.letters and self._held is None
        return step

    def _due(self, room: int, now_ns: int) -> Iterator[Sequence[Block]]:
        """As many cuts as there is room for and the gate lets through."""
        for _ in range(room):
            cut = self._held or next(self._cuts, None)
            self._held = None
            if cut is None:
                return
            if self._gate is not None and not self._gate.opens(cut[0].watermark_ns, now_ns):
                self._held = cut
                return
            yield cut

    def published(self, store: Store, now_ns: int) -> None:
        """The tape is its own log."""

    def _slowest(self) -> int:
        """The last cut that every reader has fetched; a reader that never spoke has fetched nothing."""
        bus = self._bus
        if bus is None:
            return 0
        noted = bus.noted("fetched")
        fetched = [
            min((noted.get(key, {}).get(name, 0) for name in names), default=0)
            for key, names in self._readers.items()
        ]
        return min(fetched) & ((1 << EPOCH_BITS) - 1)
