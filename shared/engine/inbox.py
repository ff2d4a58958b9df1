"""One log as its reader sees it: in order, once, and without gaps."""

from __future__ import annotations

from shared.block import Block
from shared.engine.bus import Key
from shared.failures import Corrupt
from shared.time import BEFORE_TAPE


class Inbox:
    """Remembers the last number read; drops what it has seen and stops at a gap."""

    def __init__(self, key: Key, after: int = 0) -> None:
        self.key = key
        self.last = after
        self.watermark_ns = BEFORE_TAPE
        self.duplicates = 0

    def accept(self, block: Block) -> bool:
        """Whether the block is the next one; a known one is dropped, a later one is a gap."""
        if block.seq <= self.last:
            self.duplicates += 1
            return False
        if self.last and block.prev_seq != self.last:
            raise Corrupt(
                f"{self.key} jumps from #{self.last} to #{block.seq}, which follows #{block.prev_seq}"
            )
        self.last = block.seq
        self.watermark_ns = block.watermark_ns
        return True

    def skip(self, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        self.last = max(self.last, seq)
