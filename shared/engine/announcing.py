"""A corporate action that becomes known while a run lives: into its plan, and everybody starts anew from that.

The plan is read where a service begins, and a service begins whenever its bus is lost. So the action is written
into the run's row, and then the bus's epoch is ended: the way back is the way in. Whoever has not come back yet
cannot pass the action's time, because nothing of after it was ever published.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.actions import Action, ActionRow
from shared.codec import decode
from shared.engine.bus import Bus, Key
from shared.engine.plan import RunPlan
from shared.engine.promise import read_state
from shared.engine.readers import readers_of
from shared.engine.redis_bus import open_epoch, wipe
from shared.failures import Refused
from shared.store.contract import Store
from shared.streams import TICKS
from shared.time import BEFORE_TAPE, MINUTE_NS, iso

MARGIN_NS: Final = 5 * MINUTE_NS
"""Market time that ingest may publish between the look at where it is and the end of its epoch."""


def announce(
    store: Store, url: str, run: str, rows: Sequence[ActionRow], margin_ns: int = MARGIN_NS
) -> RunPlan:
    """Adds actions to a run's plan; refused if one takes effect before everybody is sure to know of it.

    Asked again after it was cut short it ends what it began, and does nothing else.
    """
    found = store.run(run)
    if found is None:
        raise Refused(f"the record has no run {run}")
    plan = RunPlan.read(found.settings)
    bus = open_epoch(url, run, found.bus_epoch, lambda seen: store.bump_bus_epoch(run, seen))
    try:
        reached_ns = max(published(bus, plan), recorded(store, run, plan))
    finally:
        bus.close()
    known = {row.instrument for row in store.instruments(run)}
    for row in rows:
        _check(row, plan, known, reached_ns + margin_ns)
    actions = tuple(sorted({*plan.actions, *rows}))
    plan = msgspec.structs.replace(plan, actions=actions)
    if plan.text() != found.settings:
        store.change_settings(run, plan.text(), plan.hash)
    wipe(url, run)
    return plan


def published(bus: Bus, plan: RunPlan) -> int:
    """How far ingest has promised on the bus."""
    found = BEFORE_TAPE
    for partition in range(plan.partitions):
        key = Key(TICKS.name, partition)
        last = bus.last(key)
        entries = bus.read({key: last - 1}, 0.0).get(key, []) if last else []
        found = max([found, *(decode(entry.payload).watermark_ns for entry in entries)])
    return found


def recorded(store: Store, run: str, plan: RunPlan) -> int:
    """How far any stage has durably read, or decided."""
    found = BEFORE_TAPE
    for reader in {name for names in readers_of(plan).values() for name in names}:
        stage, partition = reader.rsplit(":", 1)
        row = store.stage(run, stage, int(partition))
        state = read_state(row.state if row else None)
        if state is not None:
            found = max([found, state.until_ns, *(cursor.watermark_ns for cursor in state.cursors.values())])
    return found


def _check(row: ActionRow, plan: RunPlan, known: set[int], earliest_ns: int) -> None:
    if row.instrument not in known:
        raise Refused(f"the run trades no instrument {row.instrument}")
    if row.action == Action.SPLIT and min(row.numerator, row.denominator) <= 0:
        raise Refused(f"a split of {row.numerator} for {row.denominator} is none")
    if row in plan.actions:
        return
    if any(row[:3] == other[:3] for other in plan.actions):
        raise Refused("the run knows another action of this kind, instrument and time; it is never changed")
    if row.time_ns <= earliest_ns:
        raise Refused(
            f"an action of {iso(row.time_ns)[:19]} is too late: the market has reached "
            f"{iso(earliest_ns)[:19]}, margin included"
        )
