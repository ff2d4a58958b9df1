"""What a service is given to build its stages from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from shared.actions import block_of
from shared.block import Block
from shared.engine.bus import Key
from shared.engine.plan import RunPlan
from shared.engine.promise import NO_LIMIT, read_state
from shared.engine.readers import RECORDER, readers_of
from shared.logs import Logger
from shared.market import Instruments
from shared.metrics import Metrics
from shared.store.contract import Store
from shared.streams import FEATURES, PREDICTIONS


@dataclass(frozen=True)
class Context:
    """One worker's share of one run."""

    run: str
    plan: RunPlan
    instruments: Instruments
    store: Store
    data: Path
    worker: int = 0
    workers: int = 1
    public_keys: tuple[str, ...] = ()
    metrics: Metrics | None = None
    log: Logger | None = None

    @property
    def partitions(self) -> tuple[int, ...]:
        """The partitions by instrument that this worker takes."""
        return tuple(p for p in range(self.plan.partitions) if p % self.workers == self.worker)

    @property
    def accounts(self) -> tuple[int, ...]:
        """The accounts that this worker takes."""
        return tuple(a for place, a in enumerate(self.plan.accounts) if place % self.workers == self.worker)

    @cached_property
    def actions(self) -> Block:
        """The corporate actions of the run, in order; every reader merges them into its own log by time."""
        return block_of(self.plan.actions)

    def floor(self, key: Key) -> int:
        """The last number of a log that every promising reader holds durably.

        Inference keeps no vectors: it needs again what the readers of its predictions need again; the
        recorder of a live run keeps them. A log
        without promising readers is needed by nobody.
        """
        if key.stream == FEATURES.name:
            return min([self.floor(Key(PREDICTIONS.name, key.partition)), *self._recorded(key)])
        return min(self._held(key), default=NO_LIMIT)

    def ceiling(self, key: Key) -> int:
        """The last number of a log that any promising reader holds durably."""
        return max(self._held(key), default=0)

    def _recorded(self, key: Key) -> list[int]:
        """How far the recorder holds a log, once it has ever read of it."""
        row = self.store.stage(self.run, RECORDER, 0) if self.plan.mode == "live" else None
        state = read_state(row.state if row else None)
        return [state.cursor(key).seq] if state and str(key) in state.cursors else []

    def _held(self, key: Key) -> list[int]:
        numbers = []
        for reader in readers_of(self.plan).get(key, frozenset()):
            stage, partition = reader.rsplit(":", 1)
            row = self.store.stage(self.run, stage, int(partition))
            state = read_state(row.state if row else None)
            numbers.append(state.cursor(key).seq if state else 0)
        return numbers
