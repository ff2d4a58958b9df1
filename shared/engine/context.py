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
from shared.engine.readers import INFERENCE, readers_of
from shared.market import Instruments
from shared.store.contract import Store
from shared.streams import PREDICTIONS


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

        Inference keeps nothing: it needs again what the readers of its predictions need again. A log without
        promising readers is needed by nobody.
        """
        numbers = []
        for reader in readers_of(self.plan).get(key, frozenset()):
            stage, partition = reader.rsplit(":", 1)
            if stage == INFERENCE:
                numbers.append(self.floor(Key(PREDICTIONS.name, key.partition)))
                continue
            row = self.store.stage(self.run, stage, int(partition))
            state = read_state(row.state if row else None)
            numbers.append(state.cursor(key).seq if state else 0)
        return min(numbers, default=NO_LIMIT)
