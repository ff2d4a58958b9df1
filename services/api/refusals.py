"""Whoever is turned away is written down: a few rows a minute, however often somebody knocks."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

from services.api.clock import Clock
from services.api.rate import Rate
from services.api.record import Record
from shared.failures import Unavailable
from shared.store.contract import AuditRow

ROWS_A_SECOND: Final = 1 / 10
BURST: Final = 10
NOBODY: Final = "unknown"
"""The actor of a request without a key that we know; the key itself is never kept."""


class Refused(msgspec.Struct, frozen=True):
    """What somebody wanted: the route as it is declared, where it came from, and why it was turned away."""

    route: str
    caller: str
    reason: str


class Refusals:
    """Audits refusals at a bounded rate for each actor; those between two rows are counted in the next."""

    def __init__(self, run: str, record: Record, clock: Clock) -> None:
        self._run, self._record, self._clock = run, record, clock
        self._rate = Rate(ROWS_A_SECOND, BURST)
        self._unwritten: Counter[str] = Counter()

    async def note(self, action: str, actor: str, refused: Refused) -> None:
        """Writes a row, or counts it; a record that is away never turns a refusal into anything else."""
        if self._rate.take(actor, self._clock.grows_s()):
            self._unwritten[actor] += 1
            return
        told = {**msgspec.to_builtins(refused), "others_before": self._unwritten[actor]}
        row = AuditRow(
            run=self._run,
            time_ns=self._clock.wall_ns(),
            actor=actor,
            action=action,
            detail=msgspec.json.encode(told).decode(),
        )
        try:
            await self._record.ask(lambda store: store.audit(row))
        except Unavailable:
            self._unwritten[actor] += 1
            return
        del self._unwritten[actor]
