"""What the memory twin lets go of, what a run may change, and the answers that are given again."""

from __future__ import annotations

import msgspec
import numpy as np

from shared.block import Block
from shared.store.memory_rows import MemoryRows
from shared.store.rows import Reply
from shared.store.tables import forgettable


class MemoryKeeping(MemoryRows):
    """The topics of a desk that runs for years."""

    def change_settings(self, run: str, settings: str, config_hash: int) -> None:
        """Puts other settings into the run's row; who may change what is decided elsewhere."""
        with self._s.lock:
            changed = msgspec.structs.replace(self._known(run), settings=settings, config_hash=config_hash)
            self._s.runs[run] = changed

    def forget_rows(self, run: str, stream: str, before_ns: int, most: int) -> int:
        """Deletes rows of a busy stream that are older than a moment, at most so many; says how many."""
        forgettable(stream)
        with self._s.lock:
            gone, kept = 0, list[Block]()
            for block in self._s.bulk.get((run, stream), []):
                old = np.flatnonzero(block["event_time_ns"] < before_ns)[: most - gone]
                gone += len(old)
                kept.append(block.take(np.delete(np.arange(len(block)), old)))
            self._s.bulk[run, stream] = kept
            return gone

    def trim_journal(self, run: str, stage: str, partition: int, below: int) -> None:
        """Deletes journal entries with lower numbers."""
        with self._s.lock:
            entries = self._s.journal[run, stage, partition]
            entries[:] = [entry for entry in entries if entry[0] >= below]

    def reply(self, caller: str, key: str) -> Reply | None:
        """The answer that this caller got under this key."""
        return self._s.replies.get((caller, key))

    def save_reply(self, reply: Reply) -> Reply:
        """Keeps an answer unless there is one under its key already; gives the one that is kept."""
        with self._s.lock:
            return self._s.replies.setdefault((reply.caller, reply.key), reply)

    def forget_replies(self, before_ns: int) -> None:
        """Deletes answers that are older than a moment."""
        with self._s.lock:
            for place in [p for p, reply in self._s.replies.items() if reply.created_ns < before_ns]:
                del self._s.replies[place]
