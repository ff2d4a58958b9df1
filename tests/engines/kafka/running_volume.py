"""A small processor: every tick comes back with the lots that its instrument has traded so far."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from shared.block import Block


class RunningVolume:
    """Ticks in, ticks out: `size` becomes the lots so far and `venue_seq` the count of ticks so far."""

    def __init__(self) -> None:
        self.lots: dict[int, int] = {}
        self.ticks: dict[int, int] = {}

    def handle(self, block: Block) -> Iterator[Block]:
        """One block for each block with rows; nothing for one that only carries time."""
        if not len(block):
            return
        sizes, counts = np.empty(len(block), np.int64), np.empty(len(block), np.int64)
        for row, (instrument, size) in enumerate(
            zip(block["instrument"].tolist(), block["size"].tolist(), strict=True)
        ):
            self.lots[instrument] = sizes[row] = self.lots.get(instrument, 0) + size
            self.ticks[instrument] = counts[row] = self.ticks.get(instrument, 0) + 1
        columns = {**block.columns, "size": sizes, "venue_seq": counts}
        yield block.stream.block(columns, watermark_ns=block.watermark_ns, partition=block.partition)

    def snapshot(self) -> bytes:
        """Both tables."""
        return msgspec.msgpack.encode((self.lots, self.ticks))

    def restore(self, state: bytes) -> None:
        """Takes both tables of a twin."""
        self.lots, self.ticks = msgspec.msgpack.decode(state, type=tuple[dict[int, int], dict[int, int]])
