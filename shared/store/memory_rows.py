"""Rows of streams in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.block import Block, join
from shared.store.memory_state import MemoryState, Row
from shared.store.order import by_stream, canonical, latest
from shared.store.rows import Owner, RunRow
from shared.store.tables import KEYS, LATEST, recorded
from shared.stream import Stream
from shared.time import BEFORE_TAPE


class MemoryRows:
    """Tables with a key keep rows; tables without one keep the blocks as they came."""

    def __init__(self) -> None:
        self._s = MemoryState()

    def close(self) -> None:
        """The twin stays readable; there is nothing to give back."""

    def copy_rows(self, run: str, block: Block) -> None:
        """Appends many rows in a transaction of their own."""
        with self._s.lock:
            self._known(run)
            self._apply(run, self._prepare([block]))

    def read_rows(self, run: str, stream: str) -> Block:
        """Every row of a stream in canonical order."""
        with self._s.lock:
            return canonical(self._collected(run, recorded(stream)).numbered(run, 0, 0))

    def rows_since(self, run: str, stream: str, since_ns: int) -> Block:
        """The rows of a stream from a time on, in canonical order."""
        rows = self.read_rows(run, stream)
        kept = rows.take(np.flatnonzero(rows["event_time_ns"] >= since_ns))
        return canonical(kept.numbered(run, 0, 0))

    def owner_of(self, run: str, order_id: int) -> Owner | None:
        """Whose order it is, by its intent."""
        names = recorded("orders").names
        with self._s.lock:
            for row in self._s.keyed.get((run, "orders"), {}).values():
                if row[names.index("order_id")] == order_id:
                    found = dict(zip(names, row, strict=True))
                    return Owner(*(int(found[name]) for name in Owner.__struct_fields__))
        return None

    def _known(self, run: str) -> RunRow:
        try:
            return self._s.runs[run]
        except KeyError:
            raise LookupError(f"run {run!r} is not open") from None

    def _prepare(self, blocks: Sequence[Block]) -> list[Block]:
        """What can fail, fails here, before anything is written."""
        for block in blocks:
            recorded(block.stream.name)
        return [latest(block) if block.stream.name in LATEST else block for block in by_stream(blocks)]

    def _apply(self, run: str, blocks: Sequence[Block]) -> None:
        for block in blocks:
            if block.stream.name in KEYS:
                self._merge(run, block)
            else:
                self._s.bulk[run, block.stream.name].append(block)

    def _merge(self, run: str, block: Block) -> None:
        table = self._s.keyed[run, block.stream.name]
        key, rank = KEYS[block.stream.name], LATEST.get(block.stream.name)
        at = [block.stream.names.index(name) for name in key]
        ranks = [block.stream.names.index(name) for name in rank or ()]
        for row in _rows(block):
            place = tuple(row[i] for i in at)
            known = table.setdefault(place, row)
            if ranks and [row[i] for i in ranks] >= [known[i] for i in ranks]:
                table[place] = row

    def _collected(self, run: str, stream: Stream) -> Block:
        if stream.name not in KEYS:
            blocks = self._s.bulk.get((run, stream.name))
            return join(blocks) if blocks else stream.empty(watermark_ns=BEFORE_TAPE)
        rows = list(self._s.keyed.get((run, stream.name), {}).values())
        if not rows:
            return stream.empty(watermark_ns=BEFORE_TAPE)
        columns = dict(zip(stream.names, zip(*rows, strict=True), strict=True))
        return stream.block(columns, watermark_ns=BEFORE_TAPE)


def _rows(block: Block) -> list[Row]:
    lists = [block[name].tolist() for name in block.stream.names]
    return list(zip(*lists, strict=True))
