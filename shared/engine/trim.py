"""Forgetting: a log is trimmed only below what its slowest reader holds durably.

A log that nobody has to read, such as verdicts for a live view, keeps its latest entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.engine.bus import EPOCH_BITS, Bus, Key
from shared.time import SECOND_NS

TRIM_EVERY_NS: Final = 2 * SECOND_NS
UNREAD_KEPT: Final = 1_000
"""Numbers that a log without named readers keeps."""


class Trimmer:
    """Trims the logs that a worker writes, once all their expected readers have spoken."""

    def __init__(self, bus: Bus, keys: Sequence[Key]) -> None:
        self._bus = bus
        self._keys = tuple(keys)
        self._next_ns = 0
        self._readers: dict[Key, frozenset[str]] = {}

    def expect(self, readers: dict[Key, frozenset[str]]) -> None:
        """Names the readers of each log; a log without named readers keeps its end."""
        self._readers = readers

    def turn(self, now_ns: int) -> None:
        """Trims now and then."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + TRIM_EVERY_NS
        durable = self._bus.noted("durable")
        for key in self._keys:
            self._trim(key, durable.get(key, {}))

    def _trim(self, key: Key, noted: dict[str, int]) -> None:
        expected = self._readers.get(key)
        if not expected:
            self._shorten(key)
            return
        if not expected <= noted.keys():
            return
        below = min(noted[reader] for reader in expected)
        if below > 0:
            self._bus.trim(key, below)

    def _shorten(self, key: Key) -> None:
        last = self._bus.last(key)
        if last & ((1 << EPOCH_BITS) - 1) > UNREAD_KEPT:
            self._bus.trim(key, last - UNREAD_KEPT)
