"""Turns ticks into bars and feature vectors, one record of state an instrument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from services.features import activity_kernels, bar_kernels, fact_kernels, history_kernels, vector_kernels
from services.features.activity_kernels import TIME
from services.features.arena import arena_of
from services.features.board import Board
from services.features.calls import step_numbers
from services.features.catalogue import SETS, choice
from services.features.config import FeatureSpec
from services.features.marks import Marks, in_order
from services.features.row import FACTOR
from services.features.split_factors import SplitFactors
from services.features.state import KERNELS, State
from shared import kernels
from shared.block import Block
from shared.failures import BadInput, Refused
from shared.hours import Hours, by_instrument, known_until
from shared.streams import BARS, CORPORATE_ACTIONS, FACTS, FEATURES, TICKS
from shared.time import BEFORE_TAPE, END_OF_TAPE, iso, next_close

COLUMNS: Final = tuple(
    (column.name, column.numpy)
    for name in bar_kernels.TICK_COLUMNS
    for column in TICKS.columns
    if column.name == name
)
BAR_COLUMNS: Final = tuple((column.name, column.numpy) for column in BARS.columns)
TICK_FAULTS: Final = {
    bar_kernels.BAD_KIND: "is neither trade, quote nor bar",
    bar_kernels.OUT_OF_ORDER: "goes back in time or out of its range",
    bar_kernels.TOO_LATE: "comes at or before the promised watermark",
    bar_kernels.NO_PRICE: "has no usable price",
    bar_kernels.BAD_SIZE: "has no usable size or low",
}
BAR_FAULTS: Final = {
    history_kernels.BAR_OPEN: "comes while a bar of ticks is being built",
    history_kernels.OTHER_INTERVAL: "has another length than the grid",
    history_kernels.OUT_OF_ORDER: "goes back in time",
    history_kernels.NO_PRICE: "has no usable price",
}
NO_ACTIONS: Final = CORPORATE_ACTIONS.empty(watermark_ns=BEFORE_TAPE)
ROOM: Final = 8_192
"""Closed bars that one kernel call may write before they are handed over."""

Chunk = tuple[npt.NDArray[Any], npt.NDArray[np.float64]]


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A snapshot: the configuration it belongs to and the bytes of the arrays."""

    spec: int
    partition: int
    promised_ns: int
    clock: bytes
    rows: bytes
    memory: bytes
    series: bytes
    facts: bytes
    marks: bytes = b""


class FeatureProcessor:
    """Closes bars by watermark and grid, and writes a vector beside every bar.

    An instrument whose calendar has sessions has a grid that begins at each open and ends at each close.
    """

    reads: Final = (TICKS, FACTS)
    writes: Final = (BARS, FEATURES)

    def __init__(
        self,
        spec: FeatureSpec,
        partition: int,
        actions: Block = NO_ACTIONS,
        hours: Sequence[Hours] = (),
    ) -> None:
        self.spec = spec
        self.partition = partition
        self._program = spec.program
        self._ops = self._program.ops.copy()
        numbers = step_numbers([feature.update for feature in self._program.features])
        self._ops["step"][: len(numbers)] = numbers
        self._state = State(spec.interval_ns, spec.origin_ns, spec.session_ns, self._program.row)
        self._state["ignored"] = spec.ignored_conditions
        self._board = Board(self._program)
        self._closed = np.zeros(ROOM, BARS.dtype)
        self._spec_column = np.zeros(0, np.int64)
        self._promised_ns = BEFORE_TAPE
        self._splits = SplitFactors(actions)
        self._factored = (0, 0)
        self._marks = Marks(self._state, by_instrument(hours)) if hours else None
        self._until_ns = known_until(hours, END_OF_TAPE)
        rolled = activity_kernels if hours else bar_kernels
        self._roll_bars = kernels.entry(*rolled.KERNELS[0])
        self._take_closed = kernels.entry(*vector_kernels.KERNELS[0])
        self._enter_bars, self._put_together = (kernels.entry(*pair) for pair in history_kernels.KERNELS)
        self._bind()

    def handle(self, block: Block) -> Iterable[Block]:
        """Takes ticks; gives the bars that are now complete and their vectors, under the next promise.

        Facts come first: those of a block of ticks are handed over before it.
        """
        if block.stream is FACTS:
            self._know(block)
            return ()
        if block.stream is not TICKS:
            raise BadInput(f"features read ticks and facts, found {block.stream.name}")
        watermark_ns = self._come(block)
        if watermark_ns > self._until_ns:
            raise Refused(f"sessions are known until {iso(self._until_ns)}; open the run again to know more")
        if not len(block) and block.watermark_ns < self._promised_ns:
            self._state["watermark_ns"] = watermark_ns
            return ()
        chunks = self._roll(block, watermark_ns)
        self._board.until(watermark_ns, self._state)
        promise_ns = self._promise(block.watermark_ns, watermark_ns)
        if not chunks and promise_ns <= self._promised_ns:
            return ()
        self._promised_ns = max(promise_ns, self._promised_ns)
        return self._blocks(chunks)

    def learn(self, bars: Block) -> Block:
        """Takes closed bars of the past, in time order; gives the vector that each would have had, live."""
        if bars.stream is not BARS:
            raise BadInput(f"history is bars, found {bars.stream.name}")
        state, count = self._state, len(bars)
        rows = self._closed[:count] if count <= len(self._closed) else np.empty(count, BARS.dtype)
        shortest_ns = self.spec.interval_ns if self._marks is None else 1
        columns = kernels.columns(bars.columns, BAR_COLUMNS)
        self._refuse(self._put_together(rows, state.clock, shortest_ns, *columns), BAR_FAULTS, "bar")
        at = 0
        while at < len(rows):
            at = self._enter_bars(at, rows, state.clock, state.rows, state.sorted_slots, state.table)
            self._make_room()
        vectors = self._vectors(rows)
        return self._features(bars["event_time_ns"], bars["instrument"], vectors, bars.watermark_ns)

    def snapshot(self) -> bytes:
        """The clock and the records of the known instruments."""
        state, known = self._state, self._state["known"]
        arrays = state.clock, state.rows[:known], state.memory[:known]
        clock, rows, memory = (array.tobytes() for array in arrays)
        marks = b"" if self._marks is None else self._marks.snapshot()
        kept = Kept(
            self.spec.hash,
            self.partition,
            self._promised_ns,
            clock,
            rows,
            memory,
            *self._board.snapshot(),
            marks,
        )
        return msgspec.msgpack.encode(kept)

    def restore(self, state: bytes) -> None:
        """Takes a snapshot of a twin; one of another grid, vector or partition is refused."""
        kept = msgspec.msgpack.decode(state, type=Kept)
        if (kept.spec, kept.partition) != (self.spec.hash, self.partition):
            found, wanted = (kept.spec, kept.partition), (self.spec.hash, self.partition)
            raise Refused(f"snapshot of (spec, partition) {found}, wanted {wanted}")
        self._state.replace(kept.clock, kept.rows, kept.memory)
        self._board.restore(kept.series, kept.facts)
        if self._marks is not None:
            self._marks.restore(kept.marks, self._state)
        self._promised_ns = kept.promised_ns
        self._factored = (0, 0)
        self._bind()

    def _know(self, facts: Block) -> None:
        """Keeps facts for the closes after them, and a row for each company that they are about."""
        self._meet(self._board.put(facts, self._state["watermark_ns"]))

    def _come(self, block: Block) -> int:
        """How far time has come on this partition, by promise or by the rows."""
        state, times = self._state, block["event_time_ns"]
        last_ns = int(times[-1]) if len(times) else state["last_tick_ns"]
        if block.watermark_ns == END_OF_TAPE:
            return max(last_ns, state["watermark_ns"])
        before_last_ns = max(last_ns, BEFORE_TAPE + 1) - 1
        return max(block.watermark_ns, before_last_ns, state["watermark_ns"])

    def _roll(self, block: Block, watermark_ns: int) -> list[Chunk]:
        columns = kernels.columns(block.columns, COLUMNS)
        if self._marks is not None:
            return self._roll_by_sessions(self._marks, columns, watermark_ns)
        chunks: list[Chunk] = []
        at = 0
        while at <= len(columns[0]):
            at = self._roll_bars(at, watermark_ns, *columns, *self._arrays)
            if self._state["fault"]:
                self._refuse(self._fault(), TICK_FAULTS, "tick")
            closed = self._state["closed_rows"]
            if closed:
                rows = self._closed[:closed].copy()
                chunks.append((rows, self._vectors(rows)))
                self._state["closed_rows"] = 0
            self._make_room()
        return chunks

    def _roll_by_sessions(
        self, marks: Marks, columns: list[npt.NDArray[Any]], watermark_ns: int
    ) -> list[Chunk]:
        """The same by the loop that builds bars of recorded tapes, each instrument on its own grid."""
        state, count = self._state, len(columns[0])
        marks.cover(state)
        done: list[npt.NDArray[Any]] = []
        at = 0
        while at <= count:
            own = state.clock, state.rows, marks.rows, state.sorted_slots, state.table, self._closed
            at = self._roll_bars(at, watermark_ns, TIME, *columns, marks.opens, marks.closes, *own)
            if state["fault"]:
                self._refuse(self._fault(), TICK_FAULTS, "tick")
            if state["closed_rows"]:
                done.append(self._closed[: state["closed_rows"]].copy())
                state["closed_rows"] = 0
            if at < count:
                self._meet(columns[1][at:])
                marks.cover(state)
        closed = in_order(done) if done else self._closed[:0]
        return [(closed, self._vectors(closed))] if done else []

    def _vectors(self, closed: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Takes closed bars of known instruments into their rows; a vector for each."""
        vectors = np.empty((len(closed), self._program.width))
        for start, stop, splits in self._spans(closed):
            self._carry_over(splits)
            rows, made = closed[start:stop], vectors[start:stop]
            if self._board.is_used:
                self._board.take_closed(rows, self._state, self._arena, made)
            else:
                self._take_closed(rows, self._arena, made)
        return vectors

    def _spans(self, closed: npt.NDArray[Any]) -> Iterable[tuple[int, int, int]]:
        """Closed bars between two splits; all of them where nothing is split."""
        if not len(closed):
            return ()
        return self._splits.spans(closed["event_time_ns"]) if len(self._splits) else ((0, len(closed), 0),)

    def _carry_over(self, splits: int) -> None:
        """The rows of the known instruments get the factor that holds after so many splits."""
        state = self._state
        place = splits, state["known"]
        if not splits or place == self._factored:
            return
        self._factored = place
        known = {int(name): slot for slot, name in enumerate(state.rows["instrument"][: place[1]])}
        for instrument, factor in self._splits.after(splits).items():
            if instrument in known:
                state.memory[known[instrument], FACTOR] = factor

    def _fault(self) -> tuple[int, int]:
        fault = self._state["fault_row"], self._state["fault"]
        self._state["fault_row"] = self._state["fault"] = 0
        return fault

    def _refuse(self, fault: tuple[int, int], words: dict[int, str], what: str) -> None:
        row, reason = fault
        if reason:
            raise BadInput(f"{what} {row} of the block {words[reason]}")

    def _meet(self, instruments: npt.NDArray[np.int32]) -> None:
        """A row for each that has none."""
        at = 0
        while at < len(instruments):
            at = self._state.meet(at, instruments)
            self._make_room()

    def _make_room(self) -> None:
        """Doubles the records when all are taken, and keeps room for a whole close."""
        known, capacity = self._state["known"], len(self._state.rows)
        if known < capacity:
            return
        self._state.grow(2 * capacity)
        if 2 * capacity > len(self._closed):
            self._closed = np.zeros(2 * capacity, BARS.dtype)
        self._bind()

    def _bind(self) -> None:
        state = self._state
        self._arrays = (state.clock, state.rows, state.sorted_slots, state.table, self._closed)
        self._arena = arena_of(state, self._ops)

    def _promise(self, promised_ns: int, watermark_ns: int) -> int:
        """One before the next close, which is the first that may still have a row."""
        if promised_ns == END_OF_TAPE:
            return END_OF_TAPE
        if watermark_ns == BEFORE_TAPE:
            return BEFORE_TAPE
        if self._marks is not None and watermark_ns < self._promised_ns:
            return self._promised_ns
        following = next_close if self._marks is None else self._marks.next_close
        return following(watermark_ns + 1, self.spec.interval_ns, self.spec.origin_ns) - 1

    def _blocks(self, chunks: list[Chunk]) -> tuple[Block, Block]:
        watermark_ns, partition = self._promised_ns, self.partition
        if not chunks:
            return (
                BARS.empty(watermark_ns=watermark_ns, partition=partition),
                FEATURES.empty(watermark_ns=watermark_ns, partition=partition),
            )
        one = len(chunks) == 1
        rows = chunks[0][0] if one else np.concatenate([chunk[0] for chunk in chunks])
        vectors = chunks[0][1] if one else np.concatenate([chunk[1] for chunk in chunks])
        bars = BARS.records(rows, watermark_ns=watermark_ns, partition=partition)
        return bars, self._features(bars["event_time_ns"], bars["instrument"], vectors, watermark_ns)

    def _spec_of(self, rows: int) -> npt.NDArray[np.int64]:
        """The specification's column of a block: blocks share it, for nobody may write to it."""
        if rows > len(self._spec_column):
            self._spec_column = kernels.readonly(np.full(max(rows, ROOM), self.spec.hash, np.int64))
        return self._spec_column[:rows]

    def _features(
        self,
        times: npt.NDArray[np.int64],
        instruments: npt.NDArray[np.int32],
        vectors: npt.NDArray[np.float64],
        watermark_ns: int,
    ) -> Block:
        columns: dict[str, npt.NDArray[Any]] = {
            "event_time_ns": times,
            "instrument": instruments,
            "spec": self._spec_of(len(times)),
            "values": vectors,
        }
        return Block(FEATURES, columns, watermark_ns=watermark_ns, partition=self.partition)


def warm() -> None:
    """Compiles what the named vectors need, or loads it; other features come when they are asked for."""
    kernels.warm(
        (*bar_kernels.KERNELS, *activity_kernels.KERNELS, *history_kernels.KERNELS, *vector_kernels.KERNELS)
    )
    kernels.warm((*KERNELS, *fact_kernels.KERNELS))
    step_numbers([choice(text).feature.update for name in SETS for text in SETS[name]])
