"""The strict order at the venue: an order becomes effective before the ticks of its time and after."""

from __future__ import annotations

from collections import deque

import numpy as np

from shared.actions import between, carried_over
from shared.block import Block
from shared.engine.bus import Key
from shared.engine.closes import NO_ACTIONS
from shared.engine.log import PATIENCE_S, Cursor, Trail, Turn
from shared.engine.tape import Tape
from shared.streams import PARTITIONS, TICKS, VENUE_ORDERS
from shared.time import BEFORE_TAPE, END_OF_TAPE

HORIZON = -1
"""The partition of the empty block of ticks that says: everything up to this horizon was handed over."""


class StrictMatching:
    """Gives ticks up to the orders' promise plus the order latency, all partitions to one horizon."""

    enough_rows = 500_000
    """Waiting ticks after which it fetches no more, unless the next two bars are not among them."""

    def __init__(
        self,
        account: int,
        latency_ns: int,
        interval_ns: int,
        partitions: int = PARTITIONS,
        actions: Block = NO_ACTIONS,
    ) -> None:
        if latency_ns < 1:
            raise ValueError(
                f"latency is {latency_ns} ns: at less than 1 ns risk and venue wait for each other"
            )
        self.until_ns = BEFORE_TAPE
        self.promise_ns = BEFORE_TAPE
        self._latency_ns = latency_ns
        self._interval_ns = interval_ns
        self._actions = actions
        self._orders = Trail(Key(VENUE_ORDERS.name, account))
        self._placed: deque[Block] = deque()
        self._handed = Cursor()
        self._ticks = [Trail(Key(TICKS.name, p)) for p in range(partitions)]
        self._market = Tape(partitions)

    def positions(self) -> dict[Key, int]:
        """The orders, and ticks until enough of them wait; a bar beyond the promise is never too many."""
        wanted = {self._orders.inbox.key: self._orders.inbox.last}
        ahead = self._horizon(2 * self._interval_ns)
        for trail in self._ticks:
            if self._market.rows < self.enough_rows or trail.inbox.watermark_ns <= ahead:
                wanted[trail.inbox.key] = trail.inbox.last
        return wanted

    def cursors(self) -> dict[Key, Cursor]:
        """For each log the last block whose rows are all behind the turns that were given."""
        cursors = {trail.inbox.key: trail.cursor(self.until_ns) for trail in self._ticks}
        cursors[self._orders.inbox.key] = self._handed
        return cursors

    def offer(self, key: Key, block: Block) -> None:
        """Takes a block off a log; ticks that earlier turns have used are dropped by their time."""
        if key == self._orders.inbox.key:
            if self._orders.accept(block) and len(block):
                self._placed.append(block)
            return
        if not self._ticks[key.partition].accept(block):
            return
        start = int(np.searchsorted(block["event_time_ns"], self.until_ns, side="right"))
        if start < len(block):
            self._market.offer(block.rows(start, len(block)))

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        trail = self._orders if key == self._orders.inbox.key else self._ticks[key.partition]
        trail.inbox.skip(seq)

    def resume(self, cursors: dict[Key, Cursor], until_ns: int, promise_ns: int) -> None:
        """Goes on behind the last turn that was made durable."""
        self.until_ns, self.promise_ns = until_ns, promise_ns
        for trail in (*self._ticks, self._orders):
            trail.resume(cursors[trail.inbox.key])
        self._handed = cursors[self._orders.inbox.key]

    def patience_s(self, now_ns: int) -> float:
        """It only waits for blocks."""
        return PATIENCE_S

    def awaits(self) -> bool:
        """Ticks come all the time: none of them announces anything."""
        return False

    def turn(self, now_ns: int) -> Turn | None:
        """Orders that have arrived, then every partition's ticks up to the common horizon."""
        horizon = min(self._horizon(self._latency_ns), *(trail.inbox.watermark_ns for trail in self._ticks))
        if horizon <= self.until_ns or self._orders.inbox.watermark_ns == BEFORE_TAPE:
            return None
        if len(self._actions):
            horizon = self._act_until(horizon)
        quiet = horizon <= self._orders.inbox.watermark_ns and horizon < END_OF_TAPE
        return Turn(horizon, horizon, self._hand_over(horizon), quiet=quiet)

    def _hand_over(self, horizon: int) -> tuple[Block, ...]:
        """Orders first, then the ticks of all partitions, then the word that the horizon is complete."""
        blocks = list(self._placed)
        self._placed.clear()
        if len(acting := between(self._actions, self.until_ns, horizon)):
            blocks.append(acting)
        self._handed = Cursor(self._orders.inbox.last, self._orders.inbox.watermark_ns)
        self._market.gather(min(trail.inbox.watermark_ns for trail in self._ticks))
        blocks += self._market.take(horizon)
        blocks.append(TICKS.empty(watermark_ns=horizon, partition=HORIZON))
        self.until_ns = self.promise_ns = horizon
        return tuple(blocks)

    def _act_until(self, horizon: int) -> int:
        """No horizon lies beyond the moment before an action, unless the action comes first of all in it.

        Orders of before an action that were handed over with it are carried over by the venue; those that
        come later than it, here.
        """
        acted = between(self._actions, BEFORE_TAPE, self.until_ns)
        if len(acted):
            self._placed = deque(carried_over(block, acted) for block in self._placed)
        coming = between(self._actions, self.until_ns + 1, horizon)["event_time_ns"]
        return int(coming[0]) - 1 if len(coming) else horizon

    def _horizon(self, beyond_ns: int) -> int:
        return min(self._orders.inbox.watermark_ns, END_OF_TAPE - beyond_ns) + beyond_ns
