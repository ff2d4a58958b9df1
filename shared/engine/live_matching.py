"""The live order at the venue: ticks never wait for orders, and no order acts in the past."""

from __future__ import annotations

from collections import deque

import msgspec
import numpy as np

from shared.block import Block
from shared.engine.live_closes import Heads
from shared.engine.log import Turn
from shared.engine.matching import StrictMatching
from shared.time import BEFORE_TAPE, END_OF_TAPE


class LiveMatching(StrictMatching):
    """Orders act from their time and latency on, or at the venue's next moment if they come later."""

    _spoken_ns = BEFORE_TAPE

    def turn(self, now_ns: int) -> Turn | None:
        """Orders that have arrived, moved out of the past, then ticks that every partition promised."""
        horizon = min(trail.inbox.watermark_ns for trail in self._ticks)
        if horizon <= self.until_ns:
            return None
        if len(self._actions):
            horizon = self._act_until(horizon)
        numbers = {str(trail.inbox.key): trail.inbox.last for trail in (*self._ticks, self._orders)}
        earliest = self.until_ns + 1 - self._latency_ns if self.until_ns > BEFORE_TAPE else BEFORE_TAPE
        journaled = bool(self._placed)
        self._placed = deque(_not_before(block, earliest) for block in self._placed)
        blocks = self._hand_over(horizon)
        quiet = not journaled and horizon // self._interval_ns == self._spoken_ns // self._interval_ns
        if not quiet:
            self._spoken_ns = horizon
        refs = msgspec.msgpack.encode(Heads(horizon, numbers)) if journaled else b""
        return Turn(horizon, horizon, blocks, quiet=quiet, refs=refs)

    def _horizon(self, beyond_ns: int) -> int:
        return END_OF_TAPE


def _not_before(block: Block, earliest_ns: int) -> Block:
    """The same orders with their log time: none is older than what the venue has already passed."""
    times = np.maximum(block["event_time_ns"], earliest_ns)
    columns = {**block.columns, "event_time_ns": times}
    return block.stream.block(columns, watermark_ns=block.watermark_ns, partition=block.partition)
