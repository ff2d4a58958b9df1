"""However often somebody knocks, the audit trail grows slowly and forgets no knock."""

from __future__ import annotations

import asyncio
import json
from typing import cast

from services.api.clock import Clock
from services.api.record import Record
from services.api.refusals import BURST, Refusals, Refused
from shared.failures import Unavailable
from shared.store.contract import AuditRow, Store
from shared.store.memory import MemoryStore

KNOCK = Refused("GET /v1/risk", "10.0.0.1", "the API key is not known")


class Shaky(MemoryStore):
    """A record that is sometimes away."""

    is_up = True

    def audit(self, row: AuditRow) -> AuditRow:
        """Appends while it is up."""
        if not self.is_up:
            raise Unavailable("down")
        return super().audit(row)


def knock(store: MemoryStore, times: list[float], actor: str = "unknown") -> None:
    now_s = [0.0]
    clock = Clock(lambda: now_s[0], lambda: int(now_s[0] * 1e9))
    refusals = Refusals("desk", Record(cast(Store, store)), clock)

    async def all_of_them() -> None:
        for time_s in times:
            now_s[0] = time_s
            await refusals.note("key.unknown", actor, KNOCK)

    asyncio.run(all_of_them())


def others(store: MemoryStore) -> list[int]:
    return [json.loads(row.detail)["others_before"] for row in store.audit_rows()]


def test_a_flood_is_a_few_rows_and_the_next_row_counts_the_rest() -> None:
    store = MemoryStore()
    knock(store, [0.0] * (BURST + 500) + [10.0])
    assert others(store) == [0] * BURST + [500]


def test_one_who_knocks_slowly_is_always_written_down() -> None:
    store = MemoryStore()
    knock(store, [60.0 * minute for minute in range(50)])
    assert others(store) == [0] * 50


def test_while_the_record_is_away_a_refusal_stays_a_refusal() -> None:
    store = Shaky()
    store.is_up = False
    knock(store, [0.0, 1.0])
    assert others(store) == []
