"""The part of a stage that reads no log: what sources and messengers have in common."""

from __future__ import annotations

from shared.engine.bus import Key
from shared.store.contract import StepStore, Store


class ReadsNothing:
    """Answers every question about reading with nothing, and keeps its promises in the record."""

    epoch = 0
    """Nobody waits for what it has read: a lease is for those who write under its number."""

    def keep(self, store: Store) -> StepStore:
        """The record."""
        return store

    def positions(self) -> dict[Key, int]:
        """It reads no log."""
        return {}

    def durable(self) -> dict[Key, int]:
        """It reads no log."""
        return {}

    def offer(self, key: Key, block: object) -> None:
        """It reads no log."""

    def skip(self, key: Key, seq: int) -> None:
        """It reads no log."""
