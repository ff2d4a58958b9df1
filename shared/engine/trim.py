"""Forgetting: a log is trimmed only below what its slowest reader holds durably."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.engine.bus import Bus, Key
from shared.time import SECOND_NS

TRIM_EVERY_NS: Final = 2 * SECOND_NS


class Trimmer:
    """Trims the logs that a worker writes, once all their expected readers have spoken."""

    def __init__(self, bus: Bus, keys: Sequence[Key]) -> None:
        self._bus = bus
        self._keys = tuple(keys)
        self._next_ns = 0
        self._readers: dict[Key, frozenset[str]] = {}

    def expect(self, readers: dict[Key, frozenset[str]]) -> None:
        """Names the readers of each log; a log without named readers is never trimmed."""
        self._readers = readers

    def turn(self, now_ns: int) -> None:
        """Trims now and then."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + TRIM_EVERY_NS
        for key in self._keys:
            self._trim(key)

    def _trim(self, key: Key) -> None:
        expected = self._readers.get(key)
        if not expected:
            return
        noted = self._bus.noted("durable", key)
        if not expected <= noted.keys():
            return
        below = min(noted[reader] for reader in expected)
        if below > 0:
            self._bus.trim(key, below)
