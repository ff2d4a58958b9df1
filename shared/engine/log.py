"""One log in: what a sequencer hands to a processor, and how far its readers may forget."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

import msgspec

from shared.block import Block
from shared.engine.bus import Key
from shared.engine.inbox import Inbox
from shared.time import BEFORE_TAPE

PATIENCE_S = 0.25


class Cursor(NamedTuple):
    """How far a log is behind us: its last such number, and what that block promised."""

    seq: int = 0
    watermark_ns: int = BEFORE_TAPE


class Turn(msgspec.Struct, frozen=True):
    """The next stretch of a processor's log: blocks in order, and the promise that follows them.

    A quiet turn promises nothing that anybody waits for yet: without rows it need not be published.
    """

    until_ns: int
    promise_ns: int
    blocks: tuple[Block, ...]
    quiet: bool = False
    refs: bytes = b""


class Sequencer(Protocol):
    """Fixes the one order in which a processor sees several logs."""

    until_ns: int
    promise_ns: int

    def positions(self) -> dict[Key, int]:
        """The logs it wants to read now, and the last number it has of each."""
        ...

    def cursors(self) -> dict[Key, Cursor]:
        """For each log the last block whose rows are all behind the turns that were given."""
        ...

    def offer(self, key: Key, block: Block) -> None:
        """Takes a block off a log."""
        ...

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        ...

    def patience_s(self, now_ns: int) -> float:
        """How long it can wait before time itself makes a turn certain."""
        ...

    def turn(self, now_ns: int) -> Turn | None:
        """The next turn, if its order is certain."""
        ...

    def awaits(self) -> bool:
        """Whether rows are here that wait for others of their moment."""
        ...

    def resume(self, cursors: dict[Key, Cursor], until_ns: int, promise_ns: int) -> None:
        """Goes on behind the last turn that was made durable."""
        ...


class Trail:
    """An inbox and the blocks in it that are not wholly behind us: rows leave it by time."""

    def __init__(self, key: Key) -> None:
        self.inbox = Inbox(key)
        self._open: deque[tuple[int, Cursor]] = deque()
        self._done = Cursor()

    def accept(self, block: Block) -> bool:
        """Whether the block is new; if so, its rows are now on the way."""
        if not self.inbox.accept(block):
            return False
        last = int(block["event_time_ns"][-1]) if len(block) else BEFORE_TAPE
        self._open.append((last, Cursor(block.seq, block.watermark_ns)))
        return True

    def cursor(self, until_ns: int) -> Cursor:
        """The last block whose rows are all at or before this time."""
        while self._open and self._open[0][0] <= until_ns:
            self._done = self._open.popleft()[1]
        return self._done

    def resume(self, cursor: Cursor) -> None:
        """Goes on after this block."""
        self.inbox = Inbox(self.inbox.key, cursor.seq)
        self.inbox.watermark_ns = cursor.watermark_ns
        self._open.clear()
        self._done = cursor
