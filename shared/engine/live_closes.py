"""The live order at a service that decides at bar closes: by arrival, with a grace, and journaled."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from shared.block import Block
from shared.engine.bus import Key
from shared.engine.closes import NO_ACTIONS, StrictCloses
from shared.engine.log import PATIENCE_S, Cursor, Trail, Turn
from shared.stream import Stream
from shared.streams import CONTROL
from shared.time import END_OF_TAPE, SECOND_NS


class Heads(msgspec.Struct, frozen=True, array_like=True):
    """One journal entry: the close that was decided, and the last number then read of each log."""

    close_ns: int
    numbers: dict[str, int]


def read_heads(raw: bytes) -> Heads:
    """The journal entry in these bytes."""
    return msgspec.msgpack.decode(raw, type=Heads)


class LiveCloses(StrictCloses):
    """Decides a close when its market is whole, or when the grace is over: who is missing is stale."""

    def __init__(
        self,
        market: Sequence[Stream],
        partitions: int,
        fills: Stream,
        account: int,
        grace_ns: int,
        actions: Block = NO_ACTIONS,
    ) -> None:
        super().__init__(market, partitions, fills, account, actions)
        self.late_rows = 0
        self._control_key = Key(CONTROL.name, account)
        self._trails[self._control_key] = Trail(self._control_key)
        self._commands: list[Block] = []
        self._grace_ns = grace_ns
        self._seen: tuple[int, int] | None = None

    def offer(self, key: Key, block: Block) -> None:
        """Takes a block off a log; rows for a close that was already decided are late, and counted."""
        if key == self._control_key:
            if self._trails[key].accept(block):
                self._commands.append(block)
            return
        if key != self._fills_key and len(block):
            self.late_rows += int((block["event_time_ns"] <= self.until_ns).sum())
        super().offer(key, block)

    def turn(self, now_ns: int) -> Turn | None:
        """The earliest close that waits, once it is due; fills before it are those that have arrived."""
        close = self._due(now_ns)
        if close is None:
            return None
        numbers = {str(key): trail.inbox.last for key, trail in self._trails.items()}
        for merge in self._merges.values():
            merge.gather(close)
        turn = self._decide(close, close)
        commands, self._commands = self._commands, []
        refs = msgspec.msgpack.encode(Heads(close, numbers))
        return Turn(turn.until_ns, turn.promise_ns, (*commands, *turn.blocks), refs=refs)

    def patience_s(self, now_ns: int) -> float:
        """Until the grace of the close that waits is over."""
        if self._seen is None:
            return PATIENCE_S
        left_ns = self._seen[1] + self._grace_ns - now_ns
        return min(PATIENCE_S, max(0.001, left_ns / SECOND_NS))

    def awaits(self) -> bool:
        """A close that somebody has, and not everybody yet."""
        return self._seen is not None

    def _due(self, now_ns: int) -> int | None:
        times = [time for merge in self._merges.values() if (time := merge.earliest()) is not None]
        if not times:
            self._seen = None
            return None
        close = min(times)
        if min(merge.watermark_ns for merge in self._merges.values()) >= close:
            return close
        if self._seen is None or self._seen[0] != close:
            self._seen = (close, now_ns)
        return close if now_ns - self._seen[1] >= self._grace_ns else None

    def _unused(self, block: Block) -> Block:
        """A fill is taken with the turn that follows its arrival, whatever its time."""
        return block

    def _fills_until(self, close_ns: int) -> int:
        """Every fill that has arrived counts, whatever its time."""
        return END_OF_TAPE

    def cursors(self) -> dict[Key, Cursor]:
        """Market rows are behind us by their time, fills and commands by their arrival."""
        cursors = super().cursors()
        for key in (self._fills_key, self._control_key):
            cursors[key] = self._trails[key].cursor(END_OF_TAPE)
        return cursors


class RepeatedCloses(LiveCloses):
    """Gives the turns that a journal names: a live day, exactly repeated."""

    def __init__(
        self,
        market: Sequence[Stream],
        partitions: int,
        fills: Stream,
        account: int,
        journal: Iterable[Heads],
        actions: Block = NO_ACTIONS,
    ) -> None:
        super().__init__(market, partitions, fills, account, 0, actions)
        self._journal = deque(journal)
        self._later: dict[Key, deque[Block]] = {key: deque() for key in self._trails}

    def offer(self, key: Key, block: Block) -> None:
        """Holds every block until the journal says that it had arrived."""
        self._later[key].append(block)

    def _due(self, now_ns: int) -> int | None:
        if not self._journal:
            return None
        entry = self._journal[0]
        for key, blocks in self._later.items():
            while blocks and blocks[0].seq <= entry.numbers.get(str(key), 0):
                super().offer(key, blocks.popleft())
        if any(trail.inbox.last < entry.numbers.get(str(key), 0) for key, trail in self._trails.items()):
            return None
        return self._journal.popleft().close_ns
