"""The strict order at a service that decides at bar closes: fills before a close, then its rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from shared.actions import between, with_fills
from shared.block import Block, join
from shared.engine.bus import Key
from shared.engine.log import PATIENCE_S, Cursor, Trail, Turn
from shared.engine.merge import Merge
from shared.stream import Stream
from shared.streams import CORPORATE_ACTIONS
from shared.time import BEFORE_TAPE, END_OF_TAPE

NO_ACTIONS = CORPORATE_ACTIONS.empty(watermark_ns=BEFORE_TAPE)


class StrictCloses:
    """Gives close T once every market partition and the fills have promised it: a function of the tape."""

    def __init__(
        self,
        market: Sequence[Stream],
        partitions: int,
        fills: Stream,
        account: int,
        actions: Block = NO_ACTIONS,
    ) -> None:
        self._actions = actions
        self.until_ns = BEFORE_TAPE
        self.promise_ns = BEFORE_TAPE
        self._account = account
        self._fills = fills
        self._fills_key = Key(fills.name, account)
        self._held: deque[Block] = deque()
        self._merges = {stream.name: Merge(stream, partitions) for stream in market}
        keys = [Key(stream.name, p) for stream in market for p in range(partitions)]
        self._trails = {key: Trail(key) for key in (*keys, self._fills_key)}
        self._gathered = BEFORE_TAPE

    def positions(self) -> dict[Key, int]:
        """Everything, always: writers are held back by what we fetch, never by what we wait for."""
        return {key: trail.inbox.last for key, trail in self._trails.items()}

    def cursors(self) -> dict[Key, Cursor]:
        """For each log the last block whose rows are all behind the turns that were given."""
        return {key: trail.cursor(self.until_ns) for key, trail in self._trails.items()}

    def offer(self, key: Key, block: Block) -> None:
        """Takes a block off a log; rows that earlier turns have used are dropped by their time."""
        if not self._trails[key].accept(block):
            return
        if key != self._fills_key:
            self._merges[key.stream].offer(_after(block, self.until_ns))
        elif len(fresh := self._unused(block)):
            self._held.append(fresh)

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        self._trails[key].inbox.skip(seq)

    def resume(self, cursors: dict[Key, Cursor], until_ns: int, promise_ns: int) -> None:
        """Goes on behind the last turn that was made durable."""
        self.until_ns, self.promise_ns = until_ns, promise_ns
        for key, cursor in cursors.items():
            self._trails[key].resume(cursor)
            if key.stream in self._merges:
                self._merges[key.stream].promise(key.partition, cursor.watermark_ns)

    def patience_s(self, now_ns: int) -> float:
        """It only waits for blocks."""
        return PATIENCE_S

    def awaits(self) -> bool:
        """A function of the tape is in no hurry."""
        return False

    def turn(self, now_ns: int) -> Turn | None:
        """The next close whose rows and fills are certain, else time that has passed without one."""
        market = min(merge.watermark_ns for merge in self._merges.values())
        if market > self._gathered:
            for merge in self._merges.values():
                merge.gather(market)
            self._gathered = market
        close = self._next_close(market)
        if close is None:
            return self._pass(market)
        if self._fills_promise() < close:
            return self._pass(close - 1)
        return self._decide(close, market)

    def _next_close(self, market: int) -> int | None:
        heads = [head for merge in self._merges.values() if (head := merge.head()) is not None]
        return min((head for head in heads if head <= market), default=None)

    def _decide(self, close: int, market: int) -> Turn:
        blocks = [self._release(self._fills_until(close)).until(close - 1)] if self._held else []
        moments = [merge.take(close) for merge in self._merges.values()]
        market_rows = [*(block.until(close - 1) for block in moments[:-1]), moments[-1]]
        actions = between(self._actions, self.until_ns, close) if len(self._actions) else self._actions
        blocks = self._acted(actions, blocks, market_rows, close) if len(actions) else [*blocks, *market_rows]
        self.until_ns = close
        following = self._next_close(market)
        promise = market if following is None else following - 1
        self.promise_ns = max(close, promise, self.promise_ns)
        kept = tuple(block for block in blocks if len(block) or block is moments[-1])
        return Turn(close, self.promise_ns, kept)

    def _acted(self, actions: Block, fills: list[Block], market_rows: list[Block], close: int) -> list[Block]:
        """Actions before the fills of their time; those of the close itself after its bars, which hold ticks
        of before, and before all that follows."""
        earlier, at_close = between(actions, BEFORE_TAPE, close - 1), between(actions, close - 1, close)
        held = fills[0] if fills else self._fills.empty(watermark_ns=close - 1, partition=self._account)
        if not len(at_close):
            return [*with_fills(earlier, held), *market_rows]
        place = int(np.searchsorted(held["event_time_ns"], close, side="left"))
        before, after = held.rows(0, place), held.rows(place, len(held))
        return [*with_fills(earlier, before), market_rows[0], at_close, after, *market_rows[1:]]

    def _pass(self, market: int) -> Turn | None:
        if market <= self.promise_ns:
            return None
        self.promise_ns = market
        return Turn(self.until_ns, market, ())

    def _unused(self, block: Block) -> Block:
        """Fills that no earlier turn has taken: those after its time."""
        return _after(block, self.until_ns)

    def _fills_until(self, close_ns: int) -> int:
        """Fills up to the close come before the decision."""
        return close_ns

    def _fills_promise(self) -> int:
        return self._trails[self._fills_key].inbox.watermark_ns

    def _release(self, until_ns: int) -> Block:
        taken: list[Block] = [self._fills.empty(watermark_ns=until_ns - 1, partition=self._account)]
        while self._held:
            block = self._held.popleft()
            stop = int(np.searchsorted(block["event_time_ns"], until_ns, side="right"))
            taken.append(block.rows(0, stop))
            if stop < len(block):
                self._held.appendleft(block.rows(stop, len(block)))
                break
        return join(taken).until(until_ns - 1)


class SettledCloses(StrictCloses):
    """The same order for a reader that promises nothing: time passes only with its fills."""

    def _pass(self, market: int) -> Turn | None:
        until = min(market, self._fills_promise())
        if until <= self.until_ns or (until < END_OF_TAPE and not self._held):
            return None
        fills = self._release(until).until(until)
        actions = between(self._actions, self.until_ns, until) if len(self._actions) else self._actions
        self.until_ns = self.promise_ns = until
        return Turn(until, until, tuple(with_fills(actions, fills)) if len(actions) else (fills,))


def _after(block: Block, time_ns: int) -> Block:
    """The rows later than a time."""
    if not len(block) or block["event_time_ns"][0] > time_ns:
        return block
    start = int(np.searchsorted(block["event_time_ns"], time_ns, side="right"))
    return block.rows(start, len(block))
