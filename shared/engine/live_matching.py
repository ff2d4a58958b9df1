"""The live order at the venue: ticks never wait for orders, and no order acts in the past."""

from __future__ import annotations

from collections import deque

import msgspec
import numpy as np

from shared.block import Block
from shared.engine.live_closes import Heads
from shared.engine.log import Turn
from shared.engine.matching import StrictMatching
from shared.time import BEFORE_TAPE, END_OF_TAPE, SECOND_NS

TELL_AFTER_NS = SECOND_NS // 50
"""That a bar has ended without a fill is news for nobody's decision: it is said when the decision is made."""


class LiveMatching(StrictMatching):
    """Orders act from their time and latency on, or at the venue's next moment if they come later."""

    _spoken_ns = BEFORE_TAPE
    _news_since_ns: int | None = None

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
        quiet = not journaled and not self._must_tell(horizon, now_ns)
        if not quiet:
            self._spoken_ns, self._news_since_ns = horizon, None
        refs = msgspec.msgpack.encode(Heads(horizon, numbers)) if journaled else b""
        return Turn(horizon, horizon, blocks, quiet=quiet, refs=refs)

    def _must_tell(self, horizon: int, now_ns: int) -> bool:
        """Whether a bar has ended since anything was said, and a while ago, or the tape has."""
        if horizon // self._interval_ns == self._spoken_ns // self._interval_ns:
            return False
        if self._news_since_ns is None:
            self._news_since_ns = now_ns
        return horizon >= END_OF_TAPE or now_ns - self._news_since_ns >= TELL_AFTER_NS

    def _horizon(self, beyond_ns: int) -> int:
        return END_OF_TAPE


def _not_before(block: Block, earliest_ns: int) -> Block:
    """The same orders with their log time: none is older than what the venue has already passed."""
    times = np.maximum(block["event_time_ns"], earliest_ns)
    columns = {**block.columns, "event_time_ns": times}
    return block.stream.block(columns, watermark_ns=block.watermark_ns, partition=block.partition)
