"""What a worker hosts: a stage reads logs, drives one processor, and says what to keep and to publish."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from shared.block import Block
from shared.codec import encode
from shared.engine.bus import Bus, Key, Note
from shared.failures import BadInput
from shared.store.contract import Commit, Letter, StepStore, Store

LEISURE_NS: Final = 50_000_000
"""What a stage off the path from tick to fill lets gather: a person sees no difference, the record does."""


@dataclass(slots=True)
class Step:
    """What one advance of a stage wants done: first the burials, then the commits, then the letters."""

    commits: list[Commit] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    refused: list[tuple[Block, BadInput]] = field(default_factory=list)
    awaits: bool = False
    """Half of a moment is here: the other half follows at once, and a commit follows that."""


class Stage(Protocol):
    """One processor of one partition or account, with its logs in and out."""

    name: str
    partition: int
    run: str
    epoch: int
    """Of its lease: its commits and its notes bear it, so that a zombie's count for nothing."""
    leisure_ns: int
    """How long it may let blocks gather between two turns: nothing that others wait for."""

    def outputs(self) -> tuple[Key, ...]:
        """The logs that only this stage writes."""
        ...

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Takes up the last durable state; gives what may be missing on the bus."""
        ...

    def keep(self, store: Store) -> StepStore:
        """Where its promises are kept: the record, unless it must not share one."""
        ...

    def positions(self) -> dict[Key, int]:
        """The logs it wants to read now, and the last number it has of each."""
        ...

    def durable(self) -> dict[Key, int]:
        """The last number of each log that a restart will not read again."""
        ...

    def offer(self, key: Key, block: Block) -> None:
        """Takes a block off a log."""
        ...

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        ...

    def patience_s(self, now_ns: int) -> float:
        """How long it may be left alone when nothing arrives."""
        ...

    def advance(self, now_ns: int) -> Step:
        """Handles what has become certain."""
        ...

    def published(self, store: Store, now_ns: int) -> None:
        """The last step is kept and published: a good moment for a snapshot."""
        ...


def claimed(stage: Stage, bus: Bus, keep: StepStore) -> int:
    """Takes the stage's lease, then holds what it reads: gives the epoch under which its state may be read.

    Until the new holder has found where it stands, its note says that it holds nothing. Whatever was forgotten
    before that note was seen, its predecessor had kept before: the state that is read now reaches there.
    """
    reader = f"{stage.name}:{stage.partition}"
    epoch = keep.take_lease(stage.run, reader, stage.name)
    bus.note([Note("durable", reader, dict.fromkeys(stage.positions(), 0), epoch)])
    return epoch


def letter(block: Block, run: str, seq: int, prev_seq: int) -> Letter:
    """A block under its number, as it goes into the outbox and onto the bus."""
    return Letter(
        stream=block.stream.name,
        partition=block.partition,
        seq=seq,
        prev_seq=prev_seq,
        watermark_ns=block.watermark_ns,
        payload=encode(block.numbered(run, seq, prev_seq)),
    )
