"""The stages of the paper exchange: one an account, each with a file of its own as its record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from services.venue.config import VenueConfig
from services.venue.processor import VenueProcessor, warm
from services.venue.store import Durability, VenueStore
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.live_matching import LiveMatching
from shared.engine.log import Sequencer
from shared.engine.matching import StrictMatching
from shared.engine.plan import RunPlan
from shared.engine.promise import PromiseStage
from shared.engine.readers import BOOKING, VENUE
from shared.engine.recompute import Floor
from shared.engine.retention import Forgetting, JournalForgotten
from shared.engine.stage import Stage
from shared.store.contract import JournalStore, StepStore, Store
from shared.streams import FILLS, REPORTS
from shared.time import BEFORE_TAPE


class Own(StepStore, JournalStore, Protocol):
    """The venue's promises and its journal, apart from the desk's record."""


class VenueStage(PromiseStage):
    """Keeps its promises in the venue's own file, whatever happens to the desk's record."""

    own: Own
    floor: Floor
    forgets: Sequence[Forgetting] = ()

    def keep(self, store: Store) -> StepStore:
        """The venue's own file."""
        return self.own

    def forgotten(self, store: Store, key: Key) -> int:
        """The snapshot from which execution can make again all fills that risk or the ledger lacks."""
        floor = self.floor(Key(FILLS.name, self.partition))
        found = store.snapshot(self.run, BOOKING, self.partition, floor)
        return found[0] if found else 0

    def published(self, store: Store, now_ns: int) -> None:
        """Now and then the file lets go of what is too old."""
        super().published(store, now_ns)
        if self._sequencer.until_ns > BEFORE_TAPE:
            for one in self.forgets:
                one.turn(self.run, self._sequencer.until_ns, now_ns)


def stages(context: Context) -> list[Stage]:
    """This worker's accounts; no first row waits for a kernel."""
    warm()
    return [stage(context, account, store_of(context, account)) for account in context.accounts]


def stage(context: Context, account: int, own: Own) -> Stage:
    """One account's market, kept in this store."""
    config = config_of(context.plan)
    processor = VenueProcessor(config, context.instruments, account)
    made = VenueStage(VENUE, account, _order(context, config, account), processor, (REPORTS,), ())
    made.own, made.floor = own, context.floor
    if context.plan.mode == "live":
        made.forgets = (JournalForgotten(own, context.plan.retention.journal_days, [(VENUE, account)]),)
    return made


def config_of(plan: RunPlan) -> VenueConfig:
    """The venue's terms in this run."""
    return msgspec.convert({**plan.venue, "interval_ns": plan.interval_ns}, VenueConfig)


def store_of(context: Context, account: int) -> VenueStore:
    """The file of one account's market."""
    durability = Durability.PROCESS if context.plan.mode == "strict" else Durability.POWER
    return VenueStore(Path(context.data) / "venue" / context.run / f"{account}.sqlite", durability)


def _order(context: Context, config: VenueConfig, account: int) -> Sequencer:
    plan = context.plan
    kind = StrictMatching if plan.mode == "strict" else LiveMatching
    return kind(account, config.latency_ns, plan.interval_ns, plan.partitions, context.actions)
