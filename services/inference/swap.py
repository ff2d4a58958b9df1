"""Inference on a live run: the models change while it works, each at a block that is written down first."""

from __future__ import annotations

from typing import Protocol

from services.inference import lineup as lineups
from services.inference.lineup import Lineup, Swaps
from shared.block import Block
from shared.engine.bus import Bus, Key
from shared.engine.forward import ForwardStage
from shared.engine.inbox import Inbox
from shared.engine.readers import INFERENCE
from shared.engine.stage import Step
from shared.failures import Refused
from shared.processor import Processor
from shared.store.contract import Commit, Letter, Store
from shared.streams import PREDICTIONS

NEW_MODEL = 4
"""The command of `control` that says: the registry has changed, the argument names the model."""


class Models(Protocol):
    """Where a stage has its models from."""

    first: Lineup

    def processor(self, lineup: Lineup) -> Processor:
        """What predicts with this line-up, loaded if it has to be."""
        ...

    def look(self, wish: Lineup, now_ns: int) -> None:
        """Begins to try whatever of a line-up is not loaded yet; it never waits."""
        ...

    def ready(self, wish: Lineup, now: Lineup, now_ns: int) -> Lineup | None:
        """What of a wish may be used, once every model of it was tried; None until then."""
        ...

    def refuse(self, error: Refused) -> None:
        """Says that a command leads to nothing."""
        ...

    def took(self, partition: int, after: int, lineup: Lineup) -> None:
        """Says that a partition has changed its models."""
        ...

    def ceiling(self, key: Key) -> int:
        """The highest number of a log that any reader has durably acted upon."""
        ...


class SwapStage(ForwardStage):
    """Forwards like its parent, and keeps one thing: from which number on which models have predicted."""

    def __init__(self, source: Key, control: Key, models: Models, processor: Processor) -> None:
        super().__init__(INFERENCE, source, (PREDICTIONS,), processor)
        self._models = models
        self._swaps = Swaps((lineups.Swap(0, models.first),))
        self._in_use = models.first
        self._control = Inbox(control)
        self._rung: list[int] = []
        self._wish: Lineup | None = None
        self._ceiling = 0
        self._epoch = 0

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Takes the lease, then what was promised; a run's first start also asks who is watched."""
        self._epoch = store.take_lease(self.run, f"{self.name}:{self.partition}", self.name)
        row = store.stage(self.run, self.name, self.partition)
        if row is not None and row.state is not None:
            self._swaps = lineups.read(row.state)
        else:
            self._want(lineups.beside(store.models(), self._models.first.active))
        self._control = Inbox(self._control.key, self._swaps.control)
        return super().resume(bus, store)

    def positions(self) -> dict[Key, int]:
        """Its vectors, and the commands."""
        return {**super().positions(), self._control.key: self._control.last}

    def durable(self) -> dict[Key, int]:
        """A command is read again until what it led to is kept."""
        return {**super().durable(), self._control.key: self._swaps.control}

    def offer(self, key: Key, block: Block) -> None:
        """Takes vectors, or hears that a model has moved."""
        if key != self._control.key:
            super().offer(key, block)
        elif self._control.accept(block):
            meant = block["command"] == NEW_MODEL
            self._rung += block["argument"][meant].tolist()

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        if key != self._control.key:
            super().skip(key, seq)
        else:
            self._control.skip(seq)

    def advance(self, now_ns: int) -> Step:
        """Changes the models if others are ready, and only then handles what has arrived."""
        before = self._swaps
        self._take_up(now_ns)
        step = super().advance(now_ns)
        if self._swaps is not before:
            step.commits.append(self._commit())
        return step

    def published(self, store: Store, now_ns: int) -> None:
        """A good moment to ask the registry what a command means, and to look after a trial."""
        super().published(store, now_ns)
        if self._rung:
            self._ask(store)
        if self._wish is not None:
            self._models.look(self._wish, now_ns)

    def _ask(self, store: Store) -> None:
        rung, self._rung = self._rung, []
        models = store.models()
        for number in rung:
            try:
                self._want(lineups.follow(models, self._wish or self._swaps.last, number))
            except Refused as error:
                self._models.refuse(error)

    def _want(self, wish: Lineup) -> None:
        """A change may only touch blocks that nobody has acted upon, even while a lost bus is refilled."""
        self._wish = wish
        self._ceiling = self._models.ceiling(self.outputs()[0])

    def _take_up(self, now_ns: int) -> None:
        if self._wish is not None:
            found = self._models.ready(self._wish, self._swaps.last, now_ns)
            if found is None:
                return
            self._wish = None
            if found != self._swaps.last:
                after = max(self._handled, self._published, self._ceiling, self._swaps.swaps[-1].after)
                self._swaps = self._swaps.then(after, found)
                self._models.took(self.partition, after, found)
        if not self._rung and self._control.last > self._swaps.control:
            self._swaps = self._swaps.heard(self._control.last)

    def _handle(self, block: Block, step: Step) -> dict[str, Block]:
        lineup = self._swaps.at(block.seq)
        if lineup != self._in_use:
            self._processor, self._in_use = self._models.processor(lineup), lineup
        return super()._handle(block, step)

    def _commit(self) -> Commit:
        state = lineups.written(self._swaps)
        return Commit(
            stage=self.name,
            partition=self.partition,
            epoch=self._epoch,
            seq=self._swaps.control,
            state=state,
            journal=state,
            cursors=((self._control.key.stream, self._control.key.partition, self._swaps.control, 0),),
        )
