"""Rows that the record holds twice: at once in their letter, a moment later in the table that people read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from shared.block import Block
from shared.codec import decode
from shared.engine.stage import LEISURE_NS
from shared.store.contract import Letter
from shared.stream import Stream
from shared.time import SECOND_NS

MANY_ROWS: Final = 4_096
"""Rows that do not wait for a quiet moment any longer."""


class News:
    """What a stage has said and not yet put into its tables; the letters in its outbox are its memory."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self.streams = tuple(stream.name for stream in streams)
        self.first = 0
        """The number of the oldest entry whose rows still wait, 0 if none do."""
        self._blocks: list[Block] = []
        self._rows = 0
        self._since_ns = 0

    def gather(self, seq: int, blocks: Iterable[Block], now_ns: int) -> None:
        """Rows of an entry that is about to be committed."""
        found = [block for block in blocks if block.stream.name in self.streams and len(block)]
        if found and not self.first:
            self.first, self._since_ns = seq, now_ns
        self._blocks += found
        self._rows += sum(len(block) for block in found)

    def recall(self, letters: Iterable[Letter]) -> None:
        """Rows that were committed in their letters alone, when their writer died."""
        for letter in letters:
            self.gather(letter.seq, [decode(letter.payload)], 0)

    def wait_s(self, now_ns: int) -> float | None:
        """How long they may still wait for a quiet moment, if any wait."""
        return max(0.0, (self._since_ns + LEISURE_NS - now_ns) / SECOND_NS) if self.first else None

    def have_waited(self, now_ns: int) -> bool:
        """Whether the next quiet moment is theirs."""
        return self.wait_s(now_ns) == 0.0

    def are_many(self) -> bool:
        """Whether they can wait for no quiet moment any longer."""
        return self._rows >= MANY_ROWS

    def take(self) -> list[Block]:
        """All of them, to be committed now."""
        taken, self._blocks = self._blocks, []
        self.first = self._rows = 0
        return taken
