"""What the routes share: the run, its record, its words for instruments, and a clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.api.clock import Clock
from services.api.commands import Commands
from services.api.live import Live
from services.api.queries import Queries
from services.api.record import Record
from shared.engine.plan import RunPlan
from shared.failures import Unavailable
from shared.market import Instrument

HOT_S: Final = 0.25
MOST_HOT: Final = 1_024
STALE_S: Final = 5.0


class Desk:
    """One run as the gateway sees it."""

    def __init__(self, run: str, record: Record, queries: Queries, live: Live, clock: Clock) -> None:
        self.run, self.record, self.queries, self.live, self.clock = run, record, queries, live, clock
        self.commands = Commands(run)
        self._hot: dict[str, tuple[float, bytes]] = {}
        self._instruments: dict[int, Instrument] = {}
        self._instruments_s = -STALE_S
        self._plan: RunPlan | None = None
        self._plan_s = 0.0

    async def instruments(self) -> Mapping[int, Instrument]:
        """The instruments of the run by id, at most a few seconds old."""
        if self.clock.grows_s() - self._instruments_s >= STALE_S:
            rows = await self.record.ask(lambda store: store.instruments(self.run))
            self._instruments = {row.instrument: row for row in rows}
            self._instruments_s = self.clock.grows_s()
        return self._instruments

    async def plan(self) -> RunPlan:
        """What the run was opened with, at most a few seconds old."""
        if self._plan is None or self.clock.grows_s() - self._plan_s >= STALE_S:
            row = await self.record.ask(lambda store: store.run(self.run))
            if row is None:
                raise Unavailable(f"run {self.run} is not known yet")
            self._plan, self._plan_s = RunPlan.read(row.settings), self.clock.grows_s()
        return self._plan

    def hot(self, question: str) -> bytes | None:
        """The bytes that the same question got a moment ago."""
        until_s, answer = self._hot.get(question, (0.0, b""))
        return answer if answer and self.clock.grows_s() < until_s else None

    def keep(self, question: str, answer: bytes) -> None:
        """Remembers an answer for a moment."""
        if len(self._hot) >= MOST_HOT:
            self._hot.clear()
        self._hot[question] = self.clock.grows_s() + HOT_S, answer
